"""What is built anew of a purged lake, whatever is left of it."""

from pathlib import Path

import pyarrow as pa

from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.pointers import model_path
from spotify_assets.core.lake.storage import LocalStorage
from spotify_assets.defs.serving.purge import REBUILD, REBUILD_WITHOUT_FITTING, what_to_rebuild
from tests.core.lake.examples import rows, stamp

TRACK = rows("tracks", {"track_id": "t1", "name": "Supernova"})
FEATURES = rows("audio_features", {"track_id": "t1", "energy": 0.9})


def lake_with(root: Path, *, is_fitted: bool = True, **tables: pa.Table) -> Lake:
    lake = Lake(LocalStorage(root))
    for table in ("tracks", "audio_features"):
        # What was asked for and is not there leaves a marker, which is no track.
        lake.observe(table, tables.get(table, rows(table)), stamp(), pa.array(["t1", "t2"]))
    if is_fitted:
        lake.write_table(model_path("m1"), pa.table({"feature": ["energy"]}))
    return lake


def test_a_platform_on_which_nothing_was_built_has_nothing_to_build_anew(tmp_path: Path) -> None:
    assert what_to_rebuild(Lake(LocalStorage(tmp_path / "empty"))) is None
    assert what_to_rebuild(lake_with(tmp_path / "observed", is_fitted=False, tracks=TRACK)) is None


def test_the_model_is_fitted_anew_on_the_tracks_that_are_left(tmp_path: Path) -> None:
    assert what_to_rebuild(lake_with(tmp_path, tracks=TRACK, audio_features=FEATURES)) == REBUILD


def test_marts_are_built_though_no_track_is_left_to_fit_on(tmp_path: Path) -> None:
    for left in ({}, {"tracks": TRACK}, {"audio_features": FEATURES}):
        lake = lake_with(tmp_path / ("-".join(left) or "nothing"), **left)
        assert what_to_rebuild(lake) == REBUILD_WITHOUT_FITTING, left
