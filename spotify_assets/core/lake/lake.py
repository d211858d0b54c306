"""The lake: append-only observations, one directory per table and day.

Here: how checked rows become files that readers see whole or not at all, and how they are read back, merged
and purged. Not here: which rows are taken (`contract.py`), where bytes go (`storage.py`), what staging
believes of the observations (dbt).

A file is `raw/<table>/ingest_date=YYYY-MM-DD/<run_id>-<digest>.parquet`; rejected rows lie likewise below
`raw_quarantine/`. Writing a batch again in the same run replaces its file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake import housekeeping
from spotify_assets.core.lake.contract import Checked, Ids, as_ids, check, well_formed
from spotify_assets.core.lake.files import batch_digest, write_parquet
from spotify_assets.core.lake.schemas import raw_schema, record_schema, rejected_schema, table_spec
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.lake.storage import Storage, open_storage
from spotify_assets.core.settings import Settings

RAW = "raw"
QUARANTINE = "raw_quarantine"


@dataclass(frozen=True, slots=True)
class Written:
    """What an append left in the lake."""

    path: str | None
    """Below the lake's root; None where there was nothing to write."""
    rows: int
    """Rows that came from the source."""
    marker_rows: int
    """Ids that were asked for and had no row: dead ids, or parents of an empty list."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What became of one batch of a source."""

    checked: Checked
    written: Written
    quarantine_path: str | None
    """Where rejected rows lie; None where there were none."""


class Lake:
    """Observations below one root, by table; any number may read and append at a time."""

    def __init__(self, storage: Storage) -> None:
        """Keep the lake's files in `storage`."""
        self.storage = storage

    def observe(
        self, table: str, found: pa.Table, stamp: Stamp, observed_ids: Ids | None = None
    ) -> Observation:
        """Take in what a source gave: check it, quarantine what breaks the contract, append the rest.

        Ids of which a row was rejected get no marker: they are neither dead nor empty.

        Raises:
            CatalogError: a column is missing or of a type that can never fit.
            LakeError: the lake cannot be written.
        """
        checked = check(table, found)
        vouched = None if observed_ids is None else checked.vouched(observed_ids)
        quarantine_path = self.quarantine(table, checked.bad, stamp)
        written = self.append(table, checked.good, stamp, vouched)
        return Observation(checked, written, quarantine_path)

    def append(self, table: str, rows: pa.Table, stamp: Stamp, observed_ids: Ids | None = None) -> Written:
        """Write one batch of rows that keep the contract, as one file.

        `observed_ids` are the ids that were asked for (parents, for tables of lists): each without a row
        becomes a marker, a row with that id and nothing else. An empty batch writes a file without rows
        while the table has no file yet, so that readers always find its schema.

        Raises:
            LakeError: the rows are not of the table's schema, an id is malformed, or the lake cannot be
                written.
        """
        records = _as_records(table, rows)
        markers = _markers(table, records, observed_ids)
        content = pa.concat_tables([records, markers])
        if content.num_rows == 0 and self.files(table):
            return Written(None, 0, 0)
        key = [(name, "ascending") for name in table_spec(table).key]
        path = self._write_batch(RAW, table, content.sort_by(key), stamp)
        return Written(path, records.num_rows, markers.num_rows)

    def quarantine(self, table: str, bad: pa.Table, stamp: Stamp) -> str | None:
        """Keep rejected rows with their reasons, as one file; return its path, None for no rows.

        Raises:
            LakeError: the lake cannot be written.
        """
        if bad.num_rows == 0:
            return None
        schema = rejected_schema(table)
        return self.set_aside(table, bad.select(schema.names).cast(schema), stamp)

    def set_aside(self, table: str, rows: pa.Table, stamp: Stamp) -> str:
        """Keep what could not become rows of a table beside it, whatever its columns, as one file.

        Raises:
            LakeError: the lake cannot be written.
        """
        return self._write_batch(QUARANTINE, table, rows, stamp)

    def files(self, table: str) -> list[str]:
        """Return the paths of a table's files, sorted."""
        return self.storage.list(f"{RAW}/{table_spec(table).name}", suffix=".parquet")

    def read(
        self, table: str, columns: Sequence[str] | None = None, where: pc.Expression | None = None
    ) -> pa.Table:
        """Return all observations of a table, markers among them: columns of `raw_schema`, or some of them.

        With `where`, those rows alone for which it holds.

        Raises:
            LakeError: a file cannot be read.
        """
        names = raw_schema(table).names if columns is None else list(columns)
        while True:
            files = self.files(table)
            try:
                return self._dataset(table, files).to_table(columns=names, filter=where)
            except (pa.ArrowInvalid, OSError) as error:
                # Compaction may have replaced a file between listing and reading: its rows are in another.
                if isinstance(error, OSError) and files != self.files(table):
                    continue
                reason = self.storage.explain(error)
                raise LakeError(f"Observations of {table} cannot be read: {reason}") from error

    def row_count(self, table: str) -> int:
        """Return how many observations a table holds, markers among them."""
        return int(self.read(table, [table_spec(table).id_column]).num_rows)

    def write_table(self, path: str, table: pa.Table, grouped_by: str | None = None) -> None:
        """Write any table as one Parquet file at a path below the lake's root.

        With `grouped_by`, a column, each of its values is a row group.
        """
        write_parquet(self.storage, path, table, grouped_by)

    def write_json(self, path: str, content: Any) -> None:
        """Write a pointer or another small document; readers see the old or the new."""
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
        self.storage.write_whole(path, f"{text}\n".encode())

    def read_json(self, path: str) -> Any:
        """Return what `write_json` wrote there; None where nothing was written yet.

        Raises:
            LakeError: it cannot be read, or is not JSON.
        """
        try:
            return json.loads(self.storage.read(path))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise LakeError(f"{self.storage.uri_of(path)} is not JSON ({error}): write it again") from error

    def compact(self, table: str, ingest_date: date) -> housekeeping.Compacted:
        """Merge a day's files of a table into one.

        The merged file is written first and the others are deleted afterwards, so a kill in between leaves
        rows twice, never none; staging takes identical observations for one, and so does the next compaction.
        """
        files = self.storage.list(_directory(RAW, table, ingest_date), suffix=".parquet")
        return housekeeping.compact(self.storage, files, self._dataset(table, files))

    def purge(
        self, now: datetime, source: str | None = None, before: Callable[[], object] = lambda: None
    ) -> housekeeping.Purged:
        """Remove expired rows, and all rows of `source`, from raw and quarantine: from disk, not from view.

        A row expires when `now` reaches its `expires_at`. A table whose last row goes keeps an empty file.
        Where any row goes, `before` is called first: to remove what was made of rows, also if the purge is
        killed, since another finds none.
        """
        return housekeeping.purge(self.storage, [RAW, QUARANTINE], now, source, before)

    def _write_batch(self, area: str, table: str, content: pa.Table, stamp: Stamp) -> str:
        content = content.combine_chunks()
        digest = batch_digest(content, stamp.source)
        path = f"{_directory(area, table, stamp.ingest_date)}/{stamp.run_id}-{digest}.parquet"
        write_parquet(self.storage, path, stamp.put_on(content))
        return path

    def _dataset(self, table: str, files: Sequence[str]) -> pads.Dataset:
        """Return files as one dataset of the table's schema; columns that older files lack are null."""
        schema = raw_schema(table)
        if not files:
            return pads.dataset(schema.empty_table())
        paths = [self.storage.full_path(path) for path in files]
        return pads.dataset(paths, schema=schema, filesystem=self.storage.filesystem, format="parquet")


def open_lake(settings: Settings) -> Lake:
    """Open the lake of `LAKE_URI`.

    Raises:
        SettingsError: it is neither a local directory nor s3://bucket/prefix.
        LakeError: there is a file where its directory should be, or no such AWS profile.
    """
    return Lake(open_storage(settings.lake_uri))


def _directory(area: str, table: str, ingest_date: date) -> str:
    return f"{area}/{table_spec(table).name}/ingest_date={ingest_date.isoformat()}"


def _as_records(table: str, rows: pa.Table) -> pa.Table:
    schema = record_schema(table)
    try:
        records = rows.select(schema.names).cast(schema)
    except (KeyError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise LakeError(f"Rows for {table} are not of its schema ({error}): check them first") from error
    if records[table_spec(table).id_column].null_count:
        raise LakeError(f"Rows for {table} lack ids: check them first")
    return records


def _markers(table: str, records: pa.Table, observed_ids: Ids | None) -> pa.Table:
    schema = record_schema(table)
    if observed_ids is None:
        return schema.empty_table()
    id_column = table_spec(table).id_column
    observed = as_ids(observed_ids)
    malformed = pc.filter(observed, pc.invert(well_formed(observed)))
    if len(malformed):
        raise LakeError(
            f"{len(malformed)} of the ids asked for in {table} are malformed, such as "
            f"{malformed[0].as_py()[:100]!r}: an id is printable, without spaces, and not too long"
        )
    present = records[id_column].combine_chunks()
    missing = pc.filter(observed, pc.invert(pc.is_in(observed, value_set=present)))
    columns = [missing if f.name == id_column else pa.nulls(len(missing), f.type) for f in schema]
    return pa.table(columns, schema=schema)
