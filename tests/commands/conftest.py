"""Commands as processes of their own, on platforms in temporary directories."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from spotify_assets.core.settings import PROJECT_ROOT, Settings, load_settings
from spotify_assets.core.store import ServingStore, open_store
from tests import forked
from tests.conftest import NO_SETTINGS
from tests.homes import copy_home

PATIENCE = 150.0


def script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@dataclass
class Terminal:
    """Where somebody types commands: one PLATFORM_HOME, and no other settings of the platform."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "TMPDIR")
        self.environment = {
            **{name: os.environ[name] for name in kept if name in os.environ},
            **NO_SETTINGS,
            "PYTHONUTF8": "1",
            "PLATFORM_HOME": str(self.home),
            **self.environment,
        }

    def start(self, *command: str, **changes: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [script(command[0]), *command[1:]],
            cwd=PROJECT_ROOT, env={**self.environment, **changes}, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip

    def run(self, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
        # A setting of the interpreter's own needs one that starts with it.
        if command[0] in forked.NEEDED and not any(name.startswith("PYTHON") for name in changes):
            said = Path(tempfile.mkdtemp(prefix="spotify-assets-said-")) / "said"
            environment = {**self.environment, **changes}
            return forked.run(command[0], command[1:], PROJECT_ROOT, environment, said, timeout=400)
        with self.start(*command, **changes) as process:
            try:
                out, err = process.communicate(timeout=400)
            finally:
                process.kill()
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    @property
    def settings(self) -> Settings:
        return load_settings(platform_home=str(self.home))

    @property
    def store(self) -> ServingStore:
        return open_store(self.settings)

    def processes(self) -> list[str]:
        """The command lines of all processes that live on this home, whoever started them."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if f"PLATFORM_HOME={self.home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue  # it has ended meanwhile
        return [command for command in found if command]


def in_one_sentence(done: subprocess.CompletedProcess[str], code: int) -> str:
    """What a command that refused says: on stderr alone, on one line, without a traceback."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert "Traceback" not in sentence
    return sentence


def wait_for(what: str, found: Callable[[], object], patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not found():
        assert time.monotonic() < deadline, f"{what} did not happen within {patience:.0f} s"
        time.sleep(0.1)


def end(process: subprocess.Popen[str]) -> None:
    """Whatever happens in a test, none of its processes stays."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def empty(tmp_path: Path) -> Terminal:
    """A terminal on a platform that is not there yet."""
    return Terminal(tmp_path / "home")


@pytest.fixture
def built(sample_home: Path, tmp_path: Path) -> Iterator[Terminal]:
    """A terminal on a copy of the sample's platform, to do anything with."""
    home = tmp_path / "home"
    copy_home(sample_home, home)
    yield Terminal(home)


@pytest.fixture(scope="module")
def shared(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A terminal on one such copy for a whole module; its tests leave to others what they rely on."""
    home = tmp_path_factory.mktemp("shared") / "home"
    copy_home(sample_home, home)
    return Terminal(home)
