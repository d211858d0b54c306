"""Which part of the double executes a statement, by its first words, as Athena routes them."""

from __future__ import annotations

import re
from collections.abc import Callable

from . import ddl, dml, views
from .catalog import Catalog
from .errors import AthenaFailure, NotSupportedByDouble
from .iceberg import Iceberg
from .instances import Instances
from .result import Result
from .scans import Planner
from .session import Services, Session
from .storage import Storage

Execution = Callable[[Session, str, str], Result]


def _lines(kind: str, answer: Callable[[Session, str, str], list[str]]) -> Execution:
    return lambda session, body, database: Result.of_lines(kind, answer(session, body, database))


def _partitions(session: Session, body: str, database: str) -> list[str]:
    table = session.catalog.existing(*ddl.named(body.split()[-1], database))
    names = [key["Name"] for key in table.get("PartitionKeys", [])]
    return [
        "/".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
        for _, values in session.catalog.partitions(table)
    ]


def _databases(session: Session, body: str, database: str) -> list[str]:
    return [found["Name"] for found in session.catalog.glue.get_databases()["DatabaseList"]]


def _tables(session: Session, body: str, database: str) -> list[str]:
    place = re.search(r"(?i)\b(?:in|from)\s+(\S+)", body)
    name = place[1].strip('`"') if place else database
    session.catalog.require_database(name)
    pages = session.catalog.glue.get_paginator("get_tables").paginate(DatabaseName=name)
    return [table["Name"] for page in pages for table in page["TableList"]]


def _columns(session: Session, body: str, database: str) -> list[str]:
    table = session.catalog.existing(*ddl.named(body.split()[-1], database))
    columns = table["StorageDescriptor"]["Columns"] + table.get("PartitionKeys", [])
    return [f"{column['Name']:20}\t{column['Type']:20}\t" for column in columns]


def _maintain(session: Session, body: str, database: str) -> Result:
    # The files that pyiceberg leaves are read alike before and after; nothing is to be done to be true to it.
    words = re.match(r"(?is)(?:optimize|vacuum)\s+(\S+)", body)
    session.catalog.existing(*ddl.named(words[1] if words else "", database))
    return Result(body.split()[0].upper(), "DML")


NAME = r"(?:[\w$.-]|\"[^\"]*\"|`[^`]*`)+"
ROUTES: list[tuple[str, Execution]] = [
    (r"create (or replace )?view\b", views.create_view),
    (rf"create table (if not exists )?{NAME} (with ?\(|as\b)", dml.create_table_as),
    (r"create (external )?table\b", ddl.create_table),
    (r"create (schema|database)\b", ddl.create_database),
    (r"drop (schema|database)\b", ddl.drop_database),
    (r"drop (table|view)\b", ddl.drop),
    (r"alter \w+ ", ddl.alter),
    (r"msck repair table ", ddl.repair),
    (r"insert into ", dml.insert),
    (r"(merge into|update|delete from) ", dml.change),
    (r"(optimize|vacuum) ", _maintain),
    (r"show partitions ", _lines("SHOW_PARTITIONS", _partitions)),
    (r"show (databases|schemas)\b", _lines("SHOW_DATABASES", _databases)),
    (r"show tables\b", _lines("SHOW_TABLES", _tables)),
    (r"(describe|desc|show columns) ", _lines("DESCRIBE_TABLE", _columns)),
    (r"explain ", dml.explain),
    (r"unload ?\(", dml.unload),
    (r"(select|with|values|table|\()", dml.query),
]
# What Athena has and the double has not.
ABSENT = r"(show|prepare|execute|deallocate|call|describe) ?"


class Engine:
    """Executes statements over one endpoint."""

    def __init__(self, endpoint: str, region: str) -> None:
        self.storage = Storage()
        self.catalog = Catalog(endpoint, region, self.storage)
        self.iceberg = Iceberg(endpoint, region)
        self.services = Services(self.catalog, self.iceberg, Instances(), Planner())

    def session(self, output: str, enforced_location: bool, cutoff: int | None) -> Session:
        """A session for one statement."""
        return Session(self.services, output, enforced_location, cutoff)

    @staticmethod
    def run(session: Session, sql: str, database: str) -> Result:
        """Execute one statement."""
        body = re.sub(r"^\s*(?:(?:--[^\n]*(?:\n|$)|/\*.*?\*/)\s*)+", "", sql, flags=re.S).strip()
        body = body.rstrip(";").strip()
        bare = re.sub(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", "", body, flags=re.S)
        if ";" in bare:
            raise AthenaFailure("FAILED", "Only one sql statement is allowed. Got: " + body[:60])
        head = re.sub(r"\s+", " ", body[:400]).lower()
        for pattern, execute in ROUTES:
            if re.match(pattern, head):
                if execute.__module__ in (dml.__name__, views.__name__) and "`" in bare:
                    raise AthenaFailure(
                        "SYNTAX_ERROR",
                        "backquoted identifiers are not supported; use double quotes to quote identifiers",
                    )
                return execute(session, body, database)
        if re.match(ABSENT, head):
            raise NotSupportedByDouble(f"the statement {body[:60]!r}")
        word = head.split(" ")[0] if head else "<EOF>"
        raise AthenaFailure("SYNTAX_ERROR", f"line 1:1: mismatched input '{word}'")
