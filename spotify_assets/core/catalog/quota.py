"""What a source may be asked: cooldowns, daily budgets, endpoints that are closed to this app, turns.

Here: the policy, over what all processes share in the store. Not here: counting (`store.sources`), or what
an answer over HTTP means (`http.py`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from spotify_assets.core.catalog import Parked
from spotify_assets.core.store import Sources, Urgency

_log = logging.getLogger(__name__)

SHARES = {Urgency.ASKED: 0.8, Urgency.ROUTINE: 0.7}
"""Of a day's calls, the most that each urgency may use: 30% wait for who asks, 20% for the roster."""

CAPABILITY_LASTS = timedelta(days=7)
"""For how long it is believed that an app may, or may not, call an endpoint."""


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


class Quota:
    """What one source may be asked, shared by all processes through the store; threads may share it.

    `daily_budget` is the most calls to each endpoint family in a UTC day, None for any number; `interval` the
    least seconds between two calls of anybody; `clock` tells the time.
    """

    def __init__(
        self,
        store: Sources,
        source: str,
        urgency: Urgency,
        *,
        daily_budget: int | None = None,
        interval: float = 0.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.source = source
        self._store = store
        self._urgency = urgency
        self._limit = daily_budget
        self._share = None if daily_budget is None else max(1, int(daily_budget * SHARES[urgency]))
        self._interval = interval
        self._clock = clock
        self._believed_until: dict[str, datetime] = {}

    def before_call(self, family: str, budgeted: bool = True) -> None:
        """Count a call that is about to be made.

        Raises:
            Parked: it may not be made: the source cools down, or the day's budget is spent.
        """
        limit, share = (self._limit, self._share) if budgeted else (None, None)
        refused = self._store.spend(self.source, family, self._urgency, self._clock(), limit, share)
        if refused:
            raise Parked(self.source, refused.until, refused.reason)

    def wait_for_turn(self, longest: float) -> float:
        """Sleep until the source may be called again by anybody; return the seconds slept.

        Raises:
            Parked: that would take longer than `longest` seconds.
        """
        if not self._interval:
            return 0.0
        now = self._clock()
        turn = self._store.take_turn(
            self.source, self._interval, now, now + timedelta(seconds=max(longest, 0))
        )
        if turn is None:
            until = now + timedelta(seconds=max(longest, self._interval))
            raise Parked(self.source, until, f"others wait for its one call in {self._interval:g} s")
        wait = (turn - now).total_seconds()
        time.sleep(wait)
        return wait

    def park(self, seconds: float, reason: str) -> Parked:
        """Let no process call the source for so long; return the error to raise."""
        until = self._clock() + timedelta(seconds=seconds)
        self._store.cool_down(self.source, until, reason)
        parked = Parked(self.source, until, reason)
        _log.warning("%s", parked)
        return parked

    def may(self, endpoint: str) -> bool | None:
        """Return whether this app may call an endpoint; None where it is not known, or no longer."""
        known = {c.endpoint: c for c in self._store.capabilities(self._clock(), self.source)}
        found = known.get(endpoint)
        if found and found.allowed:
            self._believed_until[endpoint] = found.expires_at
        return found.allowed if found else None

    def learn(self, endpoint: str, allowed: bool) -> None:
        """Remember, for a week, whether this app may call an endpoint."""
        now = self._clock()
        if allowed and self._believed_until.get(endpoint, now) > now:
            return
        expires_at = now + CAPABILITY_LASTS
        self._store.learn(self.source, endpoint, allowed, now, expires_at)
        self._believed_until[endpoint] = expires_at if allowed else now
        if not allowed:
            _log.info("%s does not offer %s to this app; asked again after a week", self.source, endpoint)
