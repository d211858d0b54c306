"""Artist requests as DynamoDB items: pending → running → done | not_found | failed.

Every change of state is one conditional update of one item, so that of two processes that want the same
request one is refused and sees what the other did. An item for each request that a run reaches for, written
before, tells what a run holds without trusting the index; the request itself says whether that is so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from spotify_assets.core.errors import StoreError
from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.store import ArtistRequest, Choice, State
from spotify_assets.core.store.dynamodb_schema import EXPIRES, REQUESTS
from spotify_assets.core.store.dynamodb_tables import Tables
from spotify_assets.core.store.dynamodb_values import (
    Item,
    at,
    at_or_none,
    epoch,
    moment,
    moment_or_none,
    packed,
    unpacked,
)
from spotify_assets.core.store.text import MAX_ERROR, checked_key, is_key, plain, shown

_INDEX = REQUESTS.index.name if REQUESTS.index else ""
_ROUNDS = 50
_HELD = "#state = :running AND #run_id = :run_id"
_MAY_START = "(attribute_not_exists(#next_attempt_at) OR #next_attempt_at <= :now)"
_REACHED_FOR = timedelta(days=7)
_UNFINISHED = (State.PENDING, State.RUNNING)


class DynamoRequests:
    """`Requests` in the table `requests`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def ask(self, name_key: str, query: str, now: datetime) -> ArtistRequest:
        """Record that somebody asked; return the row as it stands then.

        A new name is inserted as pending; of its query 500 characters are kept, without NUL. While pending
        or running only `ask_count` and `last_asked_at` move. `done` goes back to pending in a new
        generation; `not_found` and `failed` do so once `next_attempt_at` has passed.

        Raises:
            StoreError: the key is empty, too long or not storable, or the store cannot be written.
        """
        key = _key(checked_key(name_key, MAX_KEY))
        for _ in range(_ROUNDS):
            there = self._tables.get(REQUESTS.name, key)
            if there is None:
                new = {**key, **_asked_first(name_key, shown(query), now)}
                if self._tables.put(REQUESTS.name, new, "attribute_not_exists(pk)").done:
                    return _request(new)
                continue
            values: Item = {"last_asked_at": max(there["last_asked_at"], moment(now))}
            if _is_over(there, now):
                values |= {"state": State.PENDING.value, "artist_ids": "[]", "attempts": 0}
                values |= {"changed_at": moment(now), "generation": there["generation"] + 1}
                values |= dict.fromkeys(("next_attempt_at", "lease_until", "run_id", "error"))
            asked = self._change(
                key, values, "#state = :was AND #generation = :in AND #last_asked_at <= :last_asked_at",
                {"was": there["state"], "in": there["generation"]}, {"ask_count": 1},
            )  # fmt: skip
            if asked:
                return _request(asked)
        raise StoreError(
            f"The serving store, {self._tables.where}, could not note what was asked in {_ROUNDS} attempts, "
            "since others ask for the same: try again"
        )

    def get(self, name_key: str) -> ArtistRequest | None:
        """Return the request for a name as it stands, or None; nothing moves."""
        item = self._tables.get(REQUESTS.name, _key(name_key)) if is_key(name_key, MAX_KEY) else None
        return None if item is None else _request(item)

    def due(self, now: datetime, limit: int) -> list[ArtistRequest]:
        """Return pending requests whose `next_attempt_at` is null or past, oldest `first_asked_at` first.

        One that was asked for only now may come a moment later: it is found through an index.
        """
        due = [one for one in self._standing(State.PENDING) if _may_start(one.next_attempt_at, now)]
        return sorted(due, key=lambda one: (one.first_asked_at, one.name_key))[:limit]

    def claim(
        self, name_keys: Sequence[str], run_id: str, now: datetime, lease_until: datetime
    ) -> list[ArtistRequest]:
        """Take due requests for a run; return those it got, then those it already had, each by `name_key`.

        Claiming again with the same `run_id` (a retried step) renews the lease. A request that another run
        holds, that has ended or that may not start yet is left alone.
        """
        keys = sorted({key for key in name_keys if is_key(key, MAX_KEY)})
        self._tables.write_many(REQUESTS.name, [reached_item(run_id, key, lease_until) for key in keys])
        taken: Item = {"state": State.RUNNING.value, "run_id": run_id, "lease_until": moment(lease_until)}
        taken |= {"next_attempt_at": None, "changed_at": moment(now)}
        lease = {"lease_until": moment(lease_until)}

        def claim(key: str) -> tuple[bool, Item] | None:
            free = f"#state = :pending AND {_MAY_START}"
            got = self._tried(_key(key), taken, free, {"pending": State.PENDING.value, "now": moment(now)})
            if got.done and got.item:
                return True, got.item
            if got.item and got.item.get("run_id") == run_id and got.item["state"] == State.RUNNING:
                kept = self._change(_key(key), lease, _HELD, _held(run_id))
                return (False, kept) if kept else None
            return None

        claimed = [one for one in self._tables.at_once(claim, keys) if one] if keys else []
        return [_request(item) for wanted in (True, False) for is_new, item in claimed if is_new is wanted]

    def resolve(self, name_key: str, run_id: str, artist_ids: Sequence[str]) -> None:
        """Note which artists a running request means; does nothing when the run no longer holds it."""
        values = {"artist_ids": json.dumps(list(artist_ids))}
        self._change(_key(checked_key(name_key, MAX_KEY)), values, _HELD, _held(run_id))

    def held_by(self, run_id: str) -> list[ArtistRequest]:
        """Return the requests that a run holds in state running, by `name_key`."""
        touched = self._tables.query(REQUESTS.name, "pk = :pk", {"pk": _run(run_id)}, only=("sk",))
        items = self._tables.get_many(REQUESTS.name, [_key(item["sk"]) for item in touched])
        held = [_request(item) for item in items if item.get("run_id") == run_id]
        return sorted((one for one in held if one.state is State.RUNNING), key=lambda one: one.name_key)

    def finish(
        self,
        name_key: str,
        run_id: str,
        state: State,
        now: datetime,
        error: str | None = None,
        next_attempt_at: datetime | None = None,
        choices: Sequence[Choice] = (),
    ) -> bool:
        """End a running request as done, not_found or failed; False if the run no longer holds it.

        A failure counts as an attempt. `choices` are kept, in this order, instead of those of an earlier end.
        """
        if state in _UNFINISHED:
            raise ValueError(f"a request ends as done, not_found or failed, not as {state}")
        key = _key(checked_key(name_key, MAX_KEY))
        offered = [[checked_key(one.artist_id), shown(one.label)] for one in choices]
        values = {
            "state": state.value,
            "lease_until": None,
            "next_attempt_at": moment_or_none(next_attempt_at),
            "error": _error(error),
            "changed_at": moment(now),
            "choices": json.dumps(offered, ensure_ascii=False),
        }
        change, given = _expression(values, {"attempts": 1 if state is State.FAILED else 0})
        attached = [{"pk": item["pk"], "sk": item["sk"]} for item in self._attached(name_key)]
        writes = [self._tables.update_in(REQUESTS.name, key, change, {**given, **_held(run_id)}, _HELD)]
        writes += [self._tables.delete_in(REQUESTS.name, one) for one in attached]
        return self._tables.transact(writes)[0].done

    def choices(self, name_key: str) -> list[Choice]:
        """Return who may be meant by a name, as its request last ended with; the likeliest first."""
        if not is_key(name_key, MAX_KEY):
            return []
        item = self._tables.get(REQUESTS.name, _key(name_key), ("choices",)) or {}
        return [Choice(artist_id, label) for artist_id, label in json.loads(item.get("choices", "[]"))]

    def attach(self, name_key: str, source: str, body: str) -> None:
        """Keep what was fetched live for a name until its request ends; of a source the newer stands.

        Raises:
            StoreError: the store cannot be written, or the body is too long for it.
        """
        item = finding_item(name_key, source, body)
        self._tables.fits(item, f"What {source} gave for a request")
        self._tables.put(REQUESTS.name, item)

    def attached(self, name_keys: Sequence[str]) -> list[tuple[str, str]]:
        """Return what was attached to these names: (source, body), by name and source."""
        keys = sorted({key for key in name_keys if is_key(key, MAX_KEY)})
        found = self._tables.at_once(self._attached, keys) if keys else []
        return [
            (item["sk"].removeprefix("finding#"), unpacked(item["body"])) for items in found for item in items
        ]

    def postpone(self, name_key: str, run_id: str, now: datetime, until: datetime, reason: str) -> bool:
        """Put a running request back to pending until then; it counts as no attempt: nothing went wrong."""
        values = {
            "state": State.PENDING.value,
            "lease_until": None,
            "run_id": None,
            "next_attempt_at": moment(until),
            "error": _error(reason),
            "changed_at": moment(now),
        }
        change, given = _expression(values, {})
        key = _key(checked_key(name_key, MAX_KEY))
        # As a transaction, which a repeated call cannot do twice.
        write = self._tables.update_in(REQUESTS.name, key, change, {**given, **_held(run_id)}, _HELD)
        return self._tables.transact([write])[0].done

    def give_back(
        self, run_id: str, now: datetime, error: str, max_attempts: int, retry_at: datetime | None
    ) -> list[ArtistRequest]:
        """Return a dead run's requests to pending with one more attempt, or to failed at `max_attempts`.

        `retry_at` becomes `next_attempt_at`. Returns the rows as they stand then, by `name_key`.
        """
        either = {
            "lease_until": None,
            "next_attempt_at": moment_or_none(retry_at),
            "error": _error(error),
            "changed_at": moment(now),
        }
        again = {**either, "state": State.PENDING.value, "run_id": None}
        spent = {**either, "state": State.FAILED.value}

        def give_back(held: ArtistRequest) -> Item | None:
            values = again if held.attempts + 1 < max_attempts else spent
            return self._change(_key(held.name_key), values, _HELD, _held(run_id), {"attempts": 1})

        held = self.held_by(run_id)
        given = self._tables.at_once(give_back, held) if held else []
        return [_request(item) for item in given if item]

    def expired(self, now: datetime) -> list[ArtistRequest]:
        """Return running requests whose lease is past, the longest past first."""
        late = [(one.lease_until, one) for one in self._standing(State.RUNNING) if one.lease_until]
        past = [(until, one.name_key, one) for until, one in late if until < now]
        return [one for *_, one in sorted(past, key=lambda one: one[:2])]

    def all(self, limit: int = 1000) -> list[ArtistRequest]:
        """Return requests for people to look at: unfinished first, then the last asked."""
        found = [one for state in State for one in self._standing(state, limit)]
        found.sort(key=lambda one: one.name_key)
        found.sort(key=lambda one: one.last_asked_at, reverse=True)
        found.sort(key=lambda one: one.state not in _UNFINISHED)
        return found[:limit]

    def counts(self) -> dict[State, int]:
        """Return how many requests stand in each state (0 included)."""
        return {
            state: self._tables.count(REQUESTS.name, "#state = :state", {"state": state.value}, _INDEX)
            for state in State
        }

    def _standing(self, state: State, last: int | None = None) -> list[ArtistRequest]:
        """Return the requests in a state, or its `last` asked for and all asked for as late."""
        found = self._tables.query(
            REQUESTS.name, "#state = :state", {"state": state.value}, index=_INDEX, newest_first=True
        )
        keys: list[Item] = []
        oldest = ""
        for item in found:
            if last is not None and len(keys) >= last and item["last_asked_at"] != oldest:
                break
            keys.append({"pk": item["pk"], "sk": item["sk"]})
            oldest = item["last_asked_at"]
        # The index says where to look, the request itself how it stands.
        there = [_request(item) for item in self._tables.get_many(REQUESTS.name, keys)]
        return [one for one in there if one.state is state]

    def _attached(self, name_key: str) -> list[Item]:
        values = {"pk": _key(name_key)["pk"], "sk": "finding#"}
        return list(self._tables.query(REQUESTS.name, "pk = :pk AND begins_with(sk, :sk)", values))

    def _change(
        self, key: Item, values: Item, condition: str, given: Item, adds: dict[str, int] | None = None
    ) -> Item | None:
        changed = self._tried(key, values, condition, given, adds)
        return changed.item if changed.done else None

    def _tried(
        self, key: Item, values: Item, condition: str, given: Item, adds: dict[str, int] | None = None
    ) -> Any:
        change, named = _expression(values, adds or {})
        return self._tables.update(REQUESTS.name, key, change, {**named, **given}, condition)


def finding_item(name_key: str, source: str, body: str) -> Item:
    """Return what a source gave for a request as it is stored."""
    key = _key(checked_key(name_key, MAX_KEY))
    return {"pk": key["pk"], "sk": f"finding#{checked_key(source)}", "body": packed(body)}


def reached_item(run_id: str, name_key: str, lease_until: datetime) -> Item:
    """Return the item that says which request a run reached for, whether it got it or not."""
    return {"pk": _run(run_id), "sk": name_key, EXPIRES: epoch(lease_until + _REACHED_FOR)}


def request_key(name_key: str) -> Item:
    """Return the key of a request's item."""
    return _key(checked_key(name_key, MAX_KEY))


def _asked_first(name_key: str, query: str, now: datetime) -> Item:
    return {
        "name_key": name_key,
        "query": query,
        "state": State.PENDING.value,
        "artist_ids": "[]",
        "attempts": 0,
        "generation": 1,
        "ask_count": 1,
        "first_asked_at": moment(now),
        "last_asked_at": moment(now),
        "changed_at": moment(now),
    }


def _is_over(item: Item, now: datetime) -> bool:
    """Whether asking again puts a request back to pending."""
    state = State(item["state"])
    ended = state in (State.NOT_FOUND, State.FAILED)
    return state is State.DONE or (ended and _may_start(at_or_none(item.get("next_attempt_at")), now))


def _may_start(next_attempt_at: datetime | None, now: datetime) -> bool:
    return next_attempt_at is None or next_attempt_at <= now


def _expression(values: Item, adds: dict[str, int]) -> tuple[str, Item]:
    """Return the update that sets these values, removes those that are None, and adds to numbers."""
    sets = [f"#{name} = :{name}" for name, value in values.items() if value is not None]
    sets += [f"#{name} = #{name} + :{name}" for name in adds]
    removes = [f"#{name}" for name, value in values.items() if value is None]
    change = f"SET {', '.join(sets)}" + (f" REMOVE {', '.join(removes)}" if removes else "")
    return change, {**{name: value for name, value in values.items() if value is not None}, **adds}


def _held(run_id: str) -> Item:
    return {"running": State.RUNNING.value, "run_id": run_id}


def _key(name_key: str) -> Item:
    return {"pk": f"request#{name_key}", "sk": "request"}


def _run(run_id: str) -> str:
    return f"run#{checked_key(run_id)}"


def _error(text: str | None) -> str | None:
    return None if text is None else plain(text)[:MAX_ERROR]


def _request(item: Item) -> ArtistRequest:
    return ArtistRequest(
        name_key=item["name_key"],
        query=item["query"],
        state=State(item["state"]),
        artist_ids=tuple(json.loads(item["artist_ids"])),
        attempts=item["attempts"],
        generation=item["generation"],
        ask_count=item["ask_count"],
        first_asked_at=at(item["first_asked_at"]),
        last_asked_at=at(item["last_asked_at"]),
        next_attempt_at=at_or_none(item.get("next_attempt_at")),
        lease_until=at_or_none(item.get("lease_until")),
        run_id=item.get("run_id"),
        error=item.get("error"),
        changed_at=at(item["changed_at"]),
    )
