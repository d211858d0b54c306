"""The inbox: whatever is delivered how often, every message is taken up once, and again when its taker died."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from store_beside import Beside

from spotify_assets.core.store import ServingStore, open_at
from spotify_assets.core.store.inbox import InboxMessage, Settled

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LEASE = timedelta(seconds=20)


def message(number: int, minutes: float = 0) -> InboxMessage:
    body = '{"text": "에스파\\u0000 👩‍👩‍👧"}\0'
    return InboxMessage(f"{number:064x}", "page", f"sender-{number}", body, NOON + timedelta(minutes=minutes))


def claim(store: ServingStore, now: datetime = NOON, limit: int = 10) -> list[str]:
    return [taken.sender for taken in store.inbox.claim(now, now + LEASE, limit)]


def test_a_message_is_received_once_however_often_it_is_delivered(store: ServingStore) -> None:
    assert store.inbox.receive([message(1), message(2), message(1)], NOON) == 2
    assert store.inbox.receive([message(2), message(3)], NOON) == 1
    assert store.inbox.receive([], NOON) == 0
    assert store.inbox.waiting() == 3
    assert claim(store) == ["sender-1", "sender-2", "sender-3"]
    assert store.inbox.receive([message(1)], NOON) == 0
    store.inbox.settle(message(1).key, Settled.SENT, NOON)
    assert store.inbox.receive([message(1)], NOON) == 0
    assert store.inbox.waiting() == 2


def test_what_is_claimed_comes_back_as_it_was_written(store: ServingStore) -> None:
    store.inbox.receive([message(1, minutes=-3)], NOON)
    [taken] = store.inbox.claim(NOON, NOON + LEASE, 1)
    assert taken == InboxMessage(
        message(1).key, "page", "sender-1", '{"text": "에스파\\u0000 👩‍👩‍👧"}', NOON - timedelta(minutes=3)
    )


def test_the_longest_waiting_come_first(store: ServingStore) -> None:
    store.inbox.receive([message(1, minutes=-1), message(2, minutes=-2)], NOON)
    store.inbox.receive([message(3, minutes=-9)], NOON + timedelta(seconds=1))
    later = NOON + timedelta(seconds=2)
    assert claim(store, later, limit=2) == ["sender-2", "sender-1"]
    assert claim(store, later) == ["sender-3"]


def test_a_claim_lasts_as_long_as_its_lease(store: ServingStore) -> None:
    store.inbox.receive([message(1)], NOON)
    assert claim(store) == ["sender-1"]
    assert claim(store, NOON + LEASE - timedelta(seconds=1)) == []
    assert claim(store, NOON + LEASE) == ["sender-1"], "its taker died"


def test_what_was_put_off_comes_back_at_its_time(store: ServingStore) -> None:
    store.inbox.receive([message(1)], NOON)
    for attempts in range(3):
        [taken] = store.inbox.claim(NOON, NOON + LEASE, 1)
        assert taken.attempts == attempts
        store.inbox.put_off(taken.key, NOON)
    store.inbox.put_off(message(1).key, NOON + timedelta(minutes=5), count=False)
    assert claim(store, NOON + timedelta(minutes=4)) == []
    [taken] = store.inbox.claim(NOON + timedelta(minutes=5), NOON + timedelta(hours=1), 1)
    assert taken.attempts == 3


@pytest.mark.parametrize("outcome", list(Settled))
def test_a_settled_message_is_known_again_but_forgotten(
    store: ServingStore, beside: Beside, outcome: Settled
) -> None:
    store.inbox.receive([message(1)], NOON)
    claim(store)
    store.inbox.settle(message(1).key, outcome, NOON)
    store.inbox.put_off(message(1).key, NOON)
    assert claim(store, NOON + timedelta(days=1)) == []
    assert store.inbox.receive([message(1)], NOON) == 0
    assert beside.kept_of_message() == ("", "", outcome.value)


def test_settled_messages_are_deleted_in_time_and_waiting_ones_never(store: ServingStore) -> None:
    store.inbox.receive([message(n) for n in range(5)], NOON)
    for number in range(4):
        store.inbox.settle(message(number).key, Settled.SENT, NOON + timedelta(hours=number))
    assert store.inbox.forget(NOON + timedelta(hours=3), limit=2) == 2
    assert store.inbox.forget(NOON + timedelta(hours=3)) == 1
    assert store.inbox.forget(NOON + timedelta(days=9)) == 1
    assert store.inbox.waiting() == 1


def test_two_takers_never_get_the_same_message(store: ServingStore, store_url: str) -> None:
    store.inbox.receive([message(n) for n in range(60)], NOON)
    taken: list[str] = []

    def take() -> None:
        own = open_at(store_url)
        while found := claim(own, limit=4):
            taken.extend(found)
        own.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Another taker's lock hides what it holds: what is left is for the next round.
    taken.extend(claim(store, limit=60))
    assert sorted(taken) == sorted(f"sender-{n}" for n in range(60))
