"""The contract between a source and the lake: which rows are taken in, and why the others are not.

Here: judging whole batches by what `core/records.py` promises of each column. Not here: what happens to
the rows (`lake.py`). A fault of a row sends that row to quarantine with its reasons; a fault of a whole
column (missing, or of a type that can never fit) is an error, for then no row can be trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotify_assets.core.errors import CatalogError
from spotify_assets.core.lake.contract_sql import UNPRINTABLE_OR_SPACE, Judged, is_text, judge, judge_copies
from spotify_assets.core.lake.schemas import ARROW_TYPES, record_schema, rejected_schema, table_spec
from spotify_assets.core.records import MAX_ID, Column

_ORDER = "_place"
"""The column that keeps the batch's order while SQL works on it; no record has one of that name."""

Ids: TypeAlias = "pa.Array | pa.ChunkedArray | Sequence[str]"
"""Ids as callers have them; `as_ids` makes them one array."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A batch, parted into what keeps the contract and what does not; together they are the whole batch."""

    table: str
    good: pa.Table
    """Columns and types of `record_schema(table)`, in the batch's order."""
    bad: pa.Table
    """The record's columns as text, as they were found (lists as JSON), and `reason`."""

    @property
    def bad_share(self) -> float:
        """The share of the batch that broke the contract, 0 to 1; 0 for an empty batch."""
        rows = self.good.num_rows + self.bad.num_rows
        return self.bad.num_rows / rows if rows else 0.0

    def reasons(self) -> dict[str, int]:
        """Return how many rows have each reason, the most frequent first."""
        each = pc.list_flatten(pc.split_pattern(self.bad["reason"], "; "))
        counts = pc.value_counts(each.combine_chunks() if isinstance(each, pa.ChunkedArray) else each)
        found = [(entry["values"].as_py(), entry["counts"].as_py()) for entry in counts]
        return dict(sorted(found, key=lambda item: (-item[1], item[0])))

    def vouched(self, observed_ids: Ids) -> pa.Array:
        """Return those of the ids that were asked for of which no row was rejected.

        An id whose only row broke the contract was observed, but is neither dead nor an empty list: it
        must not become a marker.
        """
        rejected = self.bad[table_spec(self.table).id_column].combine_chunks()
        ids = as_ids(observed_ids)
        return pc.filter(ids, pc.invert(pc.is_in(ids, value_set=rejected)))


def check(table: str, rows: pa.Table) -> Checked:
    """Part a batch into rows that keep the table's contract and rows that do not.

    Good rows are cast to the record's types: "71" and 71.0 are popularities, an empty text is null. Of rows
    with the same key the first good one is kept. Columns the record does not have are left out.

    Raises:
        CatalogError: a column is missing, appears twice, or has a type whose values can never fit.
    """
    spec = table_spec(table)
    found = conform(table, rows)
    found = found.append_column(_ORDER, pa.array(np.arange(found.num_rows)))
    judged = [judge(c, found.schema.field(c.name).type) for c in spec.columns]
    with duckdb.connect() as db:
        db.register("found", found)
        db.execute(_verdicts(judged, spec.key))
        good = ", ".join(f'{j.value} as "{j.name}"' for j in judged)
        bad = ", ".join(f'{j.shown} as "{j.name}"' for j in judged)
        return Checked(
            table=table,
            good=_select(db, good, "reason is null").cast(record_schema(table)),
            bad=_select(db, f"{bad}, reason", "reason is not null").cast(rejected_schema(table)),
        )


def conform(table: str, rows: pa.Table) -> pa.Table:
    """Return the record's columns of a batch, in order; columns that may be left out become null.

    Raises:
        CatalogError: naming each column that is missing, doubled or of a type that can never fit.
    """
    faults = column_faults(table, rows.schema)
    if faults:
        raise CatalogError("\n".join(faults))
    return pa.table({c.name: _plain(table, rows, c) for c in table_spec(table).columns})


def column_faults(table: str, schema: pa.Schema) -> list[str]:
    """Return a sentence for each column that is missing, doubled or of a type that can never fit."""
    return [
        f"{table}.{c.name}: {fault}"
        for c in table_spec(table).columns
        if (fault := _column_fault(c, schema)) is not None
    ]


def as_ids(ids: Ids) -> pa.Array:
    """Return ids as one array of text, each once and none null, in the order they first appear."""
    if isinstance(ids, pa.ChunkedArray):
        ids = ids.combine_chunks()
    if not isinstance(ids, pa.Array):
        ids = pa.array(ids, pa.string())
    return pc.drop_null(pc.unique(ids.cast(pa.string())))


def well_formed(ids: pa.Array) -> pa.Array:
    """Return which ids are such: of 1 to `MAX_ID` printable characters, none a space; false for null."""
    printable = pc.match_substring_regex(ids, f"^[^{UNPRINTABLE_OR_SPACE}]+$")
    return pc.fill_null(pc.and_(printable, pc.less_equal(pc.utf8_length(ids), MAX_ID)), False)


def _column_fault(column: Column, schema: pa.Schema) -> str | None:
    fields = [field for field in schema if field.name == column.name]
    if not fields:
        there = ", ".join(schema.names) or "none"
        missing = f"expected {column.type}, found no such column (there are: {there})"
        return None if column.optional else missing
    if len(fields) > 1:
        return f"expected one column of this name, found {len(fields)}"
    if not _can_cast(fields[0].type, column.type):
        return f"expected {column.type}, found {fields[0].type}"
    return None


def _can_cast(found: pa.DataType, expected: str) -> bool:
    """Whether values of a type can fit at all; that each one does is for `check` to see."""
    if pa.types.is_dictionary(found):
        found = found.value_type
    if pa.types.is_null(found):
        return True
    if expected == "list<string>":
        is_list = pa.types.is_list(found) or pa.types.is_large_list(found)
        return is_list and (pa.types.is_null(found.value_type) or is_text(found.value_type))
    if expected == "string":
        return is_text(found) or pa.types.is_integer(found) or pa.types.is_date(found)
    if expected == "boolean" and pa.types.is_boolean(found):
        return True
    is_number = pa.types.is_integer(found) or pa.types.is_floating(found) or pa.types.is_decimal(found)
    return is_number or is_text(found)


def _plain(table: str, rows: pa.Table, column: Column) -> pa.ChunkedArray:
    """Return a column without the encodings that SQL would take for types of their own."""
    if column.name not in rows.schema.names:
        return pa.nulls(rows.num_rows, ARROW_TYPES[column.type])
    values = rows[column.name]
    if pa.types.is_null(values.type):
        return values.cast(ARROW_TYPES[column.type])
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    try:
        values.validate(full=True)
    except pa.ArrowInvalid as error:
        raise CatalogError(
            f"{table}.{column.name}: values cannot be read ({error}); text must be UTF-8"
        ) from error
    return values


def _verdicts(judged: list[Judged], key: tuple[str, ...]) -> str:
    """Return the SQL that adds `reason` (null for good rows) to the rows of `found`."""
    faults = ", ".join(j.fault for j in judged)
    copies = judge_copies([j for j in judged if j.name in key], _ORDER)
    return f"""
        create temp table verdicts as
        with judged as (
            select *, nullif(concat_ws('; ', {faults}), '') as fault from found
        )
        select *, coalesce(fault, {copies}) as reason from judged
    """  # noqa: S608 - made of the records' column names alone


def _select(db: duckdb.DuckDBPyConnection, columns: str, where: str) -> pa.Table:
    query = f'select {columns} from verdicts where {where} order by "{_ORDER}"'  # noqa: S608 - as above
    return db.sql(query).to_arrow_table()
