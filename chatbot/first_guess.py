"""A first guess at who is similar to an artist that was found just now, from what is published already.

Here: what was found of an artist or a song → the document that is shown until the refresh publishes the real
one. Not here: finding it (`live.py`), the arithmetic of distances (`core/similarity.py`), or how lists are
really made (dbt's `artist_similarity`).
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

from spotify_assets.core.names import name_key
from spotify_assets.core.similarity import (
    Alike,
    Model,
    Newcomer,
    Point,
    alike,
    mean_year,
    nearest_cells,
    place,
    score,
    weighed,
    words_of,
)
from spotify_assets.core.store import ServingStore
from spotify_assets.core.store.documents import (
    ArtistCard,
    ArtistDocument,
    Likeness,
    SimilarArtist,
    SimilarTrack,
    TrackCard,
    TrackDocument,
)

if TYPE_CHECKING:
    from spotify_assets.core.catalog import SongMatch
    from spotify_assets.core.catalog.at_once import Findings

_SIMILAR = 10
_RELATED_LOOKED_AT = 40
_SONGS = 3
_GENRES = 5


class FirstGuess:
    """Makes documents of artists who are not published yet; threads may share it."""

    def __init__(self, store: ServingStore) -> None:
        self._store = store
        self._model: Model | None = None

    def of(self, found: Findings) -> ArtistDocument:
        """Return the artist's card and songs, and the published artists who are nearest as far as is known.

        Near are those whom the published model places near, of the cells around the artist, nearer still if a
        source relates them; then others whom a source relates.

        Raises:
            StoreError: the store cannot be read.
        """
        artist = found.artist
        genres = list(artist.genres or [tag.tag for tag in found.tags])[:_GENRES]
        songs = [
            TrackCard(track.track_id, track.name, [artist.name], track.album_name, track.image_url)
            for track in found.tracks
        ]
        related = dict(islice(self._related(found), _RELATED_LOOKED_AT))
        model = self._current()
        near = list(self._near(found, related, genres, model)) if model else []
        known = {one.artist.artist_id for one in near}
        others = (self._shown(one, related[one], genres, None) for one in related if one not in known)
        similar = [*near, *(one for one in others if one)][:_SIMILAR]
        card = ArtistCard(artist.artist_id, artist.name, genres, artist.image_url)
        return ArtistDocument(card, songs, similar, model.version if model and near else None)

    def _current(self) -> Model | None:
        """Return the published model; it is read again when another is published."""
        version = self._store.vectors.version()
        model = self._model
        if version and (model is None or model.version != version):
            body = self._store.vectors.parts(version, "model", ["-"]).get("-")
            self._model = model = Model.from_text(body) if body else None
        return model if version else None

    def _near(
        self, found: Findings, related: Mapping[str, float], genres: list[str], model: Model
    ) -> Iterator[SimilarArtist]:
        """Yield the published artists that the model places nearest."""
        here = self._place(found, model)
        if here is None:
            return
        ranked: list[tuple[float, str, Point]] = []
        for artist_id, there in self._neighbourhood(here, model):
            if artist_id != found.artist.artist_id:
                bonus = round(related.get(artist_id, 0.0) * model.related)
                ranked.append((-score(here, there, bonus), artist_id, there))
        for below, artist_id, there in heapq.nsmallest(_SIMILAR, ranked):
            how = alike(here, there, model)
            if shown := self._shown(artist_id, -below, genres, how, artist_id in related):
                yield shown

    def _place(self, found: Findings, model: Model) -> Point | None:
        tracks = {track.track_id: track for track in found.tracks}
        sounds = []
        for features in found.features:
            sound = asdict(features)
            # A source of features may not know how long a track is; the catalogue does.
            track = tracks.get(features.track_id)
            if sound["duration_ms"] is None and track:
                sound["duration_ms"] = track.duration_ms
            sounds.append(sound)
        newcomer = Newcomer(
            weighed(found.artist.genres or [], ((tag.tag, tag.weight) for tag in found.tags)),
            sounds,
            mean_year(track.release_date for track in found.tracks),
            found.artist.popularity,
        )
        vectors = self._store.vectors
        terms = _numbers(vectors.parts(model.version, "term", list(newcomer.terms)))
        unknown = {word for term in newcomer.terms if term not in terms for word in words_of(term)}
        words = _numbers(vectors.parts(model.version, "word", sorted(unknown)))
        return place(newcomer, model, terms, words)

    def _neighbourhood(self, here: Point, model: Model) -> Iterator[tuple[str, Point]]:
        """Yield the artists of the cells around a point."""
        names = [str(number) for number in nearest_cells(here, model)]
        for body in self._store.vectors.parts(model.version, "cell", names).values():
            for artist_id, span, vector in json.loads(body):
                yield artist_id, Point(vector, span)

    def _related(self, found: Findings) -> Iterator[tuple[str, float]]:
        """Yield the published artists that a source relates, with how closely, the closest first."""
        for one in found.related:
            artist_id = one.related_id or self._published(one.related_name or "")
            if artist_id and artist_id != found.artist.artist_id:
                yield artist_id, one.score if one.score is not None else 1 / one.rank

    def _published(self, name: str) -> str | None:
        """Return the one published artist of a name."""
        artists = [match for match in self._store.answers.find(name_key(name)) if match.kind == "artist"]
        return artists[0].target_id if len(artists) == 1 else None

    def _shown(
        self, artist_id: str, closeness: float, genres: Iterable[str], how: Alike | None, related: bool = True
    ) -> SimilarArtist | None:
        document = self._store.answers.artist(artist_id)
        if document is None:
            return None
        shared = [genre for genre in document.artist.genres if genre in set(genres)]
        likeness = Likeness(
            shared,
            how.close_features if how else [],
            is_related=related,
            is_near_scene=how is not None and how.near_scene and not shared,
            is_same_era=how is not None and how.same_era,
        )
        return SimilarArtist(document.artist, closeness, likeness, document.top_tracks[:_SONGS])


def song_of(song: SongMatch, artist: ArtistDocument | None) -> TrackDocument:
    """Return a song's document: like it are the best known songs of those who are like its first artist."""
    ids = [one.artist_id for one in song.artists]
    names = [one.name for one in song.artists]
    track = song.track
    card = TrackCard(track.track_id, track.name, names, track.album_name, track.image_url, ids)
    similar = [
        SimilarTrack(one.tracks[0], one.score, one.likeness)
        for one in (artist.similar if artist else [])
        if one.tracks
    ]
    return TrackDocument(card, ids, similar[:_SIMILAR], artist.model_version if artist else None)


def _numbers(bodies: Mapping[str, str]) -> dict[str, list[int]]:
    return {name: json.loads(body) for name, body in bodies.items()}
