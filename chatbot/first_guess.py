"""A first guess at who is similar to an artist that was found just now, from what is published already.

Here: what was found of an artist → the document that is shown until the refresh publishes the real one. Not
here: finding it (`live.py`), or how similarity is really computed (dbt's `artist_similarity`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from spotify_assets.core.names import name_key
from spotify_assets.core.store import ServingStore
from spotify_assets.core.store.documents import (
    ArtistCard,
    ArtistDocument,
    Likeness,
    SimilarArtist,
    TrackCard,
)

if TYPE_CHECKING:
    from spotify_assets.core.catalog.at_once import Findings

_SIMILAR = 10
_RELATED_LOOKED_AT = 40
_SONGS = 3
_GENRES = 5


def first_guess(found: Findings, store: ServingStore) -> ArtistDocument:
    """Return the artist's card, songs, and the published artists that a source relates to them.

    Raises:
        StoreError: the store cannot be read.
    """
    artist = found.artist
    genres = list(artist.genres or [tag.tag for tag in found.tags])[:_GENRES]
    songs = [
        TrackCard(track.track_id, track.name, [artist.name], track.album_name, track.image_url)
        for track in found.tracks
    ]
    similar = list(islice(_related(found, genres, store), _SIMILAR))
    return ArtistDocument(ArtistCard(artist.artist_id, artist.name, genres, artist.image_url), songs, similar)


def _related(found: Findings, genres: list[str], store: ServingStore) -> Iterator[SimilarArtist]:
    """Yield the related artists that are published, the closest first."""
    seen = {found.artist.artist_id}
    for one in found.related[:_RELATED_LOOKED_AT]:
        artist_id = one.related_id or _published(one.related_name or "", store)
        document = store.answers.artist(artist_id) if artist_id and artist_id not in seen else None
        if document is None:
            continue
        seen.add(document.artist.artist_id)
        shared = [genre for genre in document.artist.genres if genre in genres]
        yield SimilarArtist(document.artist, one.score or 0.0, Likeness(shared), document.top_tracks[:_SONGS])


def _published(name: str, store: ServingStore) -> str | None:
    """Return the one published artist of a name."""
    artists = [match for match in store.answers.find(name_key(name)) if match.kind == "artist"]
    return artists[0].target_id if len(artists) == 1 else None
