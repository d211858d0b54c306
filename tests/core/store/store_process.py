"""What other processes do with the store: each opens its own, waits for the others, works, says what it got.

The functions here run in processes forked from a server that has imported all this once and holds no store.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

from spotify_assets.core.store import Document, NameEntry, ServingStore, State, Urgency, open_at

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DOCUMENTS = 600
"""More than are written at a time."""


def document(number: int, version: str) -> Document:
    """A document whose names and body all tell its version."""
    names = (f"common {number}", f"{version} {number} one", f"{version} {number} two")
    entries = tuple(NameEntry(name, "artist", f"a{number}", version, 0) for name in names)
    body = {
        "artist": {"artist_id": f"a{number}", "name": "긴 이름 " * 500},
        "top_tracks": [],
        "similar": [],
        "model_version": version,
    }
    return Document("artist", f"a{number}", version, json.dumps(body, ensure_ascii=False), entries)


def documents(version: str) -> Iterator[Document]:
    """All the documents, at one version."""
    return (document(number, version) for number in range(DOCUMENTS))


def ask(store: ServingStore, times: int, *name_keys: str) -> None:
    """Ask for one name over and over, then for the next."""
    for name_key in name_keys:
        for _ in range(times):
            store.requests.ask(name_key, name_key, NOON)


def publish(store: ServingStore, version: str, count: int) -> int:
    """Put documents that are new to the store one by one."""
    return sum(store.answers.put([document(number, version)]) for number in range(count))


def claim(store: ServingStore, run_id: str, *name_keys: str) -> list[str]:
    """Claim every name, one claim each and then all at once."""
    lease = NOON + timedelta(minutes=10)
    got = [r.name_key for key in name_keys for r in store.requests.claim([key], run_id, NOON, lease)]
    rest = [r.name_key for r in store.requests.claim(name_keys, run_id, NOON, lease)]
    return sorted({*got, *rest})


def refresh(store: ServingStore, run_id: str, rounds: int) -> int:
    """Do what runs do, as fast as possible: claim what is due, end some, give the rest back."""
    finished = 0
    for _ in range(rounds):
        due = [request.name_key for request in store.requests.due(NOON, 20)]
        for number, request in enumerate(store.requests.claim(due, run_id, NOON, NOON)):
            if number % 2:
                finished += store.requests.finish(request.name_key, run_id, State.DONE, NOON)
        store.requests.give_back(run_id, NOON, "it died", 1000, None)
    return finished


def spend(store: ServingStore, urgency: Urgency, times: int, caller: int) -> int:
    """Spend calls out of a budget of a hundred; return how many were granted. `caller` tells callers apart."""
    refused = [store.sources.spend("spotify", "search", urgency, NOON, 100, 80) for _ in range(times)]
    return refused.count(None)


def take_turns(store: ServingStore, times: int, caller: int) -> list[datetime]:
    """Take turns at a source within an hour; return those that were had. `caller` tells callers apart."""
    latest = NOON + timedelta(hours=1)
    turns = [store.sources.take_turn("musicbrainz", 1, NOON, latest) for _ in range(times)]
    return [turn for turn in turns if turn]


def put(store: ServingStore) -> None:
    """Publish one version after the other until killed."""
    number = 0
    while True:
        store.answers.put(documents(f"v{number}"))
        number += 1


def ping(store: ServingStore) -> str:
    """Do nothing but look."""
    store.ping()
    return "pong"


def work(
    url: str, together: Barrier | None, results: Queue | None, command: Callable[..., Any], *arguments: Any
) -> None:
    """Open a store and run a command on it, after all that were to come are there.

    `ping` is about opening, so that it waits before.
    """
    if together and command is ping:
        together.wait()
    store = open_at(url)
    if together and command is not ping:
        together.wait()
    result = command(store, *arguments)
    if results:
        results.put((arguments, result))
