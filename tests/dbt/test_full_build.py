"""A full build: green, and the same lists that numpy finds."""

from __future__ import annotations

import pytest

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
    assert "unit tests" in built.log


def test_no_row_is_lost_on_the_way_to_the_dimensions(built: Built) -> None:
    for mart, table in (("dim_artists", "artists"), ("dim_tracks", "tracks")):
        assert built.platform.query(f"select count(*) from {mart}") == [(built.tables[table].num_rows,)]


def test_similar_artists_are_those_that_numpy_finds(built: Built) -> None:
    vectors = recomputation.track_vectors(built.tables["audio_features"], built.breakpoints)
    known = set(built.tables["artists"]["artist_id"].to_pylist())
    artists = recomputation.artist_vectors(vectors, built.tables["track_artists"], known)
    expected = recomputation.nearest(artists, 20, [])
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
        gaps = {name: round(abs(vectors[artist][name] - vectors[related][name]), 8) for name in columns}
        assert [gaps[name] for name in close] == pytest.approx(sorted(gaps.values())[:3], abs=2e-8)


def test_top_tracks_are_the_most_popular_credited(drawn: Built) -> None:
    popularity = dict(drawn.platform.query("select track_id, popularity from dim_tracks"))
    for artist, tracks in drawn.platform.query(
        "select artist_id, list(track_id order by rank) from artist_top_tracks group by artist_id"
    ):
        assert 1 <= len(tracks) <= 10
        assert tracks == sorted(tracks, key=lambda t: (-popularity[t], t)), artist
