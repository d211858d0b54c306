"""What Spotify answered about the artists it was asked about: records, and for whom they are complete.

Here: joining items to the ids asked for, ids that lead elsewhere, top lists. Not here: reading an item
(`spotify_json.py`) or asking (`spotify.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spotify_assets.core.catalog import Fetched, Rejected, spotify_json
from spotify_assets.core.catalog.from_json import part
from spotify_assets.core.catalog.same_recording import distinct
from spotify_assets.core.records import Artist, ArtistExternalId, ArtistTopTrack

TOP_TRACKS = 10
"""The most tracks kept of an artist, as many as Spotify's own list has."""


def in_place(ids: Sequence[str], items: list[object]) -> list[object]:
    """Return items in the order of the ids asked for, null where there is none."""
    if len(items) == len(ids):
        return items
    by_id = [(part(item, "id"), item) for item in items if item is not None]
    return [next((item for found, item in by_id if found == id), None) for id in ids]


def artists_in_place(ids: Sequence[str], items: Sequence[object]) -> list[Fetched]:
    """Return the artists that were found in the places of the ids asked for; those that moved apart."""
    answers: list[Fetched] = []
    artists: dict[str, Artist] = {}
    observed: list[str] = []
    rejected: list[Rejected] = []
    for asked, item in zip(ids, items, strict=True):
        found, malformed = spotify_json.artists([item])
        rejected += malformed
        if not malformed:
            observed.append(asked)
        for artist in found:
            if artist.artist_id == asked:
                artists[asked] = artist
            else:
                observed.remove(asked)
                moved = ArtistExternalId(asked, "spotify", artist.artist_id)
                answers.append(Fetched((asked,), {"artists": [artist], "artist_ids": [moved]}))
    return [Fetched(tuple(observed), {"artists": list(artists.values())}, rejected), *answers]


def top_list(artist_id: str, found: spotify_json.Tracks, via: str = "") -> Fetched:
    """Return an artist's best known tracks, ranked in the order given, each recording once."""
    tracks = distinct(found.tracks)[:TOP_TRACKS]
    kept = {track.track_id for track in tracks}
    records: dict[str, list[Any]] = {
        "tracks": tracks,
        "track_artists": [credit for credit in found.credits if credit.track_id in kept],
        "artist_top_tracks": [
            ArtistTopTrack(artist_id, track.track_id, rank) for rank, track in enumerate(tracks, start=1)
        ],
    }
    # An empty list is an observation only where nothing was there that could not be read.
    observed = (artist_id,) if tracks or not found.rejected else ()
    return Fetched(observed, records, found.rejected, via)
