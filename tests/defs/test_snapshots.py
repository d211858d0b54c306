"""Snapshots of the marts are whole: for who reads while others are built, and after an export that was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.pointers import current_snapshot, new_id, snapshots
from spotify_assets.core.settings import PROJECT_ROOT
from spotify_assets.definitions import build_defs
from spotify_assets.defs.marts.warehouse import EXPORTED, MARTS
from spotify_assets.defs.serving.snapshot import drop_unlisted
from tests.defs.conftest import Graph


def pointer(lake: Lake) -> str:
    snapshot = current_snapshot(lake)
    assert snapshot
    return snapshot.snapshot


def look(root: Path) -> tuple[str, int]:
    """Read what the pointer names, as any tool would, and check that it belongs together."""
    current = json.loads((root / "marts/CURRENT.json").read_text())
    tables = {
        mart: pq.ParquetFile(root / "marts" / path).read()
        for mart, paths in current["marts"].items()
        for path in paths
    }
    assert set(tables) == set(EXPORTED)
    artists = set(tables["dim_artists"]["artist_id"].to_pylist())
    assert set(tables["artist_similarity"]["related_id"].to_pylist()) <= artists
    assert set(tables["artist_similarity"]["model_version"].to_pylist()) == {current["model_version"]}
    assert set(tables["track_similarity"]["model_version"].to_pylist()) == {current["model_version"]}
    return current["snapshot"], len(artists)


def fitting_and_all_behind() -> list[dg.AssetKey]:
    graph = build_defs().resolve_asset_graph()
    behind = dg.AssetSelection.assets("similarity_model").downstream() - dg.AssetSelection.groups("refresh")
    return sorted(behind.resolve(graph))


@pytest.mark.slow
def test_a_reader_sees_only_whole_snapshots_while_two_are_built(built: Graph) -> None:
    root, done = Path(built.platform.settings.lake_uri), threading.Event()

    def read() -> set[str]:
        seen = set()
        # Fifty times a second at most: the build, too, needs a processor.
        while not done.wait(0.02):
            seen.add(look(root)[0])
        return seen

    first = pointer(built.platform.lake)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        try:
            assert built.run("build", asset_selection=fitting_and_all_behind()).success
            second = pointer(built.platform.lake)
            assert built.run("build", asset_selection=[dg.AssetKey("mart_snapshot")]).success
            third = pointer(built.platform.lake)
            time.sleep(0.5)
        finally:
            done.set()
        seen = reading.result(timeout=30)
    assert {first, second, third} <= seen


@pytest.mark.slow
def test_an_export_killed_half_way_leaves_the_pointer_where_it_was(built: Graph) -> None:
    lake = built.platform.lake
    root = Path(lake.storage.uri)
    environment = {**os.environ, "PLATFORM_HOME": str(built.platform.settings.platform_home)}
    for _ in range(5):
        first, before = pointer(lake), set(snapshots(lake))
        directories = set((root / "marts" / MARTS[0]).iterdir())
        process = subprocess.Popen(
            [Path(sys.executable).with_name("spotify-assets"), "materialize", "mart_snapshot"],
            env=environment, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while not (begun := set((root / "marts" / MARTS[0]).iterdir()) - directories):
            assert process.poll() is None, "the export ended before it began"
        process.send_signal(signal.SIGKILL)
        process.wait()
        ((killed),) = (directory.name for directory in begun)
        written = [mart for mart in MARTS if (root / "marts" / mart / killed / "part-0.parquet").exists()]
        if len(written) < len(MARTS):
            break
    else:
        pytest.fail("five exports were all too fast to be killed half-way")
    assert pointer(lake) == first
    assert set(snapshots(lake)) == before, "nobody can go back to half a snapshot"
    assert look(root)[0] == first

    # The next build publishes as ever, and what the killed one left is cleared away in time.
    assert built.run("build", asset_selection=[dg.AssetKey("mart_snapshot")]).success
    assert pointer(lake) > first
    unlisted = drop_unlisted(lake, datetime.now(UTC) + timedelta(seconds=5))
    assert {path.split("/")[2] for path in unlisted} <= {killed}
    assert look(root)[0] == pointer(lake)


def test_what_is_listed_is_never_cleared_away(built: Graph) -> None:
    lake = built.platform.lake
    young = f"marts/dim_artists/snapshot={new_id('s', datetime.now(UTC))}/part-0.parquet"
    lake.storage.write_whole(young, b"PAR1, being written by an export this moment")
    try:
        before = lake.storage.list("marts", ".parquet")
        assert drop_unlisted(lake, datetime.now(UTC) - timedelta(days=1)) == []
        assert lake.storage.list("marts", ".parquet") == before
    finally:
        lake.storage.delete(young)
