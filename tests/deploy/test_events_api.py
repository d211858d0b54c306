"""Events of producers who are not the bot: through API Gateway into the stream, and from there into the lake."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spotify_assets.core.events import MAX_EVENT, EventFault, parse, to_line
from spotify_assets.core.kinesis import MAX_CALL, MAX_RECORDS
from spotify_assets.core.lake.chat_events import STREAM, read_new_events
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.lake.storage import LocalStorage
from spotify_assets.core.records import CHAT_TURNS
from tests.deploy.api_gateway import post_events
from tests.deploy.templates import STACK, resolved, resources
from tests.doubles.aws import AwsDouble, aws_double

NOW = datetime(2026, 11, 20, 13, 20, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "event_id": "from-outside-1",
    "event_time": "2026-11-20T13:14:00Z",
    "user_hash": "00f067aa0ba902b7",
    "channel": "kiosk",
    "query": "AESPA",
    "outcome": "artist",
    "latency_ms": 12,
}


@pytest.fixture(scope="module")
def server() -> Iterator[AwsDouble]:
    with aws_double() as double:
        yield double


@pytest.fixture
def aws(server: AwsDouble) -> Iterator[AwsDouble]:
    client = server.client("kinesis")
    client.create_stream(StreamName=f"{STACK}-chat-events", ShardCount=1)
    yield server
    server.faults.clear()
    server.kinesis.clear()
    client.delete_stream(StreamName=f"{STACK}-chat-events")


def records(aws: AwsDouble) -> list[bytes]:
    client, name = aws.client("kinesis"), f"{STACK}-chat-events"
    [shard] = client.list_shards(StreamName=name)["Shards"]
    start = client.get_shard_iterator(
        StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    found = client.get_records(ShardIterator=start["ShardIterator"], Limit=10_000)["Records"]
    return [record["Data"] for record in found]


def batch(*events: Any) -> bytes:
    return json.dumps({"events": list(events)}, ensure_ascii=False).encode()


AWKWARD = [
    "에스파",
    'say "hi"',
    "back\\slash",
    "it's",
    "a\nb",
    "}{",
    "$input.body #set($x = 1)",
    "%0A",
    "</a>",
]


def test_each_event_is_a_record_with_its_line_s_end_whatever_it_holds(aws: AwsDouble) -> None:
    sent = [EVENT | {"event_id": f"o{n}", "query": query} for n, query in enumerate(AWKWARD)]
    assert post_events(aws.url, batch(*sent)) == (202, {"accepted": len(sent)})
    found = records(aws)
    assert all(record.endswith(b"}\n") and record.count(b"\n") == 1 for record in found)
    assert [json.loads(record) for record in found] == sent


def test_what_the_stream_leaves_out_is_told_and_sent_again_counts_once(aws: AwsDouble) -> None:
    aws.kinesis.leave_out(times=1)
    sent = batch(*(EVENT | {"event_id": f"o{n}"} for n in range(3)))
    status, said = post_events(aws.url, sent)
    assert status == 503
    assert said["error"]["message"].startswith("The stream left out 1 events: send the batch again")
    assert post_events(aws.url, sent) == (202, {"accepted": 3})
    assert len(records(aws)) == 5
    aws.fail(400, "ProvisionedThroughputExceededException")
    assert post_events(aws.url, sent)[0] == 503


def test_without_the_key_nothing_is_taken(aws: AwsDouble) -> None:
    assert post_events(aws.url, batch(EVENT), key=None)[0] == 403
    assert post_events(aws.url, batch(EVENT), key="another")[0] == 403
    assert records(aws) == []
    method = resolved(resources("AWS::ApiGateway::RestApi", "events.yaml")["Producers"])["Body"]
    assert {"api_key": []} in method["paths"]["/events"]["post"]["security"]
    [plan] = resources("AWS::ApiGateway::UsagePlan", "events.yaml").values()
    assert plan["Quota"]["Period"] == "DAY" and set(plan["Throttle"]) == {"RateLimit", "BurstLimit"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", batch(), batch("text"), batch({}), batch(*[EVENT] * 501)]
    + [batch(EVENT, EVENT | wrong) for wrong in (
        {"user_hash": "jane@example.org"}, {"outcome": "maybe"}, {"latency_ms": -1}, {"channel": "A channel"},
        {"event_id": "with space"}, {"typed": "my telephone number is …"}, {"query": "x" * 501},
    )],
)  # fmt: skip
def test_one_bad_event_turns_the_whole_batch_away(aws: AwsDouble, body: bytes) -> None:
    status, said = post_events(aws.url, body)
    assert status == 400
    assert said["error"]["message"]
    assert records(aws) == []


def test_a_body_of_another_type_reaches_neither_model_nor_stream(aws: AwsDouble) -> None:
    assert post_events(aws.url, batch(EVENT), content_type="text/plain")[0] == 415
    assert records(aws) == []


def test_the_model_knows_what_an_event_is() -> None:
    model = resolved(resources("AWS::ApiGateway::RestApi", "events.yaml")["Producers"])["Body"]["components"][
        "schemas"
    ]
    columns = {column.name: column for column in CHAT_TURNS.columns}
    assert set(model["Event"]["properties"]) == set(columns)
    needed = []
    for name in columns:
        try:
            parse({key: value for key, value in EVENT.items() if key != name}, NOW)
        except EventFault:
            needed.append(name)
    assert sorted(model["Event"]["required"]) == sorted(needed)
    assert model["Event"]["properties"]["outcome"]["enum"] == list(columns["outcome"].choices)
    assert model["Events"]["properties"]["events"]["maxItems"] == MAX_RECORDS


def test_the_largest_batch_that_the_model_lets_through_fits_a_call(aws: AwsDouble) -> None:
    largest = EVENT | {
        "event_id": "e" * 100, "event_time": "2026-11-20T13:14:00.000000+00:00", "user_hash": "f" * 128,
        "channel": "c" * 30, "query": "가" * 500, "artist_id": "a" * 100, "model_version": "m" * 100,
        "provisional": False,
    }  # fmt: skip
    body = batch(*[largest] * MAX_RECORDS)
    assert len(json.dumps(largest)) < MAX_EVENT, "readers take it even with every letter escaped"
    assert len(body) < min(MAX_CALL, 10 * 2**20) / 2
    aws.kinesis.shards = 10**12
    assert post_events(aws.url, body) == (202, {"accepted": MAX_RECORDS})


def test_what_came_through_the_stream_arrives_in_the_lake(aws: AwsDouble, tmp_path: Path) -> None:
    """Firehose puts many records into an object, gzipped, each with a line's end behind it; it may repeat some."""
    bot = parse(EVENT | {"event_id": "of-the-bot", "channel": "web"}, NOW)
    aws.client("kinesis").put_records(
        StreamName=f"{STACK}-chat-events", Records=[{"Data": to_line(bot), "PartitionKey": "k"}]
    )
    late = EVENT | {"event_id": "late", "event_time": "2026-11-11T13:14:00Z"}
    assert post_events(aws.url, batch(EVENT, late))[0] == 202
    came = records(aws)
    glued = to_line(bot).strip() + json.dumps(EVENT | {"event_id": "glued"}).encode()
    carried = b"".join(record + b"\n" for record in [*came, came[0], glued])
    lake = Lake(LocalStorage(tmp_path / "lake"))
    path = f"{STREAM}/dt=2026-11-20/{STACK}-chat-events-1-2026-11-20-13-20-00-0b7c.jsonl.gz"
    lake.storage.write_whole(path, gzip.compress(carried))
    found = read_new_events(lake, Stamp("chat", "run-1", NOW, 180))
    assert (found.files, found.events, found.again, found.late, found.set_aside) == (1, 4, 2, 1, 0)
    rows = lake.read("chat_turns", ["event_id", "query"]).to_pylist()
    assert {row["event_id"]: row["query"] for row in rows} == {
        "of-the-bot": "aespa", "from-outside-1": "aespa", "late": "aespa", "glued": "aespa",
    }  # fmt: skip
