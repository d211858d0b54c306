"""Runs whose process is gone: told by the lock that it held, and ended as failed.

Dagster notices a dead run only while the code server that started it lives. After `kill -9` of everything, or
of a command, such a run would count as under way for ever, and the sensor would wait for it.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import dagster as dg

from spotify_assets.core.settings import Settings
from spotify_assets.defs.locks import hold, is_held

_LOCKING = timedelta(seconds=2)
"""More than it takes from making a mark to having its lock."""

_held: list[IO[str]] = []
# Never closed here: the lock is to last until the process ends, which is after it wrote how the run ended.


def mark(settings: Settings, run_id: str) -> None:
    """Let others see that a run has a process, as long as this one lives."""
    _held.append(hold(_marks(settings) / run_id))


def end_dead_runs(instance: dg.DagsterInstance, settings: Settings, now: datetime) -> list[dg.DagsterRun]:
    """Report the runs as failed whose process is gone, and return them; forget the marks of ended runs."""
    dead = []
    for path in sorted(_marks(settings).glob("*")):
        if is_held(path) or now - _made_at(path) < _LOCKING:
            continue
        run = instance.get_run_by_id(path.name)
        if run and not run.is_finished:
            instance.report_run_failed(run, "Its process is gone: it was killed, or the machine stopped.")
            dead.append(run)
        path.unlink(missing_ok=True)
    return dead


def _marks(settings: Settings) -> Path:
    return settings.platform_home / "running"


def _made_at(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:  # another process has dealt with it
        return datetime.max.replace(tzinfo=UTC)
