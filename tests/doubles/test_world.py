"""The world holds the pitfalls it promises, and is the same every time."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.doubles.world import World


def test_ids_look_like_spotifys_and_are_stable(world: World) -> None:
    ids = [*world.artists, *world.albums, *world.tracks, *world.dead_artists, *world.dead_tracks]
    assert all(re.fullmatch("[0-9A-Za-z]{22}", i) for i in ids)
    assert len(set(ids)) == len(ids)
    assert world.named("aespa").id == "7vEXIX9QBLWajhAAYA1Hn2"


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("에스파", "aespa"),
        ("샤이니", "SHINee"),
        ("shinee", "SHINee"),
        ("The  Beatles", "The Beatles"),
        ("방탄소년단", "BTS"),
        ("방탄 소년단", "BTS"),
        ('artist:"Sigur Ros"', "Sigur Rós"),
    ],
)
def test_search_finds_an_artist_under_its_spellings(world: World, asked: str, name: str) -> None:
    assert world.find_artists(asked)[0].name == name


def test_slang_is_known_to_musicbrainz_alone(world: World) -> None:
    assert world.find_artists("블핑") == []
    assert "블핑" in {alias.name for alias in world.named("BLACKPINK").aliases}


def test_two_artists_share_a_name_and_the_better_known_comes_first(world: World) -> None:
    first, second = world.find_artists("Nirvana")
    assert first.name == second.name == "Nirvana"
    assert first.popularity > second.popularity
    assert {t.artist_ids[0] for t in world.find_tracks('artist:"Nirvana"')} >= {first.id, second.id}


def test_one_recording_is_on_album_and_single_and_as_a_remaster(world: World) -> None:
    per_isrc = Counter(track.isrc for track in world.tracks.values())
    twice = [track for track in world.tracks.values() if per_isrc[track.isrc] == 2]
    assert {world.albums[track.album_id].type for track in twice} == {"album", "single"}
    remasters = [track for track in world.tracks.values() if track.name.endswith(" - 2012 Remaster")]
    assert remasters
    for remaster in remasters:
        title = remaster.name.removesuffix(" - 2012 Remaster")
        originals = [t for t in world.tracks_of(remaster.artist_ids[0]) if t.name == title]
        assert any(
            t.isrc != remaster.isrc and abs(t.duration_ms - remaster.duration_ms) < 2000 for t in originals
        )


def test_there_are_holes(world: World) -> None:
    artists, albums = world.artists.values(), world.albums.values()
    assert {album.precision for album in albums} == {"year", "month", "day"}
    assert {len(album.release_date) for album in albums} == {4, 7, 10}
    assert {a.genres_shape for a in artists} == {"list", "null", "absent", "empty"}
    assert any(not a.images for a in artists)
    assert any(a.images and a.images[0].width is None for a in artists)
    assert any(t.features is None for t in world.tracks.values())
    assert world.tracks_of(world.named("Quiet Hours").id) == []
    assert any(not a.in_musicbrainz for a in artists)


def test_an_old_id_leads_to_another_and_a_dead_one_nowhere(world: World) -> None:
    moved = [old for old in world.redirects if len(old) == 22]
    assert moved
    for old in moved:
        thing = world.artist(old) or world.track(old)
        assert thing is not None
        assert thing.id != old
    assert all(world.artist(dead) is None for dead in world.dead_artists)


def test_related_artists_hold_one_whom_spotify_does_not_know(world: World) -> None:
    related = world.related(world.named("aespa").id)
    scores = [score for _, score in related]
    assert scores == sorted(scores, reverse=True)
    assert sum(mbid in world.outsiders for mbid, _ in related) == 1


def test_a_synthetic_world_depends_on_its_seed_alone() -> None:
    small, again, other = World.synthetic(120, 1), World.synthetic(120, 1), World.synthetic(120, 2)
    assert small.population == again.population
    assert small.population != other.population
    assert len(small.artists) == 121
    assert max(Counter(a.name for a in small.artists.values()).values()) >= 2
    assert all(len(world_tracks) >= 10 for a in small.artists if (world_tracks := small.tracks_of(a)))
