"""Whatever the live sources do, or do not, nobody waits longer than they said and nothing asked is lost."""

from __future__ import annotations

import threading
import time

from chatbot.answer import Question
from chatbot.bot import Bot
from chatbot.live import AT_ONCE, Found, Live
from spotify_assets.core.catalog.access import Access
from spotify_assets.core.catalog.http import Patience
from spotify_assets.core.catalog.live import LiveCatalog
from spotify_assets.core.settings import Settings
from spotify_assets.core.store import State, Urgency
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.live_world import (
    HELD,
    STALLED,
    Say,
    bot,
    empty,
    now,
    outside_world,
    say,
    settings,
    settled,
    world,
)
from tests.doubles import OutsideWorld
from tests.doubles.faults import connection_reset, quota_exceeded, stall

__all__ = ["bot", "empty", "outside_world", "say", "settings", "world"]


def test_whatever_is_asked_while_spotify_stalls_is_answered_in_time(
    bot: Bot, outside_world: OutsideWorld, empty: SqlStore
) -> None:
    outside_world.spotify.faults.add(stall(STALLED))
    took: list[float] = []
    kinds: list[str] = []

    def ask(number: int) -> None:
        started = time.monotonic()
        kinds.append(bot.answer(Question(f"p{number}", f"Unknown Band {number}", "test", budget=1.5)).kind)
        took.append(time.monotonic() - started)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3 * AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(kinds) == {"pending"}
    assert max(took) < HELD
    assert len(empty.requests.all()) == 3 * AT_ONCE, "nothing asked is lost"
    settled(bot)
    assert empty.lookups.get("unknownband1", now()) is None, "the next who asks may look again"


def test_what_comes_too_late_for_the_first_is_there_for_the_next(
    say: Say, bot: Bot, outside_world: OutsideWorld
) -> None:
    outside_world.spotify.latency = 0.6
    assert say("샤이니", budget=0.4).kind == "pending"
    settled(bot)
    outside_world.spotify.forget_calls()
    answer = say("샤이니", again=True)
    assert (answer.kind, answer.provisional) == ("artist", True)
    assert outside_world.spotify.calls == []


class JustTooLate(Live):
    """Finds everything in the moment in which nobody waits any longer."""

    def look_up(self, key: str, query: str, within: float) -> Found | None:
        super().look_up(key, query, 20.0)
        return None


def test_what_ends_just_when_nobody_waits_any_longer_is_told(
    empty: SqlStore, settings: Settings, outside_world: OutsideWorld
) -> None:
    outside_world.musicbrainz.faults.add(connection_reset())
    patience = Patience(deadline=3.0, attempts=1)
    access = Access(settings, empty.sources, Urgency.ASKED, patience, workers=2, clock=now)
    answer = Bot(empty, now, JustTooLate(empty, lambda: LiveCatalog(access), now)).answer(
        Question("ann", "shinee", "test")
    )
    assert answer.kind == "choices"
    assert [choice.label for choice in answer.choices] == ["샤이니 · k-pop boy group · k-pop"]


def test_a_source_that_is_parked_is_not_called_and_the_request_waits(
    say: Say, empty: SqlStore, outside_world: OutsideWorld
) -> None:
    outside_world.spotify.faults.add(quota_exceeded(48_925), path="^/v1/")
    assert say("샤이니").kind == "pending"
    outside_world.spotify.forget_calls()
    assert say("혁오").kind == "pending"
    assert outside_world.spotify.calls == []
    assert {request.state for request in empty.requests.all()} == {State.PENDING}


def test_a_source_that_breaks_leaves_the_rest(say: Say, outside_world: OutsideWorld) -> None:
    outside_world.reccobeats.faults.add(connection_reset())
    outside_world.musicbrainz.faults.add(connection_reset())
    answer = say("샤이니")
    assert answer.kind == "artist"
    assert answer.top_tracks
