"""Spotify's JSON as records; pure, and of any age: responses since 2014 are read alike.

Here: where the Web API keeps what a column holds. Not here: calling it (`spotify.py`). What a response leaves
out, says with null or (as deprecated `genres` do) with an empty list is unknown: None, never 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from spotify_assets.core.catalog import Rejected
from spotify_assets.core.catalog.from_json import Malformed, collect, list_at, part, record
from spotify_assets.core.records import Artist, AudioFeatures, Track, TrackArtist

_LENGTHS = {"year": 4, "month": 7, "day": 10}


@dataclass(frozen=True, slots=True)
class Tracks:
    """Tracks with their credits."""

    tracks: list[Track] = field(default_factory=list)
    credits: list[TrackArtist] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Contents:
    """All the records that a response holds, whatever endpoint it is from."""

    artists: list[Artist]
    tracks: list[Track]
    credits: list[TrackArtist]
    audio_features: list[AudioFeatures]
    rejected: list[Rejected]


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
    ids = dict.fromkeys(part(one, "id") for one in list_at(item, "artists"))
    if not ids:
        raise Malformed("artists is empty")
    return [
        record("track_artists", {"track_id": track_id, "artist_id": artist_id, "position": position})
        for position, artist_id in enumerate(ids)
    ]


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


def contents(body: Any) -> Contents:
    """Read every record out of any response: an object, a list of objects, a page, a search.

    Raises:
        Malformed: it holds nothing that is known.
    """
    by_kind: dict[str, list[Any]] = {"artist": [], "track": [], "album": [], "audio_features": []}
    for item, kind in _things(body):
        by_kind[kind].append(item)
    found_artists, bad_artists = artists(by_kind["artist"])
    found_features, bad_features = collect("audio_features", by_kind["audio_features"], audio_features)
    parts = [tracks(by_kind["track"])]
    parts += [tracks(items_of(one, "tracks"), one) for one in by_kind["album"] if part(one, "tracks")]
    return Contents(
        artists=found_artists,
        tracks=[one for found in parts for one in found.tracks],
        credits=[one for found in parts for one in found.credits],
        audio_features=found_features,
        rejected=bad_artists + [one for found in parts for one in found.rejected] + bad_features,
    )


def _things(body: Any) -> list[tuple[Any, str]]:
    """Return the objects of a response with what each is."""
    if part(body, "type") in ("artist", "track", "album", "audio_features"):
        return [(body, body["type"])]
    if part(body, "items") is not None:
        return [(one, str(part(one, "type"))) for one in list_at(body, "items") if one is not None]
    lists = [
        (name, kind)
        for name, kind in (
            ("artists", "artist"), ("tracks", "track"), ("albums", "album"),
            ("audio_features", "audio_features"),
        )
        if part(body, name) is not None
    ]  # fmt: skip
    if not lists and part(body, "genres") is None:
        raise Malformed("the answer holds nothing that is known")
    return [(one, kind) for name, kind in lists for one in items_of(body, name)]


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
    if precision is not None and precision not in _LENGTHS:
        raise Malformed("release_date_precision is none of year, month, day")
    length = min(len(date), _LENGTHS.get(precision, 10))
    return date[:length], next(name for name, long in _LENGTHS.items() if long == length)
