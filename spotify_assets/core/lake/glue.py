"""The lake's tables in Glue, so that Athena reads what lies on S3.

Here: making them, evolving them with the records, telling and undoing what was changed by hand. Not here:
what a table looks like (`glue_table.py`).

A table of `raw/` is registered once and then needs nothing: Athena works its days out. A version of the
similarity model, or of the moods, is told to Glue when it is written. Every call may be repeated, and by two
runs at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake import aws
from spotify_assets.core.lake.glue_table import (
    COLUMNS_KEY,
    DIGEST_KEY,
    LOCATION_KEY,
    GlueTable,
    digest,
    essence,
    evolution,
    lake_tables,
    model_tables,
    mood_tables,
)
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.moods import mood_versions
from spotify_assets.core.lake.pointers import model_versions

_CREATED_AT_ONCE = 100
_DELETED_AT_ONCE = 25
_RACES = 5
"""How often a table is looked at again because somebody else wrote it meanwhile."""

_RACED = frozenset({"AlreadyExistsException", "ConcurrentModificationException"})


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of one table in Glue."""

    table: str
    action: Literal["created", "evolved", "repaired", "unchanged"]
    """`repaired` where somebody had changed it by hand; its own columns may have evolved as well."""
    changes: tuple[str, ...] = ()
    """What was changed, as phrases."""


def register(lake: Lake, database: str) -> list[Registered]:
    """Bring Glue's database and tables to what the records say; return what was done, per table.

    Raises:
        LakeError: the lake is not on S3; a table is somebody else's, or would lose or narrow a column (all
            other tables are brought up to date nevertheless); or AWS refuses.
    """
    _need_s3(lake)
    glue = GlueDatabase(database)
    glue.ensure()
    done, refused = [], []
    for table in lake_tables(lake.storage):
        try:
            done.append(glue.register(table))
        except TableRefusedError as error:
            refused.append(str(error))
    if refused:
        raise LakeError("\n".join(refused))
    register_model_versions(lake, database)
    return done


def register_model_versions(lake: Lake, database: str) -> list[str]:
    """Tell Glue which versions of the similarity model and the moods there are; return those new to it.

    Versions that are gone from the lake are gone from Glue.

    Raises:
        LakeError: the lake is not on S3, its tables were not registered, or AWS refuses.
    """
    _need_s3(lake)
    glue = GlueDatabase(database)
    new: set[str] = set()
    versioned = ((model_tables, model_versions(lake)), (mood_tables, mood_versions(lake)))
    for tables, versions in versioned:
        for table in tables(lake.storage):
            places = {version: f"{table.location}{table.partition}={version}/" for version in versions}
            new.update(glue.set_partitions(table, places))
    return sorted(new)


class TableRefusedError(LakeError):
    """A table in Glue is left as it is, since changing it would do harm."""


class GlueDatabase:
    """One database of Glue's catalogue, in the account and region of the environment."""

    def __init__(self, name: str) -> None:
        """Look after the database `name`; nothing is asked of AWS yet."""
        self.name = name
        self._glue = aws.client(aws.session(), "glue")

    def ensure(self) -> None:
        """Make the database where there is none.

        Raises:
            LakeError: AWS refuses; the message says how to make it by hand.
        """
        by_hand = f"`aws glue create-database --database-input Name={self.name}`"
        with aws.explained(f"The Glue database {self.name} cannot be made ({by_hand} would)"):
            try:
                self._glue.get_database(Name=self.name)
            except ClientError as error:
                if aws.error_code(error) != "EntityNotFoundException":
                    raise
                self._create_database()

    def register(self, table: GlueTable) -> Registered:
        """Bring one table to its definition.

        Raises:
            TableRefusedError: it is not of this platform or lake, its partitioning was changed by hand, or
                columns would go or become narrower.
            LakeError: AWS refuses.
        """
        attempt = 1
        with aws.explained(f"The Glue table {self.name}.{table.name} cannot be registered"):
            while True:
                try:
                    return self._bring(table)
                except ClientError as error:
                    if aws.error_code(error) not in _RACED or attempt == _RACES:
                        raise
                    attempt += 1

    def set_partitions(self, table: GlueTable, locations: Mapping[str, str]) -> list[str]:
        """Make these, value to location, the partitions of a table; return the values that were not there.

        Raises:
            LakeError: there is no such table, or AWS refuses.
        """
        of = {"DatabaseName": self.name, "TableName": table.name}
        wanted = {
            value: {"Values": [value], "StorageDescriptor": table.storage_descriptor(location)}
            for value, location in locations.items()
        }
        with aws.explained(f"The partitions of the Glue table {self.name}.{table.name} cannot be set"):
            there = {
                partition["Values"][0]: partition
                for page in self._glue.get_paginator("get_partitions").paginate(**of)
                for partition in page["Partitions"]
            }
            kept = {v for v, p in there.items() if v in wanted and essence(p) == essence(wanted[v])}
            for values in _batches(sorted(there.keys() - kept), _DELETED_AT_ONCE):
                dropped = [{"Values": [value]} for value in values]
                answer = self._glue.batch_delete_partition(**of, PartitionsToDelete=dropped)
                self._check(table, answer, "EntityNotFoundException")
            for values in _batches(sorted(wanted.keys() - kept), _CREATED_AT_ONCE):
                added = [wanted[value] for value in values]
                answer = self._glue.batch_create_partition(**of, PartitionInputList=added)
                self._check(table, answer, "AlreadyExistsException")
        return sorted(wanted.keys() - there.keys())

    def _create_database(self) -> None:
        description = "Observations of a music catalogue, written by spotify-assets"
        try:
            self._glue.create_database(DatabaseInput={"Name": self.name, "Description": description})
        except ClientError as error:
            # Another run was quicker.
            if aws.error_code(error) != "AlreadyExistsException":
                raise

    def _bring(self, table: GlueTable) -> Registered:
        wanted = table.definition()
        there = self._find(table.name)
        if there is None:
            self._glue.create_table(DatabaseName=self.name, TableInput=wanted)
            return Registered(table.name, "created")
        evolved = self._evolved(table, there, wanted)
        by_hand = self._changed_by_hand(table, there, wanted)
        told = _descriptions(there) != _descriptions(wanted)
        redefined = there["Parameters"].get(DIGEST_KEY) != digest(wanted)
        if not (evolved or by_hand or told or redefined):
            return Registered(table.name, "unchanged")
        # What others noted beside it, such as statistics of a crawler, stays.
        notes = {
            k: v for k, v in there["Parameters"].items() if not k.startswith(("projection.", "storage."))
        }
        wanted["Parameters"] = {**notes, **wanted["Parameters"]}
        self._glue.update_table(DatabaseName=self.name, TableInput=wanted)
        changes = [*by_hand, *evolved] or ["its descriptions" if told else "its definition"]
        return Registered(table.name, "repaired" if by_hand else "evolved", tuple(changes))

    def _find(self, table: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._glue.get_table(DatabaseName=self.name, Name=table)["Table"]
        except ClientError as error:
            if aws.error_code(error) == "EntityNotFoundException":
                return None
            raise
        return {**found, "Parameters": found.get("Parameters") or {}}

    def _evolved(self, table: GlueTable, there: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
        """Return what changes between the columns this platform last wrote and those it writes now."""
        before, after = (_recorded(one["Parameters"]) for one in (there, wanted))
        if before is None or after is None:
            raise TableRefusedError(
                f"The Glue table {self.name}.{table.name} is not of this platform: name another database in "
                "ATHENA_RAW_SCHEMA, or drop the table if nobody needs it"
            )
        place = there["Parameters"].get(LOCATION_KEY)
        if place != table.location:
            raise TableRefusedError(
                f"The Glue table {self.name}.{table.name} is of another lake, {place}: name another database "
                f"in ATHENA_RAW_SCHEMA, or drop the table if {table.location} takes its place"
            )
        try:
            return evolution(before, after)
        except ValueError as error:
            raise TableRefusedError(
                f"The Glue table {self.name}.{table.name} cannot follow the records: {error}. Files written "
                "before could not be read any more; give the changed column a new name instead. Where an "
                "earlier release takes over again, drop the table (its files stay on S3): it is made anew"
            ) from error

    def _changed_by_hand(self, table: GlueTable, there: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
        """Return the parts of a table that are not as this platform last wrote them."""
        if there["Parameters"].get(DIGEST_KEY) == digest(there):
            return []
        columns = [list(one) for one in (_recorded(there["Parameters"]) or {}).items()]
        now, then = essence(there), {**essence(wanted), "its columns": columns}
        differ = [part for part in then if now[part] != then[part]]
        fixed = [part for part in ("its type", "its partition keys") if part in differ]
        if fixed:
            raise TableRefusedError(
                f"In the Glue table {self.name}.{table.name} somebody changed {' and '.join(fixed)}, which "
                "Glue cannot take back: drop the table (its files stay on S3) and register it again"
            )
        return [f"{part}, changed by hand" for part in differ]

    def _check(self, table: GlueTable, answer: Mapping[str, Any], allowed: str) -> None:
        """Look at the partitions of a batch that were refused, which is no error of the call.

        Raises:
            LakeError: one was, for another reason than that somebody else was quicker.
        """
        for one in answer.get("Errors") or ():
            detail = one["ErrorDetail"]
            if detail.get("ErrorCode") != allowed:
                raise LakeError(
                    f"The partition {one['PartitionValues'][0]} of the Glue table {self.name}.{table.name} "
                    f"cannot be set: {detail.get('ErrorMessage') or detail.get('ErrorCode')}"
                )


def _recorded(parameters: Mapping[str, str]) -> dict[str, str] | None:
    try:
        columns: dict[str, str] = json.loads(parameters[COLUMNS_KEY])
    except (KeyError, ValueError):
        return None
    return columns


def _descriptions(table: Mapping[str, Any]) -> list[Any]:
    columns = (table.get("StorageDescriptor") or {}).get("Columns") or ()
    return [table.get("Description"), *(column.get("Comment") for column in columns)]


def _batches(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _need_s3(lake: Lake) -> None:
    if not lake.storage.uri.startswith("s3://"):
        raise LakeError(
            f"Athena reads lakes on S3, and this one is in {lake.storage.uri}: set LAKE_URI=s3://bucket/prefix"
        )
