"""Chat events on Kinesis: within its limits, whatever it leaves out tried again, and no reply waits or fails."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from spotify_assets.core.errors import SettingsError
from spotify_assets.core.event_stream import EventStream, StreamCounts, StreamError, Told, open_stream
from spotify_assets.core.events import parse, to_line
from spotify_assets.core.kinesis import MAX_RECORD, TRIES, KinesisDestination
from spotify_assets.core.records import CHAT_TURNS, MAX_ID, ChatEvent
from spotify_assets.core.settings import load_settings
from tests.doubles.aws import CREDENTIALS, AwsDouble, aws_double

NOON = datetime(2026, 11, 20, 12, 0, 3, tzinfo=UTC)


def event(number: int) -> ChatEvent:
    return ChatEvent(f"e{number}", NOON, "ab" * 16, "web", "에스파", "pending", None, 3, False, None)


def turn(number: int) -> Told:
    return partial(to_line, event(number))


@pytest.fixture(scope="module")
def server() -> Iterator[AwsDouble]:
    with aws_double() as double:
        yield double


@pytest.fixture
def aws(server: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsDouble]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    yield server
    server.faults.clear()
    server.kinesis.clear()


class Stream:
    """A stream on the double, and what came through it."""

    def __init__(self, aws: AwsDouble) -> None:
        self.name = f"chat-{uuid.uuid4().hex[:8]}"
        self.client = aws.client("kinesis")
        self.client.create_stream(StreamName=self.name, ShardCount=2)
        self.client.get_waiter("stream_exists").wait(StreamName=self.name, WaiterConfig={"Delay": 0})
        self.url = f"kinesis://{self.name}?endpoint={aws.url}"

    def lines(self) -> list[bytes]:
        found: list[bytes] = []
        for shard in self.client.list_shards(StreamName=self.name)["Shards"]:
            place: dict[str, Any] = self.client.get_shard_iterator(
                StreamName=self.name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            records = self.client.get_records(ShardIterator=place["ShardIterator"], Limit=10_000)["Records"]
            found += [record["Data"] for record in records]
        return found

    def ids(self) -> list[str]:
        return sorted(json.loads(line)["event_id"] for line in self.lines())


@pytest.fixture
def stream(aws: AwsDouble) -> Stream:
    return Stream(aws)


def test_events_are_records_in_calls_of_at_most_five_hundred(aws: AwsDouble, stream: Stream) -> None:
    aws.kinesis.shards = 10**12
    lines = [to_line(event(number)) for number in range(1201)]
    KinesisDestination(stream.url).put(lines)
    assert aws.kinesis.calls == [500, 500, 201]
    assert sorted(stream.lines()) == sorted(lines)


def test_a_call_stays_below_five_mebibytes(aws: AwsDouble, stream: Stream) -> None:
    aws.kinesis.shards = 10**12  # no two records fall to one
    lines = [b"x" * (MAX_RECORD - 16) for _ in range(11)]
    KinesisDestination(stream.url).put(lines)
    assert aws.kinesis.calls == [5, 5, 1]
    assert len(stream.lines()) == 11


def test_the_longest_event_is_far_below_what_a_record_may_hold() -> None:
    longest = {
        "event_id": "e" * MAX_ID, "event_time": "2026-11-20T12:00:03.123456+00:00", "user_hash": "f" * 128,
        "channel": "c" * 30, "query": "가" * 100_000, "outcome": "not_found", "artist_id": "a" * MAX_ID,
        "latency_ms": 3_600_000, "provisional": False, "model_version": "m" * MAX_ID,
    }  # fmt: skip
    assert set(longest) == {column.name for column in CHAT_TURNS.columns}
    assert len(to_line(parse(longest, NOON))) < MAX_RECORD / 500
    with pytest.raises(ValueError, match="1,048,576 bytes is no chat event"):
        KinesisDestination("kinesis://chat").put([b"x" * MAX_RECORD])


def test_what_kinesis_leaves_out_is_tried_again_by_itself(aws: AwsDouble, stream: Stream) -> None:
    rule = aws.kinesis.leave_out(times=70)
    failure = aws.kinesis.leave_out("InternalFailure", lambda data: b'"e7"' in data, times=1)
    KinesisDestination(stream.url).put([to_line(event(number)) for number in range(100)])
    assert (rule.met, failure.met) == (70, 1)
    assert aws.kinesis.calls[0] == 100
    assert sum(aws.kinesis.calls[1:]) <= 71, "what was taken is not sent again"
    assert stream.ids() == sorted(f"e{number}" for number in range(100)), "each once"


def test_what_stays_out_is_named_and_the_rest_is_stored(aws: AwsDouble, stream: Stream) -> None:
    rule = aws.kinesis.leave_out(which=lambda data: b'"e1' in data)
    said = rf"left out 2 events in {TRIES} attempts \(2 of Prov.*more shards"
    with pytest.raises(StreamError, match=said) as error:
        KinesisDestination(stream.url).put([to_line(event(number)) for number in (0, 1, 2, 10)])
    assert error.value.left == [1, 3]
    assert rule.met == 2 * TRIES
    assert stream.ids() == ["e0", "e2"]


def test_what_a_shard_does_not_take_in_a_second_it_takes_in_the_next(aws: AwsDouble, stream: Stream) -> None:
    aws.kinesis.shard_records = 300
    told = EventStream(KinesisDestination(stream.url), max_age=0.0, first_pause=0.1)
    assert all(told.emit(turn(number)) for number in range(700))
    deadline = time.monotonic() + 60
    while told.counts.waiting and time.monotonic() < deadline:
        time.sleep(0.05)
    assert told.close() == StreamCounts(written=700, dropped=0, waiting=0)
    assert stream.ids() == sorted(f"e{number}" for number in range(700)), "each once"
    assert sum(aws.kinesis.calls) > 700, "the shard did refuse"


def test_a_stream_that_is_throttled_whole_or_fails_is_tried_again_later(
    aws: AwsDouble, stream: Stream
) -> None:
    fault = aws.fail(400, "ProvisionedThroughputExceededException", lambda call: "PutRecords" in call.target)
    told = EventStream(KinesisDestination(stream.url), max_age=0.0, first_pause=0.05)
    told.emit(turn(1))
    assert not told.flush(30), "it failed, and nobody waits any longer"
    began = time.monotonic()
    assert not told.flush(30)
    assert time.monotonic() - began < 10, "while it fails, a reply does not wait"
    aws.faults.clear()
    assert fault.met >= 2
    deadline = time.monotonic() + 30
    while told.counts.waiting and time.monotonic() < deadline:
        time.sleep(0.02)
    assert told.flush(1)
    assert told.close() == StreamCounts(1, 0, 0)
    assert stream.ids() == ["e1"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ExpiredTokenException", "the AWS credentials have expired"),
        ("AccessDeniedException", "AWS denies PutRecords"),
        ("ResourceNotFoundException", "there is no such stream: deploy the template"),
        ("InternalFailure", "AWS failed in 2 attempts at PutRecords"),
    ],
)
def test_what_aws_refuses_is_told_in_a_sentence(aws: AwsDouble, stream: Stream, code: str, said: str) -> None:
    aws.fail(500 if code == "InternalFailure" else 400, code, lambda call: "PutRecords" in call.target)
    with pytest.raises(StreamError, match=rf"the stream {stream.name} of Kinesis in ap-northeast-2 .*{said}"):
        KinesisDestination(stream.url).put([to_line(event(1))])


def test_credentials_that_expire_between_two_calls_leave_what_is_stored_alone(
    aws: AwsDouble, stream: Stream
) -> None:
    calls = iter(range(100))
    aws.fail(400, "ExpiredTokenException", lambda call: "PutRecords" in call.target and next(calls) >= 1)
    with pytest.raises(StreamError) as error:
        KinesisDestination(stream.url).put([to_line(event(number)) for number in range(600)])
    assert error.value.left == list(range(500, 600))
    assert len(stream.ids()) == 500


def test_a_stream_that_stands_still_holds_nobody_up_longer_than_agreed(
    aws: AwsDouble, stream: Stream
) -> None:
    aws.kinesis.held.set()
    told = EventStream(KinesisDestination(stream.url), capacity=10, max_age=0.0)
    assert [told.emit(turn(number)) for number in range(12)] == [True] * 10 + [False] * 2
    began = time.monotonic()
    assert not told.flush(0.2)
    assert time.monotonic() - began < 10
    assert told.counts == StreamCounts(0, 2, 10)
    aws.kinesis.held.clear()
    assert told.flush(30)
    assert told.close() == StreamCounts(10, 2, 0)


def test_an_address_says_where_the_stream_is(aws: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(aws)
    for wrong in ("kinesis://", "kinesis://chat/events", "kinesis://chat?stream=2", "kinesis://챗"):
        with pytest.raises(SettingsError, match=r"EVENTS_URL.*kinesis://<?stream"):
            open_stream(load_settings(events_url=wrong))
    with pytest.raises(SettingsError, match="AWS_PROFILE"):
        open_stream(load_settings(events_url="kinesis://chat?profile=nobody"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    told = open_stream(load_settings(events_url=f"kinesis://{stream.name}?region=eu-west-1"))
    told.emit(turn(1))
    assert told.close().dropped == 1, "there is none of that name in Ireland"
    told = open_stream(load_settings(events_url=f"kinesis://{stream.name}"))
    told.emit(turn(2))
    assert told.close(30) == StreamCounts(1, 0, 0)
    assert stream.ids() == ["e2"]
