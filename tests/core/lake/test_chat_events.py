"""Reading the stream of chat events: each file once, whatever lies in it, and nothing lost by dying."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from spotify_assets.core.event_stream import FileDestination
from spotify_assets.core.events import to_line
from spotify_assets.core.lake.chat_events import READ, STREAM, drop_files_before, read_new_events, unzipped
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.schemas import raw_schema
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.lake.storage import LocalStorage
from spotify_assets.core.records import ChatEvent

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def event(number: int, at: datetime = NOON) -> ChatEvent:
    return ChatEvent(f"e{number}", at, "ab" * 16, "web", "에스파", "pending", None, 3, False, None)


def lines(*numbers: int, at: datetime = NOON) -> bytes:
    return b"".join(to_line(event(number, at)) for number in numbers)


def put(lake: Lake, name: str, content: bytes, day: str = "2026-11-20") -> str:
    path = f"{STREAM}/dt={day}/{name}.jsonl.gz"
    lake.storage.write_whole(path, content)
    return path


def stamp(run_id: str = "run-1", at: datetime = NOON) -> Stamp:
    return Stamp("chat", run_id, at, 180)


def ids(lake: Lake) -> list[str]:
    return sorted(lake.read("chat_turns", ["event_id"])["event_id"].to_pylist())


def rejected(lake: Lake) -> list[dict[str, Any]]:
    files = lake.storage.list("raw_quarantine/chat_turns", suffix=".parquet")
    tables = [pq.read_table(lake.storage.full_path(f), filesystem=lake.storage.filesystem) for f in files]
    return [row for table in tables for row in table.to_pylist()]


def test_what_the_bot_writes_is_read_with_all_its_columns(local_lake: Lake) -> None:
    storage = local_lake.storage
    assert isinstance(storage, LocalStorage)
    told = ChatEvent("a", NOON, "cd" * 16, "kakao", "aespa", "artist", "a1", 12, True, "m1")
    FileDestination(storage.directory / STREAM, lambda: NOON).put([to_line(told)])
    found = read_new_events(local_lake, stamp())
    assert (found.files, found.events, found.set_aside, found.newest) == (1, 1, 0, NOON)
    [row] = local_lake.read("chat_turns").to_pylist()
    assert row == {
        "event_id": "a", "event_time": NOON, "user_hash": "cd" * 16, "channel": "kakao", "query": "aespa",
        "outcome": "artist", "artist_id": "a1", "latency_ms": 12, "provisional": True, "model_version": "m1",
        "source": "chat", "fetched_at": NOON, "expires_at": NOON + timedelta(days=180), "run_id": "run-1",
    }  # fmt: skip


def test_a_stream_that_nothing_came_through_still_has_its_columns(lake: Lake) -> None:
    assert read_new_events(lake, stamp()).files == 0
    assert read_new_events(lake, stamp("run-2")).files == 0
    assert len(lake.files("chat_turns")) == 1
    assert lake.read("chat_turns").schema == raw_schema("chat_turns")


def test_a_file_is_read_once_however_often_and_whenever_it_is_looked_at(lake: Lake) -> None:
    put(lake, "one", gzip.compress(lines(1, 2)))
    assert read_new_events(lake, stamp()).events == 2
    put(lake, "two", gzip.compress(lines(3)))
    # Firehose delivers a file of yesterday today.
    put(lake, "late", gzip.compress(lines(4)), day="2026-11-19")
    put(lake, "tomorrow", gzip.compress(lines(5)), day="2026-11-21")
    second = read_new_events(lake, stamp("run-2"))
    assert (second.files, second.events) == (3, 3)
    later = NOON + timedelta(days=30)
    put(lake, "later", gzip.compress(lines(6, at=later)), day="2026-12-20")
    assert read_new_events(lake, stamp("run-3", later)).files == 1
    assert read_new_events(lake, stamp("run-4", later)).files == 0
    assert ids(lake) == ["e1", "e2", "e3", "e4", "e5", "e6"]


def test_only_the_days_that_may_still_get_files_are_remembered(lake: Lake) -> None:
    for day in ("2026-11-01", "2026-11-18", "2026-11-19", "2026-11-20"):
        put(lake, f"of-{day}", gzip.compress(lines(1)), day=day)
    read_new_events(lake, stamp())
    assert sorted(lake.read_json(READ)) == ["2026-11-18", "2026-11-19", "2026-11-20"]
    put(lake, "put there by hand", gzip.compress(lines(7)), day="2026-11-01")
    assert read_new_events(lake, stamp("run-2")).files == 0
    assert read_new_events(lake, stamp("run-3"), everything=True).files == 5
    assert "e7" in ids(lake)


def test_a_reader_that_died_before_it_noted_a_file_reads_it_again(lake: Lake) -> None:
    put(lake, "one", gzip.compress(lines(1, 2)))
    read_new_events(lake, stamp())
    lake.storage.delete(READ)
    again = read_new_events(lake, stamp("run-2"))
    assert again.events == 2
    assert ids(lake) == ["e1", "e1", "e2", "e2"], "twice, never lost; staging takes each once"


def test_duplicates_blank_lines_and_glued_events_are_no_fault(lake: Lake) -> None:
    glued = lines(1).strip() + lines(2).strip()
    put(lake, "one", gzip.compress(b"\n\n" + glued + b"\n  \n" + lines(2, 3)))
    found = read_new_events(lake, stamp())
    assert (found.events, found.again, found.set_aside) == (3, 1, 0)
    assert ids(lake) == ["e1", "e2", "e3"]


def test_late_events_keep_their_time_and_are_counted(lake: Lake) -> None:
    put(lake, "one", gzip.compress(lines(1) + lines(2, at=NOON - timedelta(days=9))))
    assert read_new_events(lake, stamp()).late == 1
    times = dict(zip(*lake.read("chat_turns", ["event_id", "event_time"]).to_pydict().values(), strict=True))
    assert times["e2"] == NOON - timedelta(days=9)


def test_what_is_no_event_is_set_aside_with_where_it_lay_and_why(lake: Lake) -> None:
    bad = json.dumps({"event_id": "x", "event_time": "2026-11-20T12:00:00Z"}).encode()
    file = put(lake, "one", gzip.compress(lines(1) + b"{broken\n" + bad + b"\n[]\n" + lines(2)))
    found = read_new_events(lake, stamp())
    assert (found.events, found.set_aside) == (2, 3)
    assert found.bad_share == pytest.approx(3 / 5)
    assert [(row["file"], row["place"], row["reason"]) for row in rejected(lake)] == [
        (file, "line 2", "not JSON"),
        (file, "line 3", "user_hash is missing"),
        (file, "line 4", "an event is a JSON object"),
    ]
    assert rejected(lake)[0]["text"] == "{broken"
    assert read_new_events(lake, stamp("run-2")).set_aside == 0, "set aside once, not at every reading"


@pytest.mark.parametrize("cut", [1, 5, 9, 40, 60])
def test_a_file_that_is_cut_off_gives_what_is_whole_and_says_so(lake: Lake, cut: int) -> None:
    content = gzip.compress(lines(*range(40)))
    put(lake, "cut", content[:-cut])
    found = read_new_events(lake, stamp())
    assert 0 < found.events <= 40
    assert found.reasons["the file ends too early"] == 1


def test_a_file_of_something_else_is_set_aside_and_the_others_are_read(lake: Lake) -> None:
    put(lake, "page", b"<html>404</html>")
    put(lake, "two-members", gzip.compress(lines(1)) + gzip.compress(lines(2)))
    put(lake, "empty", b"")
    found = read_new_events(lake, stamp())
    assert (found.files, found.events) == (3, 2)
    assert dict(found.reasons) == {"the file is no gzip, or broken": 1}


def test_of_a_file_whose_checksum_is_wrong_nothing_is_believed() -> None:
    whole, broken = gzip.compress(lines(1)), bytearray(gzip.compress(lines(*range(500))))
    broken[len(broken) // 2] ^= 0xFF
    kept, fault = unzipped(whole + bytes(broken))
    assert (kept, fault) == (lines(1), "the file is no gzip, or broken")


def test_what_lies_elsewhere_is_no_part_of_the_stream(lake: Lake) -> None:
    for path in (
        "stray.jsonl.gz",
        "dt=2026-11-20/notes.txt",
        "dt=today/one.jsonl.gz",
        "dt=2026-13-01/x.jsonl.gz",
    ):
        lake.storage.write_whole(f"{STREAM}/{path}", gzip.compress(lines(1)))
    assert read_new_events(lake, stamp()).files == 0


def test_files_past_their_time_are_deleted(lake: Lake) -> None:
    for day in ("2026-05-01", "2026-05-02", "2026-11-20"):
        put(lake, f"of-{day}", gzip.compress(lines(1)), day=day)
    read_new_events(lake, stamp())
    assert drop_files_before(lake, date(2026, 5, 2)) == 1
    assert [file.split("/")[2] for file in lake.storage.list(STREAM)] == ["dt=2026-05-02", "dt=2026-11-20"]


def test_turns_expire_like_every_other_row(lake: Lake) -> None:
    put(lake, "one", gzip.compress(lines(1)))
    read_new_events(lake, stamp())
    assert lake.purge(NOON + timedelta(days=181)).rows_removed == 1
    assert lake.row_count("chat_turns") == 0
