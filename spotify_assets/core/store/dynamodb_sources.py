"""What processes share about the live sources, as DynamoDB items: cooldowns, calls, capabilities, turns.

Here: counting and remembering. Not here: how large a budget is, when a source is to cool down, how long a
capability is believed (`catalog/quota.py`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from spotify_assets.core.errors import StoreError
from spotify_assets.core.store import CallCount, Capability, Cooldown, Urgency
from spotify_assets.core.store.budgets import DAYS_OF_CALLS, Budget, next_day
from spotify_assets.core.store.dynamodb_schema import EXPIRES, WORKING
from spotify_assets.core.store.dynamodb_tables import Tables
from spotify_assets.core.store.dynamodb_values import Item, at, epoch, joined, moment
from spotify_assets.core.store.text import checked_key, shown

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ROUNDS = 20


class DynamoSources:
    """`Sources` in the table `working`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def cool_down(self, source: str, until: datetime, reason: str) -> None:
        """Let nothing call a source until then; of two cooldowns the one that ends later stands.

        Of the reason 500 characters are kept.

        Raises:
            StoreError: the store cannot be written.
        """
        item = cooldown_item(source, until, reason)
        later = "attribute_not_exists(pk) OR #ends_at < :until"
        self._tables.put(WORKING.name, item, later, {"until": moment(until)})

    def lift(self, source: str) -> bool:
        """End a source's cooldown at once; False if there was none."""
        return self._tables.delete(WORKING.name, _cooldown(source))

    def cooldowns(self, now: datetime) -> list[Cooldown]:
        """Return the cooldowns in force, by source."""
        found = self._tables.query(WORKING.name, "pk = :pk", {"pk": "cooldowns"})
        in_force = [_cooldown_of(item) for item in found]
        return sorted((one for one in in_force if one.until > now), key=lambda one: one.source)

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
        today = _calls(source, family, day)
        # An item's condition cannot add two of its attributes: their sum is one of its own.
        change = "SET #total = #total + :one, #mine = #mine + :one".replace("#mine", f"#{urgency.value}")
        budget = Budget(source, family, urgency, limit, share)
        bounds = [f"#{what} < :{what}" for what in budget.bounds]
        within, values = " AND ".join(["attribute_exists(pk)", *bounds]), {"one": 1, **budget.bounds}
        for _ in range(_ROUNDS):
            cooling, counted = self._tables.transact(
                [
                    self._tables.check_in(
                        WORKING.name, _cooldown(source), "attribute_not_exists(pk) OR #ends_at <= :now",
                        {"now": moment(now)},
                    ),
                    self._tables.update_in(WORKING.name, today, change, values, within),
                ]
            )  # fmt: skip
            if not cooling.done and cooling.item:
                return _cooldown_of(cooling.item)
            if cooling.done and counted.done:
                return None
            if counted.item:
                return budget.refusal(day, counted.item["total"])
            self._begin_day(source, family, day)
        raise StoreError(
            f"The serving store, {self._tables.where}, could not count a call to {source} in {_ROUNDS} "
            "attempts, since others count as well: try again"
        )

    def calls(self, day: date) -> list[CallCount]:
        """Return the calls of a UTC day, by source and family; of the last 30 days any can be asked for."""
        of_day = {"pk": "calls", "day": f"{day.isoformat()}#"}
        found = self._tables.query(WORKING.name, "pk = :pk AND begins_with(sk, :day)", of_day)
        counts = [
            CallCount(item["source"], item["family"], day, item["asked"], item["routine"]) for item in found
        ]
        return sorted(counts, key=lambda one: (one.source, one.family))

    def learn(self, source: str, endpoint: str, allowed: bool, now: datetime, expires_at: datetime) -> None:
        """Remember whether the app may call an endpoint.

        Raises:
            StoreError: the store cannot be written.
        """
        known = Capability(source, endpoint, allowed, now, expires_at)
        self._tables.put(WORKING.name, capability_item(known))

    def capabilities(self, now: datetime, source: str | None = None) -> list[Capability]:
        """Return what is known and not expired, of all sources or of one, by source and endpoint."""
        found = [
            Capability(
                item["source"],
                item["endpoint"],
                item["allowed"],
                at(item["learnt_at"]),
                at(item["expires_at"]),
            )
            for item in self._tables.query(WORKING.name, "pk = :pk", {"pk": "capabilities"})
            if source is None or item["source"] == source
        ]
        return sorted(
            (one for one in found if one.expires_at > now), key=lambda one: (one.source, one.endpoint)
        )

    def take_turn(self, source: str, interval: float, now: datetime, latest: datetime) -> datetime | None:
        """Reserve the next moment at which a source may be called that takes a call every `interval` seconds.

        Returns that moment, `now` or later, or None (nothing reserved) where it would be after `latest`.

        Raises:
            StoreError: the store cannot be written.
        """
        # Counted in microseconds, because DynamoDB can add to numbers and not to times.
        key = {"pk": f"turn#{checked_key(source)}", "sk": "turn"}
        step: int = timedelta(seconds=interval) // _MICROSECOND
        first, last = (now - _EPOCH) // _MICROSECOND, (latest - _EPOCH) // _MICROSECOND
        for _ in range(_ROUNDS):
            queued = self._tables.update(
                WORKING.name, key, "SET #next_at = #next_at + :step",
                {"step": step, "now": first, "latest": last}, "#next_at >= :now AND #next_at <= :latest",
            )  # fmt: skip
            if queued.done and queued.item:
                return _EPOCH + (int(queued.item["next_at"]) - step) * _MICROSECOND
            if queued.item and queued.item["next_at"] > last:
                return None
            if first > last:
                return None
            free = self._tables.update(
                WORKING.name, key, "SET #next_at = :after", {"after": first + step, "now": first},
                "attribute_not_exists(pk) OR #next_at < :now",
            )  # fmt: skip
            if free.done:
                return _EPOCH + first * _MICROSECOND
        raise StoreError(
            f"The serving store, {self._tables.where}, could not give a turn at {source} in {_ROUNDS} "
            "attempts, since others take turns as well: try again"
        )

    def _begin_day(self, source: str, family: str, day: date) -> None:
        """Make the day's item where it is missing, and drop the items of days long past."""
        item = calls_item(CallCount(source, family, day, 0, 0))
        if not self._tables.put(WORKING.name, item, "attribute_not_exists(pk)").done:
            return
        oldest = {"pk": "calls", "oldest": (day - timedelta(days=DAYS_OF_CALLS)).isoformat()}
        past = self._tables.query(WORKING.name, "pk = :pk AND sk < :oldest", oldest, only=("pk", "sk"))
        self._tables.write_many(WORKING.name, deletes=past)


def cooldown_item(source: str, until: datetime, reason: str) -> Item:
    """Return a cooldown as it is stored."""
    return {**_cooldown(source), "ends_at": moment(until), "reason": shown(reason)}


def calls_item(count: CallCount) -> Item:
    """Return the calls of a day as they are stored."""
    forgotten = next_day(count.day) + timedelta(days=DAYS_OF_CALLS + 1)
    item = {**_calls(count.source, count.family, count.day), "source": count.source, "family": count.family}
    counts = {"asked": count.asked, "routine": count.routine, "total": count.total}
    return {**item, **counts, "day": count.day.isoformat(), EXPIRES: epoch(forgotten)}


def capability_item(known: Capability) -> Item:
    """Return what is known of an endpoint as it is stored."""
    return {
        "pk": "capabilities",
        "sk": joined(checked_key(known.source), checked_key(known.endpoint)),
        "source": known.source,
        "endpoint": known.endpoint,
        "allowed": known.allowed,
        "learnt_at": moment(known.learnt_at),
        "expires_at": moment(known.expires_at),
    }


def _cooldown(source: str) -> Item:
    return {"pk": "cooldowns", "sk": checked_key(source)}


def _cooldown_of(item: Item) -> Cooldown:
    return Cooldown(item["sk"], at(item["ends_at"]), item["reason"])


def _calls(source: str, family: str, day: date) -> Item:
    return {"pk": "calls", "sk": f"{day.isoformat()}#{joined(checked_key(source), checked_key(family))}"}
