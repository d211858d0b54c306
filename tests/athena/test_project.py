"""The project on the double of Athena: built, refreshed, purged and built from nothing, with DuckDB's marts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("moto.server")
pytest.importorskip("pyiceberg.catalog")
pytest.importorskip("dbt.adapters.athena", reason="the project is built by dbt-athena")

from tests.dbt.platform import Platform
from tests.doubles.athena.server import AthenaDouble
from tests.grammar.grammars import NO_NODE, NODE, refusals
from tests.homes import copy_home

from .account import Account
from .project import MARTS, Project, differences
from .starting_point import starting_point

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

BUILDS = ["build", "increment", "purge"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Every stage, once."""
    built = starting_point(tmp_path_factory)
    home = tmp_path_factory.mktemp("athena") / "home"
    copy_home(built.platform.home, home)
    log = home / "statements.jsonl"
    with AthenaDouble(log=log) as double:
        account = Account(double.env, bucket="lake")
        account.client("s3").create_bucket(Bucket=account.bucket)
        project = Project(Platform(home), account, log)
        project.all_stages(built.tables)
        yield project


@pytest.mark.parametrize("stage", BUILDS)
def test_the_marts_are_those_of_duckdb(
    project: Project, stage: str, record_property: Callable[[str, object], None]
) -> None:
    compared = project.stages[stage].marts
    for mart in MARTS:
        rows, gap = compared[mart].rows, compared[mart].largest_float_difference
        record_property(mart, f"{rows} rows, floats within {gap:.1e}")
        print(f"{stage}: {mart}: {rows} rows compared, floats at most {gap:.1e} apart")
    assert differences(project.stages[stage]) == []
    assert min(compared[mart].rows for mart in ("dim_artists", "artist_similarity", "track_similarity")) > 0


def test_every_stage_is_green(project: Project, record_property: Callable[[str, object], None]) -> None:
    for name, stage in project.stages.items():
        most_stages = max(statement["stages"] for statement in stage.statements)
        figures = f"{len(stage.statements)} statements of {most_stages} stages at most, {stage.seconds:.0f} s"
        record_property(name, figures)
        print(f"{name}: {figures}")
        assert {s["state"] for s in stage.statements} == {"SUCCEEDED"}, name
        assert set(stage.results.values()) <= {"success", "pass", "no-op", "warn"}, name


def test_the_tests_of_a_refresh_are_asked_in_few_statements(project: Project) -> None:
    stage = project.stages["tests"]
    assert len(stage.results) > 60
    assert len(stage.statements) < len(stage.results) / 5


def test_lists_are_compared_with_those_alone_that_can_have_been_read_again(project: Project) -> None:
    node = '"node_id": "model.spotify_assets.stg_track_artists__by_source"'
    statements = [s["sql"] for s in project.stages["increment"].statements]
    (merge,) = [sql for sql in statements if node in sql and "merge into" in sql]
    read_since, held_since = re.findall(r"fetched_at\W.*> +timestamp '([^']+)'", merge)
    assert held_since == read_since


def test_a_full_build_packs_what_merges_left_and_a_refresh_does_not(project: Project) -> None:
    def packed(stage: str) -> list[str]:
        sent = (s["sql"].split() for s in project.stages[stage].statements)
        return sorted(f"{words[0]} {words[1]}" for words in sent if words[0] in ("optimize", "vacuum"))

    built = (name.split(".") for name in project.stages["night"].results)
    staged = {name for kind, _, name in built if kind == "model"}
    assert len(staged) > 5
    tables = sorted(f"{project.account.schema}.{name}" for name in staged)
    assert packed("night") == [f"{word} {table}" for word in ("optimize", "vacuum") for table in tables]
    assert packed("increment") == []


def test_columns_that_staging_gains_are_added_to_its_table_and_those_it_loses_dropped(
    project: Project,
) -> None:
    schema, model = project.account.schema, "stg_tracks__by_source"
    before = project.account.table(model)
    project.account.run(f"alter table {schema}.{model} drop column isrc")
    project.account.run(f"alter table {schema}.{model} add columns (lost string)")
    # As if the SQL had been another.
    project.account.run(f"drop table {schema}.int_refreshed_until")
    project.command("gained", "run", "--select", model)
    after = project.account.table(model)
    assert set(after.column_names) == set(before.column_names)
    assert after.num_rows == before.num_rows
    assert 0 < after.num_rows - after["isrc"].null_count <= before.num_rows - before["isrc"].null_count


def test_one_that_fails_is_named_among_those_asked_with_it(project: Project) -> None:
    table = f"{project.account.schema}.dim_artists"
    first = f"(select min(artist_id) from {table})"
    project.account.run(f"update {table} set popularity = 101 where artist_id = {first}")
    generic = ("--select", "dim_artists", "--exclude-resource-type", "unit_test")
    project.command("failing", "test", *generic, ok=False)
    failing = project.stages.pop("failing").results
    assert {name.split(".")[2] for name, status in failing.items() if status == "fail"} == {
        "dim_artists_within_bounds"
    }
    assert "pass" in failing.values()


@pytest.mark.skipif(NODE is None, reason=NO_NODE)
def test_every_statement_is_read_by_athenas_grammar(project: Project) -> None:
    sent = {
        f"{name} {number}: {statement['sql']}": statement["sql"]
        for name, stage in project.stages.items()
        for number, statement in enumerate(stage.statements)
    }
    assert len(sent) > 200
    assert refusals(sent) == []
