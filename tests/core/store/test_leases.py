"""One machine at a time: the lease in the store, on every engine and between threads."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from spotify_assets.core.store import Lease, ServingStore

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SOON = NOON + timedelta(seconds=90)


def test_a_lease_is_one_machines_until_it_runs_out(store: ServingStore) -> None:
    leases = store.leases
    ours = leases.take("warehouse", "one", "run 1", NOON, SOON)
    assert ours == Lease("warehouse", "one", "run 1", SOON)
    assert leases.take("warehouse", "two", "run 2", SOON - timedelta(microseconds=1), SOON) == ours
    late = SOON + timedelta(seconds=90)
    assert leases.take("warehouse", "two", "run 2", SOON, late) == Lease("warehouse", "two", "run 2", late)
    assert not leases.renew("warehouse", "one", late)


def test_a_machine_takes_over_what_a_process_of_its_own_left(store: ServingStore) -> None:
    store.leases.take("warehouse", "one", "a run that was killed", NOON, SOON)
    again = store.leases.take("warehouse", "one", "run 2", NOON, SOON)
    assert (again.holder, again.user) == ("one", "run 2")


def test_a_renewed_lease_stays_and_a_released_one_is_free(store: ServingStore) -> None:
    leases = store.leases
    leases.take("warehouse", "one", "run 1", NOON, SOON)
    later = SOON + timedelta(seconds=90)
    assert leases.renew("warehouse", "one", later)
    assert leases.take("warehouse", "two", "run 2", SOON, later).holder == "one"
    leases.release("warehouse", "two")
    assert leases.take("warehouse", "two", "run 2", SOON, later).holder == "one"
    leases.release("warehouse", "one")
    assert not leases.renew("warehouse", "one", later)
    assert leases.take("warehouse", "two", "run 2", NOON, SOON).holder == "two"


def test_leases_of_other_names_are_nobodys_business(store: ServingStore) -> None:
    store.leases.take("warehouse a", "one", "run 1", NOON, SOON)
    assert store.leases.take("warehouse b", "two", "run 2", NOON, SOON).holder == "two"


@pytest.mark.parametrize("standing", [None, "gone"])
def test_of_many_that_reach_for_it_at_once_one_gets_it(store: ServingStore, standing: str | None) -> None:
    if standing:
        store.leases.take("warehouse", standing, "it", NOON - timedelta(hours=1), NOON)

    def reach(holder: str) -> bool:
        return store.leases.take("warehouse", holder, "run", NOON, SOON).holder == holder

    with ThreadPoolExecutor(8) as machines:
        assert sum(machines.map(reach, (f"machine {n}" for n in range(8)))) == 1
