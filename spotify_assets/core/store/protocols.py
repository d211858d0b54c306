"""What can be done with the serving store, whatever its engine: one protocol per part.

Here: every method with its promise, which all engines keep and one suite of tests holds them to. Not here:
how an engine keeps it (`sql.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from spotify_assets.core.store.contents import Contents
from spotify_assets.core.store.documents import ArtistDocument, Kind, TrackDocument
from spotify_assets.core.store.inbox import Inbox
from spotify_assets.core.store.people import Conversations, Links, Lookups
from spotify_assets.core.store.rows import (
    ArtistRequest,
    CallCount,
    Capability,
    Choice,
    Cooldown,
    Document,
    Lease,
    NameMatch,
    Near,
    Priority,
    RosterEntry,
    State,
    Urgency,
)
from spotify_assets.core.store.vectors import Vectors


class Answers(Protocol):
    """Documents and names: written by publishing, read by the bot."""

    def artist(self, artist_id: str) -> ArtistDocument | None:
        """Return the artist's document, or None."""
        ...

    def track(self, track_id: str) -> TrackDocument | None:
        """Return the song's document, or None."""
        ...

    def find(self, name_key: str, limit: int = 10) -> list[NameMatch]:
        """Return what goes by exactly this normalised name: artists before songs, then by popularity, id."""
        ...

    def near(self, spellings: Iterable[str], limit: int = 5000) -> Near:
        """Return the normalised names that are filed under one of these keys, each kind in their order.

        The keys are those of `core/spelling.py`, of artists' names and of songs' titles; `limit` is of each.
        """
        ...

    def versions(self, kind: Kind, ids: Sequence[str] | None = None) -> dict[str, str]:
        """Return the published version by id, of all documents of a kind or of `ids`."""
        ...

    @property
    def at_hand(self) -> bool:
        """Whether `publication` takes microseconds, as no network lies between."""
        ...

    def publication(self) -> int:
        """Return a number that is another after every change of what this part holds."""
        ...

    def put(self, documents: Iterable[Document]) -> int:
        """Write documents and replace their names, each document with its names in one transaction.

        Returns how many were written. Reads `documents` as a stream.
        """
        ...

    def remove(self, kind: Kind, ids: Sequence[str]) -> int:
        """Delete documents and their names; return how many documents were there."""
        ...


class Requests(Protocol):
    """The queue of artists that people asked for. Every method is atomic and safe between processes."""

    def ask(self, name_key: str, query: str, now: datetime) -> ArtistRequest:
        """Record that somebody asked; return the row as it stands then.

        A new name is inserted as pending. While pending or running only `ask_count` and `last_asked_at`
        move. `done` goes back to pending in a new generation (its answer is gone, or nobody would ask);
        `not_found` and `failed` do so once `next_attempt_at` has passed. A new generation starts without
        attempts, error and resolved artists.
        """
        ...

    def get(self, name_key: str) -> ArtistRequest | None:
        """Return the request for a name as it stands, or None; nothing moves."""
        ...

    def due(self, now: datetime, limit: int) -> list[ArtistRequest]:
        """Return pending requests whose `next_attempt_at` is null or past, oldest `first_asked_at` first."""
        ...

    def claim(
        self, name_keys: Sequence[str], run_id: str, now: datetime, lease_until: datetime
    ) -> list[ArtistRequest]:
        """Take due requests for a run; return those it got, then those it already had, each by `name_key`.

        Claiming again with the same `run_id` (a retried step) renews the lease. A request that another run
        holds, that has ended or whose `next_attempt_at` is still to come is left alone.
        """
        ...

    def resolve(self, name_key: str, run_id: str, artist_ids: Sequence[str]) -> None:
        """Note which artists a running request means; does nothing when the run no longer holds it."""
        ...

    def held_by(self, run_id: str) -> list[ArtistRequest]:
        """Return the requests that a run holds in state running, by `name_key`."""
        ...

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
        ...

    def choices(self, name_key: str) -> list[Choice]:
        """Return who may be meant by a name, as its request last ended with; the likeliest first."""
        ...

    def attach(self, name_key: str, source: str, body: str) -> None:
        """Keep what was fetched live from a source for a name, until its request ends; the newer body stands.

        `body` is JSON of `core/catalog/handover.py`: the refresh takes it over instead of fetching again.
        """
        ...

    def attached(self, name_keys: Sequence[str]) -> list[tuple[str, str]]:
        """Return what was attached to these names: (source, body), by name and source."""
        ...

    def postpone(self, name_key: str, run_id: str, now: datetime, until: datetime, reason: str) -> bool:
        """Put a running request back to pending until then; it counts as no attempt: nothing went wrong.

        Returns False if the run no longer holds it.
        """
        ...

    def give_back(
        self, run_id: str, now: datetime, error: str, max_attempts: int, retry_at: datetime | None
    ) -> list[ArtistRequest]:
        """Return a dead run's requests to pending with one more attempt, or to failed at `max_attempts`.

        `retry_at` becomes `next_attempt_at`. Returns the rows as they stand then, by `name_key`.
        """
        ...

    def expired(self, now: datetime) -> list[ArtistRequest]:
        """Return running requests whose lease is past."""
        ...

    def all(self, limit: int = 1000) -> list[ArtistRequest]:
        """Return requests for people to look at: unfinished first, then the last asked."""
        ...

    def counts(self) -> dict[State, int]:
        """Return how many requests stand in each state (0 included)."""
        ...


class Roster(Protocol):
    """The artists to keep fresh."""

    def add(self, entries: Iterable[RosterEntry], now: datetime) -> int:
        """Add artists and return how many are new; one that is there keeps the more urgent priority."""
        ...

    def ids(self) -> list[str]:
        """Return all artist ids: by priority, then in the order they were added."""
        ...

    def counts(self) -> Mapping[Priority, int]:
        """Return how many artists stand at each priority (0 included)."""
        ...


class Sources(Protocol):
    """What all processes share about the live sources. Every method is atomic and safe between processes."""

    def cool_down(self, source: str, until: datetime, reason: str) -> None:
        """Let nothing call a source until then; of two cooldowns the one that ends later stands."""
        ...

    def lift(self, source: str) -> bool:
        """End a source's cooldown at once; False if there was none."""
        ...

    def cooldowns(self, now: datetime) -> list[Cooldown]:
        """Return the cooldowns in force, by source."""
        ...

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
        """
        ...

    def calls(self, day: date) -> list[CallCount]:
        """Return the calls of a UTC day, by source and family."""
        ...

    def learn(self, source: str, endpoint: str, allowed: bool, now: datetime, expires_at: datetime) -> None:
        """Remember whether the app may call an endpoint."""
        ...

    def capabilities(self, now: datetime, source: str | None = None) -> list[Capability]:
        """Return what is known and not expired, of all sources or of one, by source and endpoint."""
        ...

    def take_turn(self, source: str, interval: float, now: datetime, latest: datetime) -> datetime | None:
        """Reserve the next moment at which a source may be called that takes a call every `interval` seconds.

        Returns that moment, `now` or later, or None (nothing reserved) where it would be after `latest`.
        """
        ...


class Leases(Protocol):
    """What one machine may use at a time. Every method is atomic and safe between processes."""

    def take(self, name: str, holder: str, user: str, now: datetime, until: datetime) -> Lease:
        """Hold `name` alone until then where nobody else does at `now`; return the lease that stands.

        That is the caller's where its `holder` is: the name was free, or past its end, or held by it already.
        """
        ...

    def renew(self, name: str, holder: str, until: datetime) -> bool:
        """Hold on to a lease until then; False where it is somebody else's by now, or nobody's."""
        ...

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; nothing happens where it is somebody else's."""
        ...


class ServingStore(Protocol):
    """The store as a whole; open one with `open_store`."""

    @property
    def answers(self) -> Answers:
        """Documents and names."""
        ...

    @property
    def requests(self) -> Requests:
        """Artists that people asked for."""
        ...

    @property
    def roster(self) -> Roster:
        """Artists to keep fresh."""
        ...

    @property
    def sources(self) -> Sources:
        """Cooldowns, budgets and capabilities of the live sources."""
        ...

    @property
    def conversations(self) -> Conversations:
        """Where each conversation stands."""
        ...

    @property
    def links(self) -> Links:
        """Which artist people mean by a name."""
        ...

    @property
    def lookups(self) -> Lookups:
        """What is looked up while somebody waits."""
        ...

    @property
    def inbox(self) -> Inbox:
        """Messages of platforms that deliver at least once."""
        ...

    @property
    def leases(self) -> Leases:
        """What one machine may use at a time."""
        ...

    @property
    def vectors(self) -> Vectors:
        """The published similarity model, and where artists stand in it."""
        ...

    @property
    def contents(self) -> Contents:
        """All of it, row by row, to be moved to another engine."""
        ...

    def ping(self) -> None:
        """Return when the store can be read.

        Raises:
            StoreError: it cannot, with the reason.
        """
        ...

    def close(self) -> None:
        """Give back connections."""
        ...
