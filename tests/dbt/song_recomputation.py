"""The similar songs once more, in numpy: written from the description, not from the SQL."""

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
    found: list[Song],
    kin: dict[str, dict[str, int]],
    cells_above: int = 20_000,
    per_cell: int = 256,
    looked_into: int = 48,
) -> dict[str, list[tuple[str, float]]]:
    """Return the similar songs of each with their scores; `kin` has ranks of similar artists by artist."""
    matrix = np.array([song.vector for song in found])
    halves = [n for n in range(matrix.shape[1]) if len(found) > max(cells_above, per_cell * 2**n)]
    sides = matrix[:, halves] > 0.5
    cells = sides @ 2 ** np.arange(len(halves))
    all_sides = np.arange(2 ** len(halves))[:, None] >> np.arange(len(halves)) & 1
    is_named, is_best_known = (
        np.array([getattr(s, name) for s in found]) for name in ("is_named", "is_best_known")
    )
    artists, codes, titles = (
        _numbers([getattr(s, name) for s in found]) for name in ("artist", "isrc", "title")
    )
    years = np.array([np.nan if song.year is None else song.year for song in found])
    number_of = {song.artist: number for song, number in zip(found, artists, strict=True)}
    lists: dict[str, list[tuple[str, float]]] = {}
    for here, owner in enumerate(found):
        sound = np.round(np.sqrt(((matrix - owner.vector) ** 2).mean(axis=1)) * 1e6).astype(int)
        # How far the border of each cell is: sides that differ begin in the middle.
        beyond = np.where(all_sides != sides[here], (owner.vector[halves] - 0.5) ** 2, 0)
        border = np.round(np.sqrt(beyond.sum(axis=1) / matrix.shape[1]) * 1e6)
        near = np.isin(cells, np.argsort(border, kind="stable")[:looked_into])
        akin = {} if owner.artist is None else {owner.artist: 0, **kin.get(owner.artist, {})}
        rank_of = np.full(len(found) + 1, -1)
        for artist, rank in akin.items():
            if artist in number_of:
                rank_of[number_of[artist]] = rank
        ranks = rank_of[artists]
        of_kin = ranks >= 0
        one_recording = (codes == codes[here]) & (codes >= 0) | (titles == titles[here]) & (titles >= 0)
        may = is_named & np.where(of_kin, is_best_known, near) & ~one_recording
        may[here] = False
        apart = np.minimum(np.nan_to_num(np.abs(years - years[here]), nan=10), 30).astype(int)
        artist_part = np.where(of_kin, ranks * 1_000_000 // 30, STRANGER)
        millionths = (50 * sound + 35 * artist_part + 15 * (apart * 1_000_000 // 30)) // 100
        entries = sorted(
            (int(millionths[place]), found[place].track_id, place) for place in np.flatnonzero(may)
        )
        chosen: list[tuple[str, float]] = []
        of_artist: Counter[str] = Counter()
        for distance, track_id, place in entries:
            of_artist[found[place].artist or track_id] += 1
            if of_artist[found[place].artist or track_id] <= OF_ONE_ARTIST:
                chosen.append((track_id, (1_000_000 - distance) / 1e6))
            if len(chosen) == SIZE:
                break
        if chosen:
            lists[owner.track_id] = chosen
    return lists


def _numbers(values: list[str | None]) -> np.ndarray:
    """Return a number for each value, one for those that are the same; -1 for None."""
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values)) if value is not None}
    return np.array([numbers.get(value, -1) if value is not None else -1 for value in values])
