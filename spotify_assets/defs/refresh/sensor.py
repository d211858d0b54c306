"""The sensor that turns what the bot could not answer into one refresh run at a time.

A tick reads the queue, gives back what dead runs held, and requests at most one run. It never asks a
catalogue anything: resolving names belongs to the run.
"""

import hashlib
from datetime import UTC, datetime, timedelta

import dagster as dg

from spotify_assets.core.lake.pointers import model_versions
from spotify_assets.core.store import ArtistRequest, ServingStore, State
from spotify_assets.defs.ingestion.observations import RAW_ASSETS
from spotify_assets.defs.marts.models import REFRESHED_OPS
from spotify_assets.defs.refresh.dead_runs import end_dead_runs
from spotify_assets.defs.refresh.requests import LEASE
from spotify_assets.defs.resources import Platform
from spotify_assets.defs.schedules import build, refresh

BATCH = 50
"""Requests one run takes up at most."""

MAX_ATTEMPTS = 4
"""A request fails for good once this many runs have died on it."""

BATCH_TAG = "spotify_assets/batch"
"""Run tag: digest of the requests a refresh was launched for."""

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def backoff(attempts: int) -> timedelta:
    """Return how long to wait before attempt `attempts` + 1: 15 s, 1 min, 4 min, …"""
    return timedelta(seconds=15 * 4 ** max(attempts - 1, 0))


def batch_digest(requests: list[ArtistRequest]) -> str:
    """Return a digest of a batch: other names, a new generation, another attempt or time make another."""
    parts = sorted(f"{r.name_key}\x1f{r.generation}\x1f{r.attempts}\x1f{r.next_attempt_at}" for r in requests)
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()[:20]


def refresh_config(name_keys: list[str], bootstrap: bool = False) -> dg.RunConfig:
    """Return the run config of a refresh: these requests and the artists they mean, nothing else.

    With `bootstrap` the run works on the whole roster as well, for a platform with no fitted model yet.
    """
    ops = {"artist_requests": {"config": {"name_keys": name_keys}}}
    if not bootstrap:
        for op in (*(asset.name for asset in RAW_ASSETS), "artist_neighbours", *REFRESHED_OPS):
            ops[op] = {"config": {"artist_ids": []}}
    return dg.RunConfig(ops=ops)


def release_dead_runs(
    store: ServingStore, instance: dg.DagsterInstance, now: datetime
) -> list[ArtistRequest]:
    """Give back the requests of runs that ended without settling them, or whose lease is past."""
    running = [r for r in store.requests.all() if r.state is State.RUNNING and r.run_id]
    released: list[ArtistRequest] = []
    for run_id in sorted({r.run_id for r in running if r.run_id}):
        reason = cause_of_death(instance, run_id)
        if reason is None and any(
            r.run_id == run_id and r.lease_until and r.lease_until < now for r in running
        ):
            reason = f"run {run_id} held it past its lease"
        if reason:
            released += give_back(store, run_id, reason, now)
    return released


def give_back(store: ServingStore, run_id: str, reason: str, now: datetime) -> list[ArtistRequest]:
    """Return a dead run's requests to the queue, to be tried after a pause that grows with the attempts."""
    attempts = max((r.attempts for r in store.requests.held_by(run_id)), default=0)
    return store.requests.give_back(run_id, now, reason, MAX_ATTEMPTS, now + backoff(attempts + 1))


def cause_of_death(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """Say why the run that holds requests is dead; None while it, or a retry of it, still goes on."""
    run = instance.get_run_by_id(run_id)
    if run is None:
        return f"run {run_id} is gone"
    family = [run, *instance.get_runs(dg.RunsFilter(tags={"dagster/root_run_id": run_id}))]
    if any(not member.is_finished for member in family):
        return None
    last = max(family, key=lambda member: instance.get_run_stats(member.run_id).end_time or 0)
    return f"run {last.run_id} ended as {last.status.value} without settling it"


@dg.sensor(
    jobs=[refresh, build],
    minimum_interval_seconds=1,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Launches one refresh run for the artists people asked for and the bot did not know.",
)
def unknown_artist_sensor(
    context: dg.SensorEvaluationContext, platform: Platform
) -> dg.SensorResult | dg.SkipReason:
    """Request one run for the batch of due requests, unless one is on its way."""
    store, instance, now = platform.store, context.instance, datetime.now(UTC)
    for run in end_dead_runs(instance, platform.settings, now):
        context.log.warning(
            "run %s of %s had no process any more: it counts as failed", run.run_id, run.job_name
        )
    for request in release_dead_runs(store, instance, now):
        context.log.warning(
            "%r goes back to the queue as %s: %s", request.query, request.state, request.error
        )

    in_flight = instance.get_runs(
        # Past its lease a run holds nothing any more, whatever became of it.
        dg.RunsFilter(statuses=UNFINISHED, tags={"spotify_assets/refresh": "yes"}, created_after=now - LEASE),
        limit=1,
    )
    if in_flight:
        return dg.SkipReason(f"refresh run {in_flight[0].run_id} is on its way")
    due = store.requests.due(now, BATCH)
    if not due:
        return dg.SkipReason("nobody waits for an artist")

    digest = batch_digest(due)
    # A run may die before it claims anything; then nothing in the store has moved, and only the run records
    # know of the attempt. The key counts them, since Dagster never launches one key twice.
    launches = instance.get_runs_count(dg.RunsFilter(tags={BATCH_TAG: digest}))
    if launches >= MAX_ATTEMPTS:
        return _fail_unclaimable(store, due, launches, now)
    bootstrap = not model_versions(platform.lake)
    keys = [request.name_key for request in due]
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                job_name="build" if bootstrap else "refresh",
                run_key=f"{digest}:{launches}",
                run_config=refresh_config(keys, bootstrap),
                tags={
                    BATCH_TAG: digest,
                    "spotify_assets/refresh": "yes",
                    # A request has attempts of its own; Dagster must not retry the run behind its back.
                    "dagster/max_retries": "0",
                    "dagster/priority": "10",
                },
            )
        ]
    )


def _fail_unclaimable(
    store: ServingStore, due: list[ArtistRequest], launches: int, now: datetime
) -> dg.SkipReason:
    reason = f"{launches} refresh runs died before they took it up; look at the runs' logs"
    holder = f"sensor-{now:%Y%m%dT%H%M%S}"
    for request in store.requests.claim([r.name_key for r in due], holder, now, now + timedelta(minutes=1)):
        store.requests.finish(request.name_key, holder, State.FAILED, now, reason, now + timedelta(hours=1))
    return dg.SkipReason(reason)
