"""Spotify's JSON as records; pure, and of any age: responses since 2014 are read alike.

Here: where the Web API keeps what a column holds. Not here: calling it (`spotify.py`). What a response leaves
out, says with null or (as deprecated `genres` do) with an empty list is unknown: None, never 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from spotify_assets.core.catalog import Rejected, SongMatch
from spotify_assets.core.catalog.from_json import Malformed, collect, list_at, part, record
from spotify_assets.core.records import Artist, AudioFeatures, Track, TrackArtist

_LENGTHS = {"year": 4, "month": 7, "day": 10}


@dataclass(frozen=True, slots=True)
class Tracks:
    """Tracks with their credits."""

    tracks: list[Track] = field(default_factory=list)
    credits: list[TrackArtist] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def artist(item: Any) -> Artist:
    """Read a full artist object.

    Raises:
        Malformed: it is none.
    """
    values = {
        "artist_id": part(item, "id"),
        "name": part(item, "name"),
        "followers": part(item, "followers", "total"),
        "popularity": part(item, "popularity"),
        "genres": part(item, "genres") or None,
        "image_url": _largest(part(item, "images")),
    }
    made: Artist = record("artists", values)
    return made


def track(item: Any, album: Any = None) -> Track:
    """Read a track object; one in an album's list has no album of its own, so `album` is the one it is on.

    Raises:
        Malformed: it is none.
    """
    album = part(item, "album") or album
    date, precision = _date(part(album, "release_date"), part(album, "release_date_precision"))
    values = {
        "track_id": part(item, "id"),
        "name": part(item, "name"),
        "album_id": part(album, "id"),
        "album_name": part(album, "name"),
        "release_date": date,
        "release_date_precision": precision,
        "popularity": part(item, "popularity"),
        "explicit": part(item, "explicit"),
        "duration_ms": part(item, "duration_ms"),
        "isrc": part(item, "external_ids", "isrc"),
        "image_url": _largest(part(album, "images")),
    }
    made: Track = record("tracks", values)
    return made


def credits(item: Any) -> list[TrackArtist]:
    """Read who plays a track, first credited first; an artist named twice counts once.

    Raises:
        Malformed: there is nobody, or somebody without an id.
    """
    track_id = part(item, "id")
    found: dict[str, TrackArtist] = {}
    for one in list_at(item, "artists"):
        values = {"track_id": track_id, "artist_id": part(one, "id"), "position": len(found)}
        credit: TrackArtist = record("track_artists", values)
        found.setdefault(credit.artist_id, credit)
    if not found:
        raise Malformed("artists is empty")
    return list(found.values())


def song(item: Any) -> SongMatch:
    """Read a track object with the names of who plays it.

    Raises:
        Malformed: it is none, or nobody plays it.
    """
    players = tuple(artist(one) for one in list_at(item, "artists"))
    if not players:
        raise Malformed("artists is empty")
    return SongMatch(track(item), players)


def artists(items: Iterable[Any]) -> tuple[list[Artist], list[Rejected]]:
    """Read artist objects; nulls are skipped."""
    return collect("artists", items, artist)


def tracks(items: Iterable[Any], album: Any = None) -> Tracks:
    """Read track objects with their credits; nulls are skipped, and a track is read once."""
    found, rejected = collect("tracks", items, lambda item: (track(item, album), credits(item)))
    first = {one.track_id: (one, names) for one, names in reversed(found)}
    kept = [first.pop(one.track_id) for one, _ in found if one.track_id in first]
    return Tracks([one for one, _ in kept], [name for _, names in kept for name in names], rejected)


def audio_features(item: Any, track_id: str | None = None) -> AudioFeatures:
    """Read an audio features object, as of the track that was asked for where it answers to another id.

    Raises:
        Malformed: it is none.
    """
    if not isinstance(item, dict):
        raise Malformed("the item is not an object")
    made: AudioFeatures = record("audio_features", {**item, "track_id": track_id or part(item, "id")})
    return made


def items_of(body: Any, name: str) -> list[Any]:
    """Return the items of a named list, plain (`{"artists": […]}`) or paged (`{"artists": {"items": […]}}`).

    Raises:
        Malformed: the answer has no such list.
    """
    found = part(body, name)
    return list_at(found, "items") if isinstance(found, dict) else list_at(body, name)


def _largest(images: Any) -> str | None:
    """Return the address of the largest image; where no size is told, of the first."""
    if not images:
        return None
    if not isinstance(images, Sequence) or isinstance(images, str):
        raise Malformed("images is not a list")
    best = max((one for one in images if part(one, "url")), key=_area, default=None)
    return part(best, "url")  # type: ignore[no-any-return]


def _area(image: Any) -> float:
    sides = (part(image, "width"), part(image, "height"))
    return sides[0] * sides[1] if all(isinstance(side, int | float) for side in sides) else 0


def _date(date: Any, precision: Any) -> tuple[str | None, str | None]:
    """Return a release date no more exact than it is known to be; Spotify writes 0000 for unknown."""
    if not date or str(date).startswith("0000"):
        return None, None
    if not isinstance(date, str) or not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", date):
        raise Malformed("release_date is none of YYYY, YYYY-MM and YYYY-MM-DD")
    if precision is not None and precision not in tuple(_LENGTHS):
        raise Malformed("release_date_precision is none of year, month, day")
    length = min(len(date), _LENGTHS.get(precision, 10))
    return date[:length], next(name for name, long in _LENGTHS.items() if long == length)
