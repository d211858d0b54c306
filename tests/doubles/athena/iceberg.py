"""Tables of Iceberg, through pyiceberg and the Glue catalog: every write is one commit, swapped atomically."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlparse

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg import transforms
from pyiceberg.catalog import Catalog as IcebergCatalog
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io import FileIO
from pyiceberg.table import StaticTable, Table

from .buckets import BucketIO
from .errors import AthenaFailure
from .scans import Sizes, parquet_sizes

STATES_KEPT = 100
"""States of tables whose rows are kept in memory; a state never changes, and tests ask for it again."""

PERIODS: dict[str, Callable[[], Any]] = {
    "year": transforms.YearTransform,
    "month": transforms.MonthTransform,
    "day": transforms.DayTransform,
    "hour": transforms.HourTransform,
}


class Iceberg:
    """The Iceberg tables of the double."""

    def __init__(self, endpoint: str, region: str) -> None:
        properties: dict[str, str] = {"type": "glue", "py-io-impl": f"{BucketIO.__module__}.BucketIO"}
        for service in ("glue", "s3"):
            properties[f"{service}.endpoint"] = endpoint
            properties[f"{service}.region"] = region
            properties[f"{service}.access-key-id"] = "test"
            properties[f"{service}.secret-access-key"] = "test"
        self.properties = properties
        self.catalog: IcebergCatalog = load_catalog("glue", **properties)
        self._read: OrderedDict[str, tuple[pa.Table, list[Sizes]]] = OrderedDict()
        self._reading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def read(self, table: dict[str, Any]) -> tuple[pa.Table, list[Sizes]]:
        """The rows of a table of Glue, and the sizes of the files they are in."""
        state = table["Parameters"]["metadata_location"]
        with self._lock:
            reading = self._reading.setdefault(state, threading.Lock())
        # Statements that want the same state wait for the first instead of reading it, too.
        with reading:
            read = self._read.get(state)
            if read is None:
                loaded = StaticTable.from_metadata(state, self.properties)
                scan = loaded.scan()
                sizes = [self._sizes(loaded.io, task.file.file_path) for task in scan.plan_files()]
                read = scan.to_arrow(), sizes
                with self._lock:
                    self._read[state] = read
                    while len(self._read) > STATES_KEPT:
                        self._read.popitem(last=False)
        return read

    @staticmethod
    def _sizes(io: FileIO, path: str) -> Sizes:
        with io.new_input(path).open() as file:
            return parquet_sizes(pq.read_metadata(file))

    def create(
        self, database: str, name: str, location: str, rows: pa.Table, partitioning: list[str]
    ) -> None:
        """Create a table with its first rows."""
        table = self.catalog.create_table((database, name), schema=rows.schema, location=location.rstrip("/"))
        if partitioning:
            with table.update_spec() as spec:
                for part in partitioning:
                    spec.add_field(*_transform(part))
        if rows.num_rows:
            table.append(rows)

    def append(self, database: str, name: str, rows: pa.Table) -> None:
        """Add rows."""
        self._commit(lambda: self.catalog.load_table((database, name)).append(rows))

    def replace(self, database: str, name: str, batches: Sequence[pa.Table], read_at: int | None) -> None:
        """Put batches of rows, each in files of its own, in the place of all that were read at a snapshot.

        Fails where another wrote since. No batches leave the table as it is.
        """
        table = self.catalog.load_table((database, name))
        if snapshot_of(table) != read_at:
            raise AthenaFailure(
                "ICEBERG_COMMIT_ERROR", f"Failed to commit Iceberg update to table: {database}.{name}"
            )
        if batches:
            self._commit(lambda: _overwrite(table, *batches))

    def snapshot(self, database: str, name: str) -> int | None:
        """The id of the present snapshot; None where nothing was written yet."""
        return snapshot_of(self.catalog.load_table((database, name)))

    def rename(self, old: tuple[str, str], new: tuple[str, str]) -> None:
        """Give a table another name; its objects stay where they are."""
        self.catalog.rename_table(old, new)

    def add_columns(self, database: str, name: str, schema: pa.Schema) -> None:
        """Add columns."""
        with self.catalog.load_table((database, name)).update_schema() as update:
            update.union_by_name(schema)

    def drop_column(self, database: str, name: str, column: str) -> None:
        """Drop a column."""
        with self.catalog.load_table((database, name)).update_schema(
            allow_incompatible_changes=True
        ) as update:
            update.delete_column(column)

    @staticmethod
    def root(table: dict[str, Any]) -> str:
        """The location that DROP TABLE empties; never a whole bucket."""
        location: str = table["StorageDescriptor"]["Location"]
        if not urlparse(location).path.strip("/"):
            raise AthenaFailure(
                "ICEBERG_INVALID_METADATA", f"table {table['Name']} has a bucket as its location"
            )
        return location

    @staticmethod
    def _commit(write: Callable[[], Any]) -> None:
        try:
            write()
        except CommitFailedException as error:
            raise AthenaFailure("ICEBERG_COMMIT_ERROR", str(error)) from error


def _overwrite(table: Table, first: pa.Table, *others: pa.Table) -> None:
    with table.transaction() as transaction:
        transaction.overwrite(first)
        for rows in others:
            if rows.num_rows:
                transaction.append(rows)


def snapshot_of(table: Any) -> int | None:
    """The id of a loaded table's snapshot."""
    present = table.current_snapshot()
    return present.snapshot_id if present else None


def partition_expression(part: str) -> str:
    """DuckDB's expression for the partition that a row falls into; of a bucket its column, which is finer."""
    period = re.match(r"(?i)(year|month|day|hour)s?\(\W*(\w+)\W*\)", part.strip())
    if period:
        return f"date_trunc('{period[1]}', {period[2]})"
    column, _, name = _transform(part) if "(" in part else (part.strip('`" '), None, "")
    return "1" if "bucket" in name else f'"{column}"'


def _transform(part: str) -> tuple[str, Any, str]:
    called = re.match(r"""(?i)(\w+)\((?:(\d+),\s*)?[`"]?(\w+)[`"]?(?:,\s*(\d+))?\)""", part.strip())
    if not called:
        column = part.strip('`" ')
        return column, transforms.IdentityTransform(), column
    name, before, column, after = called.groups()
    name = name.lower().rstrip("s")
    if name in PERIODS:
        return column, PERIODS[name](), f"{column}_{name}"
    size = int(before or after or 0)
    made = transforms.BucketTransform(size) if name == "bucket" else transforms.TruncateTransform(size)
    return column, made, f"{column}_{name}"
