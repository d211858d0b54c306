"""dbt inside Dagster: what it is told to build, what people see of it, and what a failed test stops."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from spotify_assets.core.lake.pointers import current_snapshot, model_versions
from spotify_assets.core.settings import load_settings
from spotify_assets.defs.marts import similarity_model
from spotify_assets.defs.marts.artist_pictures import draw_similar_artists
from spotify_assets.defs.marts.dbt_run import advice
from spotify_assets.defs.marts.models import (
    BUILD_STATE,
    DBT_OPS,
    ModelsConfig,
    dbt_commands,
    describe,
    described,
    full_refresh,
)
from spotify_assets.defs.marts.similarity_fit import Artists, Terms, fit_terms
from spotify_assets.defs.marts.song_pictures import draw_similar_songs
from spotify_assets.defs.marts.warehouse import (
    EXPORTED,
    MARTS,
    MOOD_MARTS,
    WarehouseError,
    open_warehouse,
    sole_use,
)
from spotify_assets.defs.resources import Platform
from tests.defs.conftest import Graph, an_impossible_artist, failures
from tests.defs.damage import damage

PUBLISHING = ("mart_snapshot", "serving_documents")


def test_a_build_names_its_models_and_their_own_tests_without_those_of_the_sql() -> None:
    assert dbt_commands(ModelsConfig(), ["dim_artists", "dim_tracks"], "athena") == [[
        "build", "--select", "dim_artists", "dim_tracks", "--indirect-selection", "buildable",
        "--exclude-resource-type", "unit_test",
    ]]  # fmt: skip


def test_a_refresh_on_athena_tests_after_all_models() -> None:
    models = ["dim_artists", "dim_tracks"]
    run, test = dbt_commands(ModelsConfig(artist_ids=["a"]), models, "athena")
    assert run == ["run", "--select", *models]
    assert test[:4] == ["test", "--select", *models]
    assert [command[0] for command in dbt_commands(ModelsConfig(artist_ids=["a"]), models, "duckdb")] == [
        "build"
    ]


def test_a_refresh_on_athena_counts_as_made_only_what_passed() -> None:
    models = ["dim_artists", "int_refreshed_until", "dim_tracks"]
    run, test, end = dbt_commands(ModelsConfig(artist_ids=["a"]), models, "athena")
    assert (run[2:], test[2:5]) == (["dim_artists", "dim_tracks"], models)
    assert end == ["run", "--select", "int_refreshed_until"]


def test_a_build_from_scratch_says_so() -> None:
    assert "--full-refresh" in dbt_commands(ModelsConfig(full_refresh=True), ["dim_artists"], "duckdb")[0]
    assert full_refresh().to_config_dict()["ops"] == {
        op: {"config": {"full_refresh": True}} for op in DBT_OPS
    }


def test_a_refresh_is_never_from_scratch() -> None:
    assert "--full-refresh" not in dbt_commands(ModelsConfig(artist_ids=[]), ["dim_artists"], "duckdb")[0]


def test_every_model_is_described_by_its_rows_and_marts_by_the_first_ones(built: Graph) -> None:
    seen = describe(built.platform.warehouse, ["stg_artists", "dim_artists", "artist_similarity"])
    ((artists,),) = built.rows("select count(*) from dim_artists")
    assert {name: metadata["dagster/row_count"] for name, metadata in seen.items()} == {
        "stg_artists": artists,
        "dim_artists": artists,
        "artist_similarity": 20 * artists,
    }
    assert "preview" not in seen["stg_artists"]
    preview = seen["dim_artists"]["preview"].value.splitlines()
    assert preview[0].startswith("| artist_id | name |")
    assert len(preview) == 2 + 8


def test_why_dbt_failed_is_told_though_what_it_built_cannot_be_read(tmp_path: Path) -> None:
    nothing_there = open_warehouse(load_settings(platform_home=str(tmp_path)))

    def events() -> Iterator[dg.Output[None]]:
        yield dg.Output(None, "dim_artists")
        raise dg.Failure("dbt build failed: why")

    told = described(events(), nothing_there, pictures=False)
    assert next(told).output_name == "dim_artists"
    with pytest.raises(dg.Failure, match="dbt build failed: why"):
        next(told)


@pytest.mark.parametrize("broken", ["rows", "header", "nothing in it", "cut off"])
def test_a_damaged_warehouse_is_told_with_what_to_do(tmp_path: Path, broken: str) -> None:
    settings = load_settings(platform_home=str(tmp_path))
    file = settings.warehouse_path
    with duckdb.connect(str(file)) as made:
        made.sql("create table dim_artists as select md5(range::varchar) as artist_id from range(1000)")
    if broken == "rows":
        damage(file, "dim_artists")
    else:
        kept = {"header": b"not a database" * 1000, "nothing in it": b"", "cut off": file.read_bytes()[:100]}
        file.write_bytes(kept[broken])
    with (
        pytest.raises(
            WarehouseError, match=r"warehouse.duckdb is damaged: delete it and materialise everything"
        ),
        open_warehouse(settings).connect() as marts,
    ):
        marts.sql("select count(distinct artist_id) from dim_artists").fetchall()


def test_similar_songs_are_drawn_in_full_builds_alone(built: Graph) -> None:
    drawn = describe(built.platform.warehouse, ["track_similarity"], pictures=True)["track_similarity"]
    assert drawn["similar songs"].value.startswith("![plot](data:image/png;base64,")
    assert "similar songs" not in describe(built.platform.warehouse, ["track_similarity"])["track_similarity"]


def test_the_picture_of_similar_songs_counts_every_pair(built: Graph) -> None:
    with built.platform.warehouse.connect() as marts:
        figure = draw_similar_songs(marts)
        ((pairs,),) = marts.sql("select count(*) from track_similarity").fetchall()
    for axis in figure.axes:
        assert sum(bar.get_height() for bar in axis.patches) == pairs, axis.get_title()


def test_the_picture_of_similar_artists_maps_them_and_counts_every_hub(built: Graph) -> None:
    with built.platform.warehouse.connect() as marts:
        figure = draw_similar_artists(marts)
        ((pairs, listed),) = marts.sql(
            "select (select count(*) from artist_similarity), "
            "(select count(*) from int_artist_points semi join int_artist_cells using (artist_id) where is_listed)"
        ).fetchall()
    scores, hubs, places = figure.axes
    assert sum(bar.get_height() for bar in scores.patches) == pairs
    assert sum(bar.get_height() for bar in hubs.patches) == listed
    assert sum(len(dots.get_offsets()) for dots in places.collections) == listed
    genres = [text.get_text() for text in places.get_legend().get_texts()]
    assert genres[0] == "others" and len(genres) > 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('Failed to commit: Could not write file "warehouse.duckdb.wal": No space left on device', ["room"]),
        ("Out of Memory Error: failed to allocate data of size 16.0 MiB", ["DUCKDB_MEMORY_LIMIT"]),
        (
            "Out of Memory Error: failed to offload data block. This limit was set by the "
            "'max_temp_directory_size' setting.",
            ["room", "DUCKDB_MEMORY_LIMIT"],
        ),
        ("Corrupt database file: computed checksum 1 does not match stored checksum 2", ["warehouse.duckdb"]),
        ("Binder Error: there is no such column", []),
    ],
)
def test_it_is_said_what_to_do_about_what_duckdb_refuses(
    platform: Platform, said: str, told: list[str]
) -> None:
    sentences = advice(said, platform.settings)
    assert len(sentences) == len(told)
    for sentence, word in zip(sentences, told, strict=True):
        assert sentence.startswith("What to do: ") and word in sentence


def dbt_keys() -> list[dg.AssetKey]:
    from spotify_assets.definitions import build_defs

    specs = build_defs().resolve_all_asset_specs()
    return [s.key for s in specs if s.group_name in ("staging", "intermediate", "marts") and "dbt" in s.kinds]


def everything_behind_the_lake() -> list[dg.AssetKey]:
    return [*dbt_keys(), *map(dg.AssetKey, PUBLISHING)]


@pytest.fixture(scope="module")
def failed(built: Graph) -> tuple[dg.ExecuteInProcessResult, dict[str, object]]:
    """A build in which a test of dbt fails, and what stood before it; afterwards the marts are whole again."""
    lake, answers = built.platform.lake, built.platform.store.answers
    before = {
        "snapshot": current_snapshot(lake),
        "documents": {kind: answers.versions(kind) for kind in ("artist", "track")},
    }
    with an_impossible_artist(built):
        result = built.run("build", asset_selection=everything_behind_the_lake())
    return result, before


def test_a_failed_test_of_dbt_fails_the_step_with_dbts_words(
    failed: tuple[dg.ExecuteInProcessResult, dict[str, object]],
) -> None:
    result, _ = failed
    assert not result.success
    assert [event.step_key for event in result.get_step_failure_events()] == ["dbt_marts"]
    said = failures(result)
    assert "dbt build failed" in said
    assert "dim_artists_within_bounds" in said
    assert "Got 1 result" in said


def test_what_was_built_before_it_and_the_failed_check_are_still_reported(
    failed: tuple[dg.ExecuteInProcessResult, dict[str, object]],
) -> None:
    result, _ = failed
    built = {e.asset_key.to_user_string() for e in result.get_asset_materialization_events() if e.asset_key}
    assert {"stg_artists", "dim_artists", "dim_tracks"} <= built
    assert "artist_similarity" not in built
    checks = {c.check_name: c for c in result.get_asset_check_evaluations()}
    bad = checks["dim_artists_within_bounds"]
    assert (bad.passed, bad.asset_key.to_user_string()) == (False, "dim_artists")
    assert checks["dim_artists_one_row_per_artist"].passed


def test_nothing_is_published_and_the_old_answers_stay(
    failed: tuple[dg.ExecuteInProcessResult, dict[str, object]], built: Graph
) -> None:
    result, before = failed
    answers = built.platform.store.answers
    for asset in PUBLISHING:
        assert not result.asset_materializations_for_node(asset)
    assert current_snapshot(built.platform.lake) == before["snapshot"]
    assert {kind: answers.versions(kind) for kind in ("artist", "track")} == before["documents"]
    assert answers.artist("impossible") is None


def test_marts_count_as_whole_again_only_when_all_that_was_left_is_built(
    failed: tuple[dg.ExecuteInProcessResult, dict[str, object]], built: Graph
) -> None:
    lake = built.platform.lake
    result, _ = failed
    assert lake.read_json(BUILD_STATE)["state"] == "building"
    assert lake.read_json(BUILD_STATE)["run_id"] == result.run_id
    # What people ask for is counted apart: it neither holds the marts up nor waits for them.
    assert set(lake.read_json(BUILD_STATE)["unfinished"]).intersection(EXPORTED) == {*MARTS, *MOOD_MARTS}

    # One of them is built, the others are still half-made: publishing stays shut.
    assert built.run("build", asset_selection=[dg.AssetKey("dim_artist_aliases")]).success
    assert lake.read_json(BUILD_STATE)["state"] == "building"
    refused = built.run("build", asset_selection=[dg.AssetKey("serving_documents")])
    assert "The marts are not whole" in failures(refused)

    mended = built.run("build", full_refresh(), asset_selection=everything_behind_the_lake())
    assert mended.success
    assert lake.read_json(BUILD_STATE) == {"state": "whole", "run_id": mended.run_id, "unfinished": []}
    assert built.platform.store.answers.artist("impossible") is None


def test_a_model_that_was_fitted_during_a_refresh_is_there_after_it(
    built_anew: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = built_anew.platform.lake
    before = model_versions(lake)
    seen = []
    at_it = threading.Event()

    def refresh() -> None:
        with sole_use(built_anew.platform.settings, "a refresh", print):
            at_it.set()
            for _ in range(40):
                seen.append(model_versions(lake))
                time.sleep(0.05)

    refreshing = threading.Thread(target=refresh)

    def fitted_while_a_refresh_begins(artists: Artists) -> Terms:
        refreshing.start()
        assert at_it.wait(60)
        return fit_terms(artists)

    monkeypatch.setattr(similarity_model, "fit_terms", fitted_while_a_refresh_begins)
    assert built_anew.run("build", asset_selection=[dg.AssetKey("similarity_model")]).success
    refreshing.join()
    assert seen == [before] * 40
    assert len(model_versions(lake)) == len(before) + 1


def test_a_build_waits_for_whoever_uses_the_warehouse(built: Graph) -> None:
    let_go = threading.Event()

    def use() -> None:
        with sole_use(built.platform.settings, "somebody", print):
            let_go.wait(60)

    user = threading.Thread(target=use)
    user.start()
    began = time.monotonic()
    threading.Timer(2.0, let_go.set).start()
    result = built.run("build", asset_selection=[dg.AssetKey("mart_snapshot")])
    user.join()
    assert result.success
    assert time.monotonic() - began > 2.0
