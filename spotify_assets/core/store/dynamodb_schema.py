"""The tables of the store on DynamoDB, and how they come to be; docs/dynamodb.md says why they are so.

Here: names, keys, indexes, the attribute that expires, the schema's version. Not here: what is kept in them
(the modules `dynamodb_*.py` of each part), or the deployment's template, which makes the same tables in AWS.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from spotify_assets.core import aws
from spotify_assets.core.errors import StoreError
from spotify_assets.core.store.dynamodb_calls import TableMissing
from spotify_assets.core.store.dynamodb_tables import Tables

SCHEMA_VERSION = 1
"""Counts up with every change that an older program could not read."""

EXPIRES = "ttl"
"""The attribute after which DynamoDB deletes an item by itself, within a few days."""

CREATE_SECONDS = 120
"""How long new tables may take to become active."""


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index: read eventually consistent, so never where a promise needs the newest."""

    name: str
    hash_key: str
    range_key: str
    included: tuple[str, ...] = ()
    """Attributes copied into it beside the keys."""


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table; every key and indexed attribute is text."""

    name: str
    """Behind the prefix and a hyphen."""
    holds: str
    has_range: bool
    """Whether its key is `pk` and `sk` rather than `pk` alone."""
    index: Index | None = None
    expires: bool = False


DOCUMENTS = TableSchema(
    "documents",
    "answers: one item per artist and song",
    False,
    Index("versions", "shelf", "target_id", ("version",)),
)
NAMES = TableSchema("names", "what leads to documents: names, spellings, the similarity model", True)
REQUESTS = TableSchema(
    "requests",
    "what must not be lost: requests, roster, learnt links",
    True,
    Index("standing", "state", "last_asked_at"),
    expires=True,
)
WORKING = TableSchema(
    "working", "what passes: conversations, lookups, inbox, leases, sources", True, expires=True
)
TABLES = (DOCUMENTS, NAMES, REQUESTS, WORKING)

_VERSION = {"pk": "schema", "sk": "schema"}


def definition(schema: TableSchema, name: str) -> dict[str, Any]:
    """Return what CreateTable needs to make a table under this name; billed by request."""
    indexed = [] if schema.index is None else [schema.index.hash_key, schema.index.range_key]
    keys = ["pk", "sk"] if schema.has_range else ["pk"]
    made: dict[str, Any] = {
        "TableName": name,
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in [*keys, *indexed]
        ],
        "KeySchema": _key_schema(*keys),
        "BillingMode": "PAY_PER_REQUEST",
    }
    if schema.index:
        made["GlobalSecondaryIndexes"] = [_index(schema.index)]
    return made


def prepare(tables: Tables, may_create: bool) -> None:
    """See that all tables are there, or make them; several processes may do so at once.

    Raises:
        StoreError: tables are missing and may not be made here, or another version of this program made them.
    """
    # One read where all is as it should be; whatever is missing beside it shows when it is used.
    found = _version(tables)
    if found is None:
        _complete(tables, may_create)
        _note_version(tables)
        found = _version(tables)
    if found != SCHEMA_VERSION:
        newer = found is not None and found > SCHEMA_VERSION
        raise StoreError(
            f"The serving store, {tables.where}, was made by {'a newer' if newer else 'an older'} version "
            f"of this program (its tables have version {found}, this program reads {SCHEMA_VERSION}): "
            f"{'update the program, or ' if newer else ''}"
            "name another prefix in SERVING_URL and publish again"
        )


def see(tables: Tables) -> None:
    """Read something of the store.

    Raises:
        StoreError: it cannot be read.
    """
    tables.get(WORKING.name, _VERSION)


def _version(tables: Tables) -> int | None:
    try:
        found = tables.get(WORKING.name, _VERSION)
    except TableMissing:
        return None
    return None if found is None else int(found["version"])


def _note_version(tables: Tables) -> None:
    # Last: where the version stands, all tables do.
    tables.put(WORKING.name, {**_VERSION, "version": SCHEMA_VERSION}, condition="attribute_not_exists(pk)")


def _complete(tables: Tables, may_create: bool) -> None:
    missing = _missing(tables, [schema.name for schema in TABLES])
    bare = [
        schema
        for schema in TABLES
        if schema.index
        and schema.name not in missing
        and schema.index.name not in _indexes(tables, schema.name)
    ]
    if (missing or bare) and not may_create:
        lacking = ", ".join(
            [*map(tables.full_name, missing), *(f"{tables.full_name(s.name)}'s index" for s in bare)]
        )
        raise StoreError(
            f"The serving store, {tables.where}, lacks {lacking}: deploy the template that makes the tables "
            "(docs/dynamodb.md), name another prefix or region in SERVING_URL, or add create=true to its "
            "options to have them made now"
        )
    for schema in TABLES:
        if schema.name in missing:
            _create(tables, definition(schema, tables.full_name(schema.name)))
    for schema in bare:
        _add_index(tables, schema.name, definition(schema, tables.full_name(schema.name)))
    deadline = time.monotonic() + CREATE_SECONDS
    for schema in TABLES:
        while not _is_active(tables, schema.name):
            if time.monotonic() > deadline:
                raise StoreError(
                    f"The serving store, {tables.where}, is still being made after {CREATE_SECONDS} s: "
                    "try again in a minute"
                )
            time.sleep(0.5)
    for schema in TABLES:
        if schema.expires:
            _expire_by(tables, schema.name, EXPIRES)


def _index(index: Index) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": "KEYS_ONLY"}
    if index.included:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.included)}
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.hash_key, index.range_key),
        "Projection": projection,
    }


def _key_schema(hash_key: str, range_key: str | None = None) -> list[dict[str, str]]:
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return keys if range_key is None else [*keys, {"AttributeName": range_key, "KeyType": "RANGE"}]


def _missing(tables: Tables, names: Sequence[str]) -> list[str]:
    """Return which of these tables are not there."""
    return [name for name in names if _described(tables, name) is None]


def _indexes(tables: Tables, table: str) -> list[str]:
    """Return the names of a table's indexes."""
    described = _described(tables, table) or {}
    return [index["IndexName"] for index in described.get("GlobalSecondaryIndexes", [])]


def _is_active(tables: Tables, table: str) -> bool:
    """Whether a table and its indexes can be used."""
    described = _described(tables, table)
    if described is None:
        return False
    states = [described["TableStatus"]]
    states += [index.get("IndexStatus", "ACTIVE") for index in described.get("GlobalSecondaryIndexes", [])]
    return set(states) == {"ACTIVE"}


def _create(tables: Tables, definition: Mapping[str, Any]) -> None:
    """Make a table; one that another process makes at the same moment is as good."""
    try:
        tables.attempt("create_table", dict(definition))
    except ClientError as error:
        if aws.error_code(error) != "ResourceInUseException":
            raise tables.refused(error) from error


def _add_index(tables: Tables, table: str, definition: Mapping[str, Any]) -> None:
    """Add the index of its definition to a table that has none."""
    [index] = definition["GlobalSecondaryIndexes"]
    asked = {
        "TableName": tables.full_name(table),
        "AttributeDefinitions": definition["AttributeDefinitions"],
        "GlobalSecondaryIndexUpdates": [{"Create": index}],
    }
    try:
        tables.attempt("update_table", asked)
    except ClientError as error:
        if aws.error_code(error) not in ("ResourceInUseException", "ValidationException"):
            raise tables.refused(error) from error


def _expire_by(tables: Tables, table: str, attribute: str) -> None:
    """Have DynamoDB delete items by itself, once the time in this attribute has passed."""
    name = tables.full_name(table)
    status = tables.call("describe_time_to_live", {"TableName": name})["TimeToLiveDescription"]
    if status.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        return
    wanted = {"Enabled": True, "AttributeName": attribute}
    try:
        tables.attempt("update_time_to_live", {"TableName": name, "TimeToLiveSpecification": wanted})
    except ClientError as error:
        # Another process was first.
        if aws.error_code(error) not in ("ValidationException", "ResourceInUseException"):
            raise tables.refused(error) from error


def _described(tables: Tables, table: str) -> dict[str, Any] | None:
    try:
        described: dict[str, Any] = tables.call("describe_table", {"TableName": tables.full_name(table)})
    except TableMissing:
        return None
    found: dict[str, Any] = described["Table"]
    return found
