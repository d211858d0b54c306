"""Locks on files: whatever way a process ends, the system lets go of its locks.

Here: who has the warehouse, and which runs still have a process. Not here: what happens to a run whose
process is gone (`refresh/dead_runs.py`). Dagster's own pools are not used, because a killed process would
hold its slot for ever.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ASK_AGAIN_AFTER = 0.2
"""Seconds between two tries for a lock that another process has."""

REMIND_AFTER = 30.0
"""Seconds between two reminders that somebody waits."""


@contextmanager
def exclusive(path: Path, holder: str, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of a file alone, waiting for others; `waiting` hears who has it meanwhile.

    `holder` is what the others hear of this process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        _wait_for(file, waiting)
        file.truncate(0)
        file.write(holder)
        file.flush()
        yield
        file.truncate(0)


def hold(path: Path) -> IO[str]:
    """Hold the lock of a file together with others, until the returned file is closed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a", encoding="utf-8")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def is_held(path: Path) -> bool:
    """Whether any process holds the lock of a file; where there is no file, none does."""
    try:
        file = path.open("r", encoding="utf-8")
    except FileNotFoundError:
        return False
    with file:
        return not _take(file)


def _wait_for(file: IO[str], waiting: Callable[[str], None]) -> None:
    remind_at = time.monotonic()
    # Asked again and again, because a call that blocks could not be interrupted by Ctrl-C or SIGTERM.
    while not _take(file):
        if time.monotonic() >= remind_at:
            waiting(os.pread(file.fileno(), 1000, 0).decode(errors="replace") or "another process")
            remind_at = time.monotonic() + REMIND_AFTER
        time.sleep(ASK_AGAIN_AFTER)


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
