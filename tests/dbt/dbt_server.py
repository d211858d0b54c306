"""dbt in processes forked from one that has imported it: importing it takes as long as all that many a run does.

Here: the server, which `python -m tests.dbt.dbt_server` is, and its only client. Not here: what is run
(`platform.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]


def dbt(
    args: Sequence[str], directory: Path, environment: Mapping[str, str], output: Path
) -> subprocess.CompletedProcess[str]:
    """Run dbt in a directory, with these variables and no others; what it says goes through the file `output`."""
    server = _server()
    assert server.stdin and server.stdout
    order = {"args": args, "directory": str(directory), "environment": environment, "output": str(output)}
    server.stdin.write(json.dumps(order) + "\n")
    server.stdin.flush()
    code = server.stdout.readline()
    assert code, "the server of dbt has died"
    return subprocess.CompletedProcess(["dbt", *args], int(code), output.read_text(), "")


@cache
def _server() -> subprocess.Popen[str]:
    """Start the server; it ends with this process, whose pipe it reads."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.dbt.dbt_server"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def serve(orders: IO[str]) -> None:
    """Run what is ordered, one line of JSON each, and say each exit code."""
    for line in orders:
        child = os.fork()
        if child == 0:
            run(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def run(args: list[str], directory: str, environment: dict[str, str], output: str) -> None:
    """Become the process of one run."""
    said = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(said, stream.fileno())
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    if "athena" in args:
        # With clients as the platform has dbt make them.
        from spotify_assets.core.lake.descriptions import share_descriptions

        share_descriptions()
    from dbt.cli.main import cli

    cli(args, prog_name="dbt")


if __name__ == "__main__":
    import dbt.adapters.athena.impl
    import dbt.adapters.duckdb.impl
    import dbt.cli.main  # noqa: F401 - all of these for the runs to come

    serve(sys.stdin)
