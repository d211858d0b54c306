"""ListenBrainz: artists that the same people listen to, by MusicBrainz id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from spotify_assets.core.catalog import ArtistMatch, Fetched, NotOffered, Subject, Topic
from spotify_assets.core.catalog.access import Access
from spotify_assets.core.catalog.from_json import Malformed, collect, list_at, number, part, record
from spotify_assets.core.catalog.http import Endpoint, user_agent
from spotify_assets.core.errors import CatalogError
from spotify_assets.core.records import RelatedArtist

ALGORITHM = "session_based_days_7500_session_300_contribution_5_threshold_10_limit_100_filter_True_skip_30"
"""Which of the published similarities is asked for; its name says its parameters."""

_ENDPOINT = Endpoint("similar-artists", "similar-artists")


class ListenBrainzSource:
    """Related artists from listening sessions, told by MBID; whoever knows their Spotify ids maps them."""

    name = "listenbrainz"
    topics: frozenset[Topic] = frozenset({"related_artists"})
    batch: Mapping[Topic, int] = {"related_artists": 1}

    def __init__(self, access: Access) -> None:
        self._access = access
        self._session = access.session(access.quota(self.name), lambda _: _ENDPOINT)
        self._session.headers["User-Agent"] = user_agent(access.settings.musicbrainz_contact)
        self._address = f"{access.settings.listenbrainz_url}/similar-artists/json"
        self.tally = self._session.tally

    def fetch(self, topic: Topic, subjects: Sequence[Subject]) -> Iterator[Fetched]:
        """Yield one answer per artist as they arrive; a subject without `mbid` is left out.

        Raises:
            Parked, NotOffered, CatalogError: as `LiveSource.fetch` says.
        """
        if topic not in self.topics:
            raise NotOffered(self.name, topic)
        known = {subject.id: subject for subject in subjects if subject.mbid}
        yield from self._access.ask_all(self._related, list(known.values()))

    def find_artists(self, query: str, limit: int = 10) -> list[ArtistMatch]:
        """Refuse: ListenBrainz is not searched."""
        raise NotOffered(self.name, "search")

    def _related(self, subject: Subject) -> Fetched:
        body = self._session.json(self._address, {"artist_mbids": subject.mbid, "algorithm": ALGORITHM})
        try:
            rows = [row for row in _rows(body) if part(row, "artist_mbid") != subject.mbid]
        except Malformed as fault:
            raise CatalogError(f"ListenBrainz' answer cannot be read: {fault}") from fault
        scored, rejected = collect("related_artists", rows, lambda row: _scored(subject.id, row))
        best = max((score for score, _ in scored), default=0.0)
        ranked: dict[str, RelatedArtist] = {}
        for score, artist in sorted(scored, key=lambda one: (-one[0], one[1].related_external_id or "")):
            closeness = score / best if best > 0 else None
            placed = replace(artist, rank=len(ranked) + 1, score=closeness)
            ranked.setdefault(artist.related_external_id or "", placed)
        observed = (subject.id,) if ranked or not rejected else ()
        return Fetched(observed, {"related_artists": list(ranked.values())}, rejected)


def _rows(body: Any) -> list[Any]:
    """Return the rows about artists; they come as a bare list, or as `data` of one of several sections.

    Raises:
        Malformed: the answer is no list.
    """
    rows: list[Any] = []
    for entry in list_at(body):
        data = part(entry, "data")
        if data is None:
            rows.append(entry)
        elif isinstance(data, list):
            # The artist asked about stands in a section of its own, whose rows have no score.
            rows += [row for row in data if not isinstance(row, dict) or "score" in row]
    return rows


def _scored(artist_id: str, row: Any) -> tuple[float, RelatedArtist]:
    """Return a row's raw score, and the artist that it relates, not yet ranked.

    Raises:
        Malformed: it lacks an id or a score.
    """
    mbid, score = part(row, "artist_mbid"), number("score", part(row, "score"))
    if not mbid:
        raise Malformed("artist_mbid is missing")
    if score < 0:
        raise Malformed("score is below 0")
    values = {
        "artist_id": artist_id,
        "rank": 1,
        "related_external_id": mbid,
        "related_name": part(row, "name"),
    }
    related: RelatedArtist = record("related_artists", values)
    return score, related
