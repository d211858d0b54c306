"""What processes share about the live sources, in SQL tables: cooldowns, calls, capabilities, turns.

Here: counting and remembering. Not here: how large a budget is, when a source is to cool down, how long a
capability is believed (`catalog/quota.py`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, and_, case, delete, select, update

from spotify_assets.core.store import CallCount, Capability, Cooldown, Urgency
from spotify_assets.core.store.budgets import DAYS_OF_CALLS, TOTAL, Budget
from spotify_assets.core.store.sql_engine import Database
from spotify_assets.core.store.sql_schema import (
    source_calls,
    source_capabilities,
    source_cooldowns,
    source_turns,
)
from spotify_assets.core.store.text import shown

_CALLS = source_calls.c
_COOLDOWN = source_cooldowns.c


class SqlSources:
    """`Sources` in the tables `source_cooldowns`, `source_calls`, `source_capabilities`, `source_turns`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cool_down(self, source: str, until: datetime, reason: str) -> None:
        """Let nothing call a source until then; of two cooldowns the one that ends later stands.

        Of the reason 500 characters are kept.

        Raises:
            StoreError: the store cannot be written.
        """
        is_later = _COOLDOWN.ends_at < until
        new = {"source": source, "ends_at": until, "reason": shown(reason)}
        statement = self._database.upsert(
            source_cooldowns,
            # The end comes last, because the reason depends on the old one.
            lambda _: [
                (name, case((is_later, new[name]), else_=_COOLDOWN[name])) for name in ("reason", "ends_at")
            ],
        )
        self._database.write(lambda connection: connection.execute(statement, new).rowcount)

    def lift(self, source: str) -> bool:
        """End a source's cooldown at once; False if there was none."""
        statement = delete(source_cooldowns).where(_COOLDOWN.source == source)
        return self._database.write(lambda connection: connection.execute(statement).rowcount) > 0

    def cooldowns(self, now: datetime) -> list[Cooldown]:
        """Return the cooldowns in force, by source."""
        statement = select(source_cooldowns).where(_COOLDOWN.ends_at > now).order_by(_COOLDOWN.source)
        return [Cooldown(row.source, row.ends_at, row.reason) for row in self._database.rows(statement)]

    def spend(
        self,
        source: str,
        family: str,
        urgency: Urgency,
        now: datetime,
        limit: int | None = None,
        share: int | None = None,
    ) -> Cooldown | None:
        """Count one call to an endpoint family before it is made; return why it may not be made, or None.

        Refused, and not counted, are calls to a source that cools down and calls past the day's budget:
        `limit` for all calls of the UTC day, `share` for those of this urgency; None is no bound. A spent
        budget is told as a cooldown that ends with the day.

        Raises:
            StoreError: the store cannot be written.
        """
        day = now.astimezone(UTC).date()
        cooling = select(source_cooldowns).where(_COOLDOWN.source == source, _COOLDOWN.ends_at > now)
        today = and_(_CALLS.source == source, _CALLS.family == family, _CALLS.day == day)
        budget = Budget(source, family, urgency, limit, share)
        total, mine = _CALLS.asked + _CALLS.routine, _CALLS[urgency.value]
        bounds = [(total if what == TOTAL else mine) < most for what, most in budget.bounds.items()]
        counted = update(source_calls).where(today, *bounds).values({mine: mine + 1})

        def write(connection: Connection) -> Cooldown | None:
            if found := connection.execute(cooling).first():
                return Cooldown(found.source, found.ends_at, found.reason)
            if connection.execute(counted).rowcount:
                return None
            # Not counted: the budget is spent, or this is the day's first call.
            self._begin_day(connection, source, family, day)
            if connection.execute(counted).rowcount:
                return None
            return budget.refusal(day, connection.execute(select(total).where(today)).scalar_one())

        return self._database.write(write)

    def calls(self, day: date) -> list[CallCount]:
        """Return the calls of a UTC day, by source and family; of the last 30 days any can be asked for."""
        statement = select(source_calls).where(_CALLS.day == day).order_by(_CALLS.source, _CALLS.family)
        return [CallCount(**row._mapping) for row in self._database.rows(statement)]

    def learn(self, source: str, endpoint: str, allowed: bool, now: datetime, expires_at: datetime) -> None:
        """Remember whether the app may call an endpoint.

        Raises:
            StoreError: the store cannot be written.
        """
        new = {"allowed": allowed, "learnt_at": now, "expires_at": expires_at}
        statement = self._database.upsert(source_capabilities, lambda _: list(new.items()))
        row = {"source": source, "endpoint": endpoint, **new}
        self._database.write(lambda connection: connection.execute(statement, row).rowcount)

    def capabilities(self, now: datetime, source: str | None = None) -> list[Capability]:
        """Return what is known and not expired, of all sources or of one, by source and endpoint."""
        columns = source_capabilities.c
        statement = select(source_capabilities).where(columns.expires_at > now)
        if source is not None:
            statement = statement.where(columns.source == source)
        found = self._database.rows(statement.order_by(columns.source, columns.endpoint))
        return [Capability(**row._mapping) for row in found]

    def take_turn(self, source: str, interval: float, now: datetime, latest: datetime) -> datetime | None:
        """Reserve the next moment at which a source may be called that takes a call every `interval` seconds.

        Returns that moment, `now` or later, or None (nothing reserved) where it would be after `latest`.

        Raises:
            StoreError: the store cannot be written.
        """
        mine = source_turns.c.source == source
        row = {"source": source, "next_at": now}

        def write(connection: Connection) -> datetime | None:
            connection.execute(self._database.insert_missing(source_turns), row)
            locked = select(source_turns.c.next_at).where(mine).with_for_update()
            turn: datetime = max(now, connection.execute(locked).scalar_one())
            if turn > latest:
                return None
            after = turn + timedelta(seconds=interval)
            connection.execute(update(source_turns).where(mine).values(next_at=after))
            return turn

        return self._database.write(write)

    def _begin_day(self, connection: Connection, source: str, family: str, day: date) -> None:
        """Make the day's row where it is missing, and drop the rows of days long past."""
        row = {"source": source, "family": family, "day": day, "asked": 0, "routine": 0}
        if connection.execute(self._database.insert_missing(source_calls), row).rowcount:
            past = _CALLS.day < day - timedelta(days=DAYS_OF_CALLS)
            connection.execute(delete(source_calls).where(past))
