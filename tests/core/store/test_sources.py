"""What processes share about the live sources: cooldowns, budgets, capabilities, turns; on every engine."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from store_beside import Beside
from store_process import spend, take_turns
from store_race import Processes

from spotify_assets.core.errors import StoreError
from spotify_assets.core.store import CallCount, Cooldown, ServingStore, Urgency, open_at

NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASKED, ROUTINE = Urgency.ASKED, Urgency.ROUTINE


# Cooldowns


def test_a_cooling_source_may_not_be_called_until_then(store: ServingStore) -> None:
    store.sources.cool_down("spotify", NOON + HOUR, "QUOTA_EXCEEDED")
    cooling = Cooldown("spotify", NOON + HOUR, "QUOTA_EXCEEDED")
    assert store.sources.cooldowns(NOON) == [cooling]
    assert store.sources.spend("spotify", "search", ASKED, NOON) == cooling
    assert store.sources.spend("reccobeats", "audio-features", ASKED, NOON) is None
    assert store.sources.cooldowns(NOON + HOUR) == []
    assert store.sources.spend("spotify", "search", ASKED, NOON + HOUR) is None


def test_a_refused_call_is_not_counted(store: ServingStore) -> None:
    store.sources.cool_down("spotify", NOON + HOUR, "429")
    store.sources.spend("spotify", "search", ASKED, NOON)
    assert store.sources.calls(NOON.date()) == []


@pytest.mark.parametrize("first_longer", [True, False])
def test_of_two_cooldowns_the_later_end_stands_with_its_reason(
    store: ServingStore, first_longer: bool
) -> None:
    both = [(NOON + 2 * HOUR, "long"), (NOON + HOUR, "short")]
    for until, reason in both if first_longer else reversed(both):
        store.sources.cool_down("spotify", until, reason)
    assert store.sources.cooldowns(NOON) == [Cooldown("spotify", NOON + 2 * HOUR, "long")]


def test_a_cooldown_can_be_lifted(store: ServingStore) -> None:
    store.sources.cool_down("spotify", NOON + HOUR, "429")
    assert store.sources.lift("spotify")
    assert not store.sources.lift("spotify")
    assert store.sources.spend("spotify", "search", ASKED, NOON) is None


def test_a_reason_of_any_kind_is_kept_as_far_as_it_can_be(store: ServingStore) -> None:
    store.sources.cool_down("spotify", NOON + HOUR, "'; DROP TABLE roster; --\0 한도 초과 " + "x" * 600)
    [cooling] = store.sources.cooldowns(NOON)
    assert cooling.reason.startswith("'; DROP TABLE roster; -- 한도 초과 xxx")
    assert len(cooling.reason) == 500


# Budgets


def test_calls_are_counted_by_family_urgency_and_utc_day(store: ServingStore) -> None:
    for family, urgency in [("search", ASKED), ("search", ROUTINE), ("search", ASKED), ("artists", ROUTINE)]:
        assert store.sources.spend("spotify", family, urgency, NOON) is None
    late_in_seoul = datetime.fromisoformat("2026-11-21T08:59:59+09:00")
    assert store.sources.spend("spotify", "artists", ASKED, late_in_seoul) is None
    assert store.sources.spend("spotify", "artists", ASKED, MIDNIGHT) is None
    today = date(2026, 11, 20)
    assert store.sources.calls(today) == [
        CallCount("spotify", "artists", today, 1, 1),
        CallCount("spotify", "search", today, 2, 1),
    ]
    assert store.sources.calls(MIDNIGHT.date()) == [CallCount("spotify", "artists", MIDNIGHT.date(), 1, 0)]


def test_a_spent_budget_is_refused_until_midnight_utc(store: ServingStore) -> None:
    given = [store.sources.spend("spotify", "search", ASKED, NOON, limit=3) for _ in range(5)]
    spent = Cooldown("spotify", MIDNIGHT, "the daily budget of 3 calls to search is spent")
    assert given == [None] * 3 + [spent] * 2
    assert store.sources.spend("spotify", "artists", ASKED, NOON, limit=3) is None
    assert store.sources.spend("spotify", "search", ASKED, MIDNIGHT, limit=3) is None


def test_each_urgency_keeps_a_share_that_the_other_cannot_use(store: ServingStore) -> None:
    def spend(urgency: Urgency) -> str | None:
        refused = store.sources.spend("spotify", "search", urgency, NOON, limit=10, share=7)
        return refused.reason if refused else None

    routine = [spend(ROUTINE) for _ in range(9)]
    assert routine == [None] * 7 + ["the routine share of the daily budget, 7 calls to search, is spent"] * 2
    asked = [spend(ASKED) for _ in range(4)]
    assert asked == [None] * 3 + ["the daily budget of 10 calls to search is spent"]


def test_a_budget_of_nothing_allows_nothing(store: ServingStore) -> None:
    assert store.sources.spend("spotify", "search", ASKED, NOON, limit=0) is not None


def test_the_counts_of_days_long_past_are_dropped(store: ServingStore) -> None:
    for days in (0, 20, 40):
        store.sources.spend("spotify", "search", ASKED, NOON + timedelta(days=days))
    kept = [len(store.sources.calls((NOON + timedelta(days=days)).date())) for days in (0, 20, 40)]
    assert kept == [0, 1, 1]


# Capabilities


def test_a_capability_is_believed_until_it_expires(store: ServingStore) -> None:
    week = timedelta(days=7)
    store.sources.learn("spotify", "top-tracks", False, NOON, NOON + week)
    store.sources.learn("spotify", "search", True, NOON, NOON + 2 * week)
    store.sources.learn("reccobeats", "audio-features", True, NOON, NOON + week)
    known = [(c.endpoint, c.allowed) for c in store.sources.capabilities(NOON, "spotify")]
    assert known == [("search", True), ("top-tracks", False)]
    assert len(store.sources.capabilities(NOON)) == 3
    assert [c.endpoint for c in store.sources.capabilities(NOON + week)] == ["search"]


def test_what_is_learnt_anew_replaces_what_was_known(store: ServingStore) -> None:
    store.sources.learn("spotify", "top-tracks", False, NOON, NOON + HOUR)
    store.sources.learn("spotify", "top-tracks", True, NOON + HOUR, NOON + 2 * HOUR)
    [known] = store.sources.capabilities(NOON)
    assert (known.allowed, known.learnt_at, known.expires_at) == (True, NOON + HOUR, NOON + 2 * HOUR)


# Turns


def test_turns_are_an_interval_apart_and_never_before_now(store: ServingStore) -> None:
    late = NOON + HOUR

    def turn(now: datetime) -> float:
        taken = store.sources.take_turn("musicbrainz", 1.5, now, late)
        assert taken is not None
        return (taken - NOON).total_seconds()

    assert [turn(NOON) for _ in range(3)] == [0, 1.5, 3]
    assert turn(NOON + timedelta(seconds=10)) == 10


def test_a_turn_that_would_come_too_late_is_not_reserved(store: ServingStore) -> None:
    def turn(latest: datetime) -> datetime | None:
        return store.sources.take_turn("musicbrainz", 1, NOON, latest)

    second = timedelta(seconds=1)
    assert turn(NOON) == NOON
    assert turn(NOON) is None
    assert turn(NOON + HOUR) == NOON + second


# Several processes


def test_processes_together_never_spend_past_budget_or_share(
    store: ServingStore, processes: Processes
) -> None:
    granted = processes.race((spend, ASKED, 60, 1), (spend, ASKED, 60, 2), (spend, ROUTINE, 60, 3))
    [count] = store.sources.calls(NOON.date())
    assert (count.asked, count.routine) == (granted[0] + granted[1], granted[2])
    assert count.asked + count.routine == 100
    assert count.asked <= 80
    assert count.routine >= 20


def test_processes_together_never_get_the_same_turn(processes: Processes) -> None:
    taken = processes.race(*[(take_turns, 20, caller) for caller in range(3)])
    turns = Counter(turn for turns in taken for turn in turns)
    assert set(turns.values()) == {1}
    gaps = {b - a for a, b in pairwise(sorted(turns))}
    assert (len(turns), gaps) == (60, {timedelta(seconds=1)})


# The schema


def test_a_store_of_the_first_version_is_completed_and_keeps_what_it_holds(
    store: ServingStore, store_url: str, beside: Beside
) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    beside.lose_sources()
    opened = open_at(store_url)
    assert opened.sources.spend("spotify", "search", ASKED, NOON) is None
    assert [request.query for request in opened.requests.all()] == ["aespa"]
    opened.close()


def test_a_name_that_no_engine_could_store_is_refused_in_words(store: ServingStore) -> None:
    with pytest.raises(StoreError, match="cannot be a key of the serving store"):
        store.sources.spend("spotify", "a\0b", ASKED, NOON)
