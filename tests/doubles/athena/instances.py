"""DuckDB instances with Athena's macros, made once and used again: making one takes longer than most statements."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from .translate import CATALOG, MACROS, SESSION


class Instances:
    """As many instances as statements run at once; each statement has its own catalog in one."""

    def __init__(self, more: tuple[str, ...] = ()) -> None:
        self.more = more
        self.free: queue.SimpleQueue[duckdb.DuckDBPyConnection] = queue.SimpleQueue()

    @contextmanager
    def borrowed(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with an empty catalog; what is made in it, temporary or not, is gone afterwards."""
        try:
            instance = self.free.get_nowait()
        except queue.Empty:
            instance = self._made()
        instance.execute(f"ATTACH ':memory:' AS {CATALOG}")
        with instance.cursor() as connection:
            for statement in (*SESSION, *self.more):
                connection.execute(statement)
            yield connection
        # One that cannot be emptied, after an error in between, is not used again.
        instance.execute(f"DETACH {CATALOG}")
        self.free.put(instance)

    @staticmethod
    def _made() -> duckdb.DuckDBPyConnection:
        instance = duckdb.connect()
        for statement in SESSION + MACROS:
            instance.execute(statement)
        return instance
