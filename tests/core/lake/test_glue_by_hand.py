"""Tables in Glue that somebody else changed or made: told, and put right or left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake.glue import (
    GlueDatabase,
    Registered,
    TableRefusedError,
    register,
)
from spotify_assets.core.lake.glue_table import GlueTable
from spotify_assets.core.lake.lake import Lake


def change(glue: Any, database: str, by: Callable[[dict[str, Any]], object]) -> None:
    """Change the table as somebody in Glue's console would."""
    there = glue.get_table(DatabaseName=database, Name="artists")["Table"]
    keys = ("Name", "Description", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
    given = {key: there[key] for key in keys if key in there}
    by(given)
    glue.update_table(DatabaseName=database, TableInput=given)


@pytest.mark.parametrize(
    ("by", "part"),
    [
        (lambda t: t["StorageDescriptor"]["Columns"].pop(), "its columns"),
        (lambda t: t["StorageDescriptor"]["Columns"][1].update(Type="string"), "its columns"),
        (
            lambda t: t["StorageDescriptor"]["Columns"].append({"Name": "note", "Type": "string"}),
            "its columns",
        ),
        (lambda t: t["StorageDescriptor"].update(Location="s3://elsewhere/raw/artists/"), "its location"),
        (lambda t: t["StorageDescriptor"].update(InputFormat="TextInputFormat"), "its formats"),
        (lambda t: t["Parameters"].update({"projection.enabled": "false"}), "its partition projection"),
        (lambda t: t["Parameters"].pop("storage.location.template"), "its partition projection"),
    ],
)
def test_what_was_changed_by_hand_is_told_and_repaired(
    glue: Any, made: GlueDatabase, table: GlueTable, by: Callable[[dict[str, Any]], object], part: str
) -> None:
    before = glue.get_table(DatabaseName=made.name, Name="artists")["Table"]
    change(glue, made.name, by)
    assert made.register(table) == Registered("artists", "repaired", (f"{part}, changed by hand",))
    after = glue.get_table(DatabaseName=made.name, Name="artists")["Table"]
    assert (after["StorageDescriptor"], after["Parameters"]) == (
        before["StorageDescriptor"],
        before["Parameters"],
    )
    assert made.register(table).action == "unchanged"


def test_hand_and_records_may_change_a_table_together(
    glue: Any, made: GlueDatabase, table: GlueTable
) -> None:
    change(glue, made.name, lambda t: t["Parameters"].update({"projection.enabled": "false"}))
    more = replace(table, schema=table.schema.append(pa.field("country", pa.string())))
    assert made.register(more).changes == (
        "its partition projection, changed by hand",
        "country (string) added",
    )


def test_what_others_note_beside_a_table_stays(glue: Any, made: GlueDatabase, table: GlueTable) -> None:
    change(glue, made.name, lambda t: t["Parameters"].update({"recordCount": "7"}))
    assert made.register(table).action == "unchanged"
    more = replace(table, schema=table.schema.append(pa.field("country", pa.string())))
    assert made.register(more).action == "evolved"
    assert glue.get_table(DatabaseName=made.name, Name="artists")["Table"]["Parameters"]["recordCount"] == "7"


@pytest.mark.parametrize(
    ("by", "part"),
    [
        (lambda t: t.update(TableType="VIRTUAL_VIEW"), "its type"),
        (lambda t: t["PartitionKeys"][0].update(Type="date"), "its partition keys"),
    ],
)
def test_changes_that_glue_cannot_take_back_are_refused(
    glue: Any, made: GlueDatabase, table: GlueTable, by: Callable[[dict[str, Any]], object], part: str
) -> None:
    change(glue, made.name, by)
    with pytest.raises(TableRefusedError, match=f"somebody changed {part}.*: drop the table"):
        made.register(table)


def test_tables_of_others_are_left_alone(glue: Any, s3_lake: Lake, database: str) -> None:
    glue.create_database(DatabaseInput={"Name": database})
    glue.create_table(DatabaseName=database, TableInput={"Name": "tracks", "TableType": "EXTERNAL_TABLE"})
    with pytest.raises(LakeError, match=rf"{database}\.tracks is not of this platform: .*ATHENA_RAW_SCHEMA"):
        register(s3_lake, database)
    assert glue.get_table(DatabaseName=database, Name="artists")["Table"]["StorageDescriptor"]["Columns"]
    assert glue.get_table(DatabaseName=database, Name="tracks")["Table"].get("Parameters", {}) == {}


def test_table_of_another_lake_is_left_alone(
    glue: Any, bucket: str, made: GlueDatabase, table: GlueTable
) -> None:
    other = replace(table, location=f"s3://{bucket}/other/raw/artists/")
    with pytest.raises(
        TableRefusedError, match=rf"is of another lake, {table.location}: .*ATHENA_RAW_SCHEMA"
    ):
        made.register(other)
    change(glue, made.name, lambda t: t["StorageDescriptor"]["Columns"].pop())
    with pytest.raises(TableRefusedError, match="is of another lake"):
        made.register(other)
