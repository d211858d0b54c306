"""Removing rows for good: from the lake, then from everything that was built of them."""

from datetime import UTC, datetime

from spotify_assets.core.lake.housekeeping import Purged
from spotify_assets.core.lake.lake import open_lake
from spotify_assets.core.lake.pointers import current_snapshot, snapshots
from spotify_assets.core.settings import Settings
from spotify_assets.defs.marts.models import full_refresh
from spotify_assets.defs.serving.snapshot import drop
from spotify_assets.runs import Say, run_job

REBUILD = "group:staging or group:intermediate or group:marts or group:serving"


def purge(settings: Settings, source: str | None, say: Say) -> Purged:
    """Remove expired rows, and all rows of `source`, wherever they lie.

    The lake's files are rewritten without them; then the warehouse is deleted and built anew from what is
    left, published, and every older snapshot dropped, which ends rollback past this point. Killed half-way
    it can simply be run again.

    Raises:
        RunError: the rebuild failed; the lake is purged, the published answers are still the old ones.
    """
    lake = open_lake(settings)
    removed = lake.purge(datetime.now(UTC), source)
    say(f"lake: {removed.rows_removed} rows removed; building everything anew from what is left")
    # A table that is dropped leaves its pages in the file; a new file has only what is built now.
    settings.warehouse_path.unlink(missing_ok=True)
    run_job(settings, "build", REBUILD, full_refresh(), say=say)
    current = current_snapshot(lake)
    for old in (s for s in snapshots(lake) if current is None or s != current.snapshot):
        drop(lake, old)
    return removed
