"""The sensor's promise: whatever is asked gets one refresh at a time, and none is lost when a run dies."""

import uuid
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from spotify_assets.core.lake.pointers import model_path
from spotify_assets.core.names import name_key
from spotify_assets.core.store import ArtistRequest, State
from spotify_assets.defs.refresh import sensor
from spotify_assets.defs.resources import Platform


def ask(platform: Platform, name: str, when: datetime | None = None) -> ArtistRequest:
    return platform.store.requests.ask(name_key(name), name, when or datetime.now(UTC))


def tick(platform: Platform, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    context = dg.build_sensor_context(instance=instance, resources={"platform": platform})
    result = sensor.unknown_artist_sensor(context)
    return list(result.run_requests or []) if isinstance(result, dg.SensorResult) else []


def record(
    instance: dg.DagsterInstance, request: dg.RunRequest, status: dg.DagsterRunStatus
) -> dg.DagsterRun:
    """Put a run into the instance as the daemon would have for this request."""
    run = dg.DagsterRun(
        job_name=request.job_name or "refresh",
        run_id=str(uuid.uuid4()),
        status=status,
        tags={**request.tags, "dagster/run_key": request.run_key or ""},
    )
    instance.add_run(run)
    return run


def claimed_by(platform: Platform, run_id: str) -> list[ArtistRequest]:
    now = datetime.now(UTC)
    keys = [request.name_key for request in platform.store.requests.due(now, 10)]
    return platform.store.requests.claim(keys, run_id, now, now + timedelta(minutes=15))


@pytest.fixture
def fitted(platform: Platform) -> Platform:
    """A platform that has a fitted model, so that a refresh need not build everything."""
    platform.lake.storage.write_whole(model_path("m20260101T000000Z-0000"), b"PAR1")
    return platform


def test_nothing_asked_means_no_run(fitted: Platform, instance: dg.DagsterInstance) -> None:
    assert tick(fitted, instance) == []


def test_a_new_name_launches_one_refresh_of_just_that_name(
    fitted: Platform, instance: dg.DagsterInstance
) -> None:
    ask(fitted, "잔나비")
    (request,) = tick(fitted, instance)
    assert request.job_name == "refresh"
    assert request.run_config["ops"]["artist_requests"]["config"] == {"name_keys": ["잔나비"]}
    assert request.run_config["ops"]["raw_artists"]["config"] == {"artist_ids": []}
    assert request.tags["dagster/max_retries"] == "0"


def test_asking_again_while_pending_stays_one_row_and_one_run_key(
    fitted: Platform, instance: dg.DagsterInstance
) -> None:
    ask(fitted, "잔나비")
    (first,) = tick(fitted, instance)
    assert ask(fitted, " 잔나비 ").ask_count == 2
    (second,) = tick(fitted, instance)
    assert first.run_key == second.run_key
    assert len(fitted.store.requests.all()) == 1


def test_all_that_is_due_goes_into_one_batch(fitted: Platform, instance: dg.DagsterInstance) -> None:
    for name in ("잔나비", "혁오", "Bon Iver"):
        ask(fitted, name)
    (request,) = tick(fitted, instance)
    assert set(request.run_config["ops"]["artist_requests"]["config"]["name_keys"]) == {
        "잔나비",
        "혁오",
        "boniver",
    }


# A queued run needs a remote origin, which only a daemon gives it; the end-to-end test has real ones.
@pytest.mark.parametrize("status", [s for s in sensor.UNFINISHED if s is not dg.DagsterRunStatus.QUEUED])
def test_no_second_run_while_one_is_in_flight(
    fitted: Platform, instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    ask(fitted, "잔나비")
    (request,) = tick(fitted, instance)
    record(instance, request, status)
    ask(fitted, "혁오")
    assert tick(fitted, instance) == []


def test_a_failed_run_gives_its_requests_back_and_the_next_key_differs(
    fitted: Platform, instance: dg.DagsterInstance
) -> None:
    ask(fitted, "잔나비")
    (first,) = tick(fitted, instance)
    run = record(instance, first, dg.DagsterRunStatus.FAILURE)
    (held,) = claimed_by(fitted, run.run_id)
    assert held.state is State.RUNNING

    assert tick(fitted, instance) == [], "it waits before it tries again"
    (request,) = fitted.store.requests.all()
    assert request.state is State.PENDING
    assert request.attempts == 1
    assert run.run_id in (request.error or "")
    assert request.next_attempt_at and request.next_attempt_at > datetime.now(UTC)

    later = sensor.batch_digest([request])
    assert first.tags[sensor.BATCH_TAG] != later


def test_a_run_that_died_before_it_claimed_anything_is_followed_by_another(
    fitted: Platform, instance: dg.DagsterInstance
) -> None:
    ask(fitted, "잔나비")
    (first,) = tick(fitted, instance)
    record(instance, first, dg.DagsterRunStatus.FAILURE)
    (second,) = tick(fitted, instance)
    assert second.run_key != first.run_key, "Dagster never launches one key twice"


def test_a_batch_that_no_run_can_take_up_fails_with_a_reason(
    fitted: Platform, instance: dg.DagsterInstance
) -> None:
    ask(fitted, "잔나비")
    for _ in range(sensor.MAX_ATTEMPTS):
        (request,) = tick(fitted, instance)
        record(instance, request, dg.DagsterRunStatus.FAILURE)
    assert tick(fitted, instance) == []
    (failed,) = fitted.store.requests.all()
    assert failed.state is State.FAILED
    assert "died before they took it up" in (failed.error or "")


def test_requests_of_a_run_that_nobody_knows_any_more_are_given_back(
    fitted: Platform, instance: dg.DagsterInstance
) -> None:
    ask(fitted, "잔나비")
    claimed_by(fitted, "a-run-that-is-gone")
    tick(fitted, instance)
    (request,) = fitted.store.requests.all()
    assert request.state is State.PENDING
    assert "is gone" in (request.error or "")


def test_a_run_past_its_lease_loses_its_requests(fitted: Platform, instance: dg.DagsterInstance) -> None:
    ask(fitted, "잔나비")
    (first,) = tick(fitted, instance)
    run = record(instance, first, dg.DagsterRunStatus.STARTED)
    now = datetime.now(UTC)
    fitted.store.requests.claim(["잔나비"], run.run_id, now, now - timedelta(seconds=1))
    tick(fitted, instance)
    (request,) = fitted.store.requests.all()
    assert request.state is State.PENDING
    assert "past its lease" in (request.error or "")


def test_a_living_run_keeps_its_requests(fitted: Platform, instance: dg.DagsterInstance) -> None:
    ask(fitted, "잔나비")
    (first,) = tick(fitted, instance)
    run = record(instance, first, dg.DagsterRunStatus.STARTED)
    claimed_by(fitted, run.run_id)
    tick(fitted, instance)
    (request,) = fitted.store.requests.all()
    assert (request.state, request.run_id) == (State.RUNNING, run.run_id)


def test_a_retry_of_the_run_keeps_the_requests_of_the_first(
    fitted: Platform, instance: dg.DagsterInstance
) -> None:
    ask(fitted, "잔나비")
    (first,) = tick(fitted, instance)
    run = record(instance, first, dg.DagsterRunStatus.FAILURE)
    claimed_by(fitted, run.run_id)
    retry = dg.DagsterRun(
        job_name="refresh",
        run_id=str(uuid.uuid4()),
        status=dg.DagsterRunStatus.STARTED,
        root_run_id=run.run_id,
        parent_run_id=run.run_id,
        tags={"dagster/root_run_id": run.run_id, "dagster/parent_run_id": run.run_id},
    )
    instance.add_run(retry)
    tick(fitted, instance)
    (request,) = fitted.store.requests.all()
    assert request.state is State.RUNNING


def test_after_too_many_dead_runs_a_request_fails_and_may_be_asked_again_later(
    fitted: Platform, instance: dg.DagsterInstance
) -> None:
    ask(fitted, "잔나비")
    for attempt in range(1, sensor.MAX_ATTEMPTS + 1):
        run_id = f"dead-{attempt}"
        now = datetime.now(UTC) + timedelta(days=attempt)
        keys = [request.name_key for request in fitted.store.requests.due(now, 10)]
        fitted.store.requests.claim(keys, run_id, now, now + timedelta(minutes=1))
        (request,) = sensor.give_back(fitted.store, run_id, "killed", now)
    assert request.state is State.FAILED
    again = ask(fitted, "잔나비", datetime.now(UTC) + timedelta(days=30))
    assert (again.state, again.generation, again.attempts) == (State.PENDING, 2, 0)


def test_a_platform_without_a_model_builds_everything_first(
    platform: Platform, instance: dg.DagsterInstance
) -> None:
    ask(platform, "잔나비")
    (request,) = tick(platform, instance)
    assert request.job_name == "build"
    assert "raw_artists" not in request.run_config["ops"], "the whole roster is observed"


def test_a_digest_depends_on_what_is_asked_not_on_its_order() -> None:
    now = datetime.now(UTC)

    def request(name: str, generation: int = 1, attempts: int = 0) -> ArtistRequest:
        return ArtistRequest(name, name, State.PENDING, (), attempts, generation, 1, now, now)

    one, two = request("a"), request("b")
    assert sensor.batch_digest([one, two]) == sensor.batch_digest([two, one])
    others = [[one], [request("a", generation=2), two], [request("a", attempts=1), two]]
    assert len({sensor.batch_digest(batch) for batch in [[one, two], *others]}) == 4
