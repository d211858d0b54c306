"""Observations: what is written, once, with its markers, and read back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.errors import LakeError, SettingsError
from spotify_assets.core.lake.files import read_parquet
from spotify_assets.core.lake.lake import Lake, open_lake
from spotify_assets.core.lake.schemas import quarantine_schema, raw_schema, record_schema
from spotify_assets.core.records import LAKE_TABLES
from spotify_assets.core.settings import load_settings

from .examples import NOW, rows, stamp

AESPA = {"artist_id": "a1", "name": "aespa", "popularity": 80, "genres": ["k-pop"]}
SHINEE = {"artist_id": "a2", "name": "SHINee"}


def test_rows_come_back_with_their_stamp(lake: Lake) -> None:
    written = lake.append("artists", rows("artists", SHINEE, AESPA), stamp())
    assert (written.rows, written.marker_rows) == (2, 0)
    assert written.path is not None
    assert written.path.startswith("raw/artists/ingest_date=2026-11-20/run-1-")

    table = lake.read("artists")
    assert table.schema == raw_schema("artists")
    assert table["name"].to_pylist() == ["aespa", "SHINee"]
    assert table.slice(0, 1).select(["source", "fetched_at", "expires_at", "run_id"]).to_pylist() == [
        {"source": "dataset", "fetched_at": NOW, "expires_at": NOW + timedelta(days=30), "run_id": "run-1"}
    ]
    assert lake.read("artists", ["artist_id"]).column_names == ["artist_id"]
    assert lake.row_count("artists") == 2


def test_query_engines_read_the_same_through_a_glob(local_lake: Lake) -> None:
    local_lake.append("artists", rows("artists", AESPA), stamp())
    glob = local_lake.storage.uri_of("raw/artists/*/*.parquet")
    with duckdb.connect() as db:
        found = db.execute(
            "select artist_id, genres, fetched_at = ?::timestamptz, ingest_date::varchar "
            "from read_parquet(?)",
            [NOW, glob],
        ).fetchall()
    assert found == [("a1", ["k-pop"], True, "2026-11-20")]


def test_same_batch_again_in_the_same_run_replaces_its_file(lake: Lake) -> None:
    lake.append("artists", rows("artists", AESPA, SHINEE), stamp(), ["a9"])
    lake.append(
        "artists", rows("artists", SHINEE, AESPA), stamp(fetched_at=NOW + timedelta(minutes=1)), ["a9"]
    )
    assert len(lake.files("artists")) == 1
    assert lake.row_count("artists") == 3


def test_two_batches_of_a_run_both_stay(lake: Lake) -> None:
    lake.append("artists", rows("artists", AESPA), stamp())
    lake.append("artists", rows("artists", SHINEE), stamp())
    assert sorted(lake.read("artists")["artist_id"].to_pylist()) == ["a1", "a2"]


def test_same_batch_of_another_run_or_source_stays_too(lake: Lake) -> None:
    lake.append("artists", rows("artists", AESPA), stamp())
    lake.append("artists", rows("artists", AESPA), stamp(run_id="run-2"))
    lake.append("artists", rows("artists", AESPA), stamp(source="spotify"))
    assert len(lake.files("artists")) == 3


def test_digest_does_not_depend_on_how_a_batch_lies_in_memory(lake: Lake) -> None:
    whole = rows("artists", AESPA, SHINEE)
    lake.append("artists", whole, stamp())
    pieces = pa.concat_tables([whole.slice(1, 1), whole.slice(0, 1)])
    lake.append("artists", pieces, stamp())
    assert len(lake.files("artists")) == 1


def test_ids_without_a_row_become_markers(lake: Lake) -> None:
    written = lake.append("artists", rows("artists", AESPA), stamp(), pa.array(["a1", "gone", "gone", None]))
    assert (written.rows, written.marker_rows) == (1, 1)
    marker = lake.read("artists").to_pylist()[1]
    assert marker["artist_id"] == "gone"
    assert all(marker[name] is None for name in record_schema("artists").names if name != "artist_id")
    assert marker["source"] == "dataset"


def test_parent_of_an_empty_list_becomes_a_marker(lake: Lake) -> None:
    tags = rows("artist_tags", {"artist_id": "a1", "tag": "k-pop", "weight": 1.0})
    assert lake.append("artist_tags", tags, stamp(), ["a1", "a2"]).marker_rows == 1
    assert lake.read("artist_tags", ["artist_id", "tag", "weight"]).to_pylist() == [
        {"artist_id": "a1", "tag": "k-pop", "weight": 1.0},
        {"artist_id": "a2", "tag": None, "weight": None},
    ]


def test_empty_batch_makes_the_schema_known_once(lake: Lake) -> None:
    for table in LAKE_TABLES:
        first = lake.append(table, record_schema(table).empty_table(), stamp())
        assert first.path is not None
        assert lake.append(table, record_schema(table).empty_table(), stamp(run_id="run-2")).path is None
        assert lake.files(table) == [first.path]
        assert lake.read(table).schema == raw_schema(table)
        assert lake.row_count(table) == 0


def test_table_without_files_reads_as_empty(lake: Lake) -> None:
    assert lake.read("tracks").schema == raw_schema("tracks")
    assert (lake.files("tracks"), lake.row_count("tracks")) == ([], 0)


def test_observing_parts_a_batch_and_marks_only_what_the_source_did_not_know(lake: Lake) -> None:
    found = rows("artists", AESPA, {"artist_id": "bad", "name": "Too Loud", "popularity": 101})
    seen = lake.observe("artists", found, stamp(), ["a1", "bad", "gone"])
    assert (seen.written.rows, seen.written.marker_rows, seen.checked.bad.num_rows) == (1, 1, 1)
    assert lake.read("artists")["artist_id"].to_pylist() == ["a1", "gone"]

    assert seen.quarantine_path is not None
    assert seen.quarantine_path.startswith("raw_quarantine/artists/ingest_date=2026-11-20/run-1-")
    columns = ["artist_id", "popularity", "reason", "source", "run_id"]
    kept = read_parquet(lake.storage, seen.quarantine_path, columns).to_pylist()
    assert [tuple(row.values()) for row in kept] == [
        ("bad", "101", "popularity is out of range (0 to 100)", "dataset", "run-1")
    ]

    lake.observe("artists", found, stamp(), ["a1", "bad", "gone"])
    assert len(lake.storage.list("raw_quarantine")) == 1


def test_nothing_rejected_leaves_no_quarantine(lake: Lake) -> None:
    assert lake.quarantine("artists", quarantine_schema("artists").empty_table(), stamp()) is None
    assert lake.storage.list("raw_quarantine") == []


def test_day_of_a_batch_is_the_day_in_utc(lake: Lake) -> None:
    in_seoul = datetime(2026, 11, 21, 3, 0, tzinfo=timezone(timedelta(hours=9)))
    written = lake.append("artists", rows("artists", AESPA), stamp(fetched_at=in_seoul))
    assert written.path is not None
    assert "ingest_date=2026-11-20" in written.path
    assert lake.read("artists")["fetched_at"].to_pylist() == [datetime(2026, 11, 20, 18, 0, tzinfo=UTC)]


def test_unchecked_rows_and_malformed_ids_are_refused(lake: Lake) -> None:
    with pytest.raises(LakeError, match="lack ids: check them first"):
        lake.append("artists", rows("artists", {"name": "nameless"}), stamp())
    with pytest.raises(LakeError, match="not of its schema"):
        lake.append("artists", pa.table({"artist_id": ["a"]}), stamp())
    with pytest.raises(LakeError, match=r"1 of the ids asked for in artists are malformed, such as 'a b'"):
        lake.append("artists", rows("artists", AESPA), stamp(), ["a b"])
    with pytest.raises(LakeError, match="The lake has no table 'albums'; its tables are artists, tracks"):
        lake.read("albums")
    assert lake.storage.list("raw") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": ""}, "needs the name of its source"),
        ({"run_id": "../x"}, "cannot be part of a file's name"),
        ({"run_id": "_hidden"}, "cannot be part of a file's name"),
        ({"fetched_at": datetime(2026, 1, 1)}, "has no zone"),
        ({"expire_days": 0}, "1 or more"),
    ],
)
def test_stamp_that_nobody_could_place_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(LakeError, match=message):
        stamp(**change)


def test_pointers_are_read_back(lake: Lake) -> None:
    assert lake.read_json("marts/CURRENT.json") is None
    lake.write_json("marts/CURRENT.json", {"snapshot": "에스파"})
    assert lake.read_json("marts/CURRENT.json") == {"snapshot": "에스파"}
    lake.storage.write_whole("marts/CURRENT.json", b"{")
    with pytest.raises(LakeError, match="is not JSON"):
        lake.read_json("marts/CURRENT.json")


def test_damaged_file_is_named(lake: Lake) -> None:
    lake.append("artists", rows("artists", AESPA), stamp())
    lake.storage.write_whole("raw/artists/ingest_date=2026-11-20/broken.parquet", b"PAR1 not really")
    with pytest.raises(LakeError, match=r"Observations of artists cannot be read: .*broken\.parquet"):
        lake.read("artists")


def test_file_of_an_older_schema_reads_with_nulls(lake: Lake) -> None:
    lake.append("tracks", rows("tracks", {"track_id": "t1", "name": "x"}), stamp())
    older = lake.read("tracks").drop_columns(["isrc"])
    lake.write_table("raw/tracks/ingest_date=2026-11-19/run-0-0.parquet", older)
    assert lake.read("tracks")["isrc"].to_pylist() == [None, None]


def test_each_value_of_a_column_can_have_a_row_group_of_its_own(lake: Lake) -> None:
    table = pa.table({"kind": ["word", "cell", None, "word"], "name": ["b", "1", "?", "a"]})
    lake.write_table("grouped.parquet", table, grouped_by="kind")
    with lake.storage.filesystem.open_input_file(lake.storage.full_path("grouped.parquet")) as file:
        written = pq.ParquetFile(file)
        groups = [written.read_row_group(group).to_pydict() for group in range(written.num_row_groups)]
    assert groups == [
        {"kind": ["word", "word"], "name": ["b", "a"]},
        {"kind": ["cell"], "name": ["1"]},
        {"kind": [None], "name": ["?"]},
    ]

    lake.write_table("grouped.parquet", table.slice(0, 0), grouped_by="kind")
    assert read_parquet(lake.storage, "grouped.parquet") == table.slice(0, 0)


def test_lake_is_where_the_setting_says(tmp_path: Path) -> None:
    lake = open_lake(load_settings(platform_home=tmp_path, env_file=None))
    lake.append("artists", rows("artists", AESPA), stamp())
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) == 1
    assert (
        open_lake(load_settings(lake_uri="s3://bucket/lake/", env_file=None)).storage.uri
        == "s3://bucket/lake"
    )
    with pytest.raises(SettingsError, match="with the name of a bucket"):
        open_lake(load_settings(lake_uri="s3://Not_A_Bucket", env_file=None))
