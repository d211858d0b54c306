"""A process killed while it writes leaves the old or the new, never half, and loses nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.storage import LocalStorage

from .dying_writer import ROWS
from .examples import NOW, rows, stamp

PROJECT_ROOT = Path(__file__).resolve().parents[3]


def start(directory: Path, way: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.core.lake.dying_writer", str(directory), way]
    return subprocess.Popen(command, cwd=PROJECT_ROOT)


def look(directory: Path) -> None:
    """Read everything a reader would find; anything half-written raises or counts wrong."""
    for path in directory.rglob("*.parquet"):
        table = pq.ParquetFile(path).read()
        if path.name == "pointed_at.parquet":
            assert table.num_rows == ROWS
            assert pc.count_distinct(table["version"]).as_py() == 1
        else:
            assert table.num_rows == 1
    pointer = directory / "CURRENT.json"
    if pointer.exists():
        assert len(json.loads(pointer.read_bytes())["padding"]) == 100_000


def wait_for(directory: Path, pattern: str, writer: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while not any(directory.rglob(pattern)):
        assert writer.poll() is None, "the writer ended by itself"
        assert time.monotonic() < until, f"the writer made no {pattern} within a minute"


def stop_in_a_write(directory: Path, writer: subprocess.Popen[bytes]) -> None:
    """Hold a writer that is in the middle of a write; one that was quicker may go on to its next."""
    while True:
        wait_for(directory, ".*.tmp", writer)
        writer.send_signal(signal.SIGSTOP)
        os.waitpid(writer.pid, os.WUNTRACED)
        if any(directory.rglob(".*.tmp")):
            return
        writer.send_signal(signal.SIGCONT)


def test_readers_see_only_whole_files_of_a_writer_that_is_killed(tmp_path: Path) -> None:
    for attempt in range(3):
        directory = tmp_path / str(attempt)
        directory.mkdir()
        writer = start(directory, "loop")
        try:
            wait_for(directory, "CURRENT.json", writer)
            looks, until = 0, time.monotonic() + 0.2
            while looks < 2 or time.monotonic() < until:
                look(directory)
                looks += 1
            stop_in_a_write(directory, writer)
        finally:
            writer.kill()
            writer.wait()
        look(directory)
        interrupted = len(list(directory.rglob(".*.tmp")))
        assert interrupted, "the kill fell into a write"

    lake = Lake(LocalStorage(directory))
    assert lake.row_count("artists") == len(lake.files("artists"))
    assert lake.storage.clean(older_than_seconds=0) == interrupted
    look(directory)


def two_batches(lake: Lake) -> list[dict[str, object]]:
    lake.append(
        "artists", rows("artists", {"artist_id": "a1", "name": "aespa", "genres": ["k-pop"]}), stamp()
    )
    short = stamp(run_id="run-2", fetched_at=NOW + timedelta(hours=1), expire_days=1)
    lake.append("artists", rows("artists", {"artist_id": "a2", "name": "SHINee"}), short, ["dead"])
    return sorted(lake.read("artists").to_pylist(), key=lambda row: row["artist_id"])


@pytest.fixture
def killed_by_delete(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def die(directory: Path, way: str) -> None:
    process = start(directory, way)
    assert process.wait(timeout=60) == -signal.SIGKILL


def test_compaction_killed_before_it_deletes_loses_nothing(killed_by_delete: Path) -> None:
    lake = Lake(LocalStorage(killed_by_delete))
    before = two_batches(lake)
    die(killed_by_delete, "compact")

    doubled = sorted(lake.read("artists").to_pylist(), key=lambda row: row["artist_id"])
    assert doubled == [row for row in before for _ in range(2)]

    done = lake.compact("artists", NOW.date())
    assert (done.files_merged, done.rows) == (3, len(before))
    assert lake.files("artists") == [done.path]
    assert sorted(lake.read("artists").to_pylist(), key=lambda row: row["artist_id"]) == before


def test_purge_killed_half_way_is_finished_by_the_next(killed_by_delete: Path) -> None:
    lake = Lake(LocalStorage(killed_by_delete))
    two_batches(lake)
    die(killed_by_delete, "purge")
    assert lake.row_count("artists") == 3
    lake.purge(NOW + timedelta(days=2))
    assert lake.read("artists")["artist_id"].to_pylist() == ["a1"]
    assert [p.name for p in killed_by_delete.iterdir()] == ["raw"]
