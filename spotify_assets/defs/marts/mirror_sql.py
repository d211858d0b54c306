"""A model that is copied from Athena, and what Athena is asked about it.

Here: its key, its buckets, types and statements. Not here: when which is sent, or the copy (`mirror.py`).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from spotify_assets.core.errors import PlatformError

STAMP = "changed_at"
"""The column that says when a row was written: later in each run that writes."""

_PRIME = 1_000_000_007
"""Microseconds of stamps are added up modulo that, so that no bucket overflows a bigint."""

_DIGITS = 3
"""Hexadecimal digits of the md5 of the first column that name a row's bucket."""

_DEALT_BY = frozenset({"string", "int", "integer", "bigint", "date"})
"""Types of a column that both engines spell alike, so that a row is in the same bucket for both."""

_DUCKDB_TYPES = {
    "string": "VARCHAR",
    "int": "INTEGER",
    "integer": "INTEGER",
    "binary": "BLOB",
    "float": "FLOAT",
}


@dataclass(frozen=True, slots=True)
class Model:
    """A model as Glue knows it."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """Name and Glue's type."""
    is_view: bool
    state: str | None
    """Stands for its content: where Iceberg's metadata lies. None where nothing does, as for a view."""

    @property
    def key(self) -> str | None:
        """The column that rows are dealt by; None where there is none, and all rows are in one bucket."""
        return next((name for name, kind in self.columns if kind in _DEALT_BY), None)

    @property
    def is_stamped(self) -> bool:
        """Whether rows say when they were written: then a run writes all rows of a key anew, or none."""
        return not self.is_view and self.key is not None and (STAMP, "timestamp") in self.columns


def duckdb_type(glue_type: str) -> str:
    """Return DuckDB's name of one of Glue's types.

    Raises:
        PlatformError: no model has such a column.
    """
    kind = glue_type.strip().lower()
    if found := re.fullmatch(r"array<(.*)>", kind):
        return f"{duckdb_type(found[1])}[]"
    if found := re.fullmatch(r"struct<(.*)>", kind):
        fields = (field.split(":", 1) for field in _parts(found[1]))
        return f"STRUCT({', '.join(f'{quoted(name.strip())} {duckdb_type(of)}' for name, of in fields)})"
    if re.fullmatch(r"(var)?char\(\d+\)", kind):
        return "VARCHAR"
    if kind in _DUCKDB_TYPES:
        return _DUCKDB_TYPES[kind]
    if re.fullmatch(r"tinyint|smallint|bigint|double|boolean|date|timestamp|decimal\(\d+, ?\d+\)", kind):
        return kind.upper()
    raise PlatformError(f"A model has a column of type {glue_type}, which is not read from Athena here")


def digests_sql(model: Model) -> str:
    """Return the statement that answers with a checksum for each bucket of a model that has rows."""
    # The checksum does not depend on the order of rows, and counts a row that is there twice.
    row = ", ".join(quoted(name) for name, _ in model.columns)
    return (
        f"select {_bucket(model)} as bucket, to_hex(checksum(row({row}))) as digest "  # noqa: S608 - names of Glue, quoted
        f"from {quoted(model.name)} group by 1"
    )


def stamps_sql(model: Model) -> str:
    """Return the statement that answers for each bucket with its rows, newest stamp and sum of stamps."""
    stamp = quoted(STAMP)
    return (
        f"select {_bucket(model)} as bucket, count(*) as n, cast(max({stamp}) as varchar) as newest, "  # noqa: S608 - names of Glue, quoted
        # As seconds they are doubles, which are exact to a quarter of a microsecond.
        f"sum(cast(to_unixtime({stamp}) * 1e6 as bigint) % {_PRIME}) as total "
        f"from {quoted(model.name)} group by 1"
    )


def stamps_in_copy_sql(model: Model) -> str:
    """Return the query by which DuckDB answers the same of the copy."""
    stamp = quoted(STAMP)
    return (
        f"select {bucket_in_copy(model)}, count(*), max({stamp}), sum(epoch_us({stamp}) % {_PRIME}) "  # noqa: S608 - as above
        f"from main.{quoted(model.name)} group by 1"
    )


def unload_sql(model: Model, only: str | None, to: str) -> str:
    """Return the statement that writes a model's rows below `to`: those that fulfil a condition, or all."""
    # UNLOAD writes timestamps of milliseconds at most; as text they keep their microseconds.
    columns = ", ".join(
        f"cast({quoted(name)} as varchar) as {quoted(name)}" if kind == "timestamp" else quoted(name)
        for name, kind in model.columns
    )
    where = "" if only is None else f" where {only}"
    return (
        f"unload (select {columns} from {quoted(model.name)}{where}) "  # noqa: S608 - as above
        f"to {_literal(to)} with (format = 'PARQUET', compression = 'ZSTD')"
    )


def in_buckets(model: Model, buckets: Collection[str]) -> str:
    """Return the condition that a row is in one of some buckets."""
    return f"{_bucket(model)} in ({', '.join(map(_literal, sorted(buckets)))})"


def written_after(stamp: datetime) -> str:
    """Return the condition that a row was written later; by it Athena leaves older files unread."""
    return f"{quoted(STAMP)} > timestamp '{stamp.isoformat(' ', 'microseconds')}'"


def bucket_in_copy(model: Model) -> str:
    """Return what DuckDB finds a row's bucket by."""
    if model.key is None:
        return "''"
    return f"left(md5(coalesce(cast({quoted(model.key)} as varchar), '')), {_DIGITS})"


def _bucket(model: Model) -> str:
    if model.key is None:
        return "''"
    key = f"coalesce(cast({quoted(model.key)} as varchar), '')"
    return f"lower(substr(to_hex(md5(to_utf8({key}))), 1, {_DIGITS}))"


def _parts(text: str) -> list[str]:
    """Return the parts of a list at the commas that are in no brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "<(") - (character in ">)")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def quoted(name: str) -> str:
    """Return a name as both engines read it, whatever it is."""
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
