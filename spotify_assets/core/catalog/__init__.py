"""Looking music up: one small class per source behind one protocol, records in and out.

Here: what a source is asked, what it answers, and how it says that it cannot. `spotify.py`, `reccobeats.py`,
`musicbrainz.py` and `listenbrainz.py` are the sources, `live.py` asks them in the configured order,
`registry.py` names them; `http.py` and `quota.py` are how all of them call. Not here: reading a whole
catalogue in bulk, which needs arrow and lives in `core/lake/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from spotify_assets.core.errors import CatalogError
from spotify_assets.core.records import Artist, Track
from spotify_assets.core.store.rows import Choice

Topic = Literal[
    "artists", "artist_ids", "tracks", "audio_features", "related_artists", "artist_tags", "artist_aliases"
]
"""What a live source may be asked for; named after the lake table that an answer fills first."""


@dataclass(frozen=True, slots=True)
class ArtistMatch:
    """An artist that a source found for a name."""

    artist: Artist
    matched: str
    """The name or alias that matched."""
    exact: bool
    """The normalised name or alias equals the normalised query."""


@dataclass(frozen=True, slots=True)
class SongMatch:
    """A song that a source found for a title."""

    track: Track
    artists: tuple[Artist, ...]
    """Who is credited, first credited first; no more than ids and names are known."""


def closest(matches: Sequence[ArtistMatch], limit: int = 3) -> str:
    """Return the first matches for a person to choose from, such as "IU (3HqSLMAZ3g3d5poNaI7GOU)"."""
    return ", ".join(f"{match.artist.name} ({match.artist.artist_id})" for match in matches[:limit])


def choices(matches: Sequence[ArtistMatch], limit: int = 5) -> list[Choice]:
    """Return the first matches as choices for a person, each with the genres that tell it from namesakes."""
    first = {match.artist.artist_id: match.artist for match in matches[:limit]}
    return [Choice(one.artist_id, " · ".join([one.name, *(one.genres or [])[:2]])) for one in first.values()]


class Catalog(Protocol):
    """A source that can be asked for an artist by name."""

    source: str
    """The name that rows from here carry in their `source` column."""

    def find_artists(self, query: str, limit: int = 10) -> list[ArtistMatch]:
        """Return the artists a name may mean, exact matches first, then the more popular; [] for none.

        Raises:
            CatalogError: the source could not be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What a source is asked about."""

    id: str
    """Spotify id of an artist; for `audio_features`, of a track."""
    name: str | None = None
    """The artist's name; `tracks` may need it, `artist_ids` is surer with it."""
    mbid: str | None = None
    """The artist's MusicBrainz id, for the sources that are keyed by it."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A part of an answer that could not be read as a record."""

    table: str
    item: str
    """The item as it was found, as JSON."""
    reason: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer of a source."""

    subjects: tuple[str, ...]
    """The ids that the answer is complete for."""
    records: Mapping[str, Sequence[Any]]
    """Lake table → records of `core/records.py`; it may hold tables beyond the topic.

    A table that is keyed by the subject's kind of id was observed for all subjects: one without a row there
    is a dead id (of a table of scalars) or has an empty list. A subject of which all that came was rejected
    is none of `subjects`.
    """
    rejected: Sequence[Rejected] = ()
    via: str = ""
    """How the answer was come by, where not by the endpoint made for it; such as "track search"."""


class LiveSource(Protocol):
    """A source that answers questions one by one, within a quota."""

    name: str
    """What its rows carry in their `source` column, such as `spotify`."""
    topics: frozenset[Topic]
    """What it may be asked for; whether this app gets an answer is found out at run time."""
    batch: Mapping[Topic, int]
    """How many subjects one call can answer at best."""

    def fetch(self, topic: Topic, subjects: Sequence[Subject]) -> Iterator[Fetched]:
        """Yield answers as they arrive, in any order. What was yielded before an error stands.

        Raises:
            Parked: the source may not be called for a while.
            NotOffered: it does not offer the topic to this app.
            CatalogError: some subjects could not be asked about; the others were.
        """
        ...

    def find_artists(self, query: str, limit: int = 10) -> list[ArtistMatch]:
        """Return the artists a name may mean, as `Catalog.find_artists` does.

        Raises:
            Parked: the source may not be called for a while.
            NotOffered: it cannot search.
            CatalogError: it could not be asked.
        """
        ...


class Parked(CatalogError):
    """A source may not be called before a certain time; what is left to ask waits until then."""

    def __init__(self, source: str, until: datetime, reason: str) -> None:
        super().__init__(source, until, reason)
        self.source = source
        self.until = until
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.source} is parked until {self.until:%Y-%m-%d %H:%M:%S} UTC: {self.reason}"


class NotOffered(CatalogError):
    """A source does not offer something, or not to this app."""

    def __init__(self, source: str, topic: str) -> None:
        super().__init__(source, topic)
        self.source = source
        self.topic = topic

    def __str__(self) -> str:
        return f"{self.source} does not offer {self.topic} to this app"
