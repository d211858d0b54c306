"""Tables in Glue: made, evolved with the records, and not trusted blindly."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from spotify_assets.core.errors import LakeError, SettingsError
from spotify_assets.core.lake.glue import (
    GlueDatabase,
    Registered,
    TableRefusedError,
    register,
    register_model_versions,
)
from spotify_assets.core.lake.glue_table import GlueTable, evolution, glue_type, raw_table
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.pointers import model_path
from spotify_assets.core.records import TABLES
from spotify_assets.core.settings import load_settings

from .examples import rows, stamp

if TYPE_CHECKING:
    from tests.doubles.aws import AwsCall, AwsDouble

BREAKPOINTS = pa.table({"feature": ["energy"], "quantile": [0.5], "breakpoint": [0.7]})


@pytest.fixture
def database(bucket: str) -> str:
    """The name of a database that is not there yet."""
    return bucket.replace("-", "_")


@pytest.fixture
def glue(aws: AwsDouble) -> Any:
    """A client of the test's own."""
    return aws.client("glue")


@pytest.fixture
def table(s3_lake: Lake) -> GlueTable:
    """A table with two columns, which tests let evolve."""
    schema = pa.schema([("artist_id", pa.string()), ("followers", pa.int32()), ("score", pa.float32())])
    return replace(raw_table(s3_lake.storage, "artists"), schema=schema)


@pytest.fixture
def made(database: str, table: GlueTable) -> GlueDatabase:
    """A database with that table."""
    found = GlueDatabase(database)
    found.ensure()
    assert found.register(table) == Registered("artists", "created")
    return found


def with_schema(table: GlueTable, *fields: tuple[str, pa.DataType]) -> GlueTable:
    return replace(table, schema=pa.schema(fields))


def columns(glue: Any, database: str, table: str = "artists") -> dict[str, str]:
    stored = glue.get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]
    return {column["Name"]: column["Type"] for column in stored["Columns"]}


def change(glue: Any, database: str, by: Callable[[dict[str, Any]], object]) -> None:
    """Change the table as somebody in Glue's console would."""
    there = glue.get_table(DatabaseName=database, Name="artists")["Table"]
    keys = ("Name", "Description", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
    given = {key: there[key] for key in keys if key in there}
    by(given)
    glue.update_table(DatabaseName=database, TableInput=given)


def test_every_table_is_made_as_athena_needs_it(glue: Any, s3_lake: Lake, database: str) -> None:
    done = register(s3_lake, database)
    assert done == [Registered(name, "created") for name in (*TABLES, "similarity_model")]

    artists = glue.get_table(DatabaseName=database, Name="artists")["Table"]
    assert artists["TableType"] == "EXTERNAL_TABLE"
    assert artists["PartitionKeys"] == [{"Name": "ingest_date", "Type": "string"}]
    assert columns(glue, database) == {
        "artist_id": "string",
        "name": "string",
        "followers": "bigint",
        "popularity": "int",
        "genres": "array<string>",
        "image_url": "string",
        "source": "string",
        "fetched_at": "timestamp",
        "expires_at": "timestamp",
        "run_id": "string",
    }
    location = f"{s3_lake.storage.uri}/raw/artists/"
    assert artists["StorageDescriptor"]["Location"] == location
    assert artists["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    assert {k: v for k, v in artists["Parameters"].items() if not k.startswith("spotify_assets.")} == {
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        "projection.enabled": "true",
        "projection.ingest_date.type": "date",
        "projection.ingest_date.format": "yyyy-MM-dd",
        "projection.ingest_date.range": "2026-01-01,NOW",
        "projection.ingest_date.interval": "1",
        "projection.ingest_date.interval.unit": "DAYS",
        "storage.location.template": f"{location}ingest_date=${{ingest_date}}/",
    }


def test_projected_location_is_where_rows_are_written(glue: Any, s3_lake: Lake, database: str) -> None:
    written = s3_lake.append("artists", rows("artists", {"artist_id": "a1", "name": "aespa"}), stamp())
    register(s3_lake, database)
    parameters = glue.get_table(DatabaseName=database, Name="artists")["Table"]["Parameters"]
    day = parameters["storage.location.template"].replace("${ingest_date}", "2026-11-20")
    assert s3_lake.storage.uri_of(str(written.path)).startswith(day)


def test_registering_again_changes_nothing(aws: AwsDouble, s3_lake: Lake, database: str) -> None:
    register(s3_lake, database)
    aws.calls.clear()
    assert {one.action for one in register(s3_lake, database)} == {"unchanged"}
    targets = {call.target.removeprefix("AWSGlue.") for call in aws.calls if call.target}
    assert targets == {"GetDatabase", "GetTable", "GetPartitions"}


def test_two_runs_may_register_at_once(s3_lake: Lake, database: str) -> None:
    with ThreadPoolExecutor(4) as runs:
        done = [run.result() for run in [runs.submit(register, s3_lake, database) for _ in range(4)]]
    for name in (*TABLES, "similarity_model"):
        actions = [one.action for run in done for one in run if one.table == name]
        assert sorted(actions) == ["created", "unchanged", "unchanged", "unchanged"]


def test_added_column_and_widened_types_are_applied(glue: Any, made: GlueDatabase, table: GlueTable) -> None:
    wider = with_schema(
        table,
        ("artist_id", pa.string()),
        ("country", pa.string()),
        ("followers", pa.int64()),
        ("score", pa.float64()),
    )
    assert made.register(wider) == Registered(
        "artists",
        "evolved",
        (
            "country (string) added",
            "followers widened from int to bigint",
            "score widened from float to double",
        ),
    )
    assert columns(glue, made.name) == {
        "artist_id": "string",
        "country": "string",
        "followers": "bigint",
        "score": "double",
    }
    assert made.register(wider).action == "unchanged"


def test_lost_and_narrowed_columns_are_refused_all_at_once(
    glue: Any, made: GlueDatabase, table: GlueTable
) -> None:
    before = columns(glue, made.name)
    worse = with_schema(table, ("artist_id", pa.int64()), ("score", pa.float32()))
    message = (
        r"artists cannot follow the records: followers \(int\) would go; "
        r"artist_id would turn from string to bigint\. .*new name"
    )
    with pytest.raises(TableRefusedError, match=message):
        made.register(worse)
    assert columns(glue, made.name) == before


def test_descriptions_follow_the_records(glue: Any, made: GlueDatabase, table: GlueTable) -> None:
    described = replace(table, descriptions={"artist_id": "Another description"})
    assert made.register(described) == Registered("artists", "evolved", ("its descriptions",))
    stored = glue.get_table(DatabaseName=made.name, Name="artists")["Table"]["StorageDescriptor"]
    assert stored["Columns"][0]["Comment"] == "Another description"


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
    assert columns(glue, database)["artist_id"] == "string"
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


def test_versions_of_the_model_are_partitions(glue: Any, s3_lake: Lake, database: str) -> None:
    versions = [f"m20261120T1315{n // 60:02}Z-{n:04x}" for n in range(102)]
    for version in versions:
        s3_lake.write_table(model_path(version), BREAKPOINTS)
    register(s3_lake, database)

    def partitions() -> dict[str, str]:
        pages = glue.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName="similarity_model"
        )
        found = [partition for page in pages for partition in page["Partitions"]]
        return {one["Values"][0]: one["StorageDescriptor"]["Location"] for one in found}

    root = f"{s3_lake.storage.uri}/similarity_model"
    assert partitions() == {version: f"{root}/model_version={version}/" for version in versions}

    for version in versions[:30]:
        s3_lake.storage.delete(model_path(version))
    s3_lake.write_table(model_path("m20261121T131500Z-3f2a"), BREAKPOINTS)
    assert register_model_versions(s3_lake, database) == ["m20261121T131500Z-3f2a"]
    assert sorted(partitions()) == [*versions[30:], "m20261121T131500Z-3f2a"]
    assert register_model_versions(s3_lake, database) == []


def test_partition_moved_by_hand_is_put_back(glue: Any, s3_lake: Lake, database: str) -> None:
    s3_lake.write_table(model_path("m1"), BREAKPOINTS)
    register(s3_lake, database)
    of = {"DatabaseName": database, "TableName": "similarity_model"}
    there = glue.get_partition(**of, PartitionValues=["m1"])["Partition"]["StorageDescriptor"]
    moved = {"Values": ["m1"], "StorageDescriptor": {**there, "Location": "s3://elsewhere/"}}
    glue.update_partition(**of, PartitionValueList=["m1"], PartitionInput=moved)
    assert register_model_versions(s3_lake, database) == []
    assert glue.get_partition(**of, PartitionValues=["m1"])["Partition"]["StorageDescriptor"] == there


def test_throttled_glue_is_tried_again_and_then_told(aws: AwsDouble, s3_lake: Lake, database: str) -> None:
    fault = aws.fail(400, "ThrottlingException", lambda call: bool(call.target), times=2)
    assert register(s3_lake, database)[0].action == "created"
    assert fault.met == 2
    stays = aws.fail(400, "ThrottlingException", lambda call: call.target == "AWSGlue.GetTable")
    with pytest.raises(
        LakeError, match=r"artists cannot be registered: AWS was too busy in 4 attempts at GetTable"
    ):
        register(s3_lake, database)
    assert stays.met == 4


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ExpiredTokenException", r"cannot be made .*credentials have expired .*sign in anew"),
        (
            "AccessDeniedException",
            r"`aws glue create-database --database-input Name=\w+` would.*AWS denies CreateDatabase",
        ),
    ],
)
def test_database_that_cannot_be_made_is_told_with_how(
    aws: AwsDouble, s3_lake: Lake, database: str, code: str, message: str
) -> None:
    def creating(call: AwsCall) -> bool:
        return call.target == "AWSGlue.CreateDatabase"

    aws.fail(400, code, creating)
    with pytest.raises(LakeError, match=message):
        register(s3_lake, database)


def test_model_versions_need_their_table(s3_lake: Lake, database: str) -> None:
    s3_lake.write_table(model_path("m1"), BREAKPOINTS)
    with pytest.raises(LakeError, match="partitions of the Glue table .*similarity_model cannot be set"):
        register_model_versions(s3_lake, database)


def test_lake_on_disk_is_none_for_athena(local_lake: Lake) -> None:
    for way in (register, register_model_versions):
        with pytest.raises(LakeError, match="set LAKE_URI=s3://bucket/prefix"):
            way(local_lake, "any")


def test_types_that_no_table_has_are_refused() -> None:
    with pytest.raises(LakeError, match="Column blob is of binary"):
        glue_type(pa.field("blob", pa.binary()))
    assert glue_type(pa.field("x", pa.list_(pa.float64()))) == "array<double>"


@pytest.mark.parametrize(("before", "after"), [("bigint", "int"), ("double", "float"), ("int", "double")])
def test_only_int_and_float_may_widen(before: str, after: str) -> None:
    with pytest.raises(ValueError, match=f"x would turn from {before} to {after}"):
        evolution({"x": before}, {"x": after})


def test_database_is_named_by_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATHENA_RAW_SCHEMA", raising=False)
    assert load_settings(_env_file=None).athena_raw_schema == "spotify_assets_raw"
    monkeypatch.setenv("ATHENA_RAW_SCHEMA", "Not-A-Name")
    with pytest.raises(
        SettingsError, match="ATHENA_RAW_SCHEMA=Not-A-Name: a Glue database's name is allowed"
    ):
        load_settings(_env_file=None)
