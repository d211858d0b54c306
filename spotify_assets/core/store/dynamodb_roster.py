"""The artists to keep fresh, as DynamoDB items."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from zlib import crc32

from spotify_assets.core.store import Priority, RosterEntry
from spotify_assets.core.store.dynamodb_schema import REQUESTS
from spotify_assets.core.store.dynamodb_tables import Tables
from spotify_assets.core.store.dynamodb_values import Item, moment
from spotify_assets.core.store.text import checked_key, shown

SHARDS = 16
"""Partitions the roster is spread over: one takes 1,000 writes a second."""

_BATCH = 500
_URGENCY = {priority: urgency for urgency, priority in enumerate(Priority)}


class DynamoRoster:
    """`Roster` in the table `requests`: one item for each priority at which an artist was ever added.

    An artist stands at the most urgent of its items and where its first one put it. So two processes that add
    the same artist write items of their own, or the same item twice, and neither can undo the other.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, entries: Iterable[RosterEntry], now: datetime) -> int:
        """Add artists and return how many are new; one that is there keeps the more urgent priority.

        Reads `entries` as a stream, in batches of 500.

        Raises:
            StoreError: the store cannot be written, or an id cannot be stored.
        """
        stream = enumerate(entries)
        new = 0
        while batch := list(islice(stream, _BATCH)):
            new += self._add(batch, moment(now))
        return new

    def ids(self) -> list[str]:
        """Return all artist ids: by priority, then in the order they were added."""
        place = {
            artist_id: (min(i["urgency"] for i in items), *min((i["added_at"], i["position"]) for i in items))
            for artist_id, items in self.by_artist().items()
        }
        return sorted(place, key=lambda artist_id: (*place[artist_id], artist_id))

    def counts(self) -> dict[Priority, int]:
        """Return how many artists stand at each priority (0 included)."""
        found = [min(item["urgency"] for item in items) for items in self.by_artist().values()]
        return {priority: found.count(urgency) for priority, urgency in _URGENCY.items()}

    def _add(self, batch: list[tuple[int, RosterEntry]], added_at: str) -> int:
        rows: dict[tuple[str, int], Item] = {}
        for position, entry in batch:
            urgency = _URGENCY[entry.priority]
            row = roster_item(entry.artist_id, entry.name, urgency, added_at, position)
            rows.setdefault((entry.artist_id, urgency), row)
        ids = {artist_id for artist_id, _ in rows}
        keys = [key for artist_id in ids for key in roster_keys(artist_id)]
        stands: dict[str, int] = {}
        for item in self._tables.get_many(REQUESTS.name, keys, ("artist_id", "urgency")):
            artist_id = item["artist_id"]
            stands[artist_id] = min(item["urgency"], stands.get(artist_id, item["urgency"]))
        wanted = [row for (artist_id, urgency), row in rows.items() if urgency < stands.get(artist_id, 99)]
        self._tables.write_many(REQUESTS.name, wanted)
        return len(ids - stands.keys())

    def by_artist(self) -> dict[str, list[Item]]:
        """Return each artist's items."""

        def shard(number: int) -> list[Item]:
            return list(self._tables.query(REQUESTS.name, "pk = :pk", {"pk": f"roster#{number}"}))

        found: dict[str, list[Item]] = {}
        for items in self._tables.at_once(shard, range(SHARDS)):
            for item in items:
                found.setdefault(item["artist_id"], []).append(item)
        return found


def roster_item(artist_id: str, name: str, urgency: int, added_at: str, position: int) -> Item:
    """Return an artist at one priority as it is stored."""
    item = {**_key(artist_id, urgency), "artist_id": artist_id, "name": shown(name)}
    return {**item, "urgency": urgency, "added_at": added_at, "position": position}


def roster_keys(artist_id: str) -> list[Item]:
    """Return the keys of all items that an artist may have."""
    return [_key(artist_id, urgency) for urgency in _URGENCY.values()]


def _key(artist_id: str, urgency: int) -> Item:
    shard = crc32(checked_key(artist_id).encode()) % SHARDS
    return {"pk": f"roster#{shard}", "sk": f"{urgency}#{artist_id}"}
