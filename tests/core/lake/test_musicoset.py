"""The recorded development catalogue passes the contract whole, quirks and all, in seconds."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow.compute as pc
import pytest

from spotify_assets.core.lake.dataset import REQUIRED, DatasetCatalog
from spotify_assets.core.lake.lake import Lake

from .examples import stamp


@pytest.fixture(scope="module")
def catalog(shared_data: Path) -> DatasetCatalog:
    return DatasetCatalog(shared_data / "catalog_musicoset")


def test_every_row_is_taken_in(catalog: DatasetCatalog, lake: Lake) -> None:
    started = time.monotonic()
    everybody = catalog.roster()["artist_id"]
    written = {}
    for table in REQUIRED:
        found = catalog.read(table, everybody)
        seen = lake.observe(table, found, stamp(), catalog.observed_ids(table, everybody))
        assert seen.checked.reasons() == {}
        written[table] = (seen.written.rows, seen.written.marker_rows)
    taken = time.monotonic() - started

    assert written == {
        "artists": (11_518, 0),
        "tracks": (20_405, 0),
        "track_artists": (22_239, 0),
        "audio_features": (20_405, 0),
    }
    assert taken < 20, f"checking and appending took {taken:.1f} s; about 1 s is usual"

    # Quirks that are real and must survive: YYYY dates, a silent track, loudness above 0 dB, null genres.
    dates = pc.value_counts(lake.read("tracks")["release_date_precision"])
    assert {d["values"].as_py(): d["counts"].as_py() for d in dates} == {
        "day": 16_430,
        "year": 3_851,
        "month": 124,
    }
    features = lake.read("audio_features")
    assert pc.sum(pc.equal(features["tempo"], 0)).as_py() == 1
    assert 3 < pc.max(features["loudness"]).as_py() < 4
    assert lake.read("artists")["followers"].null_count == 2


def test_part_of_the_roster_reads_its_part(catalog: DatasetCatalog) -> None:
    some = catalog.roster(50)["artist_id"]
    tracks = catalog.read("tracks", some)
    assert 50 < tracks.num_rows < 20_405
    credits = catalog.read("track_artists", some)
    assert set(credits["track_id"].to_pylist()) == set(tracks["track_id"].to_pylist())
    assert set(credits["artist_id"].to_pylist()) - set(some.to_pylist()), "complete credits name others too"


def test_shared_names_are_all_found(catalog: DatasetCatalog) -> None:
    exact = [m for m in catalog.find_artists("NIRVANA", limit=50) if m.exact]
    assert exact
    popularity = [m.artist.popularity or 0 for m in exact]
    assert popularity == sorted(popularity, reverse=True)
