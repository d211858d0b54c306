"""Who may be meant by a name that nobody goes by: kept with the request, for a person to choose from."""

from datetime import UTC, datetime, timedelta

from spotify_assets.core.store import Choice, ServingStore, State

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CLOSE = [Choice("a2", "SHINee · k-pop"), Choice("a1", "Shiny' 🎵")]


def end(store: ServingStore, state: State, choices: list[Choice], now: datetime = NOON) -> None:
    store.requests.ask("샤이닝", "샤이닝", now)
    store.requests.claim(["샤이닝"], "r1", now, now)
    assert store.requests.finish("샤이닝", "r1", state, now, "no such artist", None, choices)


def test_choices_are_kept_in_order_with_the_request_they_ended(store: ServingStore) -> None:
    assert store.requests.choices("샤이닝") == []
    end(store, State.NOT_FOUND, CLOSE)
    assert store.requests.choices("샤이닝") == CLOSE
    assert store.requests.choices("another") == store.requests.choices("") == []


def test_the_next_end_replaces_them(store: ServingStore) -> None:
    end(store, State.NOT_FOUND, CLOSE)
    end(store, State.NOT_FOUND, CLOSE[1:], NOON + timedelta(days=1))
    assert store.requests.choices("샤이닝") == CLOSE[1:]
    end(store, State.DONE, [], NOON + timedelta(days=2))
    assert store.requests.choices("샤이닝") == []


def test_a_run_that_lost_the_request_leaves_its_choices_alone(store: ServingStore) -> None:
    end(store, State.NOT_FOUND, CLOSE)
    store.requests.ask("샤이닝", "샤이닝", NOON)
    assert not store.requests.finish("샤이닝", "r1", State.NOT_FOUND, NOON, choices=CLOSE[:1])
    assert store.requests.choices("샤이닝") == CLOSE
