"""The double in a process of its own: for clients that are processes, and beside moto in this one.

moto's state is global, so a process has one double at most; of these there may be many.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spotify_assets.processes import Guarded

STARTS_WITHIN = 120.0
"""Seconds; it imports moto, pyiceberg and DuckDB, on a machine that may be busy."""


@contextmanager
def athena_process(directory: Path, queued_seconds: float = 0.01) -> Iterator[dict[str, str]]:
    """Serve on a free port; give the variables that lead AWS clients there.

    `directory` gets its output, `doubles.log`, and what statements it was sent, `statements.jsonl`.
    """
    log = directory / "doubles.log"
    variables = {
        "ATHENA_DOUBLE_LOG": str(directory / "statements.jsonl"),
        "ATHENA_DOUBLE_QUEUED_SECONDS": str(queued_seconds),
    }
    command = [sys.executable, "-m", "tests.doubles.athena.server", "0"]
    with log.open("wb") as file, Guarded(command, variables, file) as double:
        yield _variables(log, double)


def _variables(log: Path, double: Guarded) -> dict[str, str]:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and double.exit_code is None:
        lines = [line for line in log.read_text().splitlines() if line.startswith("export ")]
        found = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        if "AWS_EC2_METADATA_DISABLED" in found:  # printed last
            # Nothing of the person who runs this, whose settings the clients would follow.
            return {**found, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        time.sleep(0.1)
    raise RuntimeError(f"The AWS doubles did not start:\n{log.read_text()[-2000:]}")
