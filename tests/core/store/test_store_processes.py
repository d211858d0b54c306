"""What the store promises when several processes use it at once, and when one of them is killed."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from store_process import DOCUMENTS, ask, claim, document, documents, ping, publish, put, refresh
from store_race import Processes

from spotify_assets.core.store import ServingStore, State, open_at

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ROUNDS = 12
"""How often each of the processes that race does what it does."""


def test_eight_processes_that_ask_a_new_name_make_one_request(
    store: ServingStore, processes: Processes
) -> None:
    keys = [f"name{number:02d}" for number in range(15)]
    processes.race(*[(ask, 3, *keys)] * 8)
    requests = store.requests.all()
    assert sorted(request.name_key for request in requests) == keys
    assert {(r.ask_count, r.generation, r.state) for r in requests} == {(24, 1, State.PENDING)}


def test_publishers_of_the_same_new_document_do_not_turn_each_other_away(
    store: ServingStore, processes: Processes
) -> None:
    assert processes.race(*[(publish, version, 30) for version in ("v1", "v2", "v3")]) == [30] * 3
    for number in range(30):
        [version] = store.answers.versions("artist", [f"a{number}"]).values()
        assert [match.label for match in store.answers.find(f"common {number}")] == [version]


def test_eight_processes_that_ask_for_what_was_done_start_one_generation(
    store: ServingStore, processes: Processes
) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    store.requests.claim(["aespa"], "run", NOON, NOON)
    store.requests.finish("aespa", "run", State.DONE, NOON)
    processes.race(*[(ask, 5, "aespa")] * 8)
    [request] = store.requests.all()
    assert (request.ask_count, request.generation, request.state) == (41, 2, State.PENDING)


def test_of_racing_runs_exactly_one_gets_each_request(store: ServingStore, processes: Processes) -> None:
    keys = [f"name{number:02d}" for number in range(60)]
    for key in keys:
        store.requests.ask(key, key, NOON)
    shuffled = [random.Random(run).sample(keys, len(keys)) for run in range(4)]
    got = processes.race(*[(claim, f"run{run}", *order) for run, order in enumerate(shuffled)])
    assert sorted(key for mine in got for key in mine) == keys
    for run, mine in enumerate(got):
        assert [request.name_key for request in store.requests.held_by(f"run{run}")] == mine


def test_of_eight_processes_that_race_for_one_request_exactly_one_gets_it(
    store: ServingStore, processes: Processes
) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    got = processes.race(*[(claim, f"run{number}", "aespa") for number in range(8)])
    assert sorted(map(len, got)) == [0] * 7 + [1]
    [request] = store.requests.all()
    assert request.run_id == f"run{got.index(['aespa'])}"


def test_nothing_asked_is_lost_while_runs_claim_finish_and_die(
    store: ServingStore, processes: Processes
) -> None:
    keys = [f"name{number:02d}" for number in range(12)]
    for key in keys:
        store.requests.ask(key, key, NOON)
    finished = processes.race(
        *[(refresh, f"run{run}", ROUNDS) for run in range(3)], *[(ask, ROUNDS, key) for key in keys[:3]]
    )
    requests = {request.name_key: request for request in store.requests.all()}
    assert [requests[key].ask_count for key in keys] == [1 + ROUNDS] * 3 + [1] * 9
    assert {request.state for request in requests.values()} <= {State.PENDING, State.DONE}
    ends = sum(r.generation - 1 + (r.state is State.DONE) for r in requests.values())
    assert ends == sum(finished[:3])


def test_processes_that_open_a_new_store_together_all_succeed(processes: Processes, store_url: str) -> None:
    assert processes.race(*[(ping,)] * 6) == ["pong"] * 6
    assert open_at(store_url).requests.all() == []


@pytest.mark.parametrize("seed", range(2))
def test_a_document_is_old_or_new_with_its_own_names_when_its_publisher_is_killed(
    store: ServingStore, processes: Processes, seed: int
) -> None:
    store.answers.put(documents("old"))
    publisher = processes.start(put)
    began = time.monotonic()
    while store.answers.versions("artist", ["a0"]) == {"a0": "old"}:
        assert time.monotonic() - began < 120, "the publisher never published"
    time.sleep(random.Random(seed).uniform(0, 0.3))
    publisher.kill()
    publisher.join()
    versions = store.answers.versions("artist")
    assert len(versions) == DOCUMENTS
    for number in range(0, DOCUMENTS, 23):
        version = versions[f"a{number}"]
        published = store.answers.artist(f"a{number}")
        assert published is not None
        assert published.model_version == version
        assert [match.label for match in store.answers.find(f"common {number}")] == [version]
        for name in document(number, version).names:
            assert [match.target_id for match in store.answers.find(name.name_key)] == [f"a{number}"]
        others = {"old", *versions.values()} - {version}
        assert all(store.answers.find(f"{other} {number} one") == [] for other in others)
    assert store.answers.put(documents("new")) == DOCUMENTS
    assert set(store.answers.versions("artist").values()) == {"new"}


def test_a_killed_run_leaves_its_requests_to_be_given_back(store: ServingStore, processes: Processes) -> None:
    for key in ("a", "b"):
        store.requests.ask(key, key, NOON)
    run = processes.start(claim, "dead", "a", "b")
    began = time.monotonic()
    while len(store.requests.held_by("dead")) < 2:
        assert time.monotonic() - began < 120, "the run never claimed"
    run.kill()
    run.join()
    late = NOON + timedelta(hours=1)
    assert {request.run_id for request in store.requests.expired(late)} == {"dead"}
    assert [r.state for r in store.requests.give_back("dead", late, "it died", 3, None)] == [
        State.PENDING
    ] * 2
    assert [r.name_key for r in store.requests.due(late, 10)] == ["a", "b"]
