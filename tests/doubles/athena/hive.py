"""Hive tables: files of Parquet, JSON or delimited text below a location, read and written as Athena does."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import catalog as glue
from .catalog import NULL_PARTITION, Table, partition_path
from .errors import AthenaFailure, NotSupportedByDouble
from .scans import Part, Sizes, parquet_sizes_of
from .values import duck_type, identifier, literal, readable, text

if TYPE_CHECKING:
    from .session import Session

MAX_PARTITIONS = 100
SERDES = {
    "parquet": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "json": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.openx.data.jsonserde.JsonSerDe",
    ),
    "textfile": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    ),
}


def descriptor(columns: list[tuple[str, str]], location: str, form: str) -> dict[str, Any]:
    """The storage descriptor of a table of one of the forms."""
    if form not in SERDES:
        raise NotSupportedByDouble(f"tables stored as {form}")
    reads, writes, serde = SERDES[form]
    return {
        "Columns": [{"Name": name.lower(), "Type": kind} for name, kind in columns],
        "Location": location,
        "InputFormat": reads,
        "OutputFormat": writes,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": {}},
        "NumberOfBuckets": -1,
    }


def form_of(table: Table) -> str:
    """parquet, json or textfile; what else there is, is not supported."""
    serde = table["StorageDescriptor"].get("SerdeInfo", {}).get("SerializationLibrary", "")
    for word, form in (
        ("parquet", "parquet"),
        ("json", "json"),
        ("LazySimple", "textfile"),
        ("OpenCSV", "csv"),
    ):
        if word.lower() in serde.lower():
            return form
    raise NotSupportedByDouble(f"the serde {serde or 'of none'}")


def relation(session: Session, table: Table) -> tuple[str, list[Part]]:
    """DuckDB's query for the rows of a table as its objects are now, and the objects of each of its partitions."""
    keys = glue.partition_keys(table)
    root = table["StorageDescriptor"]["Location"]
    form = form_of(table)
    files: list[str] = []
    values: list[list[str]] = []
    parts: list[Part] = []
    for location, of_partition in session.catalog.partitions(table) if keys else [(root, [])]:
        sizes = []
        for found in session.catalog.storage.objects(location):
            session.go_on()
            file = session.catalog.storage.local(found)
            files.append(str(file))
            values.append(of_partition)
            sizes.append(parquet_sizes_of(file) if form == "parquet" else Sizes((), found.size))
        constants = {
            name.lower(): literal(None if value == NULL_PARTITION else value)
            for (name, _), value in zip(keys, of_partition, strict=True)
        }
        parts.append(Part(sizes, constants))
    columns = glue.columns(table)
    if not files:
        empty = ", ".join(f"NULL::{duck_type(kind)} AS {identifier(name)}" for name, kind in columns + keys)
        return f"SELECT {empty} WHERE false", []
    readers = {"parquet": _parquet, "json": _json, "textfile": _text, "csv": _csv}
    source, selected = readers[form](session, table, columns, f"[{','.join(map(literal, files))}]")
    if not keys:
        return f"SELECT {', '.join(selected)} FROM {source}", parts
    rows = ", ".join(
        "("
        + ", ".join([literal(file), *(literal(None if v == NULL_PARTITION else v) for v in of_file)])
        + ")"
        for file, of_file in zip(files, values, strict=True)
    )
    selected += [f"_p.{identifier(name)}::{duck_type(kind)} AS {identifier(name)}" for name, kind in keys]
    names = ", ".join(identifier(name) for name, _ in keys)
    sql = (
        f"SELECT {', '.join(selected)} FROM {source} _t "
        f"JOIN (VALUES {rows}) _p(filename, {names}) ON _t.filename = _p.filename"
    )
    return sql, parts


Reader = tuple[str, list[str]]


def _parquet(session: Session, table: Table, columns: list[tuple[str, str]], files: str) -> Reader:
    source = f"read_parquet({files}, union_by_name=true, filename=true, hive_partitioning=false)"
    described = session.execute(f"DESCRIBE SELECT * EXCLUDE (filename) FROM {source}").fetchall()
    present = {row[0].lower(): row[1] for row in described}
    selected = []
    for name, kind in columns:
        wanted, found = duck_type(kind), present.get(name.lower())
        if found and not readable(found, wanted):
            raise AthenaFailure(
                "HIVE_BAD_DATA",
                f"Field {name}'s type {found} in parquet file is incompatible with type {kind} defined in table schema",
                12,
            )
        value = identifier(name) if found else "NULL"
        # Timestamps with a zone are instants; Athena reads them as the clock in UTC.
        if found == "TIMESTAMP WITH TIME ZONE":
            value = f"timezone('UTC', {value})"
        selected.append(f"{value}::{wanted} AS {identifier(name)}")
    return source, selected


def _json(session: Session, table: Table, columns: list[tuple[str, str]], files: str) -> Reader:
    types = ", ".join(f"{literal(name)}: {literal(duck_type(kind))}" for name, kind in columns)
    source = (
        f"read_json({files}, format='newline_delimited', filename=true, hive_partitioning=false, "
        f"columns={{{types}}})"
    )
    return source, [identifier(name) for name, _ in columns]


def _delimited(table: Table, columns: list[tuple[str, str]], files: str, mark: str, quote: str) -> str:
    names = ", ".join(f"{literal(name)}: 'VARCHAR'" for name, _ in columns)
    skip = int(table.get("Parameters", {}).get("skip.header.line.count", 0))
    return (
        f"read_csv({files}, header=false, auto_detect=false, delim={literal(mark)}, quote={literal(quote)}, "
        f"escape={literal(quote)}, skip={skip}, columns={{{names}}}, null_padding=true, strict_mode=false, "
        f"filename=true, hive_partitioning=false, nullstr='\\N')"
    )


def _text(session: Session, table: Table, columns: list[tuple[str, str]], files: str) -> Reader:
    parameters = table["StorageDescriptor"]["SerdeInfo"].get("Parameters", {})
    source = _delimited(table, columns, files, parameters.get("field.delim", "\x01"), "")
    selected = [f"TRY_CAST({identifier(n)} AS {duck_type(t)}) AS {identifier(n)}" for n, t in columns]
    return source, selected


def _csv(session: Session, table: Table, columns: list[tuple[str, str]], files: str) -> Reader:
    parameters = table["StorageDescriptor"]["SerdeInfo"].get("Parameters", {})
    source = _delimited(table, columns, files, parameters.get("separatorChar", ","), '"')
    # OpenCSVSerde knows no null: what is empty is an empty string.
    return source, [f"coalesce({identifier(n)}, '') AS {identifier(n)}" for n, _ in columns]


def write(
    session: Session,
    table: Table,
    columns: list[tuple[str, str]],
    keys: list[tuple[str, str]],
    form: str = "parquet",
    compression: str = "gzip",
) -> int:
    """Write the session's result as one object per partition, register the partitions; rows written."""
    names = [name for name, _ in keys]
    listed = ", ".join(map(identifier, names))
    distinct = session.execute(f"SELECT DISTINCT {listed} FROM _result").fetchall() if keys else [()]
    if len(distinct) > MAX_PARTITIONS:
        raise AthenaFailure(
            "HIVE_TOO_MANY_OPEN_PARTITIONS",
            f"Exceeded limit of {MAX_PARTITIONS} open writers for partitions/buckets",
            13,
        )
    if form not in ("parquet", "json"):
        raise NotSupportedByDouble(f"writing {form}")
    written = session.count()
    if not written:
        return 0
    session.go_on()
    selected = ", ".join(f"{identifier(n)}::{duck_type(t)} AS {identifier(n.lower())}" for n, t in columns)
    for values in distinct:
        where = " AND ".join(
            f"{identifier(name)} IS NOT DISTINCT FROM {literal(text(value))}::{duck_type(kind)}"
            for (name, kind), value in zip(keys, values, strict=True)
        )
        path = session.catalog.storage.cache / uuid.uuid4().hex
        options = f"FORMAT parquet, COMPRESSION {compression}" if form == "parquet" else "FORMAT json"
        session.execute(
            f"COPY (SELECT {selected} FROM _result WHERE {where or 'true'}) TO {literal(path)} ({options})"
        )
        spelled = [NULL_PARTITION if value is None else str(text(value)) for value in values]
        location = table["StorageDescriptor"]["Location"].rstrip("/") + partition_path(names, spelled)
        _upload(session, location, path)
        if keys:
            session.catalog.add_partition(table, spelled, location)
    return written


def _upload(session: Session, location: str, path: Path) -> None:
    name = f"{dt.datetime.now(dt.UTC):%Y%m%d_%H%M%S}_{uuid.uuid4().hex}"
    session.catalog.storage.put(location + name, path.read_bytes())
    path.unlink()
