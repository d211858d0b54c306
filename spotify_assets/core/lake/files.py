"""Parquet files of the lake: how a table becomes one, and by which digest its content is known.

Here: compression, whole writes, digests. Not here: which files there are and where (`lake.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake.storage import Storage


def write_parquet(storage: Storage, path: str, table: pa.Table, grouped_by: str | None = None) -> None:
    """Write a table as one Parquet file, whole or not at all.

    Rows that are equal in the column `grouped_by` make a row group: a reader that wants some of its values
    rules the others out by their statistics.

    Raises:
        LakeError: it could not be written.
    """

    def write(file: IO[bytes]) -> None:
        with pq.ParquetWriter(file, table.schema, compression="zstd") as writer:
            for group in [table] if grouped_by is None else _groups(table, grouped_by):
                writer.write_table(group)

    storage.write_whole(path, write)


def _groups(table: pa.Table, column: str) -> Iterator[pa.Table]:
    """Part a table by the values of a column, null among them, in the order of their first rows."""
    for value in table[column].unique():
        yield table.filter(pc.is_in(table[column], value_set=pa.array([value])))


def read_parquet(storage: Storage, path: str, columns: list[str] | None = None) -> pa.Table:
    """Return one file as it is, without what its directories say.

    Raises:
        LakeError: it is not there, or not whole.
    """
    try:
        with storage.filesystem.open_input_file(storage.full_path(path)) as file:
            return pq.ParquetFile(file).read(columns=columns)
    except (pa.ArrowInvalid, OSError) as error:
        raise LakeError(f"{storage.uri_of(path)} cannot be read: {storage.explain(error)}") from error


def batch_digest(content: pa.Table, source: str) -> str:
    """Return 16 hexadecimal digits that stand for the content and who said it, whatever the time and run.

    Parquet serialises values alone, so chunks, offsets and what lies under nulls do not count.
    """
    sink = pa.BufferOutputStream()
    pq.write_table(content.combine_chunks(), sink, compression="none", store_schema=False)
    return hashlib.sha256(source.encode() + b"\0" + sink.getvalue()).hexdigest()[:16]
