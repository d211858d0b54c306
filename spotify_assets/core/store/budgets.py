"""The rule of a day's budget of calls, whatever the store's engine.

Here: what bounds a call, what is said of a spent budget, when a day ends, how long calls are looked back on.
Not here: how calls are counted (`sql_sources.py`, `dynamodb_sources.py`) or how large a budget is
(`catalog/quota.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from spotify_assets.core.store.rows import Cooldown, Urgency

DAYS_OF_CALLS = 30
"""For how long the calls of a day can be looked up."""

TOTAL = "total"
"""What the calls of a day are called, whatever their urgency."""


def next_day(day: date) -> datetime:
    """Return when a UTC day ends."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


@dataclass(frozen=True, slots=True)
class Budget:
    """How many calls to an endpoint family of a source may be made on one UTC day; None is no bound."""

    source: str
    family: str
    urgency: Urgency
    limit: int | None
    """All calls."""
    share: int | None
    """Calls of this urgency."""

    @property
    def bounds(self) -> dict[str, int]:
        """What is counted, `TOTAL` or an urgency, with the number it must be below before a call is made."""
        both = {TOTAL: self.limit, self.urgency.value: self.share}
        return {counted: most for counted, most in both.items() if most is not None}

    def refusal(self, day: date, total: int) -> Cooldown:
        """Return why no call may be made any more on a day on which there were `total`."""
        if self.limit is not None and total >= self.limit:
            reason = f"the daily budget of {self.limit} calls to {self.family} is spent"
        else:
            share = f"the {self.urgency.value} share of the daily budget"
            reason = f"{share}, {self.share} calls to {self.family}, is spent"
        return Cooldown(self.source, next_day(day), reason)
