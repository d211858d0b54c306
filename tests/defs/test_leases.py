"""Several machines take turns at one warehouse, and one that lost its turn publishes nothing."""

import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spotify_assets.core.settings import Settings, load_settings
from spotify_assets.core.store import ServingStore, open_store
from spotify_assets.defs.leases import LeaseLostError, leased, machine
from spotify_assets.defs.marts.warehouse import sole_use

BRIEF = 3.0
"""Seconds that a lease lasts here without renewal."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ServingStore]:
    opened = open_store(load_settings(platform_home=str(tmp_path / "shared")))
    yield opened
    opened.close()


def settings_of(tmp_path: Path, name: str) -> Settings:
    """A machine of its own, with the lake and the store that all share."""
    return load_settings(
        platform_home=str(tmp_path / name),
        lake_uri="s3://lake",
        serving_url=f"sqlite:///{tmp_path / 'serving.db'}",
    )


def test_two_machines_never_use_the_warehouse_at_once(tmp_path: Path) -> None:
    inside, most, said = [], [], []
    somebody_waits = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        somebody_waits.set()

    def refresh(name: str) -> None:
        with sole_use(settings_of(tmp_path, name), f"run of {name}", say):
            inside.append(name)
            most.append(len(inside))
            assert somebody_waits.wait(60)
            inside.remove(name)

    runs = [threading.Thread(target=refresh, args=(name,)) for name in ("one", "two")]
    for run in runs:
        run.start()
    for run in runs:
        run.join(timeout=60)
    assert most == [1, 1]
    assert len(said) == 1
    assert said[0].startswith("waiting for the warehouse, which run of ")
    assert said[0].endswith(" on another machine uses")


def test_a_lease_is_kept_for_as_long_as_its_holder_lives(store: ServingStore) -> None:
    # Twice as long: its holder is not gone for standing still on a busy machine.
    with leased(store.leases, "warehouse", "one", "run 1", print, seconds=2 * BRIEF) as turn:
        time.sleep(3 * BRIEF)
        turn.confirm()
        (lease, _) = _state(store)
        assert lease == "one"
    assert _state(store)[0] == "probe", "it is given back"


def _state(store: ServingStore) -> tuple[str, str]:
    now = datetime.now(UTC)
    lease = store.leases.take("warehouse", "probe", "probe", now, now)
    return lease.holder, lease.user


def test_a_machine_that_died_keeps_others_waiting_until_its_lease_runs_out(store: ServingStore) -> None:
    now = datetime.now(UTC)
    store.leases.take("warehouse", "gone", "a run that was killed", now, now + timedelta(seconds=BRIEF))
    heard: list[str] = []
    with leased(store.leases, "warehouse", "one", "run 1", heard.append, seconds=BRIEF):
        assert datetime.now(UTC) >= now + timedelta(seconds=BRIEF)
    assert heard == ["a run that was killed on another machine"]


def test_who_lost_the_lease_is_told_before_publishing_and_fails(store: ServingStore) -> None:
    with (
        pytest.raises(LeaseLostError, match=r"warehouse ran out.*SERVING_URL"),
        leased(store.leases, "warehouse", "one", "run 1", print, seconds=BRIEF) as turn,
    ):
        store.leases.release("warehouse", "one")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            turn.confirm()
            time.sleep(0.05)


def test_a_home_is_one_machine_however_often_it_is_asked(tmp_path: Path) -> None:
    assert machine(tmp_path) == machine(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    assert machine(other) != machine(tmp_path)


def test_a_home_is_one_machine_also_for_processes_that_name_it_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever another process asks while it is named, the answer is the same."""
    heard: list[str] = []

    def meanwhile() -> uuid.UUID:
        monkeypatch.undo()
        heard.append(machine(tmp_path))
        return uuid.UUID(int=1)

    monkeypatch.setattr("spotify_assets.defs.leases.uuid.uuid4", meanwhile)
    assert [machine(tmp_path)] == heard
    assert heard[0]
    assert [path.name for path in tmp_path.iterdir()] == ["machine"]
