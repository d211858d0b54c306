"""Where each conversation stands, in an SQL table."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import delete, select

from spotify_assets.core.store.sql_engine import Database, run_many
from spotify_assets.core.store.sql_schema import conversations
from spotify_assets.core.store.text import checked_key, is_key, plain

_FORGET_ONE_IN = 100
_COLUMNS = conversations.c


class SqlConversations:
    """`Conversations` in the table `conversations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remember(self, bodies: Mapping[str, str], now: datetime, expires_at: datetime) -> None:
        """Keep where conversations stand, by person, until they expire; now and then drop the expired.

        Raises:
            StoreError: the store cannot be written.
        """
        # Many people get the same answer.
        storable = {body: plain(body) for body in set(bodies.values())}
        # Sorted, so that two writers take their locks in the same order.
        rows = [{"person": checked_key(one), "body": storable[bodies[one]]} for one in sorted(bodies)]
        statement = self._database.upsert(
            conversations, lambda new: [("body", new.body), ("expires_at", new.expires_at)]
        )
        if rows:
            self._database.write(partial(run_many, statement, rows, {"expires_at": expires_at}))
        # In a transaction of its own, which locks nothing that the one above waits for.
        if random.randrange(_FORGET_ONE_IN) < len(rows):
            expired = delete(conversations).where(_COLUMNS.expires_at <= now)
            self._database.write(lambda connection: connection.execute(expired).rowcount)

    def recall(self, person: str, now: datetime) -> str | None:
        """Return where a person's conversation stands, or None where there is none or it has expired."""
        if not is_key(person):
            return None
        statement = select(_COLUMNS.body).where(_COLUMNS.person == person, _COLUMNS.expires_at > now)
        body: str | None = self._database.read(lambda connection: connection.scalar(statement))
        return body
