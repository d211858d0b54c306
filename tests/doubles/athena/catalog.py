"""Databases, tables and partitions: Glue as Athena sees it, with partition projection."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import json
import re
from typing import Any
from urllib.parse import quote, unquote

from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.glue.exceptions import EntityNotFoundException
from moto.glue.models import glue_backends

from .errors import AthenaFailure, NotSupportedByDouble
from .storage import Storage, client

Table = dict[str, Any]
INPUT_KEYS = (
    "Name",
    "Description",
    "Owner",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "TableType",
    "Parameters",
    "ViewOriginalText",
    "ViewExpandedText",
)
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


class Catalog:
    """The Glue catalog of the double."""

    def __init__(self, endpoint: str, region: str, storage: Storage) -> None:
        self.glue = client("glue", endpoint, region)
        self.region = region
        self.storage = storage

    def table(self, database: str, name: str) -> Table | None:
        """A table or view, or None."""
        try:
            # In this process: every statement looks several up.
            found = glue_backends[DEFAULT_ACCOUNT_ID][self.region].get_table(database.lower(), name.lower())
        except EntityNotFoundException:
            return None
        return copy.deepcopy(found.as_dict())

    def existing(self, database: str, name: str) -> Table:
        """A table or view; fails as Athena does where there is none."""
        found = self.table(database, name)
        if found is None:
            self.require_database(database)
            raise AthenaFailure(
                "TABLE_NOT_FOUND", f"line 1:15: Table 'awsdatacatalog.{database}.{name}' does not exist"
            )
        return found

    def require_database(self, name: str) -> None:
        """Fail as Athena does where a database is missing."""
        try:
            self.glue.get_database(Name=name)
        except ClientError as error:
            raise AthenaFailure("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{name}' does not exist") from error

    def create(self, database: str, table: Table) -> None:
        """Register a table."""
        self.glue.create_table(DatabaseName=database, TableInput=table)

    def update(self, database: str, table: Table) -> None:
        """Replace the description of a table."""
        self.glue.update_table(
            DatabaseName=database, TableInput={k: table[k] for k in INPUT_KEYS if k in table}
        )

    def drop(self, database: str, name: str) -> None:
        """Forget a table; its objects stay."""
        self.glue.delete_table(DatabaseName=database, Name=name)

    def partitions(self, table: Table) -> list[tuple[str, list[str]]]:
        """Location and values of each partition registered or projected; other data is invisible."""
        if table.get("Parameters", {}).get("projection.enabled", "").lower() == "true":
            return self._projected(table)
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=table["DatabaseName"], TableName=table["Name"]
        )
        return [
            (p["StorageDescriptor"]["Location"], p["Values"]) for page in pages for p in page["Partitions"]
        ]

    def add_partition(self, table: Table, values: list[str], location: str) -> bool:
        """Register a partition; False where it was there."""
        partition = {
            "Values": values,
            "StorageDescriptor": {**table["StorageDescriptor"], "Location": location},
            "Parameters": {},
        }
        try:
            self.glue.create_partition(
                DatabaseName=table["DatabaseName"], TableName=table["Name"], PartitionInput=partition
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "AlreadyExistsException":
                raise
            return False
        return True

    def discovered(self, table: Table) -> dict[tuple[str, ...], str]:
        """Partitions that the layout of the objects shows (`key=value/`): values and location."""
        keys = [key["Name"] for key in table.get("PartitionKeys", [])]
        root = table["StorageDescriptor"]["Location"].rstrip("/")
        found: dict[tuple[str, ...], str] = {}
        for entry in self.storage.objects(root):
            steps = entry.relative.split("/")[: len(keys)]
            if len(steps) == len(keys) and all(
                step.startswith(f"{key}=") for step, key in zip(steps, keys, strict=True)
            ):
                values = tuple(unquote(step.split("=", 1)[1]) for step in steps)
                found[values] = f"{root}/{'/'.join(steps)}/"
        return found

    def _projected(self, table: Table) -> list[tuple[str, list[str]]]:
        """The partitions that have objects and lie within what the table's properties project."""
        parameters = table["Parameters"]
        if "storage.location.template" in parameters:
            expected = (
                table["StorageDescriptor"]["Location"].rstrip("/")
                + "/"
                + "/".join(f"{k['Name']}=${{{k['Name']}}}" for k in table["PartitionKeys"])
            )
            if parameters["storage.location.template"].rstrip("/") != expected:
                raise NotSupportedByDouble("a storage.location.template unlike Hive's layout")
        kept = []
        for values, location in self.discovered(table).items():
            pairs = zip(table["PartitionKeys"], values, strict=True)
            if all(_projects(parameters, key["Name"], value) for key, value in pairs):
                kept.append((location, list(values)))
        return kept


def _projects(parameters: dict[str, str], key: str, value: str) -> bool:
    """Whether a projected column takes a value; fails as Athena does where the projection is incomplete."""
    kind = parameters.get(f"projection.{key}.type", "").lower()
    if kind == "injected":
        raise NotSupportedByDouble("injected partition projection")
    wanted = "values" if kind == "enum" else "range"
    allowed = parameters.get(f"projection.{key}.{wanted}")
    if kind not in ("enum", "integer", "date") or not allowed:
        raise AthenaFailure(
            "INVALID_TABLE_PROPERTY", f"Table property projection.{key}.{wanted} is missing or has no type"
        )
    options = [option.strip() for option in allowed.split(",")]
    if kind == "enum":
        return value in options
    if kind == "integer":
        return re.fullmatch(r"-?\d+", value) is not None and int(options[0]) <= int(value) <= int(options[1])
    pattern = parameters.get(f"projection.{key}.format", "")
    if pattern != "yyyy-MM-dd":
        raise NotSupportedByDouble(f"a projection.{key}.format other than yyyy-MM-dd")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return False
    first, last = (_day(option) for option in options)
    return first <= dt.date.fromisoformat(value) <= last


def _day(bound: str) -> dt.date:
    """A bound of a projected range of days: a day, or NOW with days (or greater) added."""
    relative = re.fullmatch(r"NOW(?:([+-]\d+)(DAY|WEEK|MONTH|YEAR)S?)?", bound)
    if relative is None:
        return dt.date.fromisoformat(bound)
    days = {"DAY": 1, "WEEK": 7, "MONTH": 30, "YEAR": 365}[relative[2] or "DAY"]
    return dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days * int(relative[1] or 0))


def partition_path(keys: list[str], values: list[str]) -> str:
    """Where a partition lies below its table, as Hive lays it out."""
    return "".join(f"/{k}={quote(v, safe=' -_.~')}" for k, v in zip(keys, values, strict=True)) + "/"


def is_iceberg(table: Table) -> bool:
    """Whether a table of the catalog is Iceberg's."""
    return str(table.get("Parameters", {}).get("table_type", "")).upper() == "ICEBERG"


def is_view(table: Table) -> bool:
    """Whether an entry of the catalog is a view."""
    return table.get("TableType") == "VIRTUAL_VIEW"


def encode_view(spec: dict[str, Any]) -> str:
    """The text under which Glue keeps a view of Athena."""
    return f"/* Presto View: {base64.b64encode(json.dumps(spec).encode()).decode()} */"


def decode_view(table: Table) -> dict[str, Any]:
    """What `encode_view` wrote."""
    packed = re.search(r"Presto View: (\S+)", table["ViewOriginalText"])
    if packed is None:
        raise NotSupportedByDouble(f"the view {table['Name']}, which Athena did not write")
    spec: dict[str, Any] = json.loads(base64.b64decode(packed[1]))
    return spec


def columns(table: Table) -> list[tuple[str, str]]:
    """Name and Hive type of the columns that are not partition keys; deleted Iceberg columns are left out."""
    return [
        (column["Name"], column["Type"])
        for column in table["StorageDescriptor"]["Columns"]
        if column.get("Parameters", {}).get("iceberg.field.current") != "false"
    ]


def partition_keys(table: Table) -> list[tuple[str, str]]:
    """Name and Hive type of the partition keys."""
    return [(key["Name"], key["Type"]) for key in table.get("PartitionKeys", [])]
