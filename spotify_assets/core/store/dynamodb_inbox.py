"""The inbox as DynamoDB items.

A message is two items while it waits: one under its own key, by which it is known again, and one in the
partition `waiting`, which holds what was asked and is the queue. Both are made, and ended, together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from spotify_assets.core.store.dynamodb_schema import EXPIRES, WORKING
from spotify_assets.core.store.dynamodb_tables import Tables
from spotify_assets.core.store.dynamodb_values import Item, at, epoch, moment, packed, unpacked
from spotify_assets.core.store.inbox import InboxMessage, Settled
from spotify_assets.core.store.text import checked_key, plain

_KNOWN_FOR = timedelta(days=30)
"""How long an ended message is known again where nobody calls `forget`."""

RECEIVED = "received"
"""The state of a message that waits for its reply."""


class DynamoInbox:
    """`Inbox` in the table `working`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def receive(self, messages: Sequence[InboxMessage], now: datetime) -> int:
        """Keep those that were never received before; return how many those are.

        Raises:
            StoreError: the store cannot be written, or a message is too long for it.
        """
        waiting = {message.key: waiting_item(message, now) for message in messages}
        for item in waiting.values():
            self._tables.fits(item, "A message")
        return sum(self._receive(key, item) for key, item in waiting.items())

    def claim(self, now: datetime, lease_until: datetime, limit: int) -> list[InboxMessage]:
        """Take messages that are due, longest waiting first; nobody else gets them until `lease_until`."""
        due = [item for item in self._waiting() if item["due_at"] <= moment(now)]
        due.sort(key=lambda item: (item["due_at"], item["sent_at"], item["sk"]))
        taken: list[InboxMessage] = []
        for item in due:
            if len(taken) == limit:
                break
            claimed = self._tables.update(
                WORKING.name, _waiting(item["sk"]), "SET #due_at = :until",
                {"until": moment(lease_until), "seen": item["due_at"]}, "#due_at = :seen",
            )  # fmt: skip
            if claimed.done and claimed.item:
                taken.append(_message(claimed.item))
        return taken

    def settle(self, key: str, outcome: Settled, now: datetime) -> None:
        """Note how a message ended, and forget who wrote what; its key is kept to know it again.

        Nothing happens to one that has ended already.
        """
        values = {"state": outcome.value, "now": moment(now), "ttl": epoch(now + _KNOWN_FOR)}
        self._tables.transact(
            [
                self._tables.update_in(
                    WORKING.name, _known(key), f"SET #state = :state, #ended_at = :now, #{EXPIRES} = :ttl",
                    {**values, "received": RECEIVED}, "#state = :received",
                ),
                self._tables.delete_in(WORKING.name, _waiting(key)),
                self._tables.put_in(WORKING.name, ended_item(key, now)),
            ]
        )  # fmt: skip

    def put_off(self, key: str, until: datetime, count: bool = True) -> None:
        """Let a claimed message be due again at a time; `count` says whether that was an attempt."""
        values = {"until": moment(until), "more": int(count)}
        change = "SET #due_at = :until, #attempts = #attempts + :more"
        self._tables.update(WORKING.name, _waiting(key), change, values, "attribute_exists(pk)")

    def waiting(self) -> int:
        """Return how many messages have no reply yet."""
        return self._tables.count(WORKING.name, "pk = :pk", {"pk": "waiting"})

    def forget(self, before: datetime, limit: int = 1000) -> int:
        """Delete messages that ended before a time, at most `limit`; return how many."""
        ended = self._tables.query(
            WORKING.name, "pk = :pk AND sk < :before", {"pk": "ended", "before": moment(before)}
        )
        found = list(islice(ended, limit))
        keys = [{"pk": item["pk"], "sk": item["sk"]} for item in found]
        self._tables.write_many(WORKING.name, deletes=[*(_known(item["key"]) for item in found), *keys])
        return len(found)

    def _receive(self, key: str, item: Item) -> bool:
        known = known_item(key)
        received = self._tables.transact(
            [
                self._tables.put_in(WORKING.name, known, "attribute_not_exists(pk)"),
                self._tables.put_in(WORKING.name, item),
            ]
        )
        return all(change.done for change in received)

    def _waiting(self) -> list[Item]:
        return list(self._tables.query(WORKING.name, "pk = :pk", {"pk": "waiting"}))


def _known(key: str) -> Item:
    return {"pk": f"message#{checked_key(key)}", "sk": "message"}


def _waiting(key: str) -> Item:
    return {"pk": "waiting", "sk": checked_key(key)}


def known_item(key: str, state: str = RECEIVED, ended_at: datetime | None = None) -> Item:
    """Return what is kept of a message to know it again."""
    item = {**_known(key), "key": key, "state": state}
    if ended_at is None:
        return item
    return {**item, "ended_at": moment(ended_at), EXPIRES: epoch(ended_at + _KNOWN_FOR)}


def ended_item(key: str, now: datetime) -> Item:
    """Return the item by which a message that ended is found when it is to be forgotten."""
    place = {"pk": "ended", "sk": f"{moment(now)}#{key}"}
    return {**place, "key": key, EXPIRES: epoch(now + _KNOWN_FOR)}


def waiting_item(message: InboxMessage, due_at: datetime) -> Item:
    """Return a message that waits as it is stored."""
    return {
        **_waiting(message.key),
        "account": message.account,
        "sender": message.sender,
        "body": packed(plain(message.body)),
        "sent_at": moment(message.sent_at),
        "due_at": moment(due_at),
        "attempts": message.attempts,
    }


def _message(item: Item) -> InboxMessage:
    return InboxMessage(
        item["sk"],
        item["account"],
        item["sender"],
        unpacked(item["body"]),
        at(item["sent_at"]),
        item["attempts"],
    )
