"""A refresh: what was asked for is observed, marts and store follow, the request ends."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from spotify_assets.core.names import name_key
from spotify_assets.core.store import State
from spotify_assets.definitions import build_defs
from spotify_assets.defs.marts.models import full_refresh
from spotify_assets.defs.refresh.sensor import refresh_config
from tests.defs.conftest import Graph, an_impossible_artist, failures, metadata_of

pytestmark = pytest.mark.slow


def ask(graph: Graph, *names: str) -> list[str]:
    for name in names:
        graph.platform.store.requests.ask(name_key(name), name, datetime.now(UTC))
    return [name_key(name) for name in names]


def state_of(graph: Graph, name: str) -> State:
    return next(r.state for r in graph.platform.store.requests.all() if r.name_key == name_key(name))


def test_an_unknown_artist_is_answered_by_one_refresh(built: Graph) -> None:
    answers = built.platform.store.answers
    assert answers.find(name_key("잔나비")) == []
    result = built.run("refresh", refresh_config(ask(built, "잔나비")))
    assert result.success
    assert state_of(built, "잔나비") is State.DONE
    (match,) = answers.find(name_key("잔나비"))
    document = answers.artist(match.target_id)
    assert document and len(document.similar) == 20
    assert match.target_id in built.platform.store.roster.ids(), "an artist asked for is kept fresh"
    assert metadata_of(result, "raw_artists")["dagster/row_count"] == 1


def test_every_check_of_what_a_refresh_builds_is_told_of_it(built: Graph) -> None:
    result = built.run("refresh", refresh_config(ask(built, "Arvo Pärt")))
    graph = build_defs().resolve_asset_graph()
    checks = [key for key in graph.asset_check_keys if key.asset_key in materialised(result)]
    assert len(checks) > 60
    latest = built.instance.event_log_storage.get_latest_asset_check_execution_by_key(checks)
    # Dagster shows a check as evaluated for a materialisation of the same run.
    assert {key for key in checks if latest[key].run_id != result.run_id} == set()
    assert {latest[key].status.value for key in checks} == {"SUCCEEDED"}


def test_a_check_that_fails_in_a_refresh_is_told_and_nothing_is_published(built_anew: Graph) -> None:
    versions = built_anew.platform.store.answers.versions
    before = versions("artist")
    with an_impossible_artist(built_anew):
        result = built_anew.run("refresh", refresh_config(ask(built_anew, "Erik Satie")))
    assert not result.success
    (bad,) = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert (bad.check_name, bad.severity) == ("dim_artists_within_bounds", dg.AssetCheckSeverity.ERROR)
    assert "dim_artists_within_bounds" in failures(result)
    assert versions("artist") == before
    assert state_of(built_anew, "Erik Satie") is State.RUNNING


def materialised(result: dg.ExecuteInProcessResult) -> set[dg.AssetKey]:
    return {event.asset_key for event in result.get_asset_materialization_events() if event.asset_key}


def test_a_refresh_leaves_the_same_lists_as_a_build_with_the_same_model(built: Graph) -> None:
    built.run("refresh", refresh_config(ask(built, "혁오")))
    lists = "select artist_id, rank, related_id, score from artist_similarity order by artist_id, rank"
    after_refresh = built.rows(lists)
    # Everything but the model anew: the same lists must come out.
    rebuilt = built.run(
        "build",
        full_refresh(),
        asset_selection=_dbt_keys(),
    )
    assert rebuilt.success
    assert built.rows(lists) == after_refresh


def _dbt_keys() -> list[dg.AssetKey]:
    from spotify_assets.definitions import build_defs

    specs = build_defs().resolve_all_asset_specs()
    return [s.key for s in specs if s.group_name in ("staging", "intermediate", "marts") and "dbt" in s.kinds]


def test_only_documents_that_changed_are_written(built: Graph) -> None:
    result = built.run("refresh", refresh_config(ask(built, "실리카겔")))
    published = metadata_of(result, "serving_documents")
    assert 1 <= published["artists written"] < published["artists"] / 2


def test_an_unknown_name_ends_as_not_found_and_nothing_else_runs(built: Graph) -> None:
    result = built.run("refresh", refresh_config(ask(built, "Nobody By This Name")))
    assert result.success
    assert state_of(built, "Nobody By This Name") is State.NOT_FOUND
    assert not result.asset_materializations_for_node("raw_artists")


def test_one_batch_answers_some_and_does_not_find_others(built: Graph) -> None:
    result = built.run("refresh", refresh_config(ask(built, "새소년", "Nobody Else")))
    assert result.success
    assert state_of(built, "새소년") is State.DONE
    assert state_of(built, "Nobody Else") is State.NOT_FOUND


def test_artists_of_one_name_are_all_refreshed(built: Graph) -> None:
    built.run("refresh", refresh_config(ask(built, "Nirvana")))
    assert state_of(built, "Nirvana") is State.DONE
    artists = [m for m in built.platform.store.answers.find("nirvana") if m.kind == "artist"]
    assert len(artists) == 2


def test_a_request_survives_a_run_that_fails_between_fetch_and_publish(built: Graph) -> None:
    keys = ask(built, "Sigur Rós")
    lake = built.platform.lake
    with dg.DagsterInstance.ephemeral():
        failed = built.run(
            "refresh",
            refresh_config(keys),
            tags={"dagster/max_retries": "0"},
            asset_selection=[dg.AssetKey(name) for name in ("artist_requests", "raw_artists", "raw_tracks")],
        )
    assert failed.success, "it stopped half-way: nothing published, nothing settled"
    assert state_of(built, "Sigur Rós") is State.RUNNING
    assert any("sigur" in str(i) for i in lake.read("artists", ["artist_id"])["artist_id"].to_pylist())

    now = datetime.now(UTC)
    built.platform.store.requests.give_back(failed.run_id, now, "killed", 4, None)
    assert built.run("refresh", refresh_config(keys)).success
    assert state_of(built, "Sigur Rós") is State.DONE
