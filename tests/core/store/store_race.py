"""Processes that use one store at once, forked from a server that has imported what they do (`store_process.py`)."""

import multiprocessing
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from store_process import documents, work

from tests.doubles.aws import CREDENTIALS

ROOT = Path(__file__).parents[3]

IMPORTED = (
    "store_process",
    "spotify_assets.core.store.sql",
    "spotify_assets.core.store.dynamodb",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.mysql.pymysql",
    "psycopg",
    "pymysql",
    "boto3",
)
"""What a process needs to open a store on any engine."""


class Processes:
    """Processes that use one store; killed when the test is over."""

    def __init__(self, context: ForkServerContext, url: str) -> None:
        self._context, self._url = context, url
        self._started: list[BaseProcess] = []

    def race(self, *commands: tuple) -> list[Any]:
        """Run commands at one moment, each in its own process; return what each gave, in that order."""
        together, results = self._context.Barrier(len(commands)), self._context.Queue()
        numbered = [self._start(together, results, *command) for command in commands]
        given = [results.get(timeout=400) for _ in numbered]
        for process in numbered:
            process.join(timeout=60)
        assert [process.exitcode for process in numbered] == [0] * len(commands)
        return [next(g for g in given if g[0] == tuple(arguments))[1] for _, *arguments in commands]

    def start(self, *command: Any) -> BaseProcess:
        """Start one command and leave it running."""
        return self._start(None, None, *command)

    def kill(self) -> None:
        """End what still runs, without any chance to tidy up."""
        for process in self._started:
            process.kill()
            process.join()

    def _start(self, *arguments: Any) -> BaseProcess:
        process = self._context.Process(target=work, args=(self._url, *arguments))
        process.start()
        self._started.append(process)
        return process


def fork_server() -> ForkServerContext:
    """Start a server that forks processes with everything imported and nothing open; one for all tests of a process."""
    context = multiprocessing.get_context("forkserver")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", f"{ROOT}:{Path(__file__).parent}")
        for variable, value in CREDENTIALS.items():
            environment.setenv(variable, value)
        context.set_forkserver_preload(list(IMPORTED))
        warm_up = context.Process(target=documents, args=("v0",))
        warm_up.start()
        warm_up.join()
    return context
