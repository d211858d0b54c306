"""One query of Athena as a query of DuckDB that means the same; what cannot mean the same is not supported."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from .arrays import mark_safe
from .errors import AthenaFailure, NotSupportedByDouble
from .refusals import kind, refuse_types
from .rewrites import rewrite

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

CATALOG = "awsdatacatalog"
MACROS = [
    line.rstrip(";")
    for line in Path(__file__).with_name("macros.sql").read_text().splitlines()
    if line.startswith("CREATE")
]
SESSION = [
    "SET TimeZone = 'UTC'",
    "SET integer_division = true",
    "SET threads = 2",
    # Order without ORDER BY must not be something that a model can rely on.
    "SET preserve_insertion_order = false",
]


def to_duckdb(query: exp.Expression, schema: dict[str, Any], database: str) -> str:
    """DuckDB's SQL for a parsed query over `schema` ({catalog: {database: {table: {column: type}}}})."""
    return meaning(query, schema, database).sql("duckdb")


def meaning(query: exp.Expression, schema: dict[str, Any], database: str) -> exp.Expression:
    """DuckDB's tree for a parsed query, which is used up."""
    tree = understood(query, schema, database)
    refuse_types(tree)
    mark_safe(tree)
    return tree.transform(_unnest, copy=False).transform(rewrite, copy=False)


def understood(query: exp.Expression, schema: dict[str, Any], database: str) -> exp.Expression:
    """The query with every column told its table and every expression its type."""
    try:
        tree = qualify(
            # Of a CREATE TABLE AS the query alone, as if nothing stood around it.
            query.pop() if query.parent else query,
            dialect="athena",
            schema=schema,
            db=database,
            catalog=CATALOG,
            quote_identifiers=False,
            identify=False,
            validate_qualify_columns=False,
            allow_partial_qualification=True,
            expand_alias_refs=False,
        )
        tree = annotate_types(tree, schema=schema, dialect="athena")
    except sqlglot.errors.OptimizeError as error:
        raise AthenaFailure("COLUMN_NOT_FOUND", f"line 1:8: {error}") from error
    for select in tree.find_all(exp.Select):
        _refuse_alias_use(select)
    return tree


def _refuse_alias_use(select: exp.Select) -> None:
    """Trino knows the aliases of a select in its ORDER BY alone; DuckDB everywhere."""
    aliases = {
        column.alias.lower()
        for column in select.expressions
        # A column that keeps its name is found in the relation it comes from.
        if isinstance(column, exp.Alias) and column.this.name.lower() != column.alias.lower()
    }
    order = select.args.get("order")
    for column in select.find_all(exp.Column):
        if column.table or column.name.lower() not in aliases:
            continue
        if column.find_ancestor(exp.Select) is not select or column.find_ancestor(exp.Lambda):
            continue
        same_name = (
            isinstance(column.parent, exp.Alias) and column.parent.alias.lower() == column.name.lower()
        )
        if not same_name and not (order and column.find_ancestor(exp.Order) is order):
            raise AthenaFailure("COLUMN_NOT_FOUND", f"line 1:8: Column '{column.name}' cannot be resolved")


def _unnest(node: exp.Expression) -> exp.Expression:
    """UNNEST of several arrays, of a map or of rows, as a lateral select of DuckDB's unnests."""
    if not isinstance(node, exp.Unnest):
        return node
    alias, operands = node.args.get("alias"), node.expressions
    rows = [_is_rows(operand) for operand in operands]
    plain = len(operands) == 1 and kind(operands[0]) != "map" and not rows[0]
    if plain:
        return node
    if alias is None or not alias.columns:
        raise NotSupportedByDouble("UNNEST of several arrays, maps or rows without column names")
    names = iter(column.name for column in alias.columns)
    selected = []
    for operand, of_rows in zip(operands, rows, strict=True):
        # What is unnested may hold lambdas and subscripts of Trino itself.
        sql = operand.copy().transform(rewrite).sql("duckdb")
        if kind(operand) == "map":
            selected += [
                f"unnest(map_keys({sql})) AS {next(names)}",
                f"unnest(map_values({sql})) AS {next(names)}",
            ]
        elif of_rows:
            for field in operand.type.expressions[0].expressions:
                selected.append(f"unnest(list_transform({sql}, lambda r : r.{field.name})) AS {next(names)}")
        else:
            selected.append(f"unnest({sql}) AS {next(names)}")
    offset = node.args.get("offset")
    if offset:
        first = operands[0].sql("duckdb")
        name = offset.name if isinstance(offset, exp.Identifier) else next(names)
        selected.append(f"generate_subscripts({first}, 1) AS {name}")
    inner = sqlglot.parse_one("SELECT " + ", ".join(selected), read="duckdb")
    return exp.Lateral(this=exp.Subquery(this=inner), alias=exp.TableAlias(this=alias.this))


def _is_rows(node: Any) -> bool:
    element = node.type.expressions[0] if node.type and node.type.expressions else None
    return getattr(element, "this", None) == exp.DataType.Type.STRUCT
