"""The stream of chat events: it never holds up or fails an answer, and says what it lost."""

from __future__ import annotations

import gzip
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from spotify_assets.core.errors import SettingsError
from spotify_assets.core.event_stream import (
    EventStream,
    FileDestination,
    NoStream,
    StreamCounts,
    StreamError,
    Told,
    open_stream,
)
from spotify_assets.core.events import to_line
from spotify_assets.core.records import ChatEvent
from spotify_assets.core.settings import load_settings

NOON = datetime(2026, 11, 20, 12, 0, 3, tzinfo=UTC)


def event(number: int) -> ChatEvent:
    return ChatEvent(f"e{number}", NOON, "ab" * 16, "web", "에스파", "pending", None, 3, False, None)


def turn(number: int) -> Told:
    return partial(to_line, event(number))


class Destination:
    """Keeps what it gets; fails, or stands still, as long as a test wants it to."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.attempts = 0
        self.is_broken = False
        self.open = threading.Event()
        self.open.set()

    def put(self, lines: Sequence[bytes]) -> None:
        self.attempts += 1
        self.open.wait(60)
        if self.is_broken:
            raise StreamError("nobody takes events")
        self.batches.append([json.loads(line)["event_id"] for line in lines])

    @property
    def ids(self) -> list[str]:
        return [one for batch in self.batches for one in batch]


def wait_for(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def destination() -> Destination:
    return Destination()


def test_a_full_batch_is_written_at_once_and_the_rest_when_it_closes(destination: Destination) -> None:
    stream = EventStream(destination, batch=3)
    for number in range(7):
        assert stream.emit(turn(number))
    wait_for(lambda: len(destination.batches) == 2)
    assert stream.close() == StreamCounts(written=7, dropped=0, waiting=0)
    assert destination.batches == [["e0", "e1", "e2"], ["e3", "e4", "e5"], ["e6"]]


def test_a_lone_event_is_written_when_it_is_old_enough(destination: Destination) -> None:
    stream = EventStream(destination, max_age=0.05)
    stream.emit(turn(1))
    wait_for(lambda: destination.ids == ["e1"])
    stream.emit(turn(2))
    wait_for(lambda: destination.ids == ["e1", "e2"])
    assert stream.close().written == 2


def test_emitting_does_not_wait_for_a_destination_that_stands_still(
    destination: Destination, caplog: pytest.LogCaptureFixture
) -> None:
    destination.open.clear()
    stream = EventStream(destination, capacity=100, batch=10)
    taken = [stream.emit(turn(number)) for number in range(150)]
    assert destination.batches == [], "all were told while the first batch was still on its way"
    assert taken == [True] * 100 + [False] * 50
    assert stream.counts.dropped == 50
    [line] = caplog.messages
    assert line == "100 chat events wait, and no more are taken until some are written", "told once"
    destination.open.set()
    assert stream.close(timeout=60) == StreamCounts(written=100, dropped=50, waiting=0)
    assert destination.ids == [f"e{number}" for number in range(100)], "the order stays"


def test_a_batch_that_cannot_be_written_is_kept_and_written_later(
    destination: Destination, caplog: pytest.LogCaptureFixture
) -> None:
    destination.is_broken = True
    stream = EventStream(destination, max_age=0.01, first_pause=0.01)
    stream.emit(turn(1))
    wait_for(lambda: destination.attempts > 2)
    stream.emit(turn(2))
    destination.is_broken = False
    wait_for(lambda: destination.ids == ["e1", "e2"])
    assert stream.close() == StreamCounts(written=2, dropped=0, waiting=0)
    assert len(caplog.records) == 1, "an outage is one line in the log"


def test_what_cannot_be_written_at_the_end_is_counted_and_told(
    destination: Destination, caplog: pytest.LogCaptureFixture
) -> None:
    destination.is_broken = True
    stream = EventStream(destination)
    stream.emit(turn(1))
    assert stream.close() == StreamCounts(written=0, dropped=1, waiting=0)
    assert "1 chat events are lost" in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR
    assert not stream.emit(turn(2))


def test_flushing_writes_what_waits_and_no_reply_waits_for_what_fails(destination: Destination) -> None:
    stream = EventStream(destination, first_pause=60)
    assert stream.flush(0)
    stream.emit(turn(1))
    stream.emit(turn(2))
    assert stream.flush(60)
    assert destination.batches == [["e1", "e2"]]
    destination.is_broken = True
    stream.emit(turn(3))
    assert not stream.flush(60), "told as soon as it failed"
    stream.emit(turn(4))
    assert not stream.flush(60)
    assert destination.attempts == 2, "the next attempt comes in its own time"
    destination.is_broken = False
    assert stream.close() == StreamCounts(written=4, dropped=0, waiting=0)
    assert destination.ids == ["e1", "e2", "e3", "e4"]


def test_of_a_batch_that_was_stored_in_part_only_the_rest_is_written_again() -> None:
    class TakesEven:
        batches: ClassVar[list[list[str]]] = []

        def put(self, lines: Sequence[bytes]) -> None:
            ids = [json.loads(line)["event_id"] for line in lines]
            self.batches.append(ids)
            if len(self.batches) == 1:
                raise StreamError("odd ones stay out", [place for place in range(len(ids)) if place % 2])

    destination = TakesEven()
    stream = EventStream(destination, batch=5, first_pause=0.01)
    for number in range(5):
        stream.emit(turn(number))
    wait_for(lambda: stream.counts.written == 3)
    assert stream.counts.waiting == 2
    stream.emit(turn(5))
    assert stream.close() == StreamCounts(written=6, dropped=0, waiting=0)
    assert destination.batches[0] == ["e0", "e1", "e2", "e3", "e4"]
    assert [one for batch in destination.batches[1:] for one in batch] == ["e1", "e3", "e5"]


def test_closing_does_not_wait_for_ever(destination: Destination) -> None:
    destination.open.clear()
    stream = EventStream(destination, batch=1)
    stream.emit(turn(1))
    assert stream.close(timeout=0.05).dropped == 1
    destination.open.set()


def test_of_a_batch_from_outside_all_or_none_are_taken(destination: Destination) -> None:
    stream = EventStream(destination, capacity=5)
    assert stream.offer([turn(1), turn(2), turn(3)])
    assert not stream.offer([turn(4), turn(5), turn(6)])
    assert stream.offer([turn(7), turn(8)])
    stream.close()
    assert destination.ids == ["e1", "e2", "e3", "e7", "e8"]


def test_threads_share_a_stream(destination: Destination) -> None:
    stream = EventStream(destination, batch=7)
    threads = [
        threading.Thread(target=lambda part=part: [stream.emit(turn(part * 100 + n)) for n in range(100)])
        for part in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stream.close(timeout=60).written == 800
    assert sorted(destination.ids) == sorted(f"e{number}" for number in range(800))


def test_a_stream_without_events_starts_nothing_and_writes_nothing(tmp_path: Path) -> None:
    before = threading.active_count()
    stream = EventStream(FileDestination(tmp_path / "events"))
    assert threading.active_count() == before
    assert stream.close() == StreamCounts(0, 0, 0)
    assert not (tmp_path / "events").exists()


def test_files_are_as_firehose_writes_them(tmp_path: Path) -> None:
    destination = FileDestination(tmp_path, lambda: NOON)
    stream = EventStream(destination, batch=2)
    for number in range(4):
        stream.emit(turn(number))
    stream.close()
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert len(files) == 2
    name = r"dt=2026-11-20/chat-events-1-2026-11-20-12-00-03-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.jsonl\.gz"
    for file in files:
        assert re.fullmatch(name, file.relative_to(tmp_path).as_posix())
        lines = gzip.decompress(file.read_bytes()).decode().split("\n")
        assert lines.pop() == "", "every event ends in a newline"
        assert len([json.loads(line) for line in lines]) == 2


def test_a_directory_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StreamError, match=r"cannot be written .*: EVENTS_URL must be a directory"):
        FileDestination(tmp_path / "file").put([b"{}\n"])


def test_events_go_beside_a_local_lake_and_nowhere_beside_one_on_s3(tmp_path: Path) -> None:
    local = load_settings(platform_home=tmp_path)
    assert local.events_url == str(tmp_path / "lake/raw/chat_events")
    assert load_settings(lake_uri="s3://bucket/lake").events_url == "off"
    assert load_settings(events_url="off").events_url == "off"
    assert load_settings(lake_uri="s3://b", events_url="/srv/events").events_url == "/srv/events"
    assert isinstance(open_stream(load_settings(events_url="off")), NoStream)
    stream = open_stream(local)
    stream.emit(turn(1))
    assert stream.close().written == 1
    assert len(list((tmp_path / "lake/raw/chat_events").rglob("*.jsonl.gz"))) == 1


def test_a_stream_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"EVENTS_URL.*: a local directory, kinesis://stream or off"):
        load_settings(events_url="ftp://somewhere")


def test_where_events_are_off_nobody_from_outside_is_told_otherwise() -> None:
    off = NoStream()
    assert off.emit(turn(1))
    assert not off.offer([turn(1)])
    assert off.flush()
    assert off.close() == StreamCounts(0, 0, 0)
