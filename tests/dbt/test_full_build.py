"""A full build: green, and the same lists that numpy finds."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from spotify_assets.core.lake.pointers import model_path
from spotify_assets.core.similarity import Model, Newcomer, mean_year, nearest_cells, place, weighed
from spotify_assets.defs.serving.vectors import model_parts

from . import recomputation
from .conftest import MODEL, Built

SOURCES = ["drawn", "recorded"]


@pytest.fixture(params=SOURCES)
def built(request: pytest.FixtureRequest) -> Built:
    built: Built = request.getfixturevalue(request.param)
    return built


def lists(built: Built, mart: str, owner: str, related: str) -> recomputation.Lists:
    rows = built.platform.query(f"select {owner}, {related}, score from {mart} order by {owner}, rank")
    found: recomputation.Lists = {}
    for owner_id, related_id, score in rows:
        found.setdefault(owner_id, []).append((related_id, score))
    return found


def same(found: recomputation.Lists, expected: recomputation.Lists) -> None:
    assert found.keys() == expected.keys()
    for owner, entries in expected.items():
        assert [i for i, _ in found[owner]] == [i for i, _ in entries], owner
        assert [s for _, s in found[owner]] == pytest.approx([s for _, s in entries], abs=1e-9), owner


def test_every_model_builds_and_every_check_passes(built: Built) -> None:
    assert "ERROR=0" in built.log
    assert "WARN=0" in built.log
    assert "WARNING" not in built.log


def test_every_unit_test_passes(drawn: Built) -> None:
    assert "unit tests" in drawn.log


def test_no_row_is_lost_on_the_way_to_the_dimensions(built: Built) -> None:
    for mart, table in (("dim_artists", "artists"), ("dim_tracks", "tracks")):
        assert built.platform.query(f"select count(*) from {mart}") == [(built.tables[table].num_rows,)]


def test_similar_artists_are_those_that_numpy_finds(built: Built) -> None:
    model = pq.read_table(built.platform.home / "lake" / model_path(MODEL, "vectors"))
    expected = recomputation.similar_artists(built.tables, built.breakpoints, model, 20)
    assert len(expected) > 100
    same(lists(built, "artist_similarity", "artist_id", "related_id"), expected)


def test_every_row_says_which_model_made_it(built: Built) -> None:
    for mart in ("artist_similarity", "track_similarity"):
        assert built.platform.query(f"select distinct model_version from {mart}") == [(MODEL,)]


def test_why_two_artists_are_similar_is_true(built: Built) -> None:
    genres = dict(built.platform.query("select artist_id, genres from dim_artists"))
    columns = list(built.breakpoints)
    vectors = {
        row[0]: dict(zip(columns, row[1:], strict=True))
        for row in built.platform.query(f"select artist_id, {', '.join(columns)} from int_artist_vectors")
    }
    rows = built.platform.query(
        "select artist_id, related_id, shared_genres, close_features from artist_similarity where rank <= 3"
    )
    for artist, related, shared, close in rows:
        assert shared == sorted(set(genres[artist]) & set(genres[related]))
        if artist not in vectors or related not in vectors:
            assert close == []
            continue
        gaps = {name: round(abs(vectors[artist][name] - vectors[related][name]), 8) for name in columns}
        assert [gaps[name] for name in close] == pytest.approx(sorted(gaps.values())[:3], abs=2e-8)


def test_the_bot_places_an_artist_where_the_warehouse_does(built: Built) -> None:
    parts: dict[str, dict[str, str]] = {}
    fitted = [
        pq.read_table(built.platform.home / "lake" / model_path(MODEL, part))
        for part in ("breakpoints", "vectors")
    ]
    for part in model_parts(MODEL, *fitted):
        parts.setdefault(part.kind, {})[part.name] = part.body
    model = Model.from_text(parts["model"]["-"])
    terms, words = ({n: json.loads(b) for n, b in parts[kind].items()} for kind in ("term", "word"))
    sounds: dict[str, list[dict[str, float | None]]] = {}
    dates: dict[str, list[str | None]] = {}
    features = {row["track_id"]: row for row in built.tables["audio_features"].to_pylist()}
    released = {row["track_id"]: row["release_date"] for row in built.tables["tracks"].to_pylist()}
    for credit in built.tables["track_artists"].to_pylist():
        sounds.setdefault(credit["artist_id"], []).append(features.get(credit["track_id"], {}))
        dates.setdefault(credit["artist_id"], []).append(released[credit["track_id"]])
    rows = built.platform.query(
        "select p.artist_id, a.popularity, a.genres, p.vector, p.span, c.nearest_cells from int_artist_points as p"
        " inner join int_artist_cells as c using (artist_id) inner join stg_artists as a using (artist_id)"
        " inner join int_artist_vectors as v using (artist_id) order by p.artist_id limit 60"
    )
    assert len(rows) == 60
    for artist, popularity, genres, vector, span, cells in rows:
        newcomer = Newcomer(weighed(genres or [], []), sounds[artist], mean_year(dates[artist]), popularity)
        point = place(newcomer, model, terms, words)
        assert point and (list(point.vector), point.span) == (vector, span), artist
        assert nearest_cells(point, model) == [cell % 65536 for cell in cells], artist


def test_the_parts_of_a_score_add_up_to_it(built: Built) -> None:
    parts = "genre_part + era_part + popularity_part + sound_part + together_part + related_part"
    ((apart,),) = built.platform.query(
        f"select max(abs(least(0.56 + {parts}, 1) - score)) from artist_similarity"
    )
    assert apart < 1e-9


def test_songs_together_are_named_and_count(built: Built) -> None:
    rows = built.platform.query(
        "select s.artist_id, s.related_id, s.shared_track, d.artist_ids from artist_similarity as s"
        " left join dim_tracks as d on s.shared_track = d.name"
        " and list_contains(d.artist_ids, s.artist_id) and list_contains(d.artist_ids, s.related_id)"
        " where s.together_part > 0"
    )
    assert len(rows) > 50
    for artist, related, title, credited in rows:
        assert title, (artist, related)
        assert {artist, related} <= set(credited or ())
    assert built.platform.query(
        "select count(*) from artist_similarity where (shared_track is null) <> (together_part = 0)"
    ) == [(0,)]


def test_nobody_is_recommended_of_whom_neither_song_nor_genre_is_known(built: Built) -> None:
    ((without,),) = built.platform.query(
        "select count(*) from artist_similarity as s"
        " inner join dim_artists as d on s.related_id = d.artist_id"
        " where d.n_tracks = 0 and len(coalesce(d.genres, [])) = 0"
    )
    assert without == 0


def test_top_tracks_are_the_most_popular_credited(drawn: Built) -> None:
    popularity = dict(drawn.platform.query("select track_id, popularity from dim_tracks"))
    for artist, tracks in drawn.platform.query(
        "select artist_id, list(track_id order by rank) from artist_top_tracks group by artist_id"
    ):
        assert 1 <= len(tracks) <= 10
        assert tracks == sorted(tracks, key=lambda t: (-popularity[t], t)), artist
