"""Types and values in the three spellings they have: DuckDB's, Hive's (in Glue) and Athena's (in results)."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
from typing import Any

from .errors import AthenaFailure

# DuckDB type -> (type in Glue, type in Athena's results).
SIMPLE = {
    "BOOLEAN": ("boolean", "boolean"),
    "TINYINT": ("tinyint", "tinyint"),
    "SMALLINT": ("smallint", "smallint"),
    "INTEGER": ("int", "integer"),
    "BIGINT": ("bigint", "bigint"),
    "HUGEINT": ("bigint", "bigint"),
    "FLOAT": ("float", "float"),
    "DOUBLE": ("double", "double"),
    "VARCHAR": ("string", "varchar"),
    "BLOB": ("binary", "varbinary"),
    "DATE": ("date", "date"),
    "TIMESTAMP": ("timestamp", "timestamp"),
    "TIMESTAMP_MS": ("timestamp", "timestamp"),
    "TIMESTAMP_S": ("timestamp", "timestamp"),
    "TIMESTAMP_NS": ("timestamp", "timestamp"),
}
PRECISION = {"VARCHAR": 2147483647, "BIGINT": 19, "HUGEINT": 19, "INTEGER": 10, "DOUBLE": 17}
OTHERS = {
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "JSON": "json",
    "UUID": "uuid",
    "TIME": "time",
    "INTERVAL": "interval day to second",
    '"NULL"': "unknown",
}
# Glue type -> DuckDB type, where they are not the same word. Hive tables keep milliseconds.
FROM_HIVE = {
    "int": "INTEGER",
    "integer": "INTEGER",
    "long": "BIGINT",
    "binary": "BLOB",
    "string": "VARCHAR",
    "timestamp": "TIMESTAMP_MS",
}
INTEGERS = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT"]


def identifier(name: str) -> str:
    """A name quoted for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Text quoted for DuckDB; NULL for None."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def hive_type(duck: Any, strict: bool = True) -> str:
    """The type in Glue of a DuckDB type; fails as Athena does for what a table cannot hold, unless not strict."""
    if duck.id in ("list", "array"):
        return f"array<{hive_type(duck.child, strict)}>"
    if duck.id == "struct":
        return "struct<" + ",".join(f"{n.lower()}:{hive_type(t, strict)}" for n, t in duck.children) + ">"
    if duck.id == "map":
        return f"map<{hive_type(duck.key, strict)},{hive_type(duck.value, strict)}>"
    if duck.id == "decimal":
        return str(duck).lower().replace(" ", "")
    if str(duck) in SIMPLE:
        return SIMPLE[str(duck)][0]
    name = athena_type(duck)[0]
    if strict:
        raise AthenaFailure("NOT_SUPPORTED", f"Unsupported Hive type: {name}")
    return "string" if name in ("json", "unknown") else name


def athena_type(duck: Any) -> tuple[str, int, int]:
    """Name, precision and scale by which Athena's result metadata call a DuckDB type."""
    name = str(duck)
    nested = {"list": "array", "array": "array", "map": "map", "struct": "row"}
    if duck.id in nested:
        return nested[duck.id], 0, 0
    if duck.id == "decimal":
        precision, scale = map(int, re.findall(r"\d+", name))
        return "decimal", precision, scale
    if name in OTHERS:
        return OTHERS[name], 0, 0
    return SIMPLE.get(name, ("", name.lower()))[1], PRECISION.get(name, 0), 0


def duck_type(hive: str, timestamp: str = "TIMESTAMP_MS") -> str:
    """The DuckDB type of a type in Glue; `timestamp` is TIMESTAMP for Iceberg, which keeps microseconds."""
    hive = hive.strip().lower()
    if hive.startswith("array<"):
        return duck_type(hive[6:-1], timestamp) + "[]"
    if hive.startswith("map<"):
        key, value = split(hive[4:-1])
        return f"MAP({duck_type(key, timestamp)}, {duck_type(value, timestamp)})"
    if hive.startswith("struct<"):
        fields = (field.split(":", 1) for field in split(hive[7:-1]))
        inner = (f"{identifier(n.strip())} {duck_type(t, timestamp)}" for n, t in fields)
        return f"STRUCT({', '.join(inner)})"
    if hive.startswith(("varchar", "char")):
        return "VARCHAR"
    if hive == "timestamp":
        return timestamp
    return FROM_HIVE.get(hive, hive.upper())


def split(text: str) -> list[str]:
    """Parts of a list at the commas that are in no brackets."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in "<(") - (c in ">)")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return parts


def readable(found: str, wanted: str) -> bool:
    """Whether Athena reads a Parquet column of one DuckDB type as a column of another."""
    found, wanted = (re.split(r"[(\[]", t)[0] for t in (found, wanted))
    if found.startswith("TIMESTAMP"):
        return wanted.startswith("TIMESTAMP")
    if found in INTEGERS and wanted in INTEGERS:
        return INTEGERS.index(found) <= INTEGERS.index(wanted)
    pairs = {("FLOAT", "DOUBLE"), ("VARCHAR", "BLOB"), ("BLOB", "VARCHAR"), ("JSON", "VARCHAR")}
    return found == wanted or (found, wanted) in pairs


def text(value: Any, duck: str = "", top: bool = True) -> str | None:
    """A value as Athena writes it in results and in the CSV file; None for null at the top."""
    if value is None:
        return None if top else "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, dt.datetime):
        micros = duck == "TIMESTAMP" or value.microsecond % 1000
        part = f"{value.microsecond:06d}" if micros else f"{value.microsecond // 1000:03d}"
        return f"{value:%Y-%m-%d %H:%M:%S}.{part}" + (" UTC" if value.tzinfo else "")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return " ".join(f"{b:02x}" for b in value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text(k, top=False)}={text(v, top=False)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(str(text(v, top=False)) for v in value) + "]"
    return str(value)


def _float(value: float) -> str:
    """Java's Double.toString: exponents from 1E7 and below 1E-3."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value and not 1e-3 <= abs(value) < 1e7:
        mantissa, exponent = f"{decimal.Decimal(repr(value)):E}".split("E")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"
    return repr(value)
