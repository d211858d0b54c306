"""The artists to keep fresh, in an SQL table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select, update

from spotify_assets.core.store import Priority, RosterEntry
from spotify_assets.core.store.sql_engine import CHUNK, Database
from spotify_assets.core.store.sql_schema import roster
from spotify_assets.core.store.text import shown

_URGENCY = {priority: urgency for urgency, priority in enumerate(Priority)}


class SqlRoster:
    """`Roster` in the table `roster`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entries: Iterable[RosterEntry], now: datetime) -> int:
        """Add artists and return how many are new; one that is there keeps the more urgent priority.

        Reads `entries` as a stream, in transactions of 500.

        Raises:
            StoreError: the store cannot be written, or an id cannot be stored.
        """
        stream = enumerate(entries)
        new = 0
        while batch := list(islice(stream, CHUNK)):
            rows = [
                {
                    "artist_id": entry.artist_id,
                    "name": shown(entry.name),
                    "urgency": _URGENCY[entry.priority],
                    "added_at": now,
                    "position": position,
                }
                for position, entry in batch
            ]
            new += self._database.write(partial(self._add, rows))
        return new

    def ids(self) -> list[str]:
        """Return all artist ids: by priority, then in the order they were added."""
        columns = roster.c
        statement = select(columns.artist_id).order_by(
            columns.urgency, columns.added_at, columns.position, columns.artist_id
        )
        return list(self._database.read(lambda connection: connection.scalars(statement).all()))

    def counts(self) -> dict[Priority, int]:
        """Return how many artists stand at each priority (0 included)."""
        statement = select(roster.c.urgency, func.count().label("n")).group_by(roster.c.urgency)
        found = {row.urgency: row.n for row in self._database.rows(statement)}
        return {priority: found.get(urgency, 0) for priority, urgency in _URGENCY.items()}

    def _add(self, rows: list[dict[str, Any]], connection: Connection) -> int:
        new = connection.execute(self._database.insert_missing(roster), rows).rowcount
        for urgency in _URGENCY.values():
            ids = [row["artist_id"] for row in rows if row["urgency"] == urgency]
            if ids:
                connection.execute(
                    update(roster)
                    .where(roster.c.artist_id.in_(ids), roster.c.urgency > urgency)
                    .values(urgency=urgency)
                )
        return new
