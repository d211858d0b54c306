"""Turns of conversations as the lake holds them, first ones and those that a later reading brings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

DAY_1, DAY_3 = (datetime(2026, 11, number, 12, tzinfo=UTC) for number in (1, 3))


def turn(event_id: str, at: datetime, query: str | None, outcome: str, **more: Any) -> dict[str, Any]:
    """Return a turn of one user on the web that took 5 ms."""
    usual = {"user_hash": "aa", "channel": "web", "latency_ms": 5, "provisional": False}
    return {"event_id": event_id, "event_time": at, "query": query, "outcome": outcome, **usual, **more}


FIRST = [
    turn("e1", DAY_1, "aespa", "pending"),
    turn("e2", DAY_1, "aespa", "pending", user_hash="bb", latency_ms=9),
    turn("e3", DAY_1, "ditto", "track"),
    turn("e4", DAY_1, None, "help"),
]

AGAIN = FIRST[:2]
"""A file that is read once more."""

LATER = [
    turn("e5", datetime(2026, 11, 1, 23, tzinfo=UTC), "aespa", "pending", latency_ms=1),
    turn("e6", DAY_3, "aespa", "artist", artist_id="a1", model_version="m1"),
    turn("e7", DAY_3, "뉴진스", "not_found"),
]
"""An event that arrives days late, a name that is answered by now, and one that is new."""
