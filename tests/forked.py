"""dbt and `spotify-assets` in processes forked from one that has imported what they need.

Importing takes as long as all that many a command does. Here: the server, which `python -m tests.forked` is, and its
only client. Of the platform's own code the server imports nothing: a command reads it, and its settings, as anew.
Not here: what is run.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]

SELDOM = (50_000, 20, 100)
"""Thresholds of Python's garbage collector."""

NEEDED = {
    "dbt": (
        "dbt.adapters.athena.impl",
        "dbt.adapters.duckdb.impl",
        "dbt.cli.main",
        "pandas",
        "pyarrow",
        "sqlparse",
        "threadpoolctl",
    ),
    "spotify-assets": (
        "alembic.command",
        "dagster_dbt",
        "dbt.adapters.duckdb.impl",
        "dbt.cli.main",
        "pyarrow.dataset",
        "rich.table",
        "sqlparse",
        "typer",
    ),
}
"""Programs, and what they import that takes long."""

_code = 0
"""Of this process, where it ends as it should; 1 until a run has said otherwise."""


def run(
    program: str,
    args: Sequence[str],
    directory: Path,
    environment: Mapping[str, str],
    said: Path,
    timeout: int = 0,
) -> subprocess.CompletedProcess[str]:
    """Run a program in a directory, with these variables and no others, and with no input.

    What it says goes through files named after `said`. One that takes longer than `timeout` seconds is ended by
    SIGALRM; 0 is no limit.
    """
    server = _server()
    assert server.stdin and server.stdout
    outputs = said.with_suffix(".out"), said.with_suffix(".err")
    order = {
        "program": program, "args": list(args), "directory": str(directory), "environment": dict(environment),
        "outputs": [str(path) for path in outputs], "timeout": timeout,
    }  # fmt: skip
    server.stdin.write(json.dumps(order) + "\n")
    server.stdin.flush()
    code = server.stdout.readline()
    assert code, "the server of forked programs has died"
    texts = (path.read_text(encoding="utf-8") for path in outputs)
    return subprocess.CompletedProcess([program, *args], int(code), *texts)


@cache
def _server() -> subprocess.Popen[str]:
    """Start the server; it ends with this process, whose pipe it reads."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.forked"], env={**os.environ, "PYTHONUTF8": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def serve(orders: IO[str]) -> None:
    """Run what is ordered, one line of JSON each, and say each exit code."""
    # Registered before all that is imported registers anything, it comes last.
    atexit.register(leave)
    gc.set_threshold(*SELDOM)
    for line in orders:
        order = json.loads(line)
        for module in NEEDED[order["program"]]:
            import_module(module)
        # What is there is never looked through by a run, nor copied for that.
        gc.freeze()
        child = os.fork()
        if child == 0:
            become(**order)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def become(
    program: str,
    args: list[str],
    directory: str,
    environment: dict[str, str],
    outputs: list[str],
    timeout: int,
) -> None:
    """Become the process of one run, and end with it."""
    global _code
    _code = 1
    signal.alarm(timeout)
    for stream, path in zip((sys.stdout, sys.stderr), outputs, strict=True):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream.fileno())
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    sys.argv = [str(Path(sys.executable).with_name(program)), *args]
    try:
        if program == "dbt":
            if "athena" in args:
                # With clients as the platform has dbt make them.
                from spotify_assets.defs.marts.athena_clients import share_clients

                share_clients()
            from dbt.cli.main import cli

            sys.exit(cli(prog_name=program))
        from spotify_assets.cli import main

        sys.exit(main())
    except SystemExit as ended:
        _code = 0 if ended.code is None else ended.code if isinstance(ended.code, int) else 1
        raise


def leave() -> None:
    """End without taking apart all that was imported, which takes longer than many a command."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_code)


if __name__ == "__main__":
    serve(sys.stdin)
