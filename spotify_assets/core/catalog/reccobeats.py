"""ReccoBeats: audio features by Spotify track id, open to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spotify_assets.core.catalog import ArtistMatch, Fetched, NotOffered, Subject, Topic
from spotify_assets.core.catalog.access import Access, groups_of
from spotify_assets.core.catalog.from_json import Malformed, collect, list_at, part, record
from spotify_assets.core.catalog.http import Endpoint
from spotify_assets.core.errors import CatalogError
from spotify_assets.core.records import AudioFeatures

IDS_AT_ONCE = 40

_ENDPOINT = Endpoint("audio-features", "audio-features")


class ReccoBeatsSource:
    """Audio features as ReccoBeats has measured them; it does not tell length and time signature."""

    name = "reccobeats"
    topics: frozenset[Topic] = frozenset({"audio_features"})
    batch: Mapping[Topic, int] = {"audio_features": IDS_AT_ONCE}

    def __init__(self, access: Access) -> None:
        self._access = access
        self._session = access.session(access.quota(self.name), lambda _: _ENDPOINT)
        self._address = f"{access.settings.reccobeats_url}/v1/audio-features"
        self.tally = self._session.tally

    def fetch(self, topic: Topic, subjects: Sequence[Subject]) -> Iterator[Fetched]:
        """Yield answers as they arrive; tracks that ReccoBeats leaves out are unknown to it.

        Raises:
            Parked, NotOffered, CatalogError: as `LiveSource.fetch` says.
        """
        if topic not in self.topics:
            raise NotOffered(self.name, topic)
        ids = list(dict.fromkeys(subject.id for subject in subjects))
        yield from self._access.ask_all(self._features, groups_of(ids, IDS_AT_ONCE))

    def find_artists(self, query: str, limit: int = 10) -> list[ArtistMatch]:
        """Refuse: ReccoBeats is not searched."""
        raise NotOffered(self.name, "search")

    def _features(self, ids: Sequence[str]) -> Fetched:
        try:
            items = list_at(self._session.json(self._address, {"ids": ",".join(ids)}), "content")
            mine = [item for item in items if _track_id(item) in ids]
        except Malformed as fault:
            raise CatalogError(f"ReccoBeats' answer cannot be read: {fault}") from fault
        made, rejected = collect("audio_features", mine, _read)
        found: dict[str, AudioFeatures] = {}
        for features in made:
            found.setdefault(features.track_id, features)
        unreadable = {_track_id(item) for item in mine} - found.keys()
        observed = tuple(id for id in ids if id not in unreadable)
        return Fetched(observed, {"audio_features": list(found.values())}, rejected)


def _track_id(item: Any) -> str | None:
    """Return the Spotify id, which is the last part of `href`; its own `id` is another."""
    href = part(item, "href")
    return href.rstrip("/").rsplit("/", 1)[-1].partition("?")[0] if isinstance(href, str) else None


def _read(item: Any) -> AudioFeatures:
    measures: AudioFeatures = record("audio_features", {**item, "track_id": _track_id(item)})
    return measures
