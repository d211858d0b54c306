"""A platform of its own with Dagster's daemon and the bot running, as real processes."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from spotify_assets.core.settings import PROJECT_ROOT
from tests.homes import copy_home

PATIENCE = 300.0
"""Seconds; a busy machine is slow, and what never happens must still end the test."""


def script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@dataclass
class Processes:
    """Programs of one platform, and its environment."""

    home: Path
    environment: dict[str, str]
    running: list[subprocess.Popen] = field(default_factory=list)
    bot_url: str = ""

    def run(self, *command: str, **kwargs: Any) -> subprocess.CompletedProcess:
        return subprocess.run(
            [script(command[0]), *command[1:]],
            env=self.environment, capture_output=True, text=True, timeout=300, cwd=PROJECT_ROOT, **kwargs,
        )  # fmt: skip

    def start(self, *command: str, log: str) -> subprocess.Popen:
        with (self.home / log).open("ab") as file:
            process = subprocess.Popen(
                [script(command[0]), *command[1:]],
                env=self.environment, stdout=file, stderr=file, cwd=PROJECT_ROOT, start_new_session=True,
            )  # fmt: skip
        self.running.append(process)
        return process

    def stop(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()

    def chat(self, text: str) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.bot_url}/v1/chat",
            json.dumps({"user": f"test-{uuid.uuid4()}", "text": text}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return json.load(response)

    def log(self, name: str) -> str:
        return (self.home / name).read_text(errors="replace")


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_for(what: str, found: Callable[[], Any], patience: float = PATIENCE) -> Any:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.5)
    raise AssertionError(f"{what} did not happen within {patience:.0f} s")


@pytest.fixture(scope="module")
def loop(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """The sample built by the command, the daemon and the bot running."""
    home = tmp_path_factory.mktemp("loop") / "home"
    copy_home(sample_home, home)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("DAGSTER_", "DBT_"))},
        "PLATFORM_HOME": str(home),
        "DAGSTER_HOME": str(home / "dagster"),
    }
    processes = Processes(home, environment)
    processes.start(
        "dagster-daemon", "run", "--workspace", str(PROJECT_ROOT / "workspace.yaml"), log="daemon.log"
    )
    processes.start("chatbot", "serve", "--port", "0", log="bot.log")
    port = wait_for("the bot", lambda: re.search(r"http://127\.0\.0\.1:(\d+)", processes.log("bot.log")))
    processes.bot_url = f"http://127.0.0.1:{port[1]}"
    wait_for("the bot to listen", lambda: listens(int(port[1])))
    yield processes
    processes.stop()
