"""Songs like a song: the lists that numpy finds, with and without cells, and increments that end there too."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from . import recomputation, song_recomputation
from .catalogue import draw
from .conftest import WITHOUT_UNIT_TESTS, Built, nothing_more
from .platform import Platform, day
from .test_refresh import SOUND

pytestmark = pytest.mark.slow

CELLS = {"song_cells_above": 200, "songs_per_cell": 25, "song_cells_looked_into": 6}
IN_CELLS = ("--vars", json.dumps({**CELLS, "songs_a_part": 150}))


def catalogue() -> dict[str, pa.Table]:
    """The drawn one, in which nobody known is credited for every sixth track."""
    tables = draw()
    credits = [c for c in tables["track_artists"].to_pylist() if int(c["track_id"][1:]) % 6]
    return {**tables, "track_artists": pa.Table.from_pylist(credits)}


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(tmp_path_factory.mktemp("lonely"), catalogue(), nothing_more, *WITHOUT_UNIT_TESTS)


def found(platform: Platform) -> recomputation.Lists:
    lists: recomputation.Lists = {}
    for track, related, score in platform.query(
        "select track_id, related_track_id, score from track_similarity order by track_id, rank"
    ):
        lists.setdefault(track, []).append((related, score))
    return lists


def recomputed(built: Built, **cells: int) -> recomputation.Lists:
    vectors = recomputation.track_vectors(built.tables["audio_features"], built.breakpoints)
    kin: dict[str, dict[str, int]] = {}
    for artist, related, rank in built.platform.query(
        "select artist_id, related_id, rank from artist_similarity"
    ):
        kin.setdefault(artist, {})[related] = rank
    return song_recomputation.lists(song_recomputation.songs(built.platform, vectors), kin, **cells)


def same(lists: recomputation.Lists, expected: recomputation.Lists) -> None:
    assert lists.keys() == expected.keys()
    for track, entries in expected.items():
        assert [i for i, _ in lists[track]] == [i for i, _ in entries], track
        assert [s for _, s in lists[track]] == pytest.approx([s for _, s in entries], abs=1e-9), track


@pytest.mark.parametrize("source", ["drawn", "recorded", "lonely"])
def test_similar_songs_are_those_that_numpy_finds(source: str, request: pytest.FixtureRequest) -> None:
    built: Built = request.getfixturevalue(source)
    same(found(built.platform), recomputed(built))


def test_no_list_is_filled_by_one_artist_or_by_versions_of_a_recording(drawn: Built) -> None:
    artists = dict(drawn.platform.query("select track_id, artist_id from dim_tracks"))
    titles = dict(drawn.platform.query("select track_id, artist_title from int_track_recordings"))
    for track, entries in found(drawn.platform).items():
        assert max(Counter(artists[i] for i, _ in entries).values()) <= 2
        recordings = [titles[i] for i, _ in entries]
        assert len(set(recordings)) == len(recordings)
        assert titles[track] not in recordings


def test_a_song_of_nobody_known_gets_the_songs_that_sound_most_alike(lonely: Built) -> None:
    of_nobody = {
        t for (t,) in lonely.platform.query("select track_id from dim_tracks where artist_id is null")
    }
    lists = found(lonely.platform)
    assert len(of_nobody & lists.keys()) > 100
    assert {len(lists[track]) for track in of_nobody & lists.keys()} == {10}


def test_every_part_of_a_score_is_kept(lonely: Built) -> None:
    for score, sound, artist_rank, apart in lonely.platform.query(
        "select score, sound_score, artist_rank, years_apart from track_similarity"
    ):
        artist = 0 if artist_rank is None else 1 - artist_rank / 30
        era = 1 - min(10 if apart is None else apart, 30) / 30
        assert score == pytest.approx(0.5 * sound + 0.35 * artist + 0.15 * era, abs=3e-6)


def change(platform: Platform) -> None:
    """Observe what moves songs of strangers, of kin, and into and out of what an artist is known for."""

    def observe(table: str, *rows: dict[str, Any], asked: list[str] | None = None, hour: int = 12) -> None:
        platform.observe(table, rows, day(3, hour), run_id=f"second-run-{hour}", asked=asked)

    observe("artists", {"artist_id": "new", "name": "새로운", "genres": ["k-pop"]})
    observe("tracks", {"track_id": "n1", "name": "하나", "popularity": 50}, {"track_id": "n2", "name": "둘"})
    observe("track_artists", {"track_id": "n1", "artist_id": "new", "position": 0})
    observe("audio_features", {"track_id": "n1", **SOUND}, {"track_id": "n2", **SOUND, "energy": 0.6})
    # One is gone; one becomes known, one of another year; one sounds otherwise and lies in another cell.
    observe("tracks", asked=["t00054"], hour=13)
    observe("tracks", {"track_id": "t00055", "name": "Song 55", "popularity": 99}, hour=14)
    observe("tracks", {"track_id": "t00062", "name": "Song 62", "release_date": "1971"}, hour=15)
    observe("audio_features", {"track_id": "t00066", **SOUND, "danceability": 0.01}, hour=16)
    # A song of nobody turns out to be somebody's.
    observe("track_artists", {"track_id": "t00072", "artist_id": "a0002", "position": 0}, hour=17)


@pytest.fixture(scope="module")
def in_cells(lonely: Built) -> Built:
    """The same songs, looked for in cells. Comes last: it changes what the others have built."""
    lonely.platform.dbt("run", "--select", "int_track_points+", *IN_CELLS)
    return lonely


def test_in_cells_strangers_come_from_the_nearest_cells(in_cells: Built) -> None:
    assert len({cell for (cell,) in in_cells.platform.query("select cell from int_track_points")}) > 4
    expected = recomputed(in_cells, cells_above=200, per_cell=25, looked_into=6)
    same(found(in_cells.platform), expected)
    assert expected != recomputed(in_cells)


def test_an_increment_in_cells_equals_a_build_from_nothing(in_cells: Built) -> None:
    platform = in_cells.platform
    change(platform)
    platform.dbt("run", *IN_CELLS, DBT_REFRESH="true")
    after = platform.contents()
    platform.dbt("run", "--full-refresh", *IN_CELLS)
    from_nothing = platform.contents()
    assert after["track_similarity"] == from_nothing["track_similarity"]
    renewed, everybody = (len(t["int_track_similarity_scope"]) for t in (after, from_nothing))
    assert 0 < renewed < everybody
