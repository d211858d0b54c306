"""What is dear to make is made once for a run of the tests, however many workers share it.

Not here: what is made; fixtures say that. As pytest-xdist's documentation advises: each worker is a process with
its own session, so a session's fixture that must be made once leans on a lock beside the workers' directories.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

Made = TypeVar("Made")


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Made]) -> Made:
    """Give what `make` makes in a directory of its own; made by the first worker that wants it.

    `name` is one for all workers of a run, and of nothing else. What `make` returns travels between workers as a
    pickle; what it leaves in the directory is there for all, to be read and never changed. A worker that fails to
    make it leaves the attempt to the next.
    """
    base = tmp_path_factory.getbasetemp()
    of_all_workers = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    directory, result = of_all_workers / f"once-{name}", of_all_workers / f"once-{name}.pickle"
    with (of_all_workers / f"once-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            result.write_bytes(pickle.dumps(make(directory)))
        made: Made = pickle.loads(result.read_bytes())
        return made
