"""DuckDB instances with Athena's macros, made once and used again: making one takes longer than most statements."""

from __future__ import annotations

import os
import queue
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from .translate import CATALOG, MACROS, SESSION

_MEMORY = "9GB"
"""What a statement holds before it spills."""


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
        # Several run at once, and each would take most of the machine before it spilled.
        spilled = Path(tempfile.gettempdir(), f"athena-double-{os.getpid()}")
        instance = duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(spilled)})
        for statement in SESSION + MACROS:
            instance.execute(statement)
        return instance
