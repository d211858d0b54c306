"""The similar songs once more, in numpy and loops: written from the description, not from the SQL."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from .platform import Platform

SIZE, OF_ONE_ARTIST, BEST_KNOWN = 10, 2, 10
STRANGER = 1_000_000


@dataclass
class Song:
    """What a song is compared by."""

    track_id: str
    vector: np.ndarray
    artist: str | None
    year: int | None
    isrc: str | None
    title: str | None
    order: tuple[int, int, str]
    """Known best first."""
    is_named: bool = False
    is_best_known: bool = False


def songs(platform: Platform, vectors: dict[str, np.ndarray]) -> list[Song]:
    """Return every song with features, in the order of ids, from the dimensions and top tracks."""
    rows = platform.query(
        """
        select t.track_id, t.artist_id, t.release_year, r.isrc, r.artist_title,
            coalesce(top.rank, 1000), -coalesce(t.popularity, -1)
        from dim_tracks as t
        join int_track_recordings as r using (track_id)
        left join artist_top_tracks as top on top.artist_id = t.artist_id and top.track_id = t.track_id
        order by track_id
        """
    )
    found = [
        Song(track, vectors[track], artist, year, isrc, title, (top, obscurity, track))
        for track, artist, year, isrc, title, top, obscurity in rows
        if track in vectors
    ]
    _choose_versions(found)
    for artist in {song.artist for song in found} - {None}:
        named = [song for song in found if song.artist == artist and song.is_named]
        for song in sorted(named, key=lambda s: s.order)[:BEST_KNOWN]:
            song.is_best_known = True
    return found


def _choose_versions(found: list[Song]) -> None:
    titles: set[str] = set()
    codes: set[str] = set()
    first = []
    for song in sorted(found, key=lambda s: s.order):
        if song.title is None or song.title not in titles:
            first.append(song)
        titles.update([song.title] if song.title else [])
    for song in first:
        song.is_named = song.isrc is None or song.isrc not in codes
        codes.update([song.isrc] if song.isrc else [])


def lists(
    found: list[Song], kin: dict[str, dict[str, int]], cells_above: int = 20_000, per_cell: int = 512
) -> dict[str, list[tuple[str, float]]]:
    """Return the similar songs of each with their scores; `kin` has ranks of similar artists by artist."""
    matrix = np.array([song.vector for song in found])
    halves = [n for n in range(matrix.shape[1]) if len(found) > max(cells_above, per_cell * 2**n)]
    lists: dict[str, list[tuple[str, float]]] = {}
    for owner in found:
        sound = np.round(np.sqrt(((matrix - owner.vector) ** 2).mean(axis=1)) * 1e6).astype(int)
        sides = (matrix[:, halves] > 0.5) != (owner.vector[halves] > 0.5)
        near = sides.sum(axis=1) <= 1
        akin = {} if owner.artist is None else {owner.artist: 0, **kin.get(owner.artist, {})}
        entries = []
        for place, song in enumerate(found):
            if not song.is_named or song is owner or _one_recording(owner, song):
                continue
            if song.artist in akin:
                if not song.is_best_known:
                    continue
                artist = akin[song.artist] * 1_000_000 // 30
            elif near[place]:
                artist = STRANGER
            else:
                continue
            millionths = (50 * int(sound[place]) + 35 * artist + 15 * _era(owner, song)) // 100
            entries.append((millionths, song.track_id, song.artist or song.track_id))
        chosen: list[tuple[str, float]] = []
        of_artist: Counter[str] = Counter()
        for millionths, track_id, artist_id in sorted(entries):
            of_artist[artist_id] += 1
            if of_artist[artist_id] <= OF_ONE_ARTIST and len(chosen) < SIZE:
                chosen.append((track_id, (1_000_000 - millionths) / 1e6))
        if chosen:
            lists[owner.track_id] = chosen
    return lists


def _one_recording(one: Song, other: Song) -> bool:
    return (one.isrc is not None and one.isrc == other.isrc) or (
        one.title is not None and one.title == other.title
    )


def _era(one: Song, other: Song) -> int:
    apart = 10 if one.year is None or other.year is None else min(abs(one.year - other.year), 30)
    return apart * 1_000_000 // 30
