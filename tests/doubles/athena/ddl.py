"""Statements about databases, tables and views, in Hive's dialect as Athena takes them."""

from __future__ import annotations

import re

import duckdb
from botocore.exceptions import ClientError

from . import catalog as glue
from . import hive
from .errors import AthenaFailure, NotSupportedByDouble
from .iceberg import Iceberg
from .result import Result
from .session import Session
from .values import duck_type, identifier, split

PART = r"`[^`]+`|\"[^\"]+\"|[\w$-]+"


def named(text: str, database: str) -> tuple[str, str]:
    """Database and name of a table as it is written in a statement."""
    parts = [part.strip('`"').lower() for part in re.findall(PART, text)]
    return (parts[-2] if len(parts) > 1 else database).lower(), parts[-1]


def refuse_quotes(body: str) -> None:
    """Hive's dialect quotes names with backticks; its parser stumbles over double quotes."""
    found = re.search(r'"[^"]*"', re.sub(r"'(?:[^']|'')*'", "''", body))
    if found:
        raise AthenaFailure(
            "FAILED", f"ParseException line 1:{found.start()} cannot recognize input near '{found[0]}'"
        )


def create_database(session: Session, body: str, database: str) -> Result:
    """CREATE SCHEMA or DATABASE."""
    refuse_quotes(body)
    match = re.match(r"(?is)create\s+(?:schema|database)\s+(if\s+not\s+exists\s+)?`?([\w-]+)", body)
    if match is None:
        raise AthenaFailure("FAILED", "ParseException line 1:0 cannot recognize input near 'create'")
    try:
        session.catalog.glue.create_database(DatabaseInput={"Name": match[2].lower()})
    except ClientError as error:
        if error.response["Error"]["Code"] != "AlreadyExistsException":
            raise
        if not match[1]:
            raise AthenaFailure("FAILED", f"SemanticException Database {match[2]} already exists") from error
    return Result("CREATE_DATABASE")


def drop_database(session: Session, body: str, database: str) -> Result:
    """DROP SCHEMA or DATABASE."""
    refuse_quotes(body)
    match = re.match(r"(?is)drop\s+(?:schema|database)\s+(if\s+exists\s+)?`?([\w-]+)`?(\s+cascade)?", body)
    if match is None:
        raise AthenaFailure("FAILED", "ParseException line 1:0 cannot recognize input near 'drop'")
    name = match[2].lower()
    try:
        tables = session.catalog.glue.get_tables(DatabaseName=name)["TableList"]
        if tables and not match[3]:
            raise AthenaFailure(
                "FAILED", f"Execution Error: Database {name} is not empty. One or more tables exist."
            )
        session.catalog.glue.delete_database(Name=name)
    except ClientError as error:
        if not match[1]:
            raise AthenaFailure("FAILED", f"SemanticException Database does not exist: {name}") from error
    return Result("DROP_DATABASE")


def drop(session: Session, body: str, database: str) -> Result:
    """DROP TABLE or VIEW; the objects of a Hive table stay, those of Iceberg go."""
    match = re.match(r"(?is)drop\s+(table|view)\s+(if\s+exists\s+)?(.+)$", body)
    if match is None:
        raise AthenaFailure("FAILED", "ParseException line 1:0 cannot recognize input near 'drop'")
    what = match[1].lower()
    if what == "table":
        refuse_quotes(body)
    place, name = named(match[3], database)
    found = session.catalog.table(place, name)
    if found is None:
        if not match[2]:
            raise AthenaFailure("FAILED", f"SemanticException Table not found {name}")
        return Result(f"DROP_{what.upper()}")
    if glue.is_view(found) != (what == "view"):
        raise AthenaFailure("FAILED", f"SemanticException {place}.{name} is not a {what}")
    session.go_on()
    session.catalog.drop(place, name)
    if glue.is_iceberg(found):
        session.catalog.storage.remove(Iceberg.root(found))
    return Result(f"DROP_{what.upper()}")


def create_table(session: Session, body: str, database: str) -> Result:
    """CREATE EXTERNAL TABLE over objects, or CREATE TABLE of Iceberg."""
    refuse_quotes(body)
    match = re.match(
        rf"(?is)create\s+(external\s+)?table\s+(if\s+not\s+exists\s+)?((?:{PART})(?:\.(?:{PART}))?)\s*\(",
        body,
    )
    if match is None:
        raise AthenaFailure("FAILED", "ParseException line 1:0 cannot recognize input near 'create' 'table'")
    place, name = named(match[3], database)
    session.catalog.require_database(place)
    if session.catalog.table(place, name):
        if match[2]:
            return Result("CREATE_TABLE")
        raise AthenaFailure("AlreadyExistsException", f"Table {name} already exists.")
    columns_text, rest = _bracketed(body[match.end() :])
    columns = _columns(columns_text)
    location = re.search(r"(?i)\blocation\s+'([^']+)'", rest)
    if location is None:
        raise AthenaFailure("FAILED", "SemanticException table location must be given: LOCATION is missing")
    properties = _properties(rest)
    partitioned = re.search(r"(?i)partitioned\s+by\s*\(", rest)
    parts = _bracketed(rest[partitioned.end() :])[0] if partitioned else ""
    session.go_on()
    if properties.get("table_type", "").upper() == "ICEBERG":
        con = duckdb.connect()
        fields = ", ".join(f"{identifier(n)} {duck_type(t, 'TIMESTAMP')}" for n, t in columns)
        con.execute(f"CREATE TABLE empty ({fields})")
        rows = con.execute("FROM empty").to_arrow_table()
        session.iceberg.create(
            place, name, location[1], rows, [p.strip() for p in _commas(parts)] if parts else []
        )
        return Result("CREATE_TABLE")
    if not match[1]:
        raise AthenaFailure(
            "FAILED", "SemanticException CREATE TABLE without EXTERNAL is for Iceberg tables alone"
        )
    session.catalog.create(
        place,
        {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", **properties},
            "StorageDescriptor": _stored(rest, columns, location[1]),
            "PartitionKeys": [{"Name": n, "Type": t} for n, t in (_columns(parts) if parts else [])],
        },
    )
    return Result("CREATE_TABLE")


def _stored(rest: str, columns: list[tuple[str, str]], location: str) -> dict[str, object]:
    serde = re.search(
        r"(?is)row\s+format\s+serde\s+'([^']+)'(?:\s+with\s+serdeproperties\s*\((.*?)\))?", rest
    )
    stored = re.search(r"(?i)stored\s+as\s+(\w+)", rest)
    if serde is None:
        made = hive.descriptor(columns, location, (stored[1] if stored else "textfile").lower())
        mark = re.search(r"(?i)fields\s+terminated\s+by\s+'([^']+)'", rest)
        if mark:
            made["SerdeInfo"]["Parameters"]["field.delim"] = mark[1].replace("\\t", "\t")
        return made
    form = "parquet" if "parquet" in serde[1].lower() else "json"
    made = hive.descriptor(columns, location, form)
    made["SerdeInfo"]["SerializationLibrary"] = serde[1]
    made["SerdeInfo"]["Parameters"] = dict(re.findall(r"'([^']+)'\s*=\s*'([^']*)'", serde[2] or ""))
    return made


def alter(session: Session, body: str, database: str) -> Result:
    """ALTER TABLE: rename (Iceberg), properties, columns, partitions."""
    refuse_quotes(body)
    match = re.match(r"(?is)alter\s+table\s+(\S+)\s+(.*)$", body)
    if match is None:
        raise NotSupportedByDouble(f"ALTER of this kind: {body[:60]}")
    place, name = named(match[1], database)
    table = session.catalog.table(place, name)
    if table is None:
        raise AthenaFailure("FAILED", f"SemanticException [Error 10001]: Table not found {place}.{name}")
    action = match[2].strip()
    session.go_on()
    if renamed := re.match(r"(?is)rename\s+to\s+(.+)", action):
        if not glue.is_iceberg(table):
            raise AthenaFailure("NOT_SUPPORTED", "ALTER TABLE RENAME is not supported for Hive tables")
        session.iceberg.rename((place, name), named(renamed[1], place))
    elif given := re.match(r"(?is)set\s+tblproperties\s*\((.*)\)", action):
        table["Parameters"] = {
            **table.get("Parameters", {}),
            **dict(re.findall(r"'([^']+)'\s*=\s*'([^']*)'", given[1])),
        }
        session.catalog.update(place, table)
    elif moved := re.match(r"(?is)(add|replace)\s+columns\s*\((.*)\)", action):
        _change_columns(session, table, moved[1].lower(), _columns(moved[2]))
    elif dropped := re.match(r"(?is)drop\s+column\s+(\S+)", action):
        if not glue.is_iceberg(table):
            raise AthenaFailure("NOT_SUPPORTED", "ALTER TABLE DROP COLUMN is not supported for Hive tables")
        session.iceberg.drop_column(place, name, dropped[1].strip("`"))
    elif re.match(r"(?is)add\s+(if\s+not\s+exists\s+)?partition", action):
        _add_partitions(session, table, action)
    elif gone := re.match(r"(?is)drop\s+(?:if\s+exists\s+)?partition\s*\((.*)\)", action):
        values = _partition_values(table, gone[1])
        session.catalog.glue.delete_partition(DatabaseName=place, TableName=name, PartitionValues=values)
    else:
        raise NotSupportedByDouble(f"ALTER TABLE … {action[:60]}")
    return Result("ALTER_TABLE")


def _change_columns(session: Session, table: glue.Table, how: str, new: list[tuple[str, str]]) -> None:
    if glue.is_iceberg(table):
        con = duckdb.connect()
        con.execute(
            "CREATE TABLE n ("
            + ", ".join(f"{identifier(n)} {duck_type(t, 'TIMESTAMP')}" for n, t in new)
            + ")"
        )
        schema = con.execute("FROM n").to_arrow_table().schema
        session.iceberg.add_columns(table["DatabaseName"], table["Name"], schema)
        return
    kept = table["StorageDescriptor"]["Columns"] if how == "add" else []
    table["StorageDescriptor"]["Columns"] = kept + [{"Name": n, "Type": t} for n, t in new]
    session.catalog.update(table["DatabaseName"], table)


def _add_partitions(session: Session, table: glue.Table, action: str) -> None:
    keys = [name for name, _ in glue.partition_keys(table)]
    for spec, given in re.findall(r"(?is)partition\s*\((.*?)\)(?:\s*location\s*'([^']+)')?", action):
        values = _partition_values(table, spec)
        root = table["StorageDescriptor"]["Location"].rstrip("/")
        added = session.catalog.add_partition(
            table, values, given or root + glue.partition_path(keys, values)
        )
        if not added and not re.search(r"(?i)if\s+not\s+exists", action):
            raise AthenaFailure("FAILED", "AlreadyExistsException: Partition already exists.")


def _partition_values(table: glue.Table, spec: str) -> list[str]:
    given = {k.lower(): v.strip() for k, v in re.findall(r"`?(\w+)`?\s*=\s*'?([^',)]+)'?", spec)}
    return [given[name] for name, _ in glue.partition_keys(table)]


def repair(session: Session, body: str, database: str) -> Result:
    """MSCK REPAIR TABLE: register the partitions that the layout of the objects shows."""
    place, name = named(re.sub(r"(?i)msck\s+repair\s+table\s+", "", body), database)
    table = session.catalog.existing(place, name)
    for values, location in session.catalog.discovered(table).items():
        session.catalog.add_partition(table, list(values), location)
    return Result("MSCK_REPAIR_TABLE")


def _columns(text: str) -> list[tuple[str, str]]:
    pairs = []
    for column in _commas(text):
        name, kind = column.strip().split(None, 1)
        kind = re.sub(r"(?is)\s+comment\s+'.*'\s*$", "", kind)
        pairs.append((name.strip("`").lower(), re.sub(r"\s*([<>:,])\s*", r"\1", kind.strip().lower())))
    return pairs


def _commas(text: str) -> list[str]:
    """Columns of a list; commas within comments do not count."""
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match[0])
        return f"\x00{len(hidden) - 1}\x00"

    parts = split(re.sub(r"'(?:[^']|'')*'", hide, text))
    return [re.sub(r"\x00(\d+)\x00", lambda m: hidden[int(m[1])], part) for part in parts]


def _bracketed(text: str) -> tuple[str, str]:
    """What is before the bracket that closes, and what is after it."""
    depth, quoted = 1, False
    for place, c in enumerate(text):
        quoted ^= c == "'"
        if not quoted:
            depth += (c == "(") - (c == ")")
        if depth == 0:
            return text[:place], text[place + 1 :]
    raise AthenaFailure("FAILED", "ParseException line 1:0 missing ) at '<EOF>'")


def _properties(rest: str) -> dict[str, str]:
    given = re.search(r"(?is)tblproperties\s*\((.*)\)", rest)
    return dict(re.findall(r"'([^']+)'\s*=\s*'([^']*)'", given[1])) if given else {}
