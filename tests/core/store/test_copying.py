"""Moving a store: whatever the engines, the copy holds the same rows, and goes on where it was cut short."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from store_engines import empty_store
from store_examples import HOSTILE, LEASE, MINUTE, NOON, artist, found, track

from spotify_assets.core.errors import StoreError
from spotify_assets.core.store import (
    Choice,
    Document,
    Priority,
    RosterEntry,
    ServingStore,
    State,
    Urgency,
    open_at,
)
from spotify_assets.core.store.contents import Contents, Part, Row
from spotify_assets.core.store.copying import copy
from spotify_assets.core.store.inbox import InboxMessage, Settled
from spotify_assets.core.store.people import SONG
from spotify_assets.core.store.vectors import Part as ModelPart

ROUTES = [
    ("SQLite", "PostgreSQL"),
    ("PostgreSQL", "MariaDB"),
    ("MariaDB", "DynamoDB"),
    ("DynamoDB", "SQLite"),
    ("SQLite", "DynamoDB"),
]
HOUR = timedelta(hours=1)


@pytest.fixture(params=ROUTES, ids="→".join)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ServingStore, ServingStore]]:
    """Two empty stores, on different engines."""
    urls = [empty_store(name, request, tmp_path) for name in request.param]
    opened = [open_at(next(url)) for url in urls]
    yield opened[0], opened[1]
    for store in opened:
        store.close()
    for url in urls:
        next(url, None)


@pytest.fixture
def two_files(tmp_path: Path) -> Iterator[tuple[ServingStore, ServingStore]]:
    """Two empty stores in SQLite files."""
    opened = [open_at(f"sqlite:///{tmp_path / name}.db") for name in ("old", "new")]
    yield opened[0], opened[1]
    for store in opened:
        store.close()


def fill(store: ServingStore) -> None:
    """Leave something in every part, in every state."""
    texts = [*HOSTILE.values()]
    store.answers.put(
        [
            *(
                artist(f"a{n}", f"name {n}", text[:100], label=text, popularity=n)
                for n, text in enumerate(texts)
            ),
            *(artist(f"b{n}", f"other {n}", version="v7") for n in range(30)),
            track("t1", "whiplash", "위플래시", popularity=80),
            Document("artist", "nameless", "v1", "{}", ()),
        ]
    )
    store.vectors.put("m1", [ModelPart("cell", "1", "[1]"), ModelPart("term", "k-pop", "[긴]")])
    store.vectors.make_current("m1")
    requests = store.requests
    for key in ("pending", "running", "done", "gone", "broken", "later"):
        requests.ask(key, f"{key} 🎵", NOON)
    requests.ask("pending", "again", NOON + MINUTE)
    requests.claim(["running", "done", "gone", "broken", "later"], "run", NOON, LEASE)
    requests.resolve("running", "run", ["a1", "a2"])
    requests.finish("done", "run", State.DONE, NOON.replace(microsecond=0))
    close = [Choice("a2", "SHINee · k-pop"), Choice("a1", "Shiny' 🎵")]
    requests.finish("gone", "run", State.NOT_FOUND, NOON, "nobody", NOON + HOUR, close)
    requests.finish("broken", "run", State.FAILED, NOON, "it 'broke' 🎵")
    requests.postpone("later", "run", NOON, NOON + HOUR, "parked")
    requests.attach("pending", "spotify", '{"found": "긴 이름"}')
    priorities = [Priority.LISTED, Priority.NEIGHBOUR, Priority.ASKED]
    store.roster.add([RosterEntry(f"a{n}", f"n{n}", priorities[n % 3]) for n in range(9)], NOON)
    store.roster.add([RosterEntry("a1", "asked later", Priority.ASKED)], NOON + MINUTE)
    for person in ("ann", "bob", "carl"):
        store.links.confirm(person, "eve", "eve-jp", NOON, person)
    store.links.confirm("zoe", "eve", "eve-us", NOON)
    store.links.confirm("zoe", "dynamite", SONG + "d1", NOON)
    messages = [InboxMessage(f"m{n}", "page", f"sender {n}", "에스파\\u0000", NOON) for n in range(3)]
    store.inbox.receive(messages, NOON)
    store.inbox.settle("m0", Settled.SENT, NOON + MINUTE)
    store.inbox.claim(NOON, LEASE, 1)
    store.conversations.remember({"ann": '{"1": "에스파"}'}, NOON, NOON + HOUR)
    store.sources.cool_down("spotify", NOON + HOUR, "QUOTA_EXCEEDED")
    for urgency in (Urgency.ASKED, Urgency.ROUTINE, Urgency.ASKED):
        store.sources.spend("reccobeats", "audio-features", urgency, NOON)
    store.sources.learn("spotify", "top-tracks", False, NOON, NOON + HOUR)
    store.sources.learn("spotify", "search", True, NOON, NOON + HOUR)


def test_a_copy_holds_and_does_what_the_store_does(stores: tuple[ServingStore, ServingStore]) -> None:
    old, new = stores
    fill(old)
    copied = copy(old.contents, new.contents)
    assert [one.part for one in copied] == list(Part)
    assert min(one.there.rows for one in copied) > 0, "every part was filled"
    assert new.requests.all() == old.requests.all()
    assert new.requests.held_by("run") == old.requests.held_by("run") != []
    assert new.requests.choices("gone") == old.requests.choices("gone") != []
    assert new.requests.attached(["pending"]) == old.requests.attached(["pending"]) != []
    assert new.requests.counts() == old.requests.counts()
    assert (new.roster.ids(), new.roster.counts()) == (old.roster.ids(), old.roster.counts())
    assert [new.links.learnt(one, "eve") for one in ("ann", "zoe", "new")] == ["eve-jp", "eve-us", "eve-jp"]
    assert new.links.learnt("zoe", "dynamite") == SONG + "d1"
    assert found(new, "위플래시") == ["t1"]
    assert new.answers.versions("artist") == old.answers.versions("artist")
    assert new.answers.artist("a5") == old.answers.artist("a5") != None  # noqa: E711
    assert new.vectors.version() == "m1"
    assert new.vectors.parts("m1", "term", ["k-pop"]) == {"k-pop": "[긴]"}
    assert new.inbox.waiting() == 2
    taken = old.inbox.claim(LEASE, LEASE + HOUR, 9)
    assert new.inbox.claim(LEASE, LEASE + HOUR, 9) == taken
    assert len(taken) == 2
    assert new.inbox.receive([InboxMessage("m0", "page", "s", "again", NOON)], NOON) == 0
    assert new.inbox.forget(NOON + HOUR) == 1
    assert new.conversations.recall("ann", NOON) == '{"1": "에스파"}'
    assert new.sources.cooldowns(NOON) == old.sources.cooldowns(NOON) != []
    assert new.sources.calls(NOON.date()) == old.sources.calls(NOON.date()) != []
    assert new.sources.capabilities(NOON) == old.sources.capabilities(NOON) != []
    assert new.sources.spend("reccobeats", "audio-features", Urgency.ASKED, NOON, limit=3) is not None


def test_a_copy_is_repeated_without_writing_and_brings_only_what_changed(
    stores: tuple[ServingStore, ServingStore],
) -> None:
    old, new = stores
    fill(old)
    first = copy(old.contents, new.contents)
    assert sum(one.written for one in copy(old.contents, new.contents)) == 0
    old.answers.put([artist("b7", "another name", version="v8")])
    old.requests.ask("pending", "pending", NOON + HOUR)
    old.roster.add([RosterEntry("a0", "n0", Priority.ASKED)], NOON)
    old.links.confirm("zoe", "eve", "eve-jp", NOON + HOUR)
    again = copy(old.contents, new.contents)
    assert {one.part: one.written for one in again if one.written} == {
        Part.DOCUMENTS: 1, Part.REQUESTS: 1, Part.ROSTER: 1, Part.LINKS: 1
    }  # fmt: skip
    assert [one.there.rows for one in again] == [one.there.rows for one in first]
    assert (found(new, "another name"), found(new, "other 7")) == (["b7"], [])
    assert new.links.learnt("zoe", "eve") == "eve-jp"


class CutShort:
    """Contents whose connection is lost at some write."""

    def __init__(self, contents: Contents, writes: int) -> None:
        self._contents, self._writes = contents, writes

    def rows(self, part: Part) -> Iterator[Row]:
        return self._contents.rows(part)

    def write(self, part: Part, rows: Sequence[Row]) -> None:
        self._writes -= 1
        if self._writes < 0:
            raise StoreError("the connection is lost")
        self._contents.write(part, rows)


def test_a_copy_that_was_cut_short_goes_on_where_it_ended(
    two_files: tuple[ServingStore, ServingStore],
) -> None:
    old, new = two_files
    fill(old)
    rows = sum(1 for part in Part for _ in old.contents.rows(part))
    written = []
    for _ in range(2):
        with pytest.raises(StoreError, match="the connection is lost"):
            copy(old.contents, CutShort(new.contents, 3), lambda one: written.append(one.written))
    done = copy(old.contents, new.contents)
    assert sum(written) + sum(one.written for one in done) == rows
    assert sum(one.written for one in done) < rows


def test_a_store_with_rows_of_its_own_is_left_alone(two_files: tuple[ServingStore, ServingStore]) -> None:
    old, new = two_files
    fill(old)
    new.requests.ask("stranger", "stranger", NOON)
    with pytest.raises(StoreError, match=r"holds 1 rows of requests that .* 'stranger': copy to an empty"):
        copy(old.contents, new.contents)
    assert new.answers.versions("artist") == {}


def test_a_store_that_changes_meanwhile_is_told(two_files: tuple[ServingStore, ServingStore]) -> None:
    old, new = two_files
    fill(old)

    def ask(_: object) -> None:
        new.roster.add([RosterEntry("x", "x", Priority.ASKED)], NOON)

    with pytest.raises(StoreError, match=r"roster differ after copying: .* stop bot and platform"):
        copy(old.contents, new.contents, ask)


def test_rows_beyond_a_page_are_all_copied(two_files: tuple[ServingStore, ServingStore]) -> None:
    old, new = two_files
    names = random.Random(7).sample(range(10_000), 1201)
    old.answers.put(artist(f"a{n}", f"name {n}") for n in names)
    old.roster.add((RosterEntry(f"a{n}", "x", Priority.LISTED) for n in names), NOON)
    there = {one.part: one.there.rows for one in copy(old.contents, new.contents)}
    assert (there[Part.DOCUMENTS], there[Part.ROSTER]) == (1201, 1201)
    assert new.roster.ids() == old.roster.ids()


def test_the_command_copies_and_says_what(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("old", "new")]
    old = open_at(urls[0])
    fill(old)
    old.close()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = [str(Path(sys.executable).with_name("spotify-assets")), "store", "copy", *arguments]
        return subprocess.run(program, capture_output=True, text=True, env={**os.environ, "PYTHONUTF8": "1"})

    first, second = run(*urls), run(*urls)
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert "documents" in first.stdout
    assert "rows are the same in both stores, 0 were written" in second.stdout
    hashes = [[line.split()[-1] for line in one.stdout.splitlines()[:-1]] for one in (first, second)]
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == len(Part)
    wrong = run(urls[0], "oracle://x@host/db")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "begins with oracle://" in wrong.stderr
