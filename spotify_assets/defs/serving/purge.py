"""Removing rows for good: from the lake, then from everything that was built of them."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pyarrow.compute as pc
from sqlalchemy import make_url

from spotify_assets.core.errors import PlatformError
from spotify_assets.core.lake.chat_events import drop_files_before
from spotify_assets.core.lake.housekeeping import Purged
from spotify_assets.core.lake.lake import Lake, open_lake
from spotify_assets.core.lake.moods import delete_moods
from spotify_assets.core.lake.pointers import current_snapshot, model_versions, snapshots
from spotify_assets.core.records import CHAT_TURNS
from spotify_assets.core.settings import Settings
from spotify_assets.defs.chat_events.raw import SOURCE as CHAT
from spotify_assets.defs.marts.models import full_refresh
from spotify_assets.defs.marts.warehouse import open_warehouse, sole_use
from spotify_assets.defs.serving.snapshot import drop, drop_unlisted
from spotify_assets.runs import Say, prepare_dagster_home, run_job

REBUILD = "group:staging or group:intermediate or group:marts or group:serving"
REBUILD_WITHOUT_FITTING = f"({REBUILD}) and not key:similarity_model"


def purge(settings: Settings, source: str | None, say: Say) -> Purged:
    """Remove expired rows, and all rows of `source`, wherever they lie.

    The lake's files are rewritten without them; then the warehouse is deleted and built anew from what is
    left, published, and every older snapshot dropped, which ends rollback past this point. Where nothing is
    left, nothing is what the bot answers from. Dagster's record
    of earlier runs goes, too: it shows the first rows of what they wrote. Killed half-way it can simply be
    run again.

    Raises:
        RunError: the rebuild failed; the lake is purged, the published answers are still the old ones.
        PlatformError: a database was busy, so that what was deleted in it may still be in its file.
    """
    lake = open_lake(settings)
    with sole_use(settings, "spotify-assets purge", say):
        removed = lake.purge(datetime.now(UTC), source, before=lambda: delete_moods(lake))
        _drop_events(settings, lake, everything=source == CHAT)
        open_warehouse(settings).forget()
    _forget_runs(settings)
    selection = what_to_rebuild(lake)
    if selection is None:
        say(f"lake: {removed.rows_removed} rows removed; nothing was built of them yet")
        return removed
    say(f"lake: {removed.rows_removed} rows removed; building everything anew from what is left")
    run_job(settings, "build", selection, full_refresh(), say=say)
    current = current_snapshot(lake)
    for old in (s for s in snapshots(lake) if current is None or s != current.snapshot):
        drop(lake, old)
    drop_unlisted(lake, datetime.now(UTC))
    for database in _databases(settings):
        _vacuum(database)
    return removed


def _drop_events(settings: Settings, lake: Lake, everything: bool) -> None:
    """Delete the stream's files of chat events: all, or those older than what is read from them may get."""
    now = datetime.now(UTC)
    oldest = now - timedelta(days=settings.expire_after_days[CHAT_TURNS.name])
    drop_files_before(lake, (now + timedelta(days=2) if everything else oldest).date())


def what_to_rebuild(lake: Lake) -> str | None:
    """Return the assets to build of a purged lake; None where nothing was ever built.

    The similarity model is fitted anew only where a track with features is left. Without one the marts keep
    the version they had and hold nobody similar.
    """
    if not model_versions(lake):
        return None
    tracks, features = (
        lake.read("tracks", ["track_id", "name"]),
        lake.read("audio_features", ["track_id", "energy"]),
    )
    named = tracks.filter(pc.is_valid(tracks["name"]))["track_id"].combine_chunks()
    heard = features.filter(pc.is_valid(features["energy"]))["track_id"]
    can_fit = pc.any(pc.is_in(heard, value_set=named), min_count=0).as_py()
    return REBUILD if can_fit else REBUILD_WITHOUT_FITTING


def _forget_runs(settings: Settings) -> None:
    """Delete what Dagster keeps of runs that are over, and of what they materialised."""
    home = prepare_dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        instance.wipe_assets(list(instance.all_asset_keys()))
        over = [run.run_id for run in instance.get_runs() if run.is_finished]
        for run_id in over:
            instance.delete_run(run_id)
    for run_id in over:
        # Dagster empties a run's own database and leaves the file; its output it leaves altogether.
        for file in (home / "history" / "runs").glob(f"{run_id}.db*"):
            file.unlink()
        shutil.rmtree(home / "storage" / run_id, ignore_errors=True)


def _databases(settings: Settings) -> Iterator[Path]:
    """Return the SQLite files in which rows were deleted; a server looks after its own."""
    serving = make_url(settings.serving_url)
    if serving.get_backend_name() == "sqlite" and serving.database:
        yield Path(serving.database)
    yield from sorted((settings.dagster_home / "history").rglob("*.db"))
    yield from sorted((settings.dagster_home / "schedules").rglob("*.db"))


def _vacuum(database: Path) -> None:
    """Rewrite a SQLite file without the pages that deleted rows left, and empty its log."""
    try:
        with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
            connection.execute("vacuum")
            (is_busy, *_) = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    except sqlite3.OperationalError as error:
        raise PlatformError(f"{database} could not be vacuumed ({error}): purge again later") from error
    if is_busy:
        raise PlatformError(f"{database} is being read, so its log could not be emptied: purge again later")
