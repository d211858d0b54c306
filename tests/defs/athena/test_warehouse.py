"""What Athena holds is read as it is, and no more of it is fetched than changed."""

import resource
import uuid
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from spotify_assets.core.errors import LakeError, SettingsError
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.storage import Storage, open_storage
from spotify_assets.core.settings import Settings, load_settings
from spotify_assets.defs.marts.athena_warehouse import AthenaWarehouse
from spotify_assets.defs.marts.mirror_sql import (
    Model,
    digests_sql,
    duckdb_type,
    in_buckets,
    stamps_sql,
    unload_sql,
    written_after,
)
from spotify_assets.defs.marts.warehouse import WarehouseError, open_warehouse
from tests.defs.athena.conftest import Built
from tests.defs.damage import damage
from tests.grammar.grammars import NO_NODE, NODE, parse

ARTISTS = "select 'artist ' || cast(x as varchar) as artist_id, x as popularity from unnest(sequence(1, 300)) as t (x)"


def test_every_type_comes_over_as_it_is(built: Built) -> None:
    built.build(
        "things",
        "select 'é' as name, 7 as small, cast(7 as bigint) as large, 0.1e0 as share, true as sure, "
        "date '2026-11-20' as day, timestamp '2026-11-20 12:00:00.123456' as at, array['a', 'b'] as words, "
        "array[cast(row('x', 1.5e0) as row(tag varchar, weight double))] as tags, cast(null as varchar) as nothing",
    )
    with AthenaWarehouse(built.settings).connect() as marts:
        rows = marts.sql("select * from things").to_arrow_table()
    assert rows.to_pylist() == [
        {
            "name": "é", "small": 7, "large": 7, "share": 0.1, "sure": True, "day": date(2026, 11, 20),
            "at": datetime(2026, 11, 20, 12, 0, 0, 123456), "words": ["a", "b"],
            "tags": [{"tag": "x", "weight": 1.5}], "nothing": None,
        }
    ]  # fmt: skip
    assert [str(rows.schema.field(name).type) for name in ("small", "large", "at")] == [
        "int32",
        "int64",
        "timestamp[us]",
    ]
    assert pa.types.is_string(rows.schema.field("nothing").type)


def test_only_what_changed_is_fetched(built: Built) -> None:
    built.build("dim_artists", ARTISTS)
    assert len(built.rows("select * from dim_artists")) == 300
    (whole,) = built.unloads()
    assert " where " not in whole

    # One row changes, one goes, one comes.
    built.build(
        "dim_artists",
        "select artist_id, if(artist_id = 'artist 7', 1000, popularity) as popularity "
        f"from ({ARTISTS}) where artist_id <> 'artist 8' union all select 'artist 301', 301",
    )
    rows = dict(built.rows("select * from dim_artists"))
    assert len(rows) == 300
    assert rows["artist 7"] == 1000
    assert "artist 8" not in rows
    assert rows["artist 301"] == 301
    unload = built.unloads()[-1]
    buckets = unload.split(" in (")[1].split(")")[0].split(", ")
    assert 2 <= len(buckets) <= 3, "a bucket that is left without rows needs no fetching"


def test_a_row_that_is_there_twice_stays_twice(built: Built) -> None:
    built.build("doubled", "select 'a' as id, 1 as n union all select 'a', 1 union all select 'b', 1")
    assert built.rows("select id, n from doubled") == [("a", 1), ("a", 1), ("b", 1)]
    built.build("doubled", "select 'a' as id, 1 as n union all select 'b', 1")
    assert built.rows("select id, n from doubled") == [("a", 1), ("b", 1)]


@pytest.mark.parametrize(
    "columns",
    [
        "timestamp '2026-11-20 12:00:00' + x * interval '1' minute as a, 0.1e0 * {n} as b",
        "date '2026-11-20' + x * interval '1' day as a, {n} as b",
        "if(x = 1, null, cast(x as varchar)) as a, {n} as b",
    ],
    ids=["neither ids nor days", "days", "a missing id"],
)
def test_a_copy_that_follows_is_the_same_as_a_new_one(built: Built, tmp_path: Path, columns: str) -> None:
    for changed in (1, 9, 9):
        number = f"x * if(x = {changed}, 2, 1)"
        built.build("things", f"select {columns.format(n=number)} from unnest(sequence(1, 9)) as t (x)")
        anew = replace(built.settings, platform_home=tmp_path / uuid.uuid4().hex)
        anew.prepare_home()
        copies = []
        for settings in (built.settings, anew):
            with AthenaWarehouse(settings).connect() as marts:
                copies.append(sorted(marts.sql("select * from things").fetchall(), key=str))
        assert copies[0] == copies[1]
        assert len(copies[0]) == 9


def test_what_did_not_change_is_not_fetched_again(built: Built) -> None:
    built.build("dim_artists", ARTISTS)
    built.rows("select * from dim_artists")
    sent = len(built.doubles.statements("dim_artists"))
    built.rows("select count(*) from dim_artists")
    assert len(built.doubles.statements("dim_artists")) == sent, "Glue says that it is as it was"

    built.build("dim_artists", ARTISTS)
    sent = len(built.doubles.statements("dim_artists"))
    assert built.rows("select count(*) from dim_artists") == [(300,)]
    assert len(built.doubles.statements("dim_artists")) == sent + 1, "its checksums alone"


def test_a_model_with_other_columns_or_no_rows_is_taken_over(built: Built) -> None:
    built.build("dim_artists", ARTISTS)
    built.rows("select * from dim_artists")
    built.build("dim_artists", "select artist_id, popularity, 'KR' as market from " + f"({ARTISTS})")
    assert built.rows("select distinct market from dim_artists") == [("KR",)]
    built.build("dim_artists", f"select * from ({ARTISTS}) where popularity > 1000")
    with AthenaWarehouse(built.settings).connect() as marts:
        assert marts.sql("select * from dim_artists").to_arrow_table().schema.names == [
            "artist_id",
            "popularity",
        ]
        assert marts.sql("select * from dim_artists").fetchall() == []


def test_a_view_is_read_anew_in_each_connection(built: Built) -> None:
    built.build("dim_artists", ARTISTS)
    built.run("create or replace view listed as select artist_id from dim_artists where popularity <= 2")
    assert built.rows("select * from listed") == [("artist 1",), ("artist 2",)]
    built.build("dim_artists", f"select * from ({ARTISTS}) where popularity <> 2")
    assert built.rows("select * from listed") == [("artist 1",)]


def test_only_models_that_a_query_names_are_fetched(built: Built) -> None:
    built.build("dim_artists", ARTISTS)
    built.build("dim_tracks", "select 't' as track_id")
    built.rows("select artist_id from dim_artists")
    assert all("dim_tracks" not in sql for sql in built.unloads())


def test_nothing_of_what_passed_through_s3_stays(built: Built, storage: Storage) -> None:
    built.build("dim_artists", ARTISTS)
    with AthenaWarehouse(built.settings).connect() as marts:
        marts.sql("select * from dim_artists")
    assert AthenaWarehouse(built.settings).row_counts(["dim_artists", "dim_tracks"]) == {"dim_artists": 300}
    assert storage.list("athena-results/spotify-assets") == []


def test_a_fetch_that_breaks_off_leaves_the_copy_as_it_was(built: Built) -> None:
    built.build("dim_artists", ARTISTS)
    before = built.rows("select * from dim_artists")
    built.build("dim_artists", f"select artist_id, popularity + 1 as popularity from ({ARTISTS})")
    built.aws.fail(503, "SlowDown", lambda call: call.method in ("GET", "HEAD") and "/rows/" in call.path)
    with pytest.raises(LakeError, match="What Athena unloaded of dim_artists cannot be read"):
        built.rows("select * from dim_artists")
    with duckdb.connect(str(built.settings.mirror_path), read_only=True) as copy:
        assert sorted(copy.sql("from main.dim_artists").fetchall()) == before
    built.aws.faults.clear()
    assert built.rows("select min(popularity) from dim_artists") == [(2,)]


def test_a_copy_that_cannot_be_read_is_made_anew(built: Built) -> None:
    built.build("dim_artists", ARTISTS)
    built.settings.mirror_path.write_bytes(b"not a database" * 1000)
    assert built.rows("select count(*) from dim_artists") == [(300,)]
    with built.settings.mirror_path.open("r+b") as copy:
        copy.seek(4096 + 100)
        copy.write(b"a broken block" * 4)
    assert built.rows("select count(*) from dim_artists") == [(300,)]


def test_a_copy_damaged_where_a_model_lies_is_told_and_made_anew(built: Built) -> None:
    built.build("dim_artists", ARTISTS)
    before = built.rows("select * from dim_artists")
    file = built.settings.mirror_path
    damage(file, "dim_artists")
    with pytest.raises(
        WarehouseError, match=r"mirror.duckdb, was damaged and is deleted: try again.*checksum"
    ):
        built.rows("select * from dim_artists")
    assert not file.exists()
    assert built.rows("select * from dim_artists") == before


def test_what_athena_has_no_more_is_not_read_from_the_copy(built: Built) -> None:
    built.build("dim_artists", ARTISTS)
    built.build("dim_tracks", "select 't' as track_id")
    built.rows("select artist_id, track_id from dim_artists cross join dim_tracks")
    # As a purge leaves it that another machine began, and that was killed.
    built.aws.client("glue").delete_table(DatabaseName=built.settings.athena_schema, Name="dim_artists")
    assert built.rows("select * from dim_tracks") == [("t",)]
    with pytest.raises(duckdb.CatalogException, match="dim_artists does not exist"):
        built.rows("select * from dim_artists")


@pytest.mark.parametrize("is_there", [True, False])
def test_a_full_disk_is_told_with_what_to_do(built: Built, is_there: bool) -> None:
    built.build("dim_artists", "select * from (values ('a', 1)) as t (artist_id, popularity)")
    before = built.rows("select * from dim_artists") if is_there else []
    built.build("dim_artists", ARTISTS)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limit[1]))
    try:
        with pytest.raises(
            WarehouseError, match=r"mirror.duckdb, .*: make room on the disk of PLATFORM_HOME"
        ):
            built.rows("select * from dim_artists")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    if is_there:
        with duckdb.connect(str(built.settings.mirror_path), read_only=True) as copy:
            assert copy.sql("from main.dim_artists").fetchall() == before
    assert built.rows("select count(*) from dim_artists") == [(300,)]


def test_what_athena_is_asked_is_its_grammar(built: Built) -> None:
    if NODE is None:
        pytest.skip(NO_NODE)
    columns = (
        ("artist_id", "string"),
        ("order", "int"),
        ("fetched_at", "timestamp"),
        ("it's", "array<string>"),
        ("changed_at", "timestamp"),
    )
    model = Model("dim_artists", columns, is_view=False, state=None)
    asked = [
        digests_sql(model),
        unload_sql(model, None, "s3://lake/scratch/"),
        unload_sql(model, in_buckets(model, ["0a1", "fff"]), "s3://lake/scratch/"),
        stamps_sql(model),
        unload_sql(model, written_after(datetime(2026, 11, 20, 12)), "s3://lake/scratch/"),
    ]
    for sql, parsed in parse(asked).items():
        assert parsed.errors == (), sql
        assert not parsed.not_in_athena, sql


def test_without_models_what_to_do_is_said(settings: Settings) -> None:
    with (
        pytest.raises(WarehouseError, match="spotify-assets materialize"),
        open_warehouse(settings).connect(),
    ):
        pass


def test_forgetting_leaves_no_row_anywhere(built: Built, storage: Storage, tmp_path: Path) -> None:
    built.build("dim_artists", ARTISTS)
    built.run("create view listed as select artist_id from dim_artists")
    built.rows("select * from dim_artists")
    storage.write_whole("raw/kept.parquet", b"observations")
    warehouse = open_warehouse(built.settings)
    warehouse.forget()
    assert [path for path in _all_below(storage) if not path.startswith("raw/")] == []
    assert storage.list("raw") == ["raw/kept.parquet"]
    assert not built.settings.mirror_path.exists()
    with pytest.raises(WarehouseError), warehouse.connect():
        pass
    warehouse.forget()


def _all_below(storage: Storage) -> list[str]:
    keys = storage._s3.list_objects_v2(Bucket=storage.bucket).get("Contents", [])
    return [item["Key"].removeprefix("music/") for item in keys]


def test_glue_hears_of_the_lake(built: Built, storage: Storage) -> None:
    open_warehouse(built.settings).register(Lake(storage))
    tables = built.aws.client("glue").get_tables(DatabaseName=built.settings.athena_raw_schema)["TableList"]
    assert {"artists", "tracks", "similarity_model"} <= {table["Name"] for table in tables}
    assert built.athena.rows(
        f"select count(*) from {built.settings.athena_raw_schema}.artists", built.results
    ) == [("0",)]


def test_marts_of_another_lake_are_not_built_over(built: Built, storage: Storage) -> None:
    built.build("dim_artists", ARTISTS)
    other = replace(
        built.settings, lake_uri=f"{built.settings.lake_uri}-too", athena_raw_schema=f"{storage.bucket}_other"
    )
    with pytest.raises(WarehouseError, match=r"dim_artists is of another lake, s3://.*ATHENA_SCHEMA"):
        open_warehouse(other).register(Lake(open_storage(other.lake_uri)))
    open_warehouse(built.settings).register(Lake(storage))


@pytest.mark.parametrize(
    ("target", "uri", "message"),
    [
        ("athena", "", "DBT_TARGET=athena reads lakes on S3.*LAKE_URI=s3://bucket/prefix"),
        ("duckdb", "s3://lake/music", "LAKE_URI=s3://lake/music is on S3: set DBT_TARGET=athena"),
    ],
)
def test_an_engine_that_cannot_reach_the_lake_is_refused(
    tmp_path: Path, target: str, uri: str, message: str
) -> None:
    settings = load_settings(platform_home=str(tmp_path), dbt_target=target, lake_uri=uri)
    with pytest.raises(SettingsError, match=message):
        open_warehouse(settings)


@pytest.mark.parametrize(
    ("glue", "wanted"),
    [
        ("string", "VARCHAR"),
        ("varchar(20)", "VARCHAR"),
        ("decimal(10,2)", "DECIMAL(10,2)"),
        ("array<array<int>>", "INTEGER[][]"),
        ("struct<a:string,b:array<struct<c:double>>>", 'STRUCT("a" VARCHAR, "b" STRUCT("c" DOUBLE)[])'),
    ],
)
def test_types_of_glue_have_their_names_in_duckdb(glue: str, wanted: str) -> None:
    assert duckdb_type(glue) == wanted
