"""Damage to DuckDB's files, as a disk or a hand does it."""

from __future__ import annotations

from pathlib import Path

import duckdb

_HEADERS, _BLOCK = 3 * 4096, 2**18
"""Bytes before the first block, and of each."""


def damage(file: Path, table: str) -> None:
    """Write over the blocks that hold a table's rows; the rest of the file stays as it is."""
    with duckdb.connect(str(file), read_only=True) as connection:
        blocks = connection.execute(
            "select distinct block_id from pragma_storage_info(?) where block_id >= 0", [table]
        ).fetchall()
    with file.open("r+b") as opened:
        for (block,) in blocks:
            opened.seek(_HEADERS + block * _BLOCK + 100)
            opened.write(b"not what was written")
