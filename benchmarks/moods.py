"""Moods of a million synthetic tracks on this machine: seconds and memory. BENCH_TRACKS=100000 for fewer."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.platform_process import PROJECT_ROOT
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.moods import mood_versions, read_moods
from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.lake.storage import LocalStorage
from spotify_assets.core.moods import FEATURES, MOODS

TRACKS = 1_000_000
TRACKS_AN_ARTIST = 10
MEMORY = "2g"


def rows() -> Iterator[tuple[str, str]]:
    """Yield seconds, peak memory of driver and JVM, and what came of it."""
    size = int(os.environ.get("BENCH_TRACKS", TRACKS))
    with tempfile.TemporaryDirectory() as directory:
        lake = Lake(LocalStorage(Path(directory)))
        _observe(lake, size)
        seconds, driver, jvm = _measured(directory)
        (version,) = mood_versions(lake)
        moods = read_moods(lake, "moods", version)
        yield (
            f"{size:,} tracks, `local[*]`, SPARK_MEMORY={MEMORY}, Spark's start included",
            f"{seconds:.0f} s",
        )
        yield "peak memory of the driver (Python), of the JVM", f"{driver:,.0f} MB, {jvm:,.0f} MB"
        artists = read_moods(lake, "artists", version).num_rows
        yield "rows written: tracks, artist and mood", f"{sum(moods['n_tracks'].to_pylist()):,}, {artists:,}"
        sizes = moods["share"].to_pylist()
        yield f"share of tracks in each of {moods.num_rows} moods", f"{min(sizes):.1%} to {max(sizes):.1%}"


def _observe(lake: Lake, size: int) -> None:
    """Write tracks that lie about the moods, each by one artist of ten tracks."""
    random = np.random.default_rng(7)
    stamp = Stamp("dataset", "bench", datetime.now(UTC), 30)
    ids = pa.array([f"track-{number:08}" for number in range(size)])
    mood = random.integers(len(MOODS), size=size)
    centres = np.array([[one.sound.get(name, 0.0) for name in FEATURES] for one in MOODS])
    placed = centres[mood] + random.normal(scale=1.2, size=(size, len(FEATURES)))
    shares = 1 / (1 + np.exp(-placed))
    scale = {"loudness": (60, -60), "tempo": (140, 60)}
    features = {
        name: shares[:, place] * scale.get(name, (1, 0))[0] + scale.get(name, (1, 0))[1]
        for place, name in enumerate(FEATURES)
    }
    years = 1960 + random.integers(66, size=size)
    owners = pa.array([f"artist-{number // TRACKS_AN_ARTIST:07}" for number in range(size)])
    tables = {
        "tracks": {"track_id": ids, "name": ids, "release_date": [str(year) for year in years]},
        "track_artists": {"track_id": ids, "artist_id": owners, "position": [0] * size},
        "audio_features": {"track_id": ids, **features},
    }
    for table, columns in tables.items():
        schema = record_schema(table)
        whole = [
            pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(size, f.type) for f in schema
        ]
        lake.append(table, pa.table(whole, schema=schema), stamp)


def _measured(lake: str) -> tuple[float, float, float]:
    """Run the program; return seconds, and the peak MB of its process and of the JVM below it."""
    command = [
        sys.executable, "-m", "spotify_assets.spark.track_moods", lake, "t20261120T120000Z-0001",
        "--sources", "dataset", "--master", "local[*]", "--memory", MEMORY,
    ]  # fmt: skip
    peaks: dict[bool, float] = {}
    over = threading.Event()
    started = time.monotonic()
    with subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:

        def watch() -> None:
            while not over.wait(0.3):
                # What the JVM starts has the JVM's memory for a moment, under another name.
                for pid in (process.pid, *_below(process.pid)):
                    is_jvm = pid != process.pid
                    peak = int((_fact(pid, "VmHWM") or "0 kB").split()[0]) / 1024
                    peaks[is_jvm] = max(peaks.get(is_jvm, 0), peak)

        watcher = threading.Thread(target=watch)
        watcher.start()
        said, _ = process.communicate()
        over.set()
        watcher.join()
    if process.returncode:
        raise RuntimeError(said[-1500:])
    return time.monotonic() - started, peaks[False], peaks[True]


def _below(parent: int) -> Iterator[int]:
    """Yield the processes below one, by Linux' list of each thread's children."""
    for children in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in children.read_text().split():
            yield int(child)
            yield from _below(int(child))


def _fact(pid: int, name: str) -> str | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:  # it has ended meanwhile
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{name}:")), None)
