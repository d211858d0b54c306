"""From a question about an unknown artist to its answer, through the running daemon, sensor and queue."""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.platform_process import PROJECT_ROOT, environment, running, script, wait_for_text

NAMES = (
    "잔나비",
    "혁오",
    "새소년",
    "실리카겔",
    "검정치마",
    "Bon Iver",
    "Sigur Rós",
    "Nick Drake",
    "Four Tet",
    "Mariya Takeuchi",
)


def rows() -> Iterator[tuple[str, str]]:
    """Yield median and p95 of ten artists asked one after another."""
    from spotify_assets.core.names import name_key
    from spotify_assets.core.settings import load_settings
    from spotify_assets.core.store import open_store

    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        env = environment(home, {})
        subprocess.run([script("spotify-assets"), "materialize"], env=env, check=True, capture_output=True)
        store = open_store(load_settings(platform_home=directory))
        daemon = [script("dagster-daemon"), "run", "--workspace", str(PROJECT_ROOT / "workspace.yaml")]
        with running(daemon, env, home / "daemon.log"):
            wait_for_text(home / "daemon.log", "Checking for new runs|unknown_artist_sensor")
            seconds = []
            for name in NAMES:
                key, asked = name_key(name), time.monotonic()
                store.requests.ask(key, name, datetime.now(UTC))
                while not store.answers.find(key):
                    if time.monotonic() - asked > 120:
                        raise TimeoutError(f"{name} was not answered within 120 s")
                    time.sleep(0.05)
                seconds.append(time.monotonic() - asked)
    yield (
        "unknown artist → answer, median and p95 of 10",
        f"{statistics.median(seconds):.1f} s, {sorted(seconds)[9]:.1f} s",
    )
