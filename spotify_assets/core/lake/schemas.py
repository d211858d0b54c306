"""Arrow schemas of the lake's files, derived from the records.

Here: how a record's columns and the stamp are typed in arrow. Not here: which columns there are
(`core/records.py`) or which values they may hold (`contract.py`).
"""

from __future__ import annotations

import pyarrow as pa

from spotify_assets.core.errors import LakeError
from spotify_assets.core.records import LAKE_TABLES, PLAYLIST_TRACKS, Table

ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "list<string>": pa.list_(pa.string()),
}
"""The arrow type of each `Column.type`."""

_TIMESTAMP = ARROW_TYPES["timestamp"]

STAMP_SCHEMA = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("fetched_at", _TIMESTAMP),
        pa.field("expires_at", _TIMESTAMP),
        pa.field("run_id", pa.string()),
    ]
)
"""What every row of the lake carries: who said it, when, how long it may be kept, which run wrote it."""

MODEL_VECTORS_SCHEMA = pa.schema(
    [
        pa.field("kind", pa.string()),
        pa.field("name", pa.string()),
        pa.field("vector", pa.list_(pa.int32())),
    ]
)
"""What of the fitted similarity model has a place among artists: terms, eras, cells, and its parameters."""


def table_spec(table: str) -> Table:
    """Return what the records say of a table.

    Raises:
        LakeError: there is no such table.
    """
    if table == PLAYLIST_TRACKS.name:
        return PLAYLIST_TRACKS
    if table not in LAKE_TABLES:
        raise LakeError(f"The lake has no table {table!r}; its tables are {', '.join(LAKE_TABLES)}")
    return LAKE_TABLES[table]


def record_schema(table: str) -> pa.Schema:
    """Return the record's columns in order. All are nullable: markers leave everything but the id null."""
    return pa.schema([pa.field(c.name, ARROW_TYPES[c.type]) for c in table_spec(table).columns])


def raw_schema(table: str) -> pa.Schema:
    """Return the schema of a file below `raw/`: the record's columns, then the stamp's."""
    return pa.schema([*record_schema(table), *STAMP_SCHEMA])


def rejected_schema(table: str) -> pa.Schema:
    """Return the record's columns as text, as they were found (lists as JSON), then `reason`."""
    return pa.schema([pa.field(name, pa.string()) for name in (*record_schema(table).names, "reason")])


def quarantine_schema(table: str) -> pa.Schema:
    """Return the schema of a file below `raw_quarantine/`: a rejected row, then the stamp."""
    return pa.schema([*rejected_schema(table), *STAMP_SCHEMA])
