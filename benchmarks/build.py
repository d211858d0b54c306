"""How long a whole build takes, and how much memory: the sample, and MusicOSet where it is there."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.platform_process import PROJECT_ROOT, environment, measure, script

MUSICOSET = PROJECT_ROOT.parent / "shared" / "data" / "catalog_musicoset"


def rows() -> Iterator[tuple[str, str]]:
    """Yield what was measured and its figure."""
    with tempfile.TemporaryDirectory() as directory:
        env = environment(Path(directory), {})
        first = measure([script("spotify-assets"), "materialize"], env)
        yield "sample, first build, all assets and checks", f"{first.seconds:.0f} s, {first.peak_mb:.0f} MB"
        again = measure([script("spotify-assets"), "materialize"], env)
        yield "sample, second build", f"{again.seconds:.0f} s, {again.peak_mb:.0f} MB"
        one = measure([script("spotify-assets"), "refresh", "잔나비"], env)
        yield "sample, `spotify-assets refresh` of one artist", f"{one.seconds:.0f} s, {one.peak_mb:.0f} MB"
    if not MUSICOSET.is_dir():
        yield "MusicOSet, all assets and checks", "not measured: ../shared/data is not there"
        return
    with tempfile.TemporaryDirectory() as directory:
        settings = {"CATALOG_SOURCE": "dataset", "CATALOG_DATASET": str(MUSICOSET)}
        env = environment(Path(directory), settings)
        full = measure([script("spotify-assets"), "materialize"], env)
        yield (
            "MusicOSet (11,518 artists, 20,405 tracks), all assets and checks",
            (f"{full.seconds:.0f} s, {full.peak_mb:.0f} MB"),
        )
        one = measure([script("spotify-assets"), "refresh", "The Beatles"], env)
        yield (
            "MusicOSet, `spotify-assets refresh` of one artist",
            f"{one.seconds:.0f} s, {one.peak_mb:.0f} MB",
        )
