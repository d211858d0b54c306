"""The real dbt-athena builds a project of every materialisation on the double, again, and from nothing."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("moto.server")
pytest.importorskip("pyiceberg.catalog")
pytest.importorskip("dbt.adapters.athena", reason="the fixture project is built by dbt-athena")

from . import fixture_lake
from .client import Client
from .server import AthenaDouble

PROJECT = Path(__file__).with_name("fixture_project")
TODAY = dt.datetime.now(dt.UTC).date()
BUILDS = ["build", "build", "build --full-refresh"]


@pytest.fixture(scope="module")
def built(double: AthenaDouble, client: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The project built thrice, the last time from nothing, with a new day of plays between builds."""
    scratch = tmp_path_factory.mktemp("dbt")
    for number, build in enumerate(BUILDS):
        fixture_lake.put_day(client, TODAY - dt.timedelta(days=len(BUILDS) - number))
        command = [
            str(Path(sys.executable).with_name("dbt")), *build.split(), "--no-use-colors",
            "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
            "--target-path", str(scratch), "--log-path", str(scratch),
        ]  # fmt: skip
        env = {"PATH": os.environ["PATH"], "HOME": str(scratch), **double.env}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, f"build {number}: {done.stdout[-4000:]}{done.stderr[-1000:]}"
        results = json.loads((scratch / "run_results.json").read_text())["results"]
        assert {result["status"] for result in results} <= {"success", "pass"}
    yield client


@pytest.mark.nightly
def test_every_materialisation_holds_what_the_lake_holds(built: Client) -> None:
    plays = "from raw.plays where ms_played > 0"
    assert built.rows(
        "select count(*), sum(plays), sum(minutes) >= 0 from analytics.fct_track"
    ) == built.rows(f"select count(distinct track_id), count(*), true {plays}")
    for model, columns in (
        ("inc_merge", "user_id, plays"),
        ("artist_plays", "artist, n"),
    ):
        source = {
            "inc_merge": f"select user_id, count(*) {plays} group by user_id",
            "artist_plays": "select a.artist, count(*) from raw.plays cross join unnest(artists) as a (artist) "
            "where ms_played > 0 group by a.artist",
        }[model]
        assert sorted(built.rows(f"select {columns} from analytics.{model}")) == sorted(built.rows(source))
    by_user_and_day = built.rows(f"select user_id, count(*), dt {plays} group by user_id, dt order by 1, 3")
    assert (
        built.rows("select user_id, plays, dt from analytics.inc_overwrite order by 1, 3") == by_user_and_day
    )
    assert built.rows("select device, n from analytics.json_events order by 1") == [
        ("desk", "5"),
        ("phone", "5"),
    ]


@pytest.mark.nightly
def test_more_than_a_hundred_partitions_are_written_in_batches(built: Client) -> None:
    assert built.rows("select count(*), sum(n), count(distinct bucket) from analytics.many_parts") == [
        ("300", "45150", "150")
    ]


@pytest.mark.nightly
def test_the_catalog_is_left_tidy_and_described(built: Client) -> None:
    tables = {t["Name"]: t for t in built.glue.get_tables(DatabaseName="analytics")["TableList"]}
    assert [name for name in tables if "__" in name] == []
    assert tables["fct_track"]["Parameters"]["comment"] == 'one row per track, it\'s "quoted"'
    assert tables["artist_plays"]["Parameters"]["table_type"].upper() == "ICEBERG"
    assert built.rows("select count(*), count(dbt_valid_to) from analytics_analytics.snap_genres") == [
        ("3", "0")
    ]
