"""What every engine promises alike about artist requests."""

from datetime import timedelta, timezone

import pytest
from store_examples import LEASE, MINUTE, NOON

from spotify_assets.core.store import ServingStore, State
from spotify_assets.core.store.sql import SqlStore


def test_asking_a_new_name_makes_one_pending_request(store: ServingStore) -> None:
    request = store.requests.ask("aespa", " aespa!", NOON)
    assert (request.name_key, request.query, request.state) == ("aespa", " aespa!", State.PENDING)
    assert (request.artist_ids, request.attempts, request.generation, request.ask_count) == ((), 0, 1, 1)
    assert request.first_asked_at == request.last_asked_at == request.changed_at == NOON
    assert request.next_attempt_at is request.lease_until is request.run_id is request.error is None
    assert store.requests.all() == [request]


def test_times_come_back_in_utc_to_the_microsecond(store: ServingStore) -> None:
    seoul = NOON.astimezone(timezone(timedelta(hours=9)))
    request = store.requests.ask("aespa", "aespa", seoul)
    assert request.first_asked_at == NOON
    assert request.first_asked_at.utcoffset() == timedelta(0)
    assert request.first_asked_at.microsecond == 123456


def test_a_time_without_zone_is_refused(store: ServingStore) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        store.requests.ask("aespa", "aespa", NOON.replace(tzinfo=None))


def test_asking_again_only_counts_up_while_pending_or_running(store: ServingStore) -> None:
    first = store.requests.ask("aespa", "aespa", NOON)
    again = store.requests.ask("aespa", "AESPA", NOON + MINUTE)
    assert (again.ask_count, again.last_asked_at) == (2, NOON + MINUTE)
    [running] = store.requests.claim(["aespa"], "run", NOON, LEASE)
    store.requests.resolve("aespa", "run", ["a1"])
    later = store.requests.ask("aespa", "AESPA", NOON + 2 * MINUTE)
    assert (later.state, later.run_id, later.lease_until) == (State.RUNNING, "run", LEASE)
    assert (later.ask_count, later.last_asked_at, later.artist_ids) == (3, NOON + 2 * MINUTE, ("a1",))
    assert (later.query, later.first_asked_at, later.generation) == ("aespa", NOON, 1)
    assert running.changed_at == later.changed_at
    assert first.ask_count == 1


def test_a_late_clock_does_not_turn_last_asked_back(store: ServingStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    assert store.requests.ask("aespa", "aespa", NOON - MINUTE).last_asked_at == NOON


def test_asking_for_what_was_done_starts_a_new_generation(store: ServingStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    store.requests.claim(["aespa"], "run", NOON, LEASE)
    store.requests.resolve("aespa", "run", ["a1", "a2"])
    assert store.requests.finish("aespa", "run", State.DONE, NOON + MINUTE)
    [done] = store.requests.all()
    assert (done.state, done.artist_ids, done.lease_until) == (State.DONE, ("a1", "a2"), None)
    assert (done.run_id, done.changed_at) == ("run", NOON + MINUTE)
    again = store.requests.ask("aespa", "aespa", NOON + 2 * MINUTE)
    assert (again.state, again.generation, again.ask_count) == (State.PENDING, 2, 2)
    assert (again.artist_ids, again.run_id, again.first_asked_at) == ((), None, NOON)
    assert again.changed_at == NOON + 2 * MINUTE


@pytest.mark.parametrize("end", [State.NOT_FOUND, State.FAILED])
def test_an_end_is_final_until_its_next_attempt_is_due(store: ServingStore, end: State) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    store.requests.claim(["aespa"], "run", NOON, LEASE)
    retry = NOON + timedelta(days=1)
    assert store.requests.finish("aespa", "run", end, NOON, error="no source knows it", next_attempt_at=retry)
    early = store.requests.ask("aespa", "aespa", retry - MINUTE)
    assert (early.state, early.generation, early.ask_count) == (end, 1, 2)
    assert (early.error, early.next_attempt_at) == ("no source knows it", retry)
    due = store.requests.ask("aespa", "aespa", retry)
    assert (due.state, due.generation, due.attempts, due.ask_count) == (State.PENDING, 2, 0, 3)
    assert due.error is due.next_attempt_at is due.run_id is None


def test_an_end_without_a_next_attempt_may_be_asked_again_at_once(store: ServingStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    store.requests.claim(["aespa"], "run", NOON, LEASE)
    store.requests.finish("aespa", "run", State.NOT_FOUND, NOON)
    assert store.requests.ask("aespa", "aespa", NOON).generation == 2


def test_due_gives_pending_requests_oldest_first(store: ServingStore) -> None:
    for minutes, key in ((2, "c"), (0, "b"), (0, "a"), (1, "d"), (3, "e")):
        store.requests.ask(key, key, NOON + minutes * MINUTE)
    store.requests.claim(["d"], "run", NOON, LEASE)
    assert [r.name_key for r in store.requests.due(LEASE, 10)] == ["a", "b", "c", "e"]
    assert [r.name_key for r in store.requests.due(LEASE, 2)] == ["a", "b"]


def test_claim_takes_what_is_due_and_renews_what_it_has(store: ServingStore) -> None:
    for key in ("a", "b", "c", "d", "e"):
        store.requests.ask(key, key, NOON)
    store.requests.claim(["d"], "other", NOON, LEASE)
    store.requests.claim(["e"], "dead", NOON, LEASE)
    store.requests.give_back("dead", NOON, "it died", 3, LEASE)
    [got] = store.requests.claim(["b"], "run", NOON, LEASE)
    assert (got.state, got.run_id, got.lease_until) == (State.RUNNING, "run", LEASE)
    later = LEASE + timedelta(hours=1)
    mine = store.requests.claim(["b", "e", "c", "d", "a", "nobody", "a"], "run", NOON, later)
    assert [r.name_key for r in mine] == ["a", "c", "b"]
    assert {r.lease_until for r in mine} == {later}
    assert [r.name_key for r in store.requests.held_by("run")] == ["a", "b", "c"]
    assert [r.name_key for r in store.requests.held_by("other")] == ["d"]
    assert [r.name_key for r in store.requests.claim(["e"], "run", LEASE, later)] == ["e"]


def test_claim_takes_batches_of_any_size(store: ServingStore) -> None:
    # More than one statement of SQL takes, or one transaction of DynamoDB.
    first, many = (510, 540) if isinstance(store, SqlStore) else (110, 140)
    keys = [f"name{number:04d}" for number in range(many)]
    for key in keys:
        store.requests.ask(key, key, NOON)
    assert [r.name_key for r in store.requests.claim(keys[:first], "run", NOON, LEASE)] == keys[:first]
    again = [*keys[first:], *keys[:first]]
    assert [r.name_key for r in store.requests.claim(keys, "run", NOON, LEASE)] == again
    assert len(store.requests.give_back("run", NOON, "it died", 3, None)) == many
    assert store.requests.counts()[State.PENDING] == many


def test_only_the_run_that_holds_a_request_changes_it(store: ServingStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    assert not store.requests.finish("aespa", "run", State.DONE, NOON)
    [held] = store.requests.claim(["aespa"], "run", NOON, LEASE)
    assert store.requests.claim(["aespa"], "other", NOON, LEASE) == []
    store.requests.resolve("aespa", "other", ["a1"])
    assert not store.requests.finish("aespa", "other", State.DONE, NOON)
    assert store.requests.give_back("other", NOON, "it died", 3, None) == []
    assert store.requests.held_by("run") == [held]
    assert store.requests.finish("aespa", "run", State.DONE, NOON)
    assert not store.requests.finish("aespa", "run", State.FAILED, NOON)
    store.requests.resolve("aespa", "run", ["a9"])
    assert (store.requests.all()[0].state, store.requests.all()[0].artist_ids) == (State.DONE, ())


def test_a_request_cannot_end_as_pending_or_running(store: ServingStore) -> None:
    for state in (State.PENDING, State.RUNNING):
        with pytest.raises(ValueError, match="ends as done, not_found or failed"):
            store.requests.finish("aespa", "run", state, NOON)


def test_a_dead_run_gives_back_with_one_more_attempt_until_they_are_spent(store: ServingStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    for attempt in (1, 2):
        store.requests.claim(["aespa"], f"run{attempt}", NOON, LEASE)
        [back] = store.requests.give_back(f"run{attempt}", NOON, "it died", 3, NOON)
        assert (back.state, back.attempts, back.error) == (State.PENDING, attempt, "it died")
        assert (back.run_id, back.lease_until, back.next_attempt_at) == (None, None, NOON)
    store.requests.claim(["aespa"], "run3", NOON, LEASE)
    [spent] = store.requests.give_back("run3", NOON, "it died", 3, LEASE)
    assert (spent.state, spent.attempts, spent.next_attempt_at) == (State.FAILED, 3, LEASE)
    assert store.requests.due(LEASE, 10) == []
    again = store.requests.ask("aespa", "aespa", LEASE)
    assert (again.state, again.attempts, again.generation) == (State.PENDING, 0, 2)


def test_a_failed_end_counts_as_an_attempt(store: ServingStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    store.requests.claim(["aespa"], "run", NOON, LEASE)
    store.requests.finish("aespa", "run", State.FAILED, NOON, error="two artists have this name")
    [failed] = store.requests.all()
    assert (failed.attempts, failed.error) == (1, "two artists have this name")


def test_expired_finds_running_requests_whose_lease_is_past(store: ServingStore) -> None:
    for key in ("a", "b", "c"):
        store.requests.ask(key, key, NOON)
    store.requests.claim(["a"], "run1", NOON, LEASE)
    store.requests.claim(["b"], "run2", NOON, LEASE - MINUTE)
    assert store.requests.expired(LEASE - MINUTE) == []
    assert [r.name_key for r in store.requests.expired(LEASE)] == ["b"]
    assert [r.name_key for r in store.requests.expired(LEASE + MINUTE)] == ["b", "a"]


def test_all_shows_the_unfinished_first_then_the_last_asked(store: ServingStore) -> None:
    for minutes, key in enumerate("abcd"):
        store.requests.ask(key, key, NOON + minutes * MINUTE)
    store.requests.claim(["b", "c", "d"], "run", NOON, LEASE)
    store.requests.finish("c", "run", State.DONE, NOON)
    store.requests.finish("d", "run", State.NOT_FOUND, NOON)
    assert [r.name_key for r in store.requests.all()] == ["b", "a", "d", "c"]
    assert [r.name_key for r in store.requests.all(limit=1)] == ["b"]


def test_counts_name_every_state(store: ServingStore) -> None:
    assert store.requests.counts() == dict.fromkeys(State, 0)
    for key in "abcde":
        store.requests.ask(key, key, NOON)
    store.requests.claim(["b", "c", "d", "e"], "run", NOON, LEASE)
    store.requests.finish("c", "run", State.DONE, NOON)
    store.requests.finish("d", "run", State.NOT_FOUND, NOON)
    store.requests.finish("e", "run", State.FAILED, NOON)
    assert store.requests.counts() == dict.fromkeys(State, 1)


def test_a_request_can_be_looked_at_without_counting(store: ServingStore) -> None:
    assert store.requests.get("혁오") is None
    asked = store.requests.ask("혁오", "혁오", NOON)
    assert store.requests.get("혁오") == asked
    assert store.requests.get("\0") is None


def test_what_was_fetched_for_a_request_is_kept_until_it_ends(store: ServingStore) -> None:
    store.requests.ask("혁오", "혁오", NOON)
    store.requests.attach("혁오", "spotify", "[1]")
    store.requests.attach("혁오", "spotify", "[2]")
    store.requests.attach("혁오", "reccobeats", "[3]")
    assert store.requests.attached(["혁오", "잔나비"]) == [("reccobeats", "[3]"), ("spotify", "[2]")]
    store.requests.claim(["혁오"], "run", NOON, NOON + timedelta(minutes=1))
    assert not store.requests.finish("혁오", "another run", State.DONE, NOON)
    assert len(store.requests.attached(["혁오"])) == 2
    assert store.requests.finish("혁오", "run", State.DONE, NOON)
    assert store.requests.attached(["혁오"]) == []


def test_a_postponed_request_waits_without_counting_an_attempt(store: ServingStore) -> None:
    store.requests.ask("혁오", "혁오", NOON)
    store.requests.claim(["혁오"], "run", NOON, NOON + timedelta(minutes=1))
    until = NOON + timedelta(hours=20)
    assert not store.requests.postpone("혁오", "another run", NOON, until, "not its own")
    assert store.requests.postpone("혁오", "run", NOON, until, "spotify is parked")
    request = store.requests.get("혁오")
    assert request
    assert (request.state, request.attempts, request.next_attempt_at) == (State.PENDING, 0, until)
    assert request.error == "spotify is parked"
    assert store.requests.due(until - timedelta(seconds=1), 10) == []
    assert [due.name_key for due in store.requests.due(until, 10)] == ["혁오"]
