"""Views: checked when they are made, kept as text in Glue; and the names that columns must have."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from . import catalog as glue
from .errors import AthenaFailure
from .refusals import parse
from .result import Result
from .session import Session
from .translate import CATALOG
from .values import athena_type, hive_type

Columns = list[tuple[str, Any]]


def create_view(session: Session, body: str, database: str) -> Result:
    """CREATE VIEW: the query is checked now and kept as text."""
    match = re.match(r"(?is)create\s+(or\s+replace\s+)?view\s+(\S+)\s+as\s+(.*)$", body)
    if match is None:
        raise AthenaFailure("SYNTAX_ERROR", "line 1:1: mismatched input 'create view'")
    target = parse(f"select 1 from {match[2]}").find(exp.Table)
    place, name = (target.db or database).lower(), target.name.lower()
    session.catalog.require_database(place)
    tree = parse(match[3])
    refuse_unnamed(tree)
    described = session.execute(f"DESCRIBE {session.translated(tree, database, reads=False)}").fetchall()
    types = {row[0]: session.con.sql(f"SELECT NULL::{row[1]} AS c").types[0] for row in described}
    columns: Columns = [(row[0], types[row[0]]) for row in described]
    refuse_columns(columns)
    before = session.catalog.table(place, name)
    if before and not glue.is_view(before):
        raise AthenaFailure(
            "NOT_SUPPORTED", f"'{CATALOG}.{place}.{name}' is a table and cannot be replaced by a view"
        )
    if before and not match[1]:
        raise AthenaFailure("ALREADY_EXISTS", f"line 1:1: View already exists: '{CATALOG}.{place}.{name}'")
    spec = {
        "originalSql": match[3],
        "catalog": CATALOG,
        "schema": database,
        "columns": [{"name": column.lower(), "type": athena_type(kind)[0]} for column, kind in columns],
    }
    fields = [{"Name": column.lower(), "Type": hive_type(kind, strict=False)} for column, kind in columns]
    entry = {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "ViewOriginalText": glue.encode_view(spec),
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {"Columns": fields, "Location": "", "SerdeInfo": {}},
    }
    (session.catalog.update if before else session.catalog.create)(place, entry)
    return Result("CREATE_VIEW")


def refuse_unnamed(tree: Any) -> None:
    """Fail where a column of a table or view to be has no name, or a name that another has."""
    names: set[str] = set()
    for place, column in enumerate(tree.selects if isinstance(tree, exp.Query) else []):
        unnamed = not column.alias_or_name and not column.is_star
        if unnamed or not isinstance(column, exp.Alias | exp.Column | exp.Star | exp.Dot):
            raise AthenaFailure(
                "COLUMN_NAME_NOT_SPECIFIED", f"line 1:8: Column name not specified at position {place + 1}"
            )
        name = column.alias_or_name.lower()
        if name in names and not column.is_star:
            raise AthenaFailure(
                "DUPLICATE_COLUMN_NAME", f"line 1:1: Column name '{name}' specified more than once"
            )
        names.add(name)


def refuse_columns(columns: Columns) -> None:
    """Fail where a column has no name but the one it was given for want of one."""
    names = [column.lower() for column, _ in columns]
    for place, name in enumerate(names):
        if re.fullmatch(r"_col_?\d+", name):
            raise AthenaFailure(
                "COLUMN_NAME_NOT_SPECIFIED", f"line 1:8: Column name not specified at position {place + 1}"
            )
