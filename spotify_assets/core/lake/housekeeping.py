"""Keeping the lake's house: merging small files and removing rows for good.

Here: rewriting files that are there. Not here: adding observations (`lake.py`) or dropping the snapshots
that were made of purged rows (whoever publishes them).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake.files import batch_digest, read_parquet, write_parquet
from spotify_assets.core.lake.schemas import STAMP_SCHEMA
from spotify_assets.core.lake.storage import Storage
from spotify_assets.core.records import LAKE_TABLES


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did."""

    path: str | None
    """The merged file; None where there was nothing to merge."""
    files_merged: int
    rows: int
    """Distinct observations in the merged file."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did, over all tables."""

    files_rewritten: int
    files_deleted: int
    rows_removed: int


def compact(storage: Storage, files: Sequence[str], rows: pads.Dataset) -> Compacted:
    """Merge the files of one directory, whose rows are `rows`: write the merged one, then delete the others.

    Identical rows are kept once and the merged file is named by its content, so doing it again after a
    kill ends in the same file.
    """
    if len(files) < 2:
        return Compacted(None, 0, 0)
    merged = _distinct(rows.to_table())
    directory = files[0].rsplit("/", 1)[0]
    path = f"{directory}/compacted-{batch_digest(merged, 'compacted')}.parquet"
    write_parquet(storage, path, merged)
    for file in files:
        if file != path:
            storage.delete(file)
    return Compacted(path, len(files), merged.num_rows)


def purge(
    storage: Storage, areas: Sequence[str], now: datetime, source: str | None, before: Callable[[], object]
) -> Purged:
    """Rewrite each file that holds expired rows, or rows of `source`, without them; delete emptied files.

    The last file of a table is kept without rows, so that readers find its schema. `before` is called before
    the first file is touched, if any is.

    Raises:
        LakeError: `now` has no zone, or a file cannot be read or written.
    """
    if now.tzinfo is None:
        raise LakeError(f"The time {now} has no zone: rows expire in UTC")
    rewritten = deleted = removed = 0
    for directory in (f"{area}/{table}" for area in areas for table in LAKE_TABLES):
        left = storage.list(directory, suffix=".parquet")
        for path in list(left):
            keep = _kept(read_parquet(storage, path, STAMP_SCHEMA.names), now, source)
            gone = len(keep) - (pc.sum(keep).as_py() or 0)
            if gone == 0:
                continue
            if not removed:
                before()
            removed += gone
            if gone == len(keep) and len(left) > 1:
                storage.delete(path)
                left.remove(path)
                deleted += 1
            else:
                write_parquet(storage, path, read_parquet(storage, path).filter(keep))
                rewritten += 1
    storage.clean()
    return Purged(rewritten, deleted, removed)


def _kept(stamps: pa.Table, now: datetime, source: str | None) -> pa.ChunkedArray:
    live = pc.greater(stamps["expires_at"], pa.scalar(now, STAMP_SCHEMA.field("expires_at").type))
    wanted = live if source is None else pc.and_(live, pc.not_equal(stamps["source"], source))
    # A row whose stamp cannot be judged is not kept: nobody can say when it would have to go.
    return pc.fill_null(wanted, False)


def _distinct(rows: pa.Table) -> pa.Table:
    """Return the rows once each, ordered by their columns from the id on."""
    with duckdb.connect() as db:
        db.register("observations", rows)
        merged = db.sql("select distinct * from observations order by all").to_arrow_table()
    return merged.cast(rows.schema)
