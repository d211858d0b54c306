"""Parquet files of the lake: how a table becomes one, and by which digest its content is known.

Here: compression, whole writes, digests. Not here: which files there are and where (`lake.py`).
"""

from __future__ import annotations

import hashlib
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake.storage import Storage


def write_parquet(storage: Storage, path: str, table: pa.Table) -> None:
    """Write a table as one Parquet file, whole or not at all.

    Raises:
        LakeError: it could not be written.
    """

    def write(file: IO[bytes]) -> None:
        pq.write_table(table, file, compression="zstd")

    storage.write_whole(path, write)


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
