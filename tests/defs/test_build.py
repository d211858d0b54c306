"""A whole build on the bundled sample: what is in the lake, the marts and the store afterwards."""

import dagster as dg
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.lake.pointers import current_snapshot, model_versions
from spotify_assets.core.names import name_key
from spotify_assets.defs.ingestion.observations import RAW_ASSETS
from spotify_assets.defs.marts.warehouse import EXPORTED, MARTS
from tests.defs.conftest import Graph, metadata_of


@pytest.fixture(scope="module")
def again(built: Graph) -> dg.ExecuteInProcessResult:
    """A second build of the same catalogue."""
    result = built.run()
    assert result.success
    return result


def test_every_asset_says_what_it_is_and_who_owns_it(built: Graph) -> None:
    from spotify_assets.definitions import build_defs

    for spec in build_defs().resolve_all_asset_specs():
        name = spec.key.to_user_string()
        assert spec.description and len(spec.description) > 20, name
        assert spec.owners, name
        assert spec.group_name in {
            "ingestion",
            "staging",
            "intermediate",
            "marts",
            "serving",
            "refresh",
            "evaluation",
            "moods",
        }, name


def test_every_check_says_what_it_promises() -> None:
    from spotify_assets.definitions import build_defs

    graph = build_defs().resolve_asset_graph()
    for key in graph.asset_check_keys:
        description = graph.get(key).description or ""
        assert len(description.splitlines()[0]) > 12, key.to_user_string()
    grain = graph.get(
        dg.AssetCheckKey(dg.AssetKey("artist_similarity"), "artist_similarity_one_row_per_rank")
    )
    assert grain.description == (
        "The grain: no two rows share these columns, and none of them is null.\n\n- columns: `artist_id, rank`"
    )


def test_raw_tables_hold_the_roster_and_no_more(built: Graph) -> None:
    lake = built.platform.lake
    artists = lake.read("artists")
    assert set(artists["source"].to_pylist()) == {"sample"}
    assert set(artists["artist_id"].to_pylist()) == set(built.platform.store.roster.ids())
    assert 150 < len(set(artists["artist_id"].to_pylist())) < 240


def test_a_table_that_nobody_offers_is_there_and_empty(built: Graph) -> None:
    for table in ("related_artists", "artist_tags", "artist_top_tracks", "artist_ids"):
        assert built.platform.lake.files(table)
        assert built.platform.lake.row_count(table) == 0


def test_materialisations_tell_row_counts_and_what_is_not_offered(again: dg.ExecuteInProcessResult) -> None:
    artists = metadata_of(again, "raw_artists")
    assert artists["dagster/row_count"] > 150
    assert artists["quarantined"] == 0
    assert "| artist_id |" in artists["preview"]
    assert metadata_of(again, "raw_related_artists")["offered"] == "not offered by sample"


def test_dbt_models_are_materialised_with_row_counts_and_their_tests_are_checks(
    again: dg.ExecuteInProcessResult,
) -> None:
    counts = {
        event.asset_key.to_user_string(): event.materialization.metadata["dagster/row_count"].value
        for event in again.get_asset_materialization_events()
        if event.asset_key and "dagster/row_count" in event.materialization.metadata
    }
    assert set(EXPORTED) <= set(counts)
    assert counts["dim_artists"] > 150
    checks = again.get_asset_check_evaluations()
    assert len([c for c in checks if c.asset_key.to_user_string() in MARTS]) > 20
    assert all(check.passed for check in checks)


def test_the_model_is_fitted_between_features_and_vectors(built: Graph) -> None:
    (version, *_) = model_versions(built.platform.lake)[-1:]
    assert built.rows("select distinct model_version from artist_similarity") == [(version,)]


def test_similar_artists_are_ranked_without_self_or_repetition(built: Graph) -> None:
    lists = built.rows(
        "select artist_id, count(*), count(distinct related_id), min(rank), max(rank), bool_or(artist_id = related_id)"
        " from artist_similarity group by artist_id"
    )
    assert len(lists) > 150
    assert all(
        (n, n, 1, n, False) == (count, distinct, low, high, own)
        for _, count, distinct, low, high, own in lists
        for n in [20]
    )


def test_the_snapshot_is_readable_without_the_warehouse(built: Graph) -> None:
    lake = built.platform.lake
    snapshot = current_snapshot(lake)
    assert snapshot
    assert set(snapshot.marts) == set(EXPORTED)
    for mart, paths in snapshot.marts.items():
        files = [pq.read_table(lake.storage.full_path(f"marts/{path}")) for path in paths]
        assert sum(file.num_rows for file in files) == built.rows(f"select count(*) from {mart}")[0][0]


def test_the_store_answers_for_every_artist_and_song(built: Graph) -> None:
    answers = built.platform.store.answers
    (aespa,) = [m for m in answers.find(name_key("에스파")) if m.kind == "artist"]
    document = answers.artist(aespa.target_id)
    assert document
    assert document.artist.name == "aespa"
    assert len(document.similar) == 20
    assert document.top_tracks
    assert all(s.tracks for s in document.similar)
    song = answers.track(document.top_tracks[0].track_id)
    assert song and len(song.similar) == 10
    assert "aespa" in song.track.artists


def test_publishing_again_writes_only_what_changed(again: dg.ExecuteInProcessResult) -> None:
    published = metadata_of(again, "serving_documents")
    # The model has a new version, which every document with similar artists names.
    assert published["artists removed"] == published["tracks removed"] == 0
    assert published["artists"] > 150


def test_publishing_the_same_marts_writes_nothing(built: Graph) -> None:
    from spotify_assets.defs.serving.publish import KINDS, publish

    with built.platform.warehouse.connect() as marts:
        parts = [publish(marts, built.platform.store, kind) for kind in KINDS]
    assert [(part.written, part.removed) for part in parts] == [(0, 0), (0, 0)]


def test_raw_assets_cover_every_lake_table_once() -> None:
    from spotify_assets.core.records import TABLES

    written = [table for asset in RAW_ASSETS for table in asset.tables]
    assert sorted(written) == sorted(TABLES)
