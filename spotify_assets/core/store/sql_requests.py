"""Artist requests in an SQL table: pending → running → done | not_found | failed.

Every change of state is made by one transaction that first locks the rows it judges, or by one conditional
statement, so that of two processes that want the same row one sees what the other did.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.store import ArtistRequest, Choice, State
from spotify_assets.core.store.sql_engine import Database, chunks
from spotify_assets.core.store.sql_schema import artist_requests, request_choices, request_findings
from spotify_assets.core.store.text import MAX_ERROR, is_key, plain, shown

_REQUEST = artist_requests.c
_FINDING = request_findings.c
_CHOICE = request_choices.c


class SqlRequests:
    """`Requests` in the table `artist_requests`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, name_key: str, query: str, now: datetime) -> ArtistRequest:
        """Record that somebody asked; return the row as it stands then.

        A new name is inserted as pending; of its query 500 characters are kept, without NUL. While pending
        or running only `ask_count` and `last_asked_at` move. `done` goes back to pending in a new
        generation; `not_found` and `failed` do so once `next_attempt_at` has passed.

        Raises:
            StoreError: the key is empty, too long or not storable, or the store cannot be written.
        """
        new = {
            "name_key": name_key,
            "query": shown(query),
            "state": State.PENDING.value,
            "artist_ids": "[]",
            "attempts": 0,
            "generation": 1,
            "ask_count": 1,
            "first_asked_at": now,
            "last_asked_at": now,
            "changed_at": now,
        }
        statement = self._database.upsert(artist_requests, lambda _: _asked_again(now))

        def write(connection: Connection) -> ArtistRequest:
            connection.execute(statement, new)
            return _request(connection.execute(_select(_REQUEST.name_key == name_key)).one())

        return self._database.write(write)

    def get(self, name_key: str) -> ArtistRequest | None:
        """Return the request for a name as it stands, or None; nothing moves."""
        found = self._read(_select(_REQUEST.name_key == name_key)) if is_key(name_key, MAX_KEY) else []
        return found[0] if found else None

    def due(self, now: datetime, limit: int) -> list[ArtistRequest]:
        """Return pending requests whose `next_attempt_at` is null or past, oldest `first_asked_at` first."""
        statement = (
            _select(_REQUEST.state == State.PENDING, _may_start(now))
            .order_by(_REQUEST.first_asked_at, _REQUEST.name_key)
            .limit(limit)
        )
        return self._read(statement)

    def claim(
        self, name_keys: Sequence[str], run_id: str, now: datetime, lease_until: datetime
    ) -> list[ArtistRequest]:
        """Take due requests for a run; return those it got, then those it already had, each by `name_key`.

        Claiming again with the same `run_id` (a retried step) renews the lease. A request that another run
        holds, that has ended or that may not start yet is left alone.
        """
        keys = sorted({key for key in name_keys if is_key(key, MAX_KEY)})
        free = and_(_REQUEST.state == State.PENDING, _may_start(now))

        def write(connection: Connection) -> list[ArtistRequest]:
            got: list[ArtistRequest] = []
            had: list[ArtistRequest] = []
            for chunk in chunks(keys):
                locked = _lock(connection, _REQUEST.name_key.in_(chunk), or_(free, _held(run_id)))
                taken = [row.name_key for row in locked if row.state == State.PENDING]
                kept = [row.name_key for row in locked if row.state == State.RUNNING]
                _update(connection, kept, lease_until=lease_until)
                _update(
                    connection,
                    taken,
                    state=State.RUNNING.value,
                    run_id=run_id,
                    lease_until=lease_until,
                    next_attempt_at=None,
                    changed_at=now,
                )
                got += _named(connection, taken)
                had += _named(connection, kept)
            return got + had

        return self._database.write(write)

    def resolve(self, name_key: str, run_id: str, artist_ids: Sequence[str]) -> None:
        """Note which artists a running request means; does nothing when the run no longer holds it."""
        statement = (
            update(artist_requests)
            .where(_REQUEST.name_key == name_key, _held(run_id))
            .values(artist_ids=json.dumps(list(artist_ids)))
        )
        self._database.write(lambda connection: connection.execute(statement).rowcount)

    def held_by(self, run_id: str) -> list[ArtistRequest]:
        """Return the requests that a run holds in state running, by `name_key`."""
        return self._read(_select(_held(run_id)).order_by(_REQUEST.name_key))

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
        if state in (State.PENDING, State.RUNNING):
            raise ValueError(f"a request ends as done, not_found or failed, not as {state}")
        statement = (
            update(artist_requests)
            .where(_REQUEST.name_key == name_key, _held(run_id))
            .values(
                state=state.value,
                attempts=_REQUEST.attempts + (1 if state is State.FAILED else 0),
                lease_until=None,
                next_attempt_at=next_attempt_at,
                error=_error(error),
                changed_at=now,
            )
        )

        rows = [
            {"name_key": name_key, "position": place, "artist_id": one.artist_id, "label": shown(one.label)}
            for place, one in enumerate(choices)
        ]

        def write(connection: Connection) -> bool:
            ended = connection.execute(statement).rowcount == 1
            if ended:
                connection.execute(delete(request_findings).where(_FINDING.name_key == name_key))
                connection.execute(delete(request_choices).where(_CHOICE.name_key == name_key))
                if rows:
                    connection.execute(insert(request_choices), rows)
            return ended

        return self._database.write(write)

    def choices(self, name_key: str) -> list[Choice]:
        """Return who may be meant by a name, as its request last ended with; the likeliest first."""
        if not is_key(name_key, MAX_KEY):
            return []
        statement = (
            select(_CHOICE.artist_id, _CHOICE.label)
            .where(_CHOICE.name_key == name_key)
            .order_by(_CHOICE.position)
        )
        return [Choice(**row._mapping) for row in self._database.rows(statement)]

    def attach(self, name_key: str, source: str, body: str) -> None:
        """Keep what was fetched live for a name until its request ends; of a source the newer stands."""
        row = {"name_key": name_key, "source": source, "body": body}
        statement = self._database.upsert(request_findings, lambda new: [("body", new["body"])])
        self._database.write(lambda connection: connection.execute(statement, row))

    def attached(self, name_keys: Sequence[str]) -> list[tuple[str, str]]:
        """Return what was attached to these names: (source, body), by name and source."""
        found: list[tuple[str, str]] = []
        for chunk in chunks(sorted(set(name_keys))):
            statement = (
                select(_FINDING.source, _FINDING.body)
                .where(_FINDING.name_key.in_(chunk))
                .order_by(_FINDING.name_key, _FINDING.source)
            )
            found += [(row.source, row.body) for row in self._database.rows(statement)]
        return found

    def postpone(self, name_key: str, run_id: str, now: datetime, until: datetime, reason: str) -> bool:
        """Put a running request back to pending until then; it counts as no attempt: nothing went wrong."""
        statement = (
            update(artist_requests)
            .where(_REQUEST.name_key == name_key, _held(run_id))
            .values(
                state=State.PENDING.value,
                lease_until=None,
                run_id=None,
                next_attempt_at=until,
                error=_error(reason),
                changed_at=now,
            )
        )
        return self._database.write(lambda connection: connection.execute(statement).rowcount) == 1

    def give_back(
        self, run_id: str, now: datetime, error: str, max_attempts: int, retry_at: datetime | None
    ) -> list[ArtistRequest]:
        """Return a dead run's requests to pending with one more attempt, or to failed at `max_attempts`.

        `retry_at` becomes `next_attempt_at`. Returns the rows as they stand then, by `name_key`.
        """

        def write(connection: Connection) -> list[ArtistRequest]:
            locked = _lock(connection, _held(run_id))
            again = [row.name_key for row in locked if row.attempts + 1 < max_attempts]
            spent = [row.name_key for row in locked if row.attempts + 1 >= max_attempts]
            either = {
                "attempts": _REQUEST.attempts + 1,
                "lease_until": None,
                "next_attempt_at": retry_at,
                "error": _error(error),
                "changed_at": now,
            }
            _update(connection, again, state=State.PENDING.value, run_id=None, **either)
            _update(connection, spent, state=State.FAILED.value, **either)
            return _named(connection, [row.name_key for row in locked])

        return self._database.write(write)

    def expired(self, now: datetime) -> list[ArtistRequest]:
        """Return running requests whose lease is past, the longest past first."""
        statement = _select(_REQUEST.state == State.RUNNING, _REQUEST.lease_until < now)
        return self._read(statement.order_by(_REQUEST.lease_until, _REQUEST.name_key))

    def all(self, limit: int = 1000) -> list[ArtistRequest]:
        """Return requests for people to look at: unfinished first, then the last asked."""
        finished = case((_REQUEST.state.in_([State.PENDING, State.RUNNING]), 0), else_=1)
        statement = _select().order_by(finished, _REQUEST.last_asked_at.desc(), _REQUEST.name_key)
        return self._read(statement.limit(limit))

    def counts(self) -> dict[State, int]:
        """Return how many requests stand in each state (0 included)."""
        statement = select(_REQUEST.state, func.count().label("n")).group_by(_REQUEST.state)
        found = {row.state: row.n for row in self._database.rows(statement)}
        return {state: found.get(state.value, 0) for state in State}

    def _read(self, statement: Select[Any]) -> list[ArtistRequest]:
        return [_request(row) for row in self._database.rows(statement)]


def _asked_again(now: datetime) -> list[tuple[str, Any]]:
    """Say what asking does to a row that is there, in the order in which MySQL assigns it.

    MySQL lets an expression see what was assigned before it. `revived` looks at the state and at
    `next_attempt_at`, so these two come last, and the second of them cannot change the outcome: null means
    that the moment has passed.
    """
    ended = _REQUEST.state.in_([State.NOT_FOUND, State.FAILED])
    revived = or_(_REQUEST.state == State.DONE, and_(ended, _may_start(now)))
    null: dict[str, Any] = dict.fromkeys(("run_id", "lease_until", "error", "next_attempt_at"))
    fresh = {"attempts": 0, "artist_ids": "[]", "changed_at": now, **null, "state": State.PENDING.value}
    return [
        ("ask_count", _REQUEST.ask_count + 1),
        ("last_asked_at", case((_REQUEST.last_asked_at < now, now), else_=_REQUEST.last_asked_at)),
        ("generation", _REQUEST.generation + case((revived, 1), else_=0)),
        *((name, case((revived, value), else_=_REQUEST[name])) for name, value in fresh.items()),
    ]


def _may_start(now: datetime) -> ColumnElement[bool]:
    return or_(_REQUEST.next_attempt_at.is_(None), _REQUEST.next_attempt_at <= now)


def _held(run_id: str) -> ColumnElement[bool]:
    return and_(_REQUEST.run_id == run_id, _REQUEST.state == State.RUNNING)


def _select(*where: ColumnElement[bool]) -> Select[Any]:
    return select(artist_requests).where(*where)


def _lock(connection: Connection, *where: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Lock rows in the order of their keys, so that two transactions never wait for each other."""
    statement = _select(*where).order_by(_REQUEST.name_key).with_for_update()
    rows: Sequence[Row[Any]] = connection.execute(statement).all()
    return rows


def _update(connection: Connection, name_keys: Sequence[str], **values: Any) -> None:
    for chunk in chunks(name_keys):
        connection.execute(update(artist_requests).where(_REQUEST.name_key.in_(chunk)).values(**values))


def _named(connection: Connection, name_keys: Sequence[str]) -> list[ArtistRequest]:
    """Read requests by key; `name_keys` is sorted, and so is what comes back."""
    found: list[ArtistRequest] = []
    for chunk in chunks(name_keys):
        statement = _select(_REQUEST.name_key.in_(chunk)).order_by(_REQUEST.name_key)
        found += [_request(row) for row in connection.execute(statement)]
    return found


def _error(text: str | None) -> str | None:
    return None if text is None else plain(text)[:MAX_ERROR]


def _request(row: Row[Any]) -> ArtistRequest:
    columns = dict(row._mapping)
    columns["state"] = State(columns["state"])
    columns["artist_ids"] = tuple(json.loads(columns["artist_ids"]))
    return ArtistRequest(**columns)
