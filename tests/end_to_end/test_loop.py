"""The loop as people meet it: ask → pending → sensor → refresh → answer, with the real daemon."""

import os
import signal
from datetime import UTC, datetime

import dagster as dg
import pytest

from spotify_assets.core.names import name_key
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store import ArtistRequest, ServingStore, State, open_store
from tests.end_to_end.conftest import Processes, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture
def store(loop: Processes) -> ServingStore:
    return open_store(load_settings(platform_home=str(loop.home)))


def request_of(store: ServingStore, name: str) -> ArtistRequest:
    return next(request for request in store.requests.all() if request.name_key == name_key(name))


def test_a_known_artist_is_answered_at_once_in_the_language_of_the_question(loop: Processes) -> None:
    korean, english = loop.chat("에스파"), loop.chat("songs like aespa")
    assert korean["kind"] == english["kind"] == "artist"
    assert korean["artist"]["name"] == english["artist"]["name"] == "aespa"
    assert korean["text"] != english["text"]
    assert korean["similar"][0]["why"] != english["similar"][0]["why"]


def test_an_unknown_artist_is_pending_and_then_answered(loop: Processes, store: ServingStore) -> None:
    first = loop.chat("검정치마")
    assert first["kind"] == "pending"
    assert first["similar"] == []
    answer = wait_for("an answer", lambda: (a := loop.chat("검정치마"))["kind"] == "artist" and a)
    assert answer["artist"]["name"] == "The Black Skirts"
    assert len(answer["similar"]) >= 10
    wait_for("the end of the request", lambda: request_of(store, "검정치마").state is State.DONE)
    assert len([r for r in store.requests.all() if r.name_key == name_key("검정치마")]) == 1


def test_a_name_nobody_knows_ends_as_not_found(loop: Processes, store: ServingStore) -> None:
    assert loop.chat("Zxqwv Unheard Of")["kind"] == "pending"
    answer = wait_for("not_found", lambda: (a := loop.chat("Zxqwv Unheard Of"))["kind"] != "pending" and a)
    assert answer["kind"] == "not_found"


@pytest.mark.nightly
def test_a_request_survives_a_run_killed_in_the_middle(loop: Processes, store: ServingStore) -> None:
    store.requests.ask(name_key("혁오"), "혁오", datetime.now(UTC))
    held = wait_for(
        "a run that holds it", lambda: (r := request_of(store, "혁오")).state is State.RUNNING and r
    )
    os.kill(_worker_of(loop, held.run_id), signal.SIGKILL)
    wait_for("the answer", lambda: request_of(store, "혁오").state is State.DONE)
    request = request_of(store, "혁오")
    assert request.attempts >= 1
    assert request.run_id != held.run_id
    assert loop.chat("혁오")["kind"] == "artist"


def _worker_of(loop: Processes, run_id: str) -> int:
    """The process that executes a run's steps, as the run's own events tell."""
    with dg.DagsterInstance.from_config(str(loop.home / "dagster")) as instance:
        steps = [e.dagster_event for e in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_START)]
    return next(event.pid for event in steps if event and event.pid)
