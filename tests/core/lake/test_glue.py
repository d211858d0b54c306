"""Tables in Glue: made, evolved with the records, and not trusted blindly."""

from __future__ import annotations

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
from spotify_assets.core.lake.glue_table import GlueTable, evolution, glue_type
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.pointers import model_path
from spotify_assets.core.records import LAKE_TABLES
from spotify_assets.core.settings import load_settings

from .examples import rows, stamp

if TYPE_CHECKING:
    from tests.doubles.aws import AwsCall, AwsDouble

VERSIONED = (
    "similarity_model",
    "similarity_vectors",
    "mood_tracks",
    "mood_artists",
    "mood_years",
    "moods",
)
"""The tables whose partitions are versions."""

BREAKPOINTS = pa.table({"feature": ["energy"], "quantile": [0.5], "breakpoint": [0.7]})


def with_schema(table: GlueTable, *fields: tuple[str, pa.DataType]) -> GlueTable:
    return replace(table, schema=pa.schema(fields))


def columns(glue: Any, database: str, table: str = "artists") -> dict[str, str]:
    stored = glue.get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]
    return {column["Name"]: column["Type"] for column in stored["Columns"]}


def test_every_table_is_made_as_athena_needs_it(glue: Any, s3_lake: Lake, database: str) -> None:
    done = register(s3_lake, database)
    assert done == [Registered(name, "created") for name in (*LAKE_TABLES, *VERSIONED)]

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
    for name in (*LAKE_TABLES, *VERSIONED):
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
        r"artist_id would turn from string to bigint\. .*new name.*drop the table"
    )
    with pytest.raises(TableRefusedError, match=message):
        made.register(worse)
    assert columns(glue, made.name) == before


def test_descriptions_follow_the_records(glue: Any, made: GlueDatabase, table: GlueTable) -> None:
    described = replace(table, descriptions={"artist_id": "Another description"})
    assert made.register(described) == Registered("artists", "evolved", ("its descriptions",))
    stored = glue.get_table(DatabaseName=made.name, Name="artists")["Table"]["StorageDescriptor"]
    assert stored["Columns"][0]["Comment"] == "Another description"


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

    root = f"{s3_lake.storage.uri}/similarity_model/breakpoints"
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
    with pytest.raises(LakeError, match=r"partitions of the Glue table .*similarity_model cannot be set"):
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
    assert load_settings(env_file=None).athena_raw_schema == "spotify_assets_raw"
    monkeypatch.setenv("ATHENA_RAW_SCHEMA", "Not-A-Name")
    with pytest.raises(
        SettingsError, match=r"ATHENA_RAW_SCHEMA=Not-A-Name: a Glue database's name .* is allowed"
    ):
        load_settings(env_file=None)
