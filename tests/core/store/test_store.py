"""What every engine promises alike about the roster and about a store as a whole."""

import pytest
from store_beside import Beside
from store_examples import MINUTE, NOON, artist, found

from spotify_assets.core.errors import StoreError
from spotify_assets.core.store import Priority, RosterEntry, ServingStore, State, open_at


def test_the_roster_lists_by_priority_then_as_added(store: ServingStore) -> None:
    entries = [RosterEntry(i, i, p) for i, p in (("n1", "neighbour"), ("l2", "listed"), ("l1", "listed"))]
    assert (
        store.roster.add((RosterEntry(e.artist_id, e.name, Priority(e.priority)) for e in entries), NOON) == 3
    )
    assert store.roster.add([RosterEntry("l0", "l0", Priority.LISTED)], NOON + MINUTE) == 1
    assert store.roster.add([RosterEntry("a1", "a1", Priority.ASKED)], NOON + MINUTE) == 1
    assert store.roster.ids() == ["a1", "l2", "l1", "l0", "n1"]
    assert store.roster.counts() == {Priority.ASKED: 1, Priority.LISTED: 3, Priority.NEIGHBOUR: 1}


def test_an_artist_on_the_roster_keeps_the_more_urgent_priority(store: ServingStore) -> None:
    store.roster.add(
        [RosterEntry("a1", "aespa", Priority.LISTED), RosterEntry("a2", "ITZY", Priority.LISTED)], NOON
    )
    again = [
        RosterEntry("a1", "aespa", Priority.ASKED),
        RosterEntry("a2", "ITZY", Priority.NEIGHBOUR),
        RosterEntry("a3", "NMIXX", Priority.NEIGHBOUR),
        RosterEntry("a3", "NMIXX", Priority.LISTED),
    ]
    assert store.roster.add(again, NOON + MINUTE) == 1
    assert store.roster.counts() == {Priority.ASKED: 1, Priority.LISTED: 2, Priority.NEIGHBOUR: 0}
    assert store.roster.ids() == ["a1", "a2", "a3"]


def test_a_long_roster_is_added_once(store: ServingStore) -> None:
    entries = [RosterEntry(f"a{number % 1100}", "x", Priority.LISTED) for number in range(1700)]
    assert store.roster.add(entries, NOON) == 1100
    assert store.roster.add(entries, NOON + MINUTE) == 0
    assert store.roster.ids() == [f"a{number}" for number in range(1100)]


def test_a_store_is_found_again_as_it_was_left(store: ServingStore, store_url: str) -> None:
    store.answers.put([artist("a1", "aespa")])
    store.requests.ask("itzy", "ITZY", NOON)
    store.close()
    reopened = open_at(store_url)
    reopened.ping()
    assert found(reopened, "aespa") == ["a1"]
    assert reopened.requests.counts()[State.PENDING] == 1
    reopened.close()


@pytest.mark.parametrize(
    ("version", "age", "remedy"), [(99, "a newer", "update the program"), (0, "an older", "name an")]
)
def test_the_tables_of_another_version_are_refused(
    store: ServingStore, store_url: str, beside: Beside, version, age, remedy
) -> None:
    beside.set_version(version)
    with pytest.raises(StoreError, match=f"was made by {age} version .* have version {version}, .*{remedy}"):
        open_at(store_url)


def test_tables_left_half_made_are_completed(store_url: str, beside: Beside) -> None:
    open_at(store_url).close()
    beside.forget_version()
    beside.lose_requests_and_roster()
    completed = open_at(store_url)
    assert completed.requests.ask("aespa", "aespa", NOON).ask_count == 1
    assert completed.roster.ids() == []
    completed.close()


def test_indexes_that_were_not_made_are_completed_and_none_but_the_key_is_unique(
    store_url: str, beside: Beside
) -> None:
    # An upsert on PostgreSQL watches one unique index; racing inserts would trip over a second one.
    open_at(store_url).close()
    beside.forget_version()
    beside.lose_an_index()
    open_at(store_url).close()
    assert beside.has_its_indexes()


def test_a_lost_table_is_a_sentence_not_a_trace(store: ServingStore, beside: Beside) -> None:
    beside.lose_requests_and_roster()
    what = r"\(.*roster.*\): put that right|\(a table is not there: Query\): deploy the template"
    with pytest.raises(StoreError, match=rf"The serving store, \w+ .*, refused an operation ({what})"):
        store.roster.ids()
