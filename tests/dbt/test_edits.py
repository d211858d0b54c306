"""What a developer adds to the project works as dbt's documentation has it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
import yaml

from .catalogue import draw
from .conftest import MODEL as MODEL_VERSION
from .conftest import WITHOUT_UNIT_TESTS
from .platform import PROJECT, Platform, day, run_dbt

MODEL = "with artists as (select * from {{ ref('stg_artists') }}) select artist_id, name from artists"
PROPERTIES = """
models:
  - name: artist_names
    description: One row per artist.
    data_tests:
      - as_many_as: {name: names_as_many, arguments: {other: "ref('stg_artists')"}}
      - as_many_as: {name: names_twice_as_many, arguments: {other: "ref('stg_artists')", times: 2}}
    columns:
      - name: artist_id
        description: Artist
        data_tests:
          - not_null: {name: names_have_ids}
          - relationships: {name: names_are_known, arguments: {to: "ref('stg_artists')", field: artist_id}}
      - name: name
        description: Name
        data_tests:
          - shorter_than: {name: names_are_short, arguments: {length: "{{ var('lookback_hours') }}"}}
"""
GENERIC = """
{% test as_many_as(model, other, times=1) %}
select 1 as wrong
where (select count(*) from {{ model }}) <> {{ times }} * (select count(*) from {{ other }})
{% endtest %}

{% test shorter_than(model, column_name, length) %}
select {{ column_name }} from {{ model }} where length({{ column_name }}) >= {{ length }}
{% endtest %}
"""


def test_tests_with_arguments_that_dbt_works_out_are_asked_by_themselves(tmp_path: Path) -> None:
    project, home = tmp_path / "project", tmp_path / "home"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    (project / "models/intermediate/artist_names.sql").write_text(MODEL, encoding="utf-8")
    (project / "models/intermediate/artist_names.yml").write_text(PROPERTIES, encoding="utf-8")
    (project / "tests/generic/added.sql").write_text(GENERIC, encoding="utf-8")
    platform = Platform(home)
    platform.observe_catalogue({}, day(1))
    platform.observe("artists", [{"artist_id": "a", "name": "에스파"}], day(2))
    run_dbt(
        "build", "--select", "+artist_names", "--exclude-resource-type", "unit_test",
        scratch=home, variables={"PLATFORM_HOME": str(home)}, ok=False, project=project,
    )  # fmt: skip
    results = json.loads((home / "dbt" / "run_results.json").read_text())["results"]
    found = {one["unique_id"].split(".")[2]: one for one in results}
    told = {name: one["adapter_response"].get("_message") for name, one in found.items()}
    assert {name: one["status"] for name, one in found.items() if name.startswith("names_")} == {
        "names_as_many": "pass",
        "names_twice_as_many": "fail",
        "names_have_ids": "pass",
        "names_are_known": "pass",
        "names_are_short": "pass",
    }
    assert [name for name in found if name.startswith("names_") and told[name] == "checked with others"] == [
        "names_are_known",
        "names_have_ids",
    ]


def test_a_column_that_staging_gains_is_added_to_its_table(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    platform.observe_catalogue({}, day(1))
    first = {"track_id": "t", "name": "Spring Day", "popularity": 80}
    platform.observe("tracks", [first], day(1))
    platform.dbt("run", "--select", "stg_tracks__by_source")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute("alter table stg_tracks__by_source drop column isrc")
    platform.observe("tracks", [{"track_id": "t", "name": "Spring Day", "isrc": "KR1"}], day(9))
    platform.observe("tracks", [{"track_id": "u", "name": "Ditto", "isrc": "KR2"}], day(9))
    platform.dbt("run", "--select", "stg_tracks__by_source")
    assert platform.query("select track_id, popularity, isrc from stg_tracks__by_source order by 1") == [
        ("t", 80, "KR1"),
        ("u", None, "KR2"),
    ]


def profile(**variables: str) -> dict[str, Any]:
    """The profile's target for Athena, as dbt reads it where these variables are set."""
    jinja = jinja2.Environment(autoescape=False)
    jinja.filters["as_number"] = float
    text = (PROJECT / "profiles.yml").read_text(encoding="utf-8")
    rendered = jinja.from_string(text).render(env_var=lambda name, default: variables.get(name, default))
    target: dict[str, Any] = yaml.safe_load(rendered)["spotify_assets"]["outputs"]["athena"]
    return target


def test_by_hand_dbt_goes_where_the_platform_goes() -> None:
    assert profile()["region_name"] == profile(AWS_REGION="")["region_name"] == "ap-northeast-2"
    assert profile(AWS_DEFAULT_REGION="us-east-1")["region_name"] == "us-east-1"
    assert profile(AWS_DEFAULT_REGION="us-east-1", AWS_REGION="eu-west-1")["region_name"] == "eu-west-1"
    # Tables elsewhere would not be the platform's.
    places = [profile(LAKE_URI=f"s3://bucket/prefix{end}") for end in ("", "/", "//")]
    assert {place["s3_data_dir"] for place in places} == {"s3://bucket/prefix/warehouse/"}
    assert {place["s3_staging_dir"] for place in places} == {"s3://bucket/prefix/athena-results/"}


@pytest.mark.parametrize(
    ("target", "schema"), [("duckdb", "main"), ("athena", "spotify_assets_raw")], ids=["duckdb", "athena"]
)
def test_an_empty_variable_is_not_set(target: str, schema: str, tmp_path: Path) -> None:
    empty = dict.fromkeys(("PLATFORM_HOME", "LAKE_URI", "ATHENA_RAW_SCHEMA", "ATHENA_SCHEMA"), "")
    run_dbt("parse", "--target", target, scratch=tmp_path, variables=empty)
    sources = json.loads((tmp_path / "dbt" / "manifest.json").read_text())["sources"].values()
    assert {source["schema"] for source in sources} == {schema}
    places = [(source["meta"] or source["source_meta"])["external_location"] for source in sources]
    assert [place for place in places if "'../.platform/lake/" not in place] == []


def test_the_whole_project_builds_of_no_rows(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    platform.observe_catalogue(draw(), day(1))
    platform.observe_moods(draw())
    platform.fit_model(MODEL_VERSION, draw())
    platform.dbt("build", "--empty", *WITHOUT_UNIT_TESTS)
    assert platform.query("select count(*) from dim_artists") == [(0,)]
    assert platform.query("select count(*) from artist_similarity") == [(0,)]
    # What it leaves is nothing to go on from.
    platform.dbt("build", *WITHOUT_UNIT_TESTS, DBT_REFRESH="true")
    assert platform.query("select count(*) from dim_artists") == [(draw()["artists"].num_rows,)]
