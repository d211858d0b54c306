"""Programs that live as long as the one that started them, however that one ends.

A child runs below a guard whose standard input is a pipe from the parent. When the parent exits, even by
SIGKILL, the pipe closes, and the guard ends the child with all that it started.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO

from spotify_assets.core.errors import PlatformError

GRACE = 10.0
"""Seconds a child has to stop by itself before it is killed."""

GONE = 2.0
"""Seconds that are waited at most for what was killed to be gone."""


def program(name: str) -> str:
    """Return the path of a console script of this virtual environment.

    Raises:
        PlatformError: it is not installed.
    """
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise PlatformError(f"{name} is not installed in {path.parent}: run `make demo` or `make test` once")
    return str(path)


def require_free_port(host: str, port: int, who: str, another: str) -> None:
    """Check that nobody listens on a port.

    Raises:
        PlatformError: somebody does; the text says who wanted it, and `another` as how to choose another.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PlatformError(
                f"Port {port} on {host} is in use ({error.strerror}), but {who} needs it: "
                f"stop the program that has it, or choose another: {another}"
            ) from error


class Guarded:
    """A running child; leaving the `with` block stops it."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: IO[bytes] | None = None
    ) -> None:
        """Start `command`; its output goes to `log`, or to this process's own."""
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "spotify_assets.processes", *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT if log else None,
            env={**os.environ, **environment},
            start_new_session=True,
        )

    @property
    def exit_code(self) -> int | None:
        """The child's exit code, None while it runs."""
        return self._guard.poll()

    def stop(self) -> None:
        """Ask the child to stop, and see that it does."""
        if self._guard.stdin and not self._guard.stdin.closed:
            self._guard.stdin.close()
        self._guard.wait()

    def __enter__(self) -> "Guarded":
        """Return the running child."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()


def _guard(command: Sequence[str]) -> int:
    asked: SimpleQueue[None] = SimpleQueue()
    # SIGINT too: a shell has programs in the background ignore it, by which the child is stopped here.
    for number in (signal.SIGTERM, signal.SIGINT):
        # The handler waits for nothing: it may interrupt the wait for the child, and that one holds a lock.
        signal.signal(number, lambda *_: asked.put(None))
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def end_with_parent() -> None:
        # Not through sys.stdin: this thread would still hold its lock when the guard ends before its parent.
        while os.read(0, 1):
            pass
        asked.put(None)

    def end_when_asked() -> None:
        asked.get()
        _stop_group(child)

    for work in (end_with_parent, end_when_asked):
        threading.Thread(target=work, daemon=True).start()
    code = child.wait()
    _stop_group(child)
    return code


def _stop_group(child: subprocess.Popen[bytes]) -> None:
    for number, patience in ((signal.SIGINT, GRACE), (signal.SIGKILL, None)):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            return
        try:
            child.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            continue
    # What the child started is gone a moment after it was killed, if anybody here clears away what has ended.
    until = time.monotonic() + GONE
    while time.monotonic() < until:
        try:
            os.killpg(child.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(_guard(sys.argv[1:]))
