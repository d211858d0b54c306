"""Reading any of Spotify's responses, by its shape, with what the sources read them by.

The sources know which endpoint they asked; recorded responses are of many, so that here the shape tells.
"""

from dataclasses import dataclass
from typing import Any

from spotify_assets.core.catalog import Rejected, spotify_json
from spotify_assets.core.catalog.from_json import Malformed, collect, list_at, part
from spotify_assets.core.records import Artist, AudioFeatures, Track, TrackArtist

KINDS = ("artist", "track", "album", "audio_features")
LISTS = {"artists": "artist", "tracks": "track", "albums": "album", "audio_features": "audio_features"}


@dataclass(frozen=True, slots=True)
class Contents:
    """All the records that a response holds."""

    artists: list[Artist]
    tracks: list[Track]
    credits: list[TrackArtist]
    audio_features: list[AudioFeatures]
    rejected: list[Rejected]


def contents(body: Any) -> Contents:
    """Read every record out of a response: an object, a list of objects, a page, a search.

    Raises:
        Malformed: it holds nothing that is known.
    """
    by_kind: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for item, kind in _things(body):
        by_kind[kind].append(item)
    artists, bad_artists = spotify_json.artists(by_kind["artist"])
    features, bad_features = collect("audio_features", by_kind["audio_features"], spotify_json.audio_features)
    parts = [spotify_json.tracks(by_kind["track"])]
    parts += [
        spotify_json.tracks(spotify_json.items_of(album, "tracks"), album)
        for album in by_kind["album"]
        if part(album, "tracks")
    ]
    return Contents(
        artists=artists,
        tracks=[one for found in parts for one in found.tracks],
        credits=[one for found in parts for one in found.credits],
        audio_features=features,
        rejected=bad_artists + [one for found in parts for one in found.rejected] + bad_features,
    )


def _things(body: Any) -> list[tuple[Any, str]]:
    """Return the objects of a response with what each is."""
    if part(body, "type") in KINDS:
        return [(body, body["type"])]
    if part(body, "items") is not None:
        return [(one, one["type"]) for one in list_at(body, "items")]
    lists = [name for name in LISTS if part(body, name) is not None]
    if not lists and part(body, "genres") is None:
        raise Malformed("the answer holds nothing that is known")
    return [(one, LISTS[name]) for name in lists for one in spotify_json.items_of(body, name)]
