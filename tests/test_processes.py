"""Programs end with whoever started them, and take along all that they started themselves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotify_assets.core.errors import PlatformError
from spotify_assets.core.settings import PROJECT_ROOT
from spotify_assets.processes import Guarded, program, require_free_port

FAMILY = """
import subprocess, sys, time
from pathlib import Path
here = Path(sys.argv[1])
grandchild = subprocess.Popen([sys.executable, "-c", "import signal, time; {ignore}; time.sleep(600)"])
(here / "grandchild").write_text(str(grandchild.pid))
(here / "new").write_text(str(__import__("os").getpid()))
(here / "new").rename(here / "child")
time.sleep(600)
"""
PARENT = """
import sys, time
from spotify_assets.processes import Guarded
with Guarded(sys.argv[1:], {}):
    time.sleep(600)
"""
POLITE, DEAF = "pass", "signal.signal(signal.SIGINT, signal.SIG_IGN)"


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(true: object, patience: float = 60) -> bool:
    deadline = time.monotonic() + patience
    while not true():  # type: ignore[operator]
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def family(here: Path, ignore: str = POLITE) -> list[str]:
    return [sys.executable, "-c", FAMILY.format(ignore=ignore), str(here)]


def pids(here: Path) -> list[int]:
    assert wait_until((here / "child").exists)
    return [int((here / name).read_text()) for name in ("child", "grandchild")]


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", PARENT, *family(tmp_path)], cwd=PROJECT_ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_children_and_grandchildren_end_when_the_parent_is_killed(
    parent: subprocess.Popen[bytes], tmp_path: Path, how: signal.Signals
) -> None:
    child, grandchild = pids(tmp_path)
    assert lives(child) and lives(grandchild)
    parent.send_signal(how)
    assert wait_until(lambda: not lives(child) and not lives(grandchild))


def test_leaving_the_block_ends_even_a_grandchild_that_does_not_listen(tmp_path: Path) -> None:
    with Guarded(family(tmp_path, DEAF), {}) as running:
        child, grandchild = pids(tmp_path)
        time.sleep(0.2)
        assert running.exit_code is None
    assert running.exit_code is not None
    assert not lives(child) and not lives(grandchild), "nothing goes on after the block"


def test_what_a_child_leaves_behind_when_it_ends_by_itself_ends_too(tmp_path: Path) -> None:
    with Guarded(family(tmp_path), {}) as running:
        child, grandchild = pids(tmp_path)
        os.kill(child, signal.SIGKILL)
        assert wait_until(lambda: running.exit_code is not None)
        assert wait_until(lambda: not lives(grandchild))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_guard_that_is_asked_to_stop_ends_what_it_guards_and_itself(
    tmp_path: Path, how: signal.Signals
) -> None:
    with Guarded(family(tmp_path), {}) as running:
        child, grandchild = pids(tmp_path)
        guard = int(Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[1])
        try:
            os.kill(guard, how)
            assert wait_until(lambda: running.exit_code is not None, patience=30)
            assert wait_until(lambda: not lives(child) and not lives(grandchild))
        finally:
            if lives(guard):
                os.kill(guard, signal.SIGKILL)


def test_output_exit_code_and_environment_are_the_childs(tmp_path: Path) -> None:
    script = "import os, sys; print(os.environ['WORD']); print('err', file=sys.stderr); sys.exit(7)"
    with (
        (tmp_path / "log").open("wb") as log,
        Guarded([sys.executable, "-c", script], {"WORD": "hello"}, log) as running,
    ):
        assert wait_until(lambda: running.exit_code is not None)
    assert running.exit_code == 7
    assert sorted((tmp_path / "log").read_text().split()) == ["err", "hello"]


def test_a_port_in_use_is_explained_with_who_wanted_it_and_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(
            PlatformError, match=rf"Port {port} on 127\.0\.0\.1 is in use .*the bot.*: do this"
        ):
            require_free_port("127.0.0.1", port, "the bot", "do this")
    require_free_port("127.0.0.1", port, "the bot", "do this")


def test_a_program_that_is_not_installed_is_named() -> None:
    assert Path(program("chatbot")).exists()
    with pytest.raises(PlatformError, match="no-such-program is not installed"):
        program("no-such-program")
