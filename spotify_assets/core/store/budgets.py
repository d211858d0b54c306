"""What is said of a day's spent budget, whatever the store's engine.

Here: how long calls are looked back on, when a day ends, the sentence. Not here: how calls are counted.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from spotify_assets.core.store.rows import Urgency

DAYS_OF_CALLS = 30
"""For how long the calls of a day can be looked up."""


def next_day(day: date) -> datetime:
    """Return when a UTC day ends."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def spent(family: str, urgency: Urgency, limit: int | None, share: int | None) -> str:
    """Return why a call may not be made: `share` is spent, or where that is None the whole budget."""
    if share is None:
        return f"the daily budget of {limit} calls to {family} is spent"
    return f"the {urgency.value} share of the daily budget, {share} calls to {family}, is spent"
