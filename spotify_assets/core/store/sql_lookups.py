"""What the bot looks up while somebody waits, in SQL tables: who looks up which name, and what came of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, delete, or_, select, update

from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.store import Lookup
from spotify_assets.core.store.sql_engine import Database
from spotify_assets.core.store.sql_schema import live_lookups, new_names
from spotify_assets.core.store.text import is_key, plain

_LOOKUP = live_lookups.c
_NEW = new_names.c


class SqlLookups:
    """`Lookups` in the tables `live_lookups` and `new_names`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, name_key: str, holder: str, now: datetime, lease_until: datetime) -> bool:
        """Take a name to look it up; False where somebody else does, or its result is still good.

        Raises:
            StoreError: the store cannot be written.
        """
        row = {
            "name_key": name_key,
            "holder": holder,
            "lease_until": lease_until,
            "body": None,
            "expires_at": lease_until,
        }
        over = or_(
            _LOOKUP.body.is_(None) & (_LOOKUP.lease_until <= now),
            _LOOKUP.body.is_not(None) & (_LOOKUP.expires_at <= now),
        )
        taken = update(live_lookups).where(_LOOKUP.name_key == name_key, over).values(**row)

        def write(connection: Connection) -> bool:
            if connection.execute(self._database.insert_missing(live_lookups), row).rowcount:
                return True
            return connection.execute(taken).rowcount == 1

        return self._database.write(write)

    def end(self, name_key: str, holder: str, body: str | None, now: datetime, expires_at: datetime) -> None:
        """Keep what a lookup found until it expires; with None, let the next who asks look again.

        Does nothing where another holds the name by now. Drops what has expired of other names.

        Raises:
            StoreError: the store cannot be written.
        """
        mine = (_LOOKUP.name_key == name_key) & (_LOOKUP.holder == holder)
        if body is None:
            ended = delete(live_lookups).where(mine)
            self._database.write(lambda connection: connection.execute(ended).rowcount)
            return
        kept = update(live_lookups).where(mine).values(body=plain(body), expires_at=expires_at)
        self._database.write(lambda connection: connection.execute(kept).rowcount)
        expired = delete(live_lookups).where(_LOOKUP.expires_at <= now)
        self._database.write(lambda connection: connection.execute(expired).rowcount)

    def get(self, name_key: str, now: datetime) -> Lookup | None:
        """Return the lookup of a name that is under way or whose result is still good, or None."""
        if not is_key(name_key, MAX_KEY):
            return None
        statement = select(_LOOKUP.body, _LOOKUP.lease_until, _LOOKUP.expires_at).where(
            _LOOKUP.name_key == name_key
        )
        for row in self._database.rows(statement):
            if (row.expires_at if row.body is not None else row.lease_until) > now:
                return Lookup(row.body)
        return None

    def count_new(self, person: str, now: datetime, limit: int) -> bool:
        """Count one more new name that a person asks for on this UTC day; False, uncounted, past the limit.

        Raises:
            StoreError: the store cannot be written.
        """
        day = now.astimezone(UTC).date()
        today = (_NEW.person == person) & (_NEW.day == day)
        counted = update(new_names).where(today, _NEW.names < limit).values(names=_NEW.names + 1)
        row = {"person": person, "day": day, "names": 0}

        def write(connection: Connection) -> bool:
            if connection.execute(self._database.insert_missing(new_names), row).rowcount:
                _forget_past(connection, person, day)
            return connection.execute(counted).rowcount == 1

        return self._database.write(write)


def _forget_past(connection: Connection, person: str, day: date) -> None:
    past = (_NEW.person == person) & (_NEW.day < day - timedelta(days=1))
    connection.execute(delete(new_names).where(past))
