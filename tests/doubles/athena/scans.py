"""The bytes that Athena would read for a statement: columns used, of partitions and row groups not ruled out.

Here: which columns of which files, by planning the statement over empty tables, and how large they are, by the files'
footers. Not here: reading them.

As in Trino a WITH query that is named twice is read twice. Constants rule out partitions by their keys, and row groups
by their statistics (`bounds`); of a file that is ruled out whole the footer counts, which Athena may spare for Iceberg.
What is not seen: what values found while running rule out, so that Athena may read less.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from sqlglot import exp

from .bounds import Bounds, Comparison, bounds_of, comparisons
from .instances import Instances
from .stages import stages_of
from .translate import CATALOG
from .values import identifier

STUBS = "_stubs"
FOOTER_END_BYTES = 8
"""Length of the footer and the magic word behind it."""

# Rewrites of DuckDB that would rule out, share or join away what Trino reads; empty tables have telling statistics.
_NOT_TRINOS = (
    "SET disabled_optimizers = 'statistics_propagation,row_group_pruner,late_materialization,common_subplan,"
    "join_elimination,window_self_join,materialized_cte,sampling_pushdown,empty_result_pullup'"
)


@dataclass(frozen=True)
class RowGroup:
    """The bytes of a row group's columns, and the bounds of their values where they are known."""

    columns: Mapping[str, int]
    bounds: Mapping[str, Bounds]


@dataclass(frozen=True)
class Sizes:
    """One file: its row groups, and the bytes that are read whatever is asked (a footer, or all of it)."""

    groups: Sequence[RowGroup]
    always: int

    @property
    def whole(self) -> int:
        """All its bytes."""
        return self.always + sum(sum(group.columns.values()) for group in self.groups)

    def read(self, use: Use) -> int:
        """The bytes read by a scan."""
        kept = [group for group in self.groups if all(one.may_hold(group.bounds) for one in use.comparisons)]
        return self.always + sum(group.columns.get(name, 0) for group in kept for name in use.names)


@dataclass(frozen=True)
class Use:
    """What a scan is for: columns, and what rows must satisfy."""

    names: set[str]
    comparisons: Sequence[Comparison]


def parquet_sizes(metadata: pq.FileMetaData) -> Sizes:
    """The compressed bytes of each top-level column's chunks, by its name in lower case; and the footer's."""
    groups = [_row_group(metadata.row_group(number)) for number in range(metadata.num_row_groups)]
    return Sizes(groups, metadata.serialized_size + FOOTER_END_BYTES)


def _row_group(row_group: pq.RowGroupMetaData) -> RowGroup:
    columns: Counter[str] = Counter()
    bounds: dict[str, Bounds] = {}
    for place in range(row_group.num_columns):
        chunk = row_group.column(place)
        name, *below = chunk.path_in_schema.lower().split(".")
        columns[name] += chunk.total_compressed_size
        known = None if below else bounds_of(chunk)
        if known:
            bounds[name] = known
    return RowGroup(columns, bounds)


@lru_cache(maxsize=10_000)
def parquet_sizes_of(file: Path) -> Sizes:
    """The sizes of a file on disk, which never changes under its name."""
    return parquet_sizes(pq.read_metadata(file))


@dataclass(frozen=True)
class Part:
    """Files that a filter on partition keys rules out together, and the keys' values as DuckDB's SQL, by name."""

    files: Sequence[Sizes]
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Relation:
    """A table, by its parts and the types of its columns, or a view, by its query."""

    database: str
    table: str
    columns: Mapping[str, str] = field(default_factory=dict)
    parts: Sequence[Part] = ()
    query: exp.Expression | None = None

    @property
    def name(self) -> str:
        """Its name in DuckDB."""
        return f"{CATALOG}.{identifier(self.database)}.{identifier(self.table)}"


@dataclass(frozen=True)
class Planned:
    """What a query takes."""

    read: Counter[str]
    """Bytes by table."""
    whole: int
    """Bytes that it would read if it read tables whole, as often as it reads them."""
    stages: int


class Planner:
    """Plans statements over empty tables."""

    def __init__(self) -> None:
        self.instances = Instances((_NOT_TRINOS,))

    def planned(self, relations: Sequence[Relation], query: exp.Expression) -> Planned:
        """What a query takes that reads relations, in the order of their making, views among them."""
        parts: list[tuple[str, Sequence[Sizes]]] = []
        with self.instances.borrowed() as connection:
            for schema in {STUBS, *(relation.database for relation in relations)}:
                connection.execute(f"CREATE SCHEMA {CATALOG}.{identifier(schema)}")
            for relation in relations:
                sql = inlined(relation.query) if relation.query else _over_stubs(connection, relation, parts)
                connection.execute(f"CREATE VIEW {relation.name} AS {sql}")
            told = connection.execute(f"EXPLAIN (FORMAT JSON) {inlined(query)}").fetchall()
        plan = list(_nodes(json.loads(told[0][1])))
        read: Counter[str] = Counter()
        times: Counter[int] = Counter()
        for number, use in _scans(plan):
            table, files = parts[number]
            read[table] += sum(sizes.read(use) for sizes in files)
            times[number] += 1
        # Trino reads all parts of a table at once.
        at_once = {table: max(times[n] for n, (of, _) in enumerate(parts) if of == table) for table in read}
        whole = sum(
            at_once[table] * sum(sizes.whole for sizes in files) for table, files in parts if table in read
        )
        return Planned(read, whole, sum(at_once.values()) + stages_of(plan))


def inlined(query: exp.Expression) -> str:
    """DuckDB's SQL of a query whose WITH queries are read wherever they are named."""
    copied = query.copy()
    for shared in copied.find_all(exp.CTE):
        shared.set("materialized", False)
    return copied.sql("duckdb")


def _over_stubs(
    connection: duckdb.DuckDBPyConnection, relation: Relation, parts: list[tuple[str, Sequence[Sizes]]]
) -> str:
    """A table's query over an empty table for each of its parts, whose files join `parts` under its number."""
    branches = []
    for part in relation.parts or [Part([])]:
        stub = f"{CATALOG}.{STUBS}.t{len(parts)}"
        typed = [
            f"{identifier(name)} {kind}"
            for name, kind in relation.columns.items()
            if name.lower() not in part.keys
        ]
        connection.execute(f"CREATE TABLE {stub} ({', '.join(typed)})")
        parts.append((f"{relation.database}.{relation.table}", part.files))
        selected = [
            f"{part.keys[name.lower()]}::{kind} AS {identifier(name)}"
            if name.lower() in part.keys
            else identifier(name)
            for name, kind in relation.columns.items()
        ]
        branches.append(f"SELECT {', '.join(selected)} FROM {stub}")
    return " UNION ALL ".join(branches)


def _nodes(plan: list[Any]) -> Iterator[Any]:
    """Every operator of a plan."""
    left = list(plan)
    while left:
        node = left.pop()
        left += node["children"]
        yield node


def _scans(plan: Iterable[Any]) -> Iterator[tuple[int, Use]]:
    """Of each scan in a plan the number of the stub, and its use: its columns are among the words of the plan."""
    for node in plan:
        scan = node.get("extra_info", {})
        if f".{STUBS}." in scan.get("Table", ""):
            projected, filters = (_texts(scan.get(told)) for told in ("Projections", "Filters"))
            bare = re.sub(r"'(?:[^']|'')*'", " ", " ".join(projected + filters)).lower()
            names = set(re.findall(r"\w+", bare))
            yield int(scan["Table"].rsplit(".t", 1)[1]), Use(names, list(comparisons(filters)))


def _texts(told: str | list[str] | None) -> list[str]:
    """What a plan tells as one text or several."""
    return [told] if isinstance(told, str) else told or []
