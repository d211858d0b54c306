"""Whichever call a source takes and never answers, on every channel there is a sensible answer within 4 s.

All cases wait at the same time: each has its own doubles, store and server. What a machine that is busy with
other work takes from all of them meanwhile is not counted; where it took much every time, that the search goes on
is as right an answer as what the idle machine would have found by then.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal, Self

import httpx
import pytest

from chatbot.app import make_app
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store import ArtistRequest, State
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot import limits
from tests.chatbot.conftest import SECRETS, served
from tests.chatbot.test_kakao import SECRET, skill
from tests.doubles import OutsideWorld, World
from tests.doubles.faults import stall
from tests.doubles.fixtures import world
from tests.doubles.messenger import MessengerDouble, delivery, signed, text_event

__all__ = ["world"]

WITHIN = 4.0
"""Seconds from the question to the answer; Kakao hangs up after 5."""

SEARCHING = ("찾고 있어요", "looking for")
FOUND = ("방금 찾았어요", "just found")
WITH_SONGS = ("대표곡부터", "best-known songs")
UNCONFIRMED = ("혹시", "Did you mean", *SEARCHING)
"""Whom Spotify means is not certain: who it may be is offered, where there is time left to."""


@dataclass(frozen=True)
class Case:
    """One live call that is never answered."""

    service: str
    endpoint: str | None
    says: Sequence[str]
    """Any of these is in the answer."""
    query: str = ""
    text: str = "샤이니"
    mode: Literal["development", "extended"] = "development"
    by_link: bool = False

    def __str__(self) -> str:
        return f"{self.service} {self.endpoint or 'everything'} {self.query} {self.text} {self.mode}"


CASES = (
    Case("spotify", "token", SEARCHING),
    Case("spotify", "search", SEARCHING, query="type=artist"),
    Case("spotify", "artist", SEARCHING, by_link=True),
    Case("spotify", "search", FOUND, query="type=track"),
    Case("spotify", "search", SEARCHING, query="type=track", text="종이 봉투 (Paper Envelope)"),
    Case("spotify", "artist", FOUND, text="종이 봉투 (Paper Envelope)"),
    Case("spotify", "top_tracks", FOUND, mode="extended"),
    Case("spotify", "audio_features_several", WITH_SONGS, mode="extended"),
    Case("spotify", "related_artists", WITH_SONGS, mode="extended"),
    Case("reccobeats", None, WITH_SONGS),
    Case("musicbrainz", "artist_search", UNCONFIRMED, text="shinee"),
    Case("musicbrainz", "artist_search", SEARCHING, text="투바투"),
    Case("musicbrainz", "url", WITH_SONGS),
    Case("musicbrainz", "artist", WITH_SONGS),
    Case("listenbrainz", None, WITH_SONGS),
)


AT_ONCE, TRIES = 5, 3
STARVED = 0.5
"""Seconds that the machine may be busy with something else during a few cases; beyond, they are tried again."""


@dataclass(frozen=True)
class Heard:
    """What one channel showed, and when."""

    channel: str
    seconds: float
    """Without those in which the machine was busy with something else."""
    text: str


class Pulse:
    """A thread that wakes fifty times a second, and notes how late it comes each time."""

    EVERY = 0.02

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def lost(self, since: float) -> float:
        """Return the seconds that it came late altogether since then, on the clock that never runs backwards."""
        return sum(late for at, late in list(self._late) if at > since)

    def _beat(self) -> None:
        while not self._ended.is_set():
            due = time.monotonic() + self.EVERY
            time.sleep(self.EVERY)
            now = time.monotonic()
            self._late.append((now, now - due))


@dataclass(frozen=True)
class Outcome:
    """What came of a case on all channels."""

    heard: tuple[Heard, ...]
    struck: int
    """How often the call that stalls was made."""
    requests: Sequence[ArtistRequest]
    starved: bool = False
    """The machine was busy with something else for long, however often it was tried."""


def asked_on_the_web(client: httpx.Client, _: MessengerDouble, text: str) -> str:
    response = client.post("/v1/chat", json={"user": "u", "text": text}, timeout=20)
    assert response.status_code == 200
    answer = response.json()
    return " ".join([answer["text"], *(choice["label"] for choice in answer["choices"])])


def asked_on_kakao(client: httpx.Client, _: MessengerDouble, text: str) -> str:
    response = client.post("/kakao/skill", json=skill(text), headers=SECRET, timeout=20)
    limits.kakao(response.json())
    return " ".join(limits.texts(response.json()["template"]["outputs"]))


def asked_on_messenger(client: httpx.Client, graph: MessengerDouble, text: str) -> str:
    body = delivery(text_event("m_1", text, timestamp=int(time.time() * 1000)))
    posted = client.post(
        "/messenger/webhook", content=body, headers=signed(body, SECRETS["messenger_app_secret"]), timeout=20
    )
    assert posted.status_code == 200
    until = time.monotonic() + 20
    while not graph.sent and time.monotonic() < until:
        time.sleep(0.01)
    return json.dumps(graph.sent, ensure_ascii=False)


CHANNELS: dict[str, Callable[[httpx.Client, MessengerDouble, str], str]] = {
    "web": asked_on_the_web,
    "kakao": asked_on_kakao,
    "messenger": asked_on_messenger,
}


def outcome_of(case: Case, world: World, home: Path, all_ready: threading.Barrier, pulse: Pulse) -> Outcome:
    """Let one call stall and ask on all channels at once."""
    legacy = case.mode == "extended"
    store = SqlStore(f"sqlite:///{home / 'serving.db'}")
    graph = MessengerDouble(token=SECRETS["messenger_page_token"])
    with graph, OutsideWorld(world, mode=case.mode, legacy=legacy) as outside:
        sources = {"audio_features_sources": "spotify", "related_sources": "spotify"} if legacy else {}
        settings = load_settings(
            platform_home=home, catalog_source="spotify", musicbrainz_interval=0,
            messenger_api_url=graph.url, **outside.settings, **SECRETS, **sources,
        )  # fmt: skip
        rule = outside.doubles[case.service].faults.add(stall(60), endpoint=case.endpoint, query=case.query)
        with served(make_app(store, lambda: datetime.now(UTC), None, settings)) as client:
            client.post("/v1/chat", json={"text": "안녕"}, timeout=60)
            text = link_to(case.text, world) if case.by_link else case.text
            all_ready.wait(120)
            with ThreadPoolExecutor(len(CHANNELS)) as pool:
                heard = tuple(pool.map(lambda channel: hear(channel, client, graph, text, pulse), CHANNELS))
            requests = store.requests.all()
    return Outcome(heard, rule.struck, requests)


def link_to(native_name: str, world: World) -> str:
    artist = next(one for one in world.artists.values() if one.native_name == native_name)
    return f"https://open.spotify.com/artist/{artist.id}"


def hear(channel: str, client: httpx.Client, graph: MessengerDouble, text: str, pulse: Pulse) -> Heard:
    began = time.monotonic()
    shown = CHANNELS[channel](client, graph, text)
    seconds = time.monotonic() - began
    return Heard(channel, seconds - pulse.lost(began), shown)


def is_broken_barrier(fault: BaseException) -> bool:
    return isinstance(fault, threading.BrokenBarrierError)


@pytest.fixture(scope="module")
def outcomes(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Case, Outcome]]:
    """All cases, a few waited for together."""
    import_module("spotify_assets.core.catalog.live")  # as the first lookup of a server does

    def run(cases: Sequence[Case], pulse: Pulse) -> dict[Case, Outcome]:
        ready = threading.Barrier(len(cases))

        def one(case: Case, home: Path) -> Outcome:
            try:
                return outcome_of(case, world, home, ready, pulse)
            except Exception:
                ready.abort()
                raise

        for _ in range(TRIES):
            homes = [tmp_path_factory.mktemp("stalled") for _ in cases]
            began = time.monotonic()
            with ThreadPoolExecutor(len(cases)) as pool:
                under_way = list(map(partial(pool.submit, one), cases, homes))
            # What keeps one case from getting ready breaks the barrier for all others.
            faults = sorted(filter(None, (future.exception() for future in under_way)), key=is_broken_barrier)
            if faults:
                raise faults[0]
            came_of = {case: future.result() for case, future in zip(cases, under_way, strict=True)}
            if pulse.lost(began) < STARVED:
                return came_of
        return {case: replace(outcome, starved=True) for case, outcome in came_of.items()}

    with Pulse() as pulse:
        waves = [CASES[first : first + AT_ONCE] for first in range(0, len(CASES), AT_ONCE)]
        yield {case: outcome for wave in waves for case, outcome in run(wave, pulse).items()}
    for thread in threading.enumerate():
        if thread.name == "lookup":
            thread.join(20)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_call_that_is_never_answered_holds_nobody_up(case: Case, outcomes: dict[Case, Outcome]) -> None:
    outcome = outcomes[case]
    assert outcome.struck, "the call was made"
    sensible = (*case.says, *SEARCHING) if outcome.starved else case.says
    for heard in outcome.heard:
        assert any(phrase in heard.text for phrase in sensible), heard
        assert heard.seconds < WITHIN, heard
    [asked, *_] = sorted(outcome.requests, key=lambda request: -request.ask_count)
    assert asked.ask_count == len(CHANNELS), "nothing asked is lost"
    assert any(request.state is State.PENDING for request in outcome.requests) or case.says is UNCONFIRMED
