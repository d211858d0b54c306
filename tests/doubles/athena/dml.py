"""Statements that read or write rows, in Trino's dialect as Athena takes it."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types

from . import catalog as glue
from . import hive
from .errors import AthenaFailure
from .iceberg import partition_expression
from .refusals import parse, refuse_types
from .result import ROWS, Result
from .rewrites import rewrite
from .session import RESULT, Session
from .translate import CATALOG
from .values import athena_type, duck_type, hive_type, identifier
from .views import Columns, refuse_columns, refuse_unnamed

WRITTEN = "_written"
"""Of rows in the copy that a change is replayed on: whether the change wrote them."""


def query(session: Session, body: str, database: str) -> Result:
    """SELECT, WITH, VALUES or TABLE."""
    cursor = session.execute(session.translated(parse(body), database))
    described = cursor.description or []
    rows = cursor.fetchall()
    return Result.of_query([d[0] for d in described], [d[1] for d in described], rows)


def explain(session: Session, body: str, database: str) -> Result:
    """EXPLAIN: the query is checked; its plan is DuckDB's."""
    sql = session.translated(parse(re.sub(r"(?is)^explain\s+", "", body)), database, reads=False)
    lines = [str(row[1]) for row in session.execute(f"EXPLAIN {sql}").fetchall()]
    return Result.of_lines("EXPLAIN", lines)


def create_table_as(session: Session, body: str, database: str) -> Result:
    """CREATE TABLE AS, of Hive or Iceberg."""
    tree = parse(body)
    place, name = (tree.this.db or database).lower(), tree.this.name.lower()
    session.catalog.require_database(place)
    if session.catalog.table(place, name):
        if tree.args.get("exists"):
            return Result("CREATE_TABLE_AS_SELECT", columns=ROWS, updated=0)
        raise AthenaFailure(
            "TABLE_ALREADY_EXISTS", f"line 1:1: Destination table '{CATALOG}.{place}.{name}' already exists"
        )
    given = properties(body)
    iceberg = str(given.get("table_type", "hive")).lower() == "iceberg"
    location = given.get("location" if iceberg else "external_location")
    if iceberg and (str(given.get("is_external", "true")).lower() != "false" or not location):
        raise AthenaFailure("INVALID_TABLE_PROPERTY", "Iceberg CTAS needs is_external = false and a location")
    # Of Iceberg's tables a work group's place is not the place: they must name their own.
    if session.enforced_location and location and not iceberg:
        raise AthenaFailure(
            "INVALID_TABLE_PROPERTY",
            "The Create Table As Select query failed because it was submitted with an 'external_location' property "
            "to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
            "'external_location' property and resubmit the query.",
        )
    location = str(location or f"{session.output.rstrip('/')}/tables/{place}-{name}/")
    if not session.catalog.storage.is_empty(location):
        raise AthenaFailure(
            "HIVE_PATH_ALREADY_EXISTS",
            f"Target directory for table '{place}.{name}' already exists: {location}.",
        )
    refuse_unnamed(tree.expression)
    columns = session.keep(tree.expression, database)
    refuse_columns(columns)
    if iceberg:
        return _iceberg_table(
            session, (place, name), location, columns, list(given.get("partitioning") or [])
        )
    return _hive_table(session, (place, name), location, columns, given)


def _hive_table(
    session: Session, target: tuple[str, str], location: str, columns: Columns, given: dict[str, Any]
) -> Result:
    typed = _hive_columns(columns)
    keys = [key.lower() for key in given.get("partitioned_by") or []]
    if keys and [column.lower() for column, _ in typed[-len(keys) :]] != keys:
        raise AthenaFailure(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the table properties: "
            f"{keys}",
        )
    cut = len(typed) - len(keys)
    form = str(given.get("format", "parquet")).lower()
    table = {
        "Name": target[1],
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": name.lower(), "Type": kind} for name, kind in typed[cut:]],
        "StorageDescriptor": hive.descriptor(typed[:cut], location, form),
        "Parameters": {"EXTERNAL": "TRUE", "has_encrypted_data": "false", "classification": form},
    }
    session.go_on()
    session.catalog.create(target[0], table)
    try:
        compression = str(given.get("write_compression", "gzip"))
        partitioned = {**table, "DatabaseName": target[0]}
        written = hive.write(session, partitioned, typed[:cut], typed[cut:], form, compression)
    except Exception:
        session.catalog.drop(*target)
        raise
    return Result("CREATE_TABLE_AS_SELECT", columns=ROWS, updated=written)


def _hive_columns(columns: Columns) -> list[tuple[str, str]]:
    """The types in Glue of columns that are written as a Hive table's; UNLOAD writes as one."""
    for column, kind in columns:
        if re.search(r"\bTIMESTAMP\b(?! WITH)", str(kind)):
            raise AthenaFailure(
                "NOT_SUPPORTED",
                "Incorrect timestamp precision for timestamp(6); the configured precision is MILLISECONDS; "
                f"column name: {column}",
            )
    return [(column, hive_type(kind)) for column, kind in columns]


def _iceberg_table(
    session: Session, target: tuple[str, str], location: str, columns: Columns, partitioning: list[str]
) -> Result:
    for column, kind in columns:
        if str(kind) == "TIMESTAMP_MS":
            raise AthenaFailure(
                "NOT_SUPPORTED",
                'Timestamp precision (3) not supported for Iceberg. Use "timestamp(6)" instead.',
            )
        if str(kind) in ("TINYINT", "SMALLINT"):
            raise AthenaFailure(
                "NOT_SUPPORTED", f"Type not supported for Iceberg: {str(kind).lower()} ({column})"
            )
    if partitioning:
        parts = ", ".join(map(partition_expression, partitioning))
        row = session.execute(f"SELECT count(*) FROM (SELECT DISTINCT {parts} FROM {RESULT})").fetchone()
        if row and row[0] > hive.MAX_PARTITIONS:
            raise AthenaFailure(
                "ICEBERG_TOO_MANY_OPEN_PARTITIONS",
                f"Exceeded limit of {hive.MAX_PARTITIONS} open writers for partitions",
                233,
            )
    rows = session.arrow([(column, hive_type(kind)) for column, kind in columns])
    session.go_on()
    session.iceberg.create(*target, location, rows, partitioning)
    return Result("CREATE_TABLE_AS_SELECT", columns=ROWS, updated=rows.num_rows)


def insert(session: Session, body: str, database: str) -> Result:
    """INSERT INTO a Hive or an Iceberg table."""
    tree = parse(body)
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    place, name = (target.db or database).lower(), target.name.lower()
    table = session.catalog.existing(place, name)
    columns, keys = glue.columns(table), glue.partition_keys(table)
    types = dict(columns + keys)
    named = (
        [e.name.lower() for e in tree.this.expressions] if isinstance(tree.this, exp.Schema) else list(types)
    )
    found = session.keep(tree.expression, database)
    if len(named) != len(found):
        raise AthenaFailure(
            "TYPE_MISMATCH",
            f"line 1:1: Insert query has mismatched column types: Table has {len(named)} columns, query {len(found)}",
        )
    for (_, kind), column in zip(found, named, strict=True):
        if column not in types:
            raise AthenaFailure(
                "COLUMN_NOT_FOUND", f"line 1:1: Insert column name does not exist in target table: {column}"
            )
        given, wanted = str(kind).split("(")[0], duck_type(types[column]).split("(")[0]
        if (given == "VARCHAR") != (wanted == "VARCHAR") and given != '"NULL"':
            raise AthenaFailure(
                "TYPE_MISMATCH",
                f"line 1:1: Insert query has mismatched column types: Table: [{types[column]}], "
                f"Query: [{athena_type(kind)[0]}]",
            )
    selected = [f"{identifier(f[0])} AS {identifier(n)}" for f, n in zip(found, named, strict=True)]
    selected += [f"NULL AS {identifier(column)}" for column in types if column not in named]
    session.execute(f"ALTER TABLE {RESULT} RENAME TO _inserted")
    session.execute(f"CREATE TEMP TABLE {RESULT} AS SELECT {', '.join(selected)} FROM _inserted")
    if glue.is_iceberg(table):
        rows = session.arrow(columns)
        session.go_on()
        session.iceberg.append(place, name, rows)
        written = rows.num_rows
    else:
        written = hive.write(session, table, columns, keys, hive.form_of(table))
    return Result("INSERT", "DML", ROWS, updated=written)


def change(session: Session, body: str, database: str) -> Result:
    """MERGE, UPDATE or DELETE on Iceberg: replayed on a copy, which tells rows written from rows kept; one commit."""
    tree: Any = parse(body)
    target = tree.this
    place, name = (target.db or database).lower(), target.name.lower()
    table = session.catalog.existing(place, name)
    if not glue.is_iceberg(table):
        raise AthenaFailure(
            "NOT_SUPPORTED", "Modifying Hive table rows is only supported for transactional tables"
        )
    read_at = session.iceberg.snapshot(place, name)
    session.bind(tree, database)
    tree = annotate_types(tree, schema=session.schema, dialect="athena")
    refuse_types(tree)
    tree = tree.transform(rewrite)
    session.measure(read_by(tree))
    target = tree.this
    session.execute(
        f"CREATE TEMP TABLE {RESULT} AS SELECT *, false AS {WRITTEN} "
        f"FROM {CATALOG}.{identifier(place)}.{identifier(name)}"
    )
    alias = target.args.get("alias") or exp.TableAlias(this=exp.to_identifier(name, quoted=True))
    target.replace(exp.Table(this=exp.to_identifier(RESULT), alias=alias))
    if isinstance(tree, exp.Merge):
        _refuse_twice_matched(session, tree)
    _mark_written(tree)
    row = session.execute(tree.sql("duckdb")).fetchone()
    touched = int(row[0]) if row else 0
    kept_and_written = (f"NOT {WRITTEN}", WRITTEN) if touched else ()
    batches = [session.arrow(glue.columns(table), which) for which in kept_and_written]
    session.go_on()
    session.iceberg.replace(place, name, batches, read_at)
    return Result(type(tree).__name__.upper(), "DML", ROWS, updated=touched)


def _mark_written(change: exp.Expression) -> None:
    """Have rows that are updated or inserted say so."""
    for update in change.find_all(exp.Update):
        update.append("expressions", exp.EQ(this=exp.column(WRITTEN), expression=exp.true()))
    for insert in change.find_all(exp.Insert):
        if insert.this:
            insert.this.append("expressions", exp.column(WRITTEN))
        insert.expression.append("expressions", exp.true())


def read_by(change: Any) -> exp.Select:
    """The query that reads what a change must: rows deleted or merged into are marked, not read whole."""
    target, where = change.this, change.args.get("where")
    if isinstance(change, exp.Merge):
        source = change.args["using"]
        every = exp.Column(this=exp.Star(), table=exp.to_identifier(source.alias_or_name))
        return (
            exp.select(every)
            .from_(source.copy())
            .join(target.copy(), on=change.args["on"].copy(), join_type="left")
        )
    query = exp.select("*" if isinstance(change, exp.Update) else "1").from_(target.copy())
    return query.where(where.this.copy()) if where else query


def _refuse_twice_matched(session: Session, tree: Any) -> None:
    target, source, on = tree.this, tree.args["using"], tree.args["on"]
    found = session.execute(
        f"SELECT 1 FROM (SELECT {target.alias_or_name}.rowid AS r, count(*) AS c FROM {target.sql('duckdb')} "
        f"JOIN {source.sql('duckdb')} ON {on.sql('duckdb')} GROUP BY 1) WHERE c > 1 LIMIT 1"
    ).fetchone()
    if found:
        raise AthenaFailure(
            "MERGE_TARGET_ROW_MULTIPLE_MATCHES", "One MERGE target table row matched more than one source row"
        )


def unload(session: Session, body: str, database: str) -> Result:
    """UNLOAD a query to Parquet or JSON objects."""
    match = re.match(r"(?is)unload\s*\((.*)\)\s*to\s*'([^']+)'\s*with\s*\((.*)\)", body)
    if match is None:
        raise AthenaFailure("SYNTAX_ERROR", "line 1:1: mismatched input 'unload'")
    given = properties(f"with ({match[3]})")
    if not session.catalog.storage.is_empty(match[2]):
        raise AthenaFailure("HIVE_PATH_ALREADY_EXISTS", f"Target directory already exists: {match[2]}")
    columns = _hive_columns(session.keep(parse(match[1]), database))
    form = str(given.get("format", "parquet")).lower()
    target = {"StorageDescriptor": hive.descriptor(columns, match[2], form)}
    written = hive.write(session, target, columns, [], form, str(given.get("compression", "gzip")))
    return Result("UNLOAD", "DML", ROWS, updated=written)


def properties(body: str) -> dict[str, Any]:
    """The properties in WITH (…): text, or a list where an ARRAY is given."""
    match = re.search(r"(?is)\bwith\s*\(", body)
    given: dict[str, Any] = {}
    if match is None:
        return given
    pattern = r"(?is)\s*,?\s*(\w+)\s*=\s*(array\s*\[.*?\]|'(?:[^']|'')*'|[\w.]+)"
    place = match.end()
    while found := re.compile(pattern).match(body, place):
        value = found[2]
        is_list = value.lower().startswith("array")
        given[found[1].lower()] = re.findall(r"'([^']+)'", value) if is_list else value.strip("'")
        place = found.end()
    return given
