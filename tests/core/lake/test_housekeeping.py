"""Merging small files, and rows that are gone from disk."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake.housekeeping import Purged
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.schemas import raw_schema

from .examples import NOW, rows, stamp


def artist(artist_id: str, name: str, **more: object) -> dict[str, object]:
    return {"artist_id": artist_id, "name": name, **more}


def anywhere(lake: Lake, text: str) -> bool:
    """Whether a text is in any file, seen or hidden: as plain bytes, or in the values of a Parquet file."""
    below = pafs.FileSelector(lake.storage.full_path("x").removesuffix("/x"), recursive=True)
    infos = lake.storage.filesystem.get_file_info(below)
    files = [lake.storage.filesystem.open_input_file(info.path) for info in infos if info.is_file]
    assert files
    return any(
        text.encode() in file.readall() or text in str(pq.ParquetFile(file).read().to_pylist())
        for file in files
    )


def test_compaction_merges_a_day_into_one_file(lake: Lake) -> None:
    for number in range(5):
        lake.append(
            "artists", rows("artists", artist(f"a{number}", f"Artist {number}")), stamp(run_id=f"r{number}")
        )
    other_day = lake.append(
        "artists", rows("artists", artist("a1", "x")), stamp(fetched_at=NOW + timedelta(days=1))
    )
    before = lake.read("artists").sort_by([("artist_id", "ascending"), ("fetched_at", "ascending")])

    done = lake.compact("artists", NOW.date())
    assert (done.files_merged, done.rows) == (5, 5)
    assert lake.files("artists") == [done.path, other_day.path]
    assert lake.read("artists").sort_by([("artist_id", "ascending"), ("fetched_at", "ascending")]) == before

    again = lake.compact("artists", NOW.date())
    assert (again.path, again.files_merged) == (None, 0)


def test_compaction_keeps_observations_that_differ_in_their_stamp_alone(lake: Lake) -> None:
    same = rows("artists", artist("a1", "aespa"))
    lake.append("artists", same, stamp())
    lake.append("artists", same, stamp(run_id="run-2", fetched_at=NOW + timedelta(hours=1)))
    assert lake.compact("artists", NOW.date()).rows == 2


def test_readers_miss_nothing_while_files_are_merged_under_them(lake: Lake) -> None:
    lake.append("artists", rows("artists", artist("a0", "First")), stamp())
    merging = threading.Event()
    counts: list[int] = []

    def read_on() -> None:
        while not merging.is_set():
            counts.append(len(set(lake.read("artists")["artist_id"].to_pylist())))

    with ThreadPoolExecutor(1) as readers:
        reader = readers.submit(read_on)
        for number in range(1, 40):
            more = rows("artists", artist(f"a{number}", f"Artist {number}"))
            lake.append("artists", more, stamp(run_id=f"r{number}"))
            lake.compact("artists", NOW.date())
        merging.set()
        reader.result()
    assert counts == sorted(counts)
    assert len(lake.files("artists")) == 1
    assert lake.row_count("artists") == 40


def test_purge_removes_expired_rows_from_disk(lake: Lake) -> None:
    lake.append("artists", rows("artists", artist("old", "Forgotten Singer")), stamp(expire_days=1))
    lake.append("artists", rows("artists", artist("new", "Kept Singer")), stamp(expire_days=30))
    assert anywhere(lake, "Forgotten Singer")

    assert lake.purge(NOW + timedelta(hours=23)) == Purged(0, 0, 0)
    assert anywhere(lake, "Forgotten Singer")
    assert lake.purge(NOW + timedelta(days=1)) == Purged(files_rewritten=0, files_deleted=1, rows_removed=1)
    assert not anywhere(lake, "Forgotten Singer")
    assert anywhere(lake, "Kept Singer")


def test_purge_of_a_source_rewrites_mixed_files_and_quarantine(lake: Lake) -> None:
    lake.append("artists", rows("artists", artist("a1", "Wanted Singer")), stamp())
    lake.append("artists", rows("artists", artist("a1", "Unwanted Singer")), stamp(source="spotify"))
    lake.observe(
        "artists",
        rows("artists", artist("a2", "Unwanted Too", popularity=101)),
        stamp(source="spotify"),
        ["a2"],
    )
    lake.compact("artists", NOW.date())
    assert anywhere(lake, "Unwanted Singer")
    assert anywhere(lake, "Unwanted Too")

    assert lake.purge(NOW, source="spotify") == Purged(files_rewritten=2, files_deleted=0, rows_removed=2)
    assert not anywhere(lake, "Unwanted")
    assert lake.read("artists")["name"].to_pylist() == ["Wanted Singer"]


def test_purge_leaves_the_schema_of_an_emptied_table(lake: Lake) -> None:
    for run in ("run-1", "run-2"):
        lake.append("tracks", rows("tracks", {"track_id": "t", "name": "Gone Song"}), stamp(run_id=run))
    assert lake.purge(NOW, source="dataset") == Purged(files_rewritten=1, files_deleted=1, rows_removed=2)
    assert not anywhere(lake, "Gone Song")
    (left,) = lake.files("tracks")
    assert pq.read_schema(lake.storage.full_path(left), filesystem=lake.storage.filesystem) == raw_schema(
        "tracks"
    )
    assert lake.purge(NOW, source="dataset") == Purged(0, 0, 0)


def test_purge_of_another_source_changes_no_file(lake: Lake) -> None:
    lake.append("artists", rows("artists", artist("a1", "aespa")), stamp())
    (path,) = lake.files("artists")
    before = lake.storage.read(path)
    assert lake.purge(NOW, source="spotify") == Purged(0, 0, 0)
    assert lake.storage.read(path) == before


def test_what_was_made_of_rows_goes_before_the_first_of_them(lake: Lake) -> None:
    for run in ("run-1", "run-2"):
        lake.append("tracks", rows("tracks", {"track_id": "t", "name": "Gone Song"}), stamp(run_id=run))
    seen: list[int] = []
    for _ in range(2):
        lake.purge(NOW, source="dataset", before=lambda: seen.append(lake.row_count("tracks")))
    assert seen == [2], "whoever purges again finds no row"


def test_purge_needs_a_time_with_a_zone(lake: Lake) -> None:
    with pytest.raises(LakeError, match="has no zone"):
        lake.purge(datetime(2026, 1, 1))


def test_purge_works_on_an_empty_lake(lake: Lake) -> None:
    assert lake.purge(NOW) == Purged(0, 0, 0)
