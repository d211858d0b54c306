"""All that can be learnt of one artist while somebody waits, the most wanted first.

Here: what to ask for in which order, and gathering the answers. Not here: who waits and for how long, what is
shown of it (`chatbot/live.py`), committing it (`core/lake/live_observer.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from spotify_assets.core.catalog import Fetched, Subject, Topic
from spotify_assets.core.catalog.live import LiveCatalog
from spotify_assets.core.errors import CatalogError
from spotify_assets.core.records import (
    Artist,
    ArtistExternalId,
    ArtistTag,
    ArtistTopTrack,
    AudioFeatures,
    RelatedArtist,
    Track,
)

_log = logging.getLogger(__name__)


@dataclass
class Findings:
    """What is known of an artist so far."""

    artist: Artist
    answers: dict[str, list[Fetched]] = field(default_factory=dict)
    """What each source answered, to be handed to the refresh."""

    @property
    def tracks(self) -> list[Track]:
        """The best known tracks, the best known first."""
        ranks = {one.track_id: one.rank for one in self._of("artist_top_tracks", ArtistTopTrack)}
        tracks = {one.track_id: one for one in self._of("tracks", Track) if one.track_id in ranks}
        return sorted(tracks.values(), key=lambda track: ranks[track.track_id])

    @property
    def features(self) -> list[AudioFeatures]:
        """How those tracks sound, as far as a source knows."""
        return self._of("audio_features", AudioFeatures)

    @property
    def tags(self) -> list[ArtistTag]:
        """The words that people put on the artist, the heaviest first."""
        return self._of("artist_tags", ArtistTag)

    @property
    def related(self) -> list[RelatedArtist]:
        """The artists that a source relates to this one, the closest first."""
        return self._of("related_artists", RelatedArtist)

    @property
    def mbid(self) -> str | None:
        """The artist's MusicBrainz id."""
        ids = self._of("artist_ids", ArtistExternalId)
        return next((one.external_id for one in ids if one.kind == "mbid"), None)

    def _of(self, table: str, record: type[Any]) -> list[Any]:
        answers = [answer for said in self.answers.values() for answer in said]
        return [one for answer in answers for one in answer.records.get(table, ()) if type(one) is record]


def learn(catalog: LiveCatalog, artist: Artist) -> Iterator[Findings]:
    """Yield the same findings after each answer, richer every time.

    Tracks come first, then how they sound, who the artist is elsewhere, tags, related artists. A source that
    fails, is parked or closed to this app is passed over.
    """
    found = Findings(artist)
    found.answers[catalog.source] = [Fetched((artist.artist_id,), {"artists": [artist]})]
    yield found
    topics: tuple[Topic, ...] = ("tracks", "audio_features", "artist_ids", "artist_tags", "related_artists")
    for topic in topics:
        if subjects := _subjects(topic, found):
            _ask(catalog, topic, subjects, found)
            yield found


def _subjects(topic: Topic, found: Findings) -> list[Subject]:
    artist = found.artist
    if topic == "audio_features":
        return [Subject(track.track_id) for track in found.tracks]
    if topic == "artist_tags" and not found.mbid:
        return []
    return [Subject(artist.artist_id, artist.name, found.mbid)]


def _ask(catalog: LiveCatalog, topic: Topic, subjects: Sequence[Subject], found: Findings) -> None:
    """Ask the sources of a topic in order, each for what those before it left open."""
    left = {subject.id: subject for subject in subjects}
    for source in catalog.sources_for(topic):
        if not left:
            return
        try:
            for answer in source.fetch(topic, list(left.values())):
                found.answers.setdefault(source.name, []).append(answer)
                for id in answer.subjects:
                    left.pop(id, None)
        except CatalogError as error:
            _log.info("%s of an artist somebody waits for: %s", topic, error)
