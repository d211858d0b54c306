"""`make dev`: both servers up, both gone with it, and a port in use told in one sentence."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from spotify_assets.core.settings import PROJECT_ROOT
from tests.commands.conftest import Terminal, end, wait_for
from tests.ports import free_port


def answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def dev(built: Terminal, ports: tuple[int, int]) -> Iterator[subprocess.Popen[str]]:
    dagster_port, bot_port = ports
    options = ["--dagster-port", str(dagster_port), "--bot-port", str(bot_port)]
    process = built.start("python", "-m", "spotify_assets.dev", *options)
    yield process
    end(process)


@pytest.mark.slow
def test_both_servers_answer_and_end_with_it_even_when_it_is_killed(
    dev: subprocess.Popen[str], built: Terminal, ports: tuple[int, int]
) -> None:
    dagster_port, bot_port = ports
    wait_for("the bot", lambda: answers(bot_port, "/readyz"))
    wait_for("Dagster", lambda: answers(dagster_port, "/server_info"), patience=120)
    assert len(built.processes()) > 4
    dev.kill()
    dev.wait()
    wait_for("the end of all processes", lambda: not built.processes())


@pytest.mark.slow
def test_it_ends_both_when_it_is_asked_to_stop(
    dev: subprocess.Popen[str], built: Terminal, ports: tuple[int, int]
) -> None:
    wait_for("the bot", lambda: answers(ports[1], "/readyz"))
    dev.send_signal(signal.SIGTERM)
    said, _ = dev.communicate(timeout=120)
    assert dev.returncode == 0
    assert said.splitlines()[-1] == "stopped"
    assert "Traceback" not in said
    assert built.processes() == []


@pytest.mark.parametrize(("option", "who"), [("--dagster-port", "Dagster's UI"), ("--bot-port", "the bot")])
def test_a_port_in_use_is_one_sentence_and_nothing_is_started(empty: Terminal, option: str, who: str) -> None:
    free = {"--dagster-port": str(free_port()), "--bot-port": str(free_port())}
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        options = [word for pair in ({**free, option: str(port)}).items() for word in pair]
        done = empty.run("python", "-m", "spotify_assets.dev", *options)
    assert done.returncode == 1
    (sentence,) = (done.stdout + done.stderr).splitlines()
    assert f"Port {port} on 127.0.0.1 is in use" in sentence
    assert who in sentence
    assert f"make dev OPTIONS='{option} {port + 1}'" in sentence


def test_the_ports_of_make_dev_are_those_of_the_readme() -> None:
    source = (PROJECT_ROOT / "spotify_assets/dev.py").read_text()
    ports = re.findall(r'"--\w+-port", type=int, default=(\d+)', source)
    readme = (PROJECT_ROOT / "README.md").read_text()
    assert [f"<http://127.0.0.1:{port}>" in readme for port in ports] == [True, True]
