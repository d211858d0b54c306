"""A process that is killed holds nothing: neither the warehouse nor the sensor waits for it."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from spotify_assets.core.names import name_key
from spotify_assets.core.settings import PROJECT_ROOT
from spotify_assets.core.store import State
from spotify_assets.defs.locks import exclusive, is_held
from spotify_assets.defs.refresh import sensor
from spotify_assets.defs.refresh.by_hand import take_back
from spotify_assets.defs.refresh.dead_runs import end_dead_runs
from spotify_assets.defs.resources import Platform

HOLDER = """
import signal, sys, time
from pathlib import Path
# A shell that starts the tests in the background has them, and so this process, ignore SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)
from spotify_assets.defs.locks import exclusive, hold
path, way = Path(sys.argv[1]), sys.argv[2]
if way == "alone":
    with exclusive(path, "run of a test", print):
        print("held", flush=True)
        time.sleep(600)
file = hold(path)
print("held", flush=True)
time.sleep(600)
"""


def holder(path: Path, way: str) -> subprocess.Popen[str]:
    """Start a process that holds a lock; return once it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), way], stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT
    )
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_lock_is_waited_for_naming_who_has_it_and_falls_free_when_they_are_killed(tmp_path: Path) -> None:
    path, heard = tmp_path / "warehouse.lock", []
    other = holder(path, "alone")

    def hear(who: str) -> None:
        heard.append(who)
        kill(other)

    with exclusive(path, "me", hear):
        assert heard == ["run of a test"]
        assert is_held(path)
        assert path.read_text() == "me"
    assert not is_held(path)


def test_waiting_for_a_lock_can_be_interrupted(tmp_path: Path) -> None:
    other = holder(tmp_path / "lock", "alone")
    waiting = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock"), "alone"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT_ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert waiting.stdout and waiting.stdout.readline() == "run of a test\n"
    waiting.send_signal(signal.SIGINT)
    _, said = waiting.communicate(timeout=60)
    assert "KeyboardInterrupt" in said
    assert is_held(tmp_path / "lock")
    kill(other)


def test_several_processes_of_one_run_hold_its_mark_together(tmp_path: Path) -> None:
    mark = tmp_path / "running" / "run"
    one, two = holder(mark, "together"), holder(mark, "together")
    kill(one)
    assert is_held(mark)
    kill(two)
    assert not is_held(mark)
    assert not is_held(tmp_path / "no such mark")


@pytest.fixture
def started(platform: Platform, instance: dg.DagsterInstance) -> Iterator[tuple[dg.DagsterRun, Path]]:
    """A refresh that Dagster takes for running, and its mark, which is not held."""
    run = dg.DagsterRun(
        job_name="refresh",
        run_id=str(uuid.uuid4()),
        status=dg.DagsterRunStatus.STARTED,
        tags={"spotify_assets/refresh": "yes"},
    )
    instance.add_run(run)
    mark = platform.settings.platform_home / "running" / run.run_id
    mark.parent.mkdir(parents=True)
    mark.touch()
    yield run, mark


def status_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRunStatus:
    record = instance.get_run_by_id(run.run_id)
    assert record
    return record.status


def test_a_run_whose_process_is_gone_ends_as_failed_and_the_sensor_goes_on(
    platform: Platform, instance: dg.DagsterInstance, started: tuple[dg.DagsterRun, Path]
) -> None:
    run, mark = started
    long_ago = time.time() - 60
    os.utime(mark, (long_ago, long_ago))
    now = datetime.now(UTC)
    platform.store.requests.ask(name_key("잔나비"), "잔나비", now)
    platform.store.requests.claim(["잔나비"], run.run_id, now, now + timedelta(minutes=15))

    with dg.build_sensor_context(instance=instance, resources={"platform": platform}) as context:
        sensor.unknown_artist_sensor(context)
    assert status_of(instance, run) is dg.DagsterRunStatus.FAILURE
    assert not mark.exists()
    (request,) = platform.store.requests.all()
    assert request.state is State.PENDING
    assert run.run_id in (request.error or "")


def test_what_a_killed_run_held_is_taken_up_at_once_by_a_command(
    platform: Platform, instance: dg.DagsterInstance, started: tuple[dg.DagsterRun, Path]
) -> None:
    run, mark = started
    requests, now = platform.store.requests, datetime.now(UTC)
    for name, run_id in (("잔나비", run.run_id), ("혁오", "of-another-machine")):
        requests.ask(name, name, now)
        requests.claim([name], run_id, now, now + timedelta(minutes=15))

    def taken_up() -> list[str]:
        take_back(platform.settings, platform.store, instance, {run.run_id, "of-another-machine"})
        claimed = requests.claim(["잔나비", "혁오"], "next", datetime.now(UTC), now + timedelta(minutes=15))
        return [request.query for request in claimed]

    process = holder(mark, "together")
    assert taken_up() == []
    kill(process)
    long_ago = time.time() - 60
    os.utime(mark, (long_ago, long_ago))
    assert taken_up() == ["잔나비"]
    assert status_of(instance, run) is dg.DagsterRunStatus.FAILURE


def test_a_run_whose_process_lives_is_left_alone_however_long_it_takes(
    platform: Platform, instance: dg.DagsterInstance, started: tuple[dg.DagsterRun, Path]
) -> None:
    run, mark = started
    process = holder(mark, "together")
    assert end_dead_runs(instance, platform.settings, datetime.now(UTC) + timedelta(days=2)) == []
    assert status_of(instance, run) is dg.DagsterRunStatus.STARTED
    kill(process)
    (dead,) = end_dead_runs(instance, platform.settings, datetime.now(UTC) + timedelta(days=2))
    assert dead.run_id == run.run_id


def test_a_run_that_begins_this_moment_is_left_alone(
    platform: Platform, instance: dg.DagsterInstance, started: tuple[dg.DagsterRun, Path]
) -> None:
    run, mark = started
    moment = datetime.fromtimestamp(mark.stat().st_mtime, UTC) + timedelta(seconds=1)
    assert end_dead_runs(instance, platform.settings, moment) == []
    assert status_of(instance, run) is dg.DagsterRunStatus.STARTED
    assert mark.exists()


def test_marks_of_runs_that_ended_are_forgotten(
    platform: Platform, instance: dg.DagsterInstance, started: tuple[dg.DagsterRun, Path]
) -> None:
    run, mark = started
    instance.report_run_failed(run)
    unknown = mark.with_name("a-run-nobody-knows")
    unknown.touch()
    assert end_dead_runs(instance, platform.settings, datetime.now(UTC) + timedelta(minutes=1)) == []
    assert not mark.exists()
    assert not unknown.exists()


def test_a_run_marks_itself_as_long_as_its_process_lives(
    platform: Platform, instance: dg.DagsterInstance
) -> None:
    @dg.op
    def look(context: dg.OpExecutionContext, platform: Platform) -> bool:
        return is_held(platform.settings.platform_home / "running" / context.run.run_id)

    @dg.job
    def job() -> None:
        look()

    result = job.execute_in_process(instance=instance, resources={"platform": platform})
    assert result.output_for_node("look") is True
