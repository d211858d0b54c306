"""One statement's DuckDB: the relations it names are bound as views, its query becomes a table to write from."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from . import catalog as glue
from . import hive
from .catalog import Catalog
from .errors import AthenaFailure, Cancelled, NotSupportedByDouble
from .iceberg import Iceberg
from .instances import Instances
from .refusals import parse
from .scans import Part, Planner, Relation
from .stages import MOST_STAGES
from .translate import CATALOG, meaning
from .values import duck_type, identifier

# What DuckDB says -> Athena's code.
FAILURES = (
    (r"(INVALID_FUNCTION_ARGUMENT|INVALID_CAST_ARGUMENT|DIVISION_BY_ZERO): (.*)", None),
    (r"(?i)division by zero", "DIVISION_BY_ZERO"),
    (r"Could not convert|Conversion Error", "INVALID_CAST_ARGUMENT"),
    (r"(?i)out of range|overflow", "NUMERIC_VALUE_OUT_OF_RANGE"),
    (r"must appear in the GROUP BY", "EXPRESSION_NOT_AGGREGATE"),
    (
        r"Referenced column|Column \"[^\"]+\" referenced|not found in FROM|does not have a column",
        "COLUMN_NOT_FOUND",
    ),
    (r"Cannot compare|Cannot mix", "TYPE_MISMATCH"),
)
# Of these the statement may be as guilty as the translation.
UNTOLD = r"No function matches|Unimplemented type"
RESULT = "_result"


@dataclass(frozen=True)
class Services:
    """What all statements of a double share."""

    catalog: Catalog
    iceberg: Iceberg
    instances: Instances
    planner: Planner


class Session:
    """Binds, runs and measures one statement.

    `read` is the bytes that Athena would have read for it, by table, `whole` those of reading tables whole; `stages` into
    how many it would have been parted.
    """

    con: duckdb.DuckDBPyConnection

    def __init__(
        self,
        services: Services,
        output: str,
        enforced_location: bool,
        cutoff: int | None,
    ) -> None:
        self.catalog = services.catalog
        self.iceberg = services.iceberg
        self.instances = services.instances
        self.planner = services.planner
        self.output = output
        self.enforced_location = enforced_location
        self.cutoff = cutoff
        self.read: Counter[str] = Counter()
        self.whole = self.stages = 0
        self.schema: dict[str, Any] = {}
        self.relations: list[Relation] = []
        self.stopped = threading.Event()
        self.ending = threading.Lock()
        self.running = False

    @contextmanager
    def open(self) -> Iterator[None]:
        """Hold a DuckDB for as long as the statement runs."""
        with self.instances.borrowed() as self.con:
            with self.ending:
                self.running = True
            try:
                yield
            finally:
                with self.ending:
                    self.running = False

    def stop(self) -> None:
        """End the statement from another thread; one that has ended is left alone."""
        with self.ending:
            self.stopped.set()
            if self.running:
                self.con.interrupt()

    def go_on(self) -> None:
        """Fail where the statement was stopped; asked before everything that cannot be taken back."""
        if self.stopped.is_set():
            raise Cancelled("Query cancelled by user")

    @property
    def scanned(self) -> int:
        """Bytes read, of all tables."""
        return self.read.total()

    def measure(self, query: exp.Expression) -> None:
        """Count the stages and the bytes that a translated query takes, up to the limits."""
        try:
            planned = self.planner.planned(self.relations, query)
        except duckdb.Error as error:
            raise failure(error) from error
        self.read += planned.read
        self.whole += planned.whole
        self.stages = max(self.stages, planned.stages)
        if self.stages > MOST_STAGES:
            raise AthenaFailure(
                "QUERY_HAS_TOO_MANY_STAGES",
                f"Number of stages in the query ({self.stages}) exceeds the allowed maximum ({MOST_STAGES}).",
            )
        if self.cutoff is not None and self.scanned > self.cutoff:
            raise Cancelled("Bytes scanned limit was exceeded")

    def execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        """Run DuckDB's SQL; its errors come out as Athena's, or as what the double does not support."""
        self.go_on()
        try:
            return self.con.execute(sql)
        except duckdb.InterruptException as error:
            raise Cancelled("Query cancelled by user") from error
        except duckdb.Error as error:
            raise failure(error) from error

    def bind(self, tree: exp.Expression, database: str, depth: int = 0) -> None:
        """Create every relation that a tree names, views with all they stand on; qualify the names."""
        shared = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
        for table in list(tree.find_all(exp.Table)):
            if not table.name or isinstance(table.this, exp.Func):
                continue
            if not table.db and table.name.lower() in shared:
                continue
            if table.args.get("when") or table.args.get("version"):
                raise NotSupportedByDouble("time travel")
            if "$" in table.name:
                raise NotSupportedByDouble("metadata tables of Iceberg and Hive")
            place, name = (table.db or database).lower(), table.name.lower()
            for part, value in (("this", name), ("db", place), ("catalog", CATALOG)):
                table.set(part, exp.to_identifier(value, quoted=True))
            self._bound(place, name, depth)

    def _bound(self, database: str, name: str, depth: int) -> dict[str, exp.DataType]:
        """The columns of a relation, which is created where it was not."""
        columns: dict[str, exp.DataType] | None = self.schema.get(CATALOG, {}).get(database, {}).get(name)
        if columns is None:
            columns = self._create(database, name, depth)
            self.schema.setdefault(CATALOG, {}).setdefault(database, {})[name] = columns
        return columns

    def _create(self, database: str, name: str, depth: int) -> dict[str, exp.DataType]:
        found = self.catalog.existing(database, name)
        parts: list[Part] = []
        query: exp.Expression | None = None
        if depth > 20:
            raise AthenaFailure("VIEW_IS_RECURSIVE", f"line 1:15: View '{database}.{name}' is recursive")
        if glue.is_view(found):
            view = glue.decode_view(found)
            query = self._of_view(view["originalSql"], view.get("schema") or database, depth)
            sql = query.sql("duckdb")
        elif glue.is_iceberg(found):
            relation = f"iceberg_{database}_{name}"
            arrow, sizes = self.iceberg.read(found)
            parts = [Part(sizes)]
            self.con.register(relation, arrow)
            sql = f"SELECT * FROM {identifier(relation)}"
        else:
            sql, parts = hive.relation(self, found)
        whole = f"{CATALOG}.{identifier(database)}.{identifier(name)}"
        self.execute(f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.{identifier(database)}")
        self.execute(f"CREATE VIEW {whole} AS {sql}")
        described = self.execute(f"DESCRIBE {whole}").fetchall()
        columns = {row[0]: exp.DataType.build(row[1], dialect="duckdb") for row in described}
        if glue.is_view(found) and [n for n, _ in glue.columns(found)] != [c.lower() for c in columns]:
            raise AthenaFailure(
                "VIEW_IS_STALE", f"line 1:15: View '{CATALOG}.{database}.{name}' is stale or in invalid state"
            )
        types = {row[0]: row[1] for row in described}
        self.relations.append(Relation(database, name, types, parts, query))
        return columns

    def _of_view(self, text: str, home: str, depth: int) -> exp.Expression:
        """The translated query of a view, what it stands on bound."""
        tree = parse(text)
        self.bind(tree, home, depth + 1)
        return meaning(tree, self.schema, home)

    def translated(self, tree: exp.Expression, database: str, reads: bool = True) -> str:
        """DuckDB's SQL for a query, everything it names bound, and what it reads counted unless it only plans."""
        inner = tree.unnest() if isinstance(tree, exp.Subquery) else tree
        self.bind(inner, database)
        query = meaning(inner, self.schema, database)
        if reads:
            self.measure(query)
        return query.sql("duckdb", copy=False)

    def keep(self, tree: exp.Expression, database: str) -> list[tuple[str, Any]]:
        """Run a query into the table of the result; name and DuckDB type of its columns."""
        self.execute(f"CREATE TEMP TABLE {RESULT} AS {self.translated(tree, database)}")
        result = self.con.table(RESULT)
        return list(zip(result.columns, result.types, strict=True))

    def count(self) -> int:
        """How many rows the result has."""
        row = self.execute(f"SELECT count(*) FROM {RESULT}").fetchone()
        return int(row[0]) if row else 0

    def arrow(self, columns: list[tuple[str, str]], where: str = "true") -> pa.Table:
        """Rows of the result with the given Hive types, timestamps in microseconds, for Iceberg."""
        selected = ", ".join(
            f"{identifier(name)}::{duck_type(hive_type, 'TIMESTAMP')} AS {identifier(name.lower())}"
            for name, hive_type in columns
        )
        return self.execute(f"SELECT {selected} FROM {RESULT} WHERE {where}").to_arrow_table()


def failure(error: Exception) -> AthenaFailure | NotSupportedByDouble:
    """What DuckDB's error is called by Athena; what it does not know, Athena might."""
    message = str(error).split("\n")[0]
    if re.search(UNTOLD, message):
        return NotSupportedByDouble(f"this statement, at which DuckDB says {message!r}")
    for pattern, code in FAILURES:
        found = re.search(pattern, message)
        if found:
            return AthenaFailure(code, message) if code else AthenaFailure(found[1], found[2])
    return NotSupportedByDouble(f"this statement, at which DuckDB says {message!r}")
