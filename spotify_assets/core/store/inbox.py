"""The inbox: messages that a platform delivers at least once, and that get exactly one reply.

Here: what a message is and what can be done with it, whatever the store's engine. Not here: how an engine
keeps it (`sql_inbox.py`), or what is replied (`chatbot/channels`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Settled(StrEnum):
    """How a message ended."""

    SENT = "sent"
    """The platform took the reply."""
    REFUSED = "refused"
    """The platform will never take it."""
    EXPIRED = "expired"
    """It was no longer allowed to reply."""


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """A message that waits for its reply."""

    key: str
    """Stands for the message in all its deliveries."""
    account: str
    """Whom it was written to, such as a page; the reply comes from there."""
    sender: str
    """Where the reply goes; forgotten once it has been sent."""
    body: str
    """What was asked, as the channel keeps it; forgotten as well."""
    sent_at: datetime
    """When it was written, as the platform says."""
    attempts: int = 0
    """How often sending the reply was put off."""


class Inbox(Protocol):
    """Messages: received → sent. Every method is atomic and safe between processes."""

    def receive(self, messages: Sequence[InboxMessage], now: datetime) -> int:
        """Keep those that were never received before; return how many those are."""
        ...

    def claim(self, now: datetime, lease_until: datetime, limit: int) -> list[InboxMessage]:
        """Take messages that are due, longest waiting first; nobody else gets them until `lease_until`.

        Those of a process that died are due again when its lease has passed.
        """
        ...

    def settle(self, key: str, outcome: Settled, now: datetime) -> None:
        """Note how a message ended, and forget who wrote what; its key is kept to know it again."""
        ...

    def put_off(self, key: str, until: datetime, count: bool = True) -> None:
        """Let a claimed message be due again at a time; `count` says whether that was an attempt."""
        ...

    def waiting(self) -> int:
        """Return how many messages have no reply yet."""
        ...

    def forget(self, before: datetime, limit: int = 1000) -> int:
        """Delete messages that ended before a time, at most `limit`; return how many."""
        ...
