"""The inbox in a SQL table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from spotify_assets.core.store.inbox import InboxMessage, Settled
from spotify_assets.core.store.sql_engine import Database, chunks
from spotify_assets.core.store.sql_schema import inbox
from spotify_assets.core.store.text import plain

_WAITING = "received"


class SqlInbox:
    """`Inbox` in the table `inbox`.

    `due_at` is both when a message may be taken up and, once it is, until when its claim lasts: a claim that
    nobody settles falls due by itself.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(self, messages: Sequence[InboxMessage], now: datetime) -> int:
        """Keep those that were never received before; return how many those are."""
        # Sorted, so that two deliveries take their locks in the same order.
        rows = [_row(message, now) for message in sorted(messages, key=lambda message: message.key)]
        return sum(self._database.write(partial(self._insert, chunk)) for chunk in chunks(rows))

    def claim(self, now: datetime, lease_until: datetime, limit: int) -> list[InboxMessage]:
        """Take messages that are due, longest waiting first; nobody else gets them until `lease_until`."""
        return self._database.write(partial(_claim, now, lease_until, limit))

    def settle(self, key: str, outcome: Settled, now: datetime) -> None:
        """Note how a message ended, and forget who wrote what; its key is kept to know it again."""
        ended = {"state": outcome.value, "sender": "", "body": "", "due_at": None, "ended_at": now}
        statement = update(inbox).where(inbox.c.key == key).values(ended)
        self._database.write(lambda connection: connection.execute(statement))

    def put_off(self, key: str, until: datetime, count: bool = True) -> None:
        """Let a claimed message be due again at a time; `count` says whether that was an attempt."""
        later = {"due_at": until, "attempts": inbox.c.attempts + int(count)}
        statement = update(inbox).where(inbox.c.key == key, inbox.c.state == _WAITING).values(later)
        self._database.write(lambda connection: connection.execute(statement))

    def waiting(self) -> int:
        """Return how many messages have no reply yet."""
        statement = select(func.count()).select_from(inbox).where(inbox.c.state == _WAITING)
        count: int = self._database.read(lambda connection: connection.scalar(statement)) or 0
        return count

    def forget(self, before: datetime, limit: int = 1000) -> int:
        """Delete messages that ended before a time, at most `limit`; return how many."""
        ended = select(inbox.c.key).where(inbox.c.ended_at < before).order_by(inbox.c.ended_at).limit(limit)
        keys = [row.key for row in self._database.rows(ended)]
        return sum(self._database.write(partial(_delete, chunk)) for chunk in chunks(keys))

    def _insert(self, rows: Sequence[dict[str, Any]], connection: Connection) -> int:
        new = 0
        for row in rows:
            new += connection.execute(self._database.insert_missing(inbox), row).rowcount
        return new


def _row(message: InboxMessage, now: datetime) -> dict[str, Any]:
    return {
        "key": message.key,
        "state": _WAITING,
        "account": message.account,
        "sender": message.sender,
        "body": plain(message.body),
        "sent_at": message.sent_at,
        "due_at": now,
        "attempts": 0,
    }


def _claim(now: datetime, lease_until: datetime, limit: int, connection: Connection) -> list[InboxMessage]:
    columns = inbox.c
    due = (
        select(columns.key, columns.account, columns.sender, columns.body, columns.sent_at, columns.attempts)
        .where(columns.state == _WAITING, columns.due_at <= now)
        .order_by(columns.due_at, columns.sent_at, columns.key)
        .limit(limit)
        # Two processes look at once: each takes what the other has not locked.
        .with_for_update(skip_locked=True)
    )
    found = [InboxMessage(**row._mapping) for row in connection.execute(due)]
    if found:
        taken = columns.key.in_([message.key for message in found])
        connection.execute(update(inbox).where(taken).values(due_at=lease_until))
    return found


def _delete(keys: Sequence[str], connection: Connection) -> int:
    return connection.execute(delete(inbox).where(inbox.c.key.in_(keys))).rowcount
