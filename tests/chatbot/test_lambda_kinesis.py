"""The bot on Lambda tells Kinesis: before the reply is out, and without holding it up where Kinesis stands still."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.test_lambda import Function, body_of, recorded
from tests.doubles.aws import CREDENTIALS, AwsDouble, aws_double

STREAM = "chat"


@pytest.fixture
def aws() -> Iterator[AwsDouble]:
    with aws_double() as double:
        double.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
        yield double


def told(aws: AwsDouble) -> list[tuple[str, str]]:
    client = aws.client("kinesis")
    [shard] = client.list_shards(StreamName=STREAM)["Shards"]
    start = client.get_shard_iterator(
        StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    records = client.get_records(ShardIterator=start["ShardIterator"], Limit=100)["Records"]
    events = [json.loads(record["Data"]) for record in records]
    return [(event["query"], event["outcome"]) for event in events]


def test_an_event_is_in_the_stream_before_the_reply_and_an_instance_that_dies_loses_no_request(
    aws: AwsDouble, store: SqlStore, store_path: Path
) -> None:
    function = Function(
        store_path, EVENTS_URL=f"kinesis://{STREAM}", AWS_ENDPOINT_URL=aws.url,
        **{name: value for name, value in CREDENTIALS.items() if "KEY" in name},
    )  # fmt: skip
    known = recorded("http_v2")
    unknown = recorded("http_v2", body=json.dumps({"user": "me", "text": "전혀 모르는 가수"}))

    aws.kinesis.held.set()
    [reply] = function.run(unknown)  # its process is killed as soon as the reply is out
    assert body_of(reply)["kind"] == "pending"
    assert told(aws) == [], "it did not wait for Kinesis, and the event was still on its way when it died"
    [request] = store.requests.all()
    assert (request.state, request.ask_count) == ("pending", 1), "the request did not"

    aws.kinesis.held.clear()
    replies = function.run(unknown, known)
    assert [body_of(one)["kind"] for one in replies] == ["pending", "artist"]
    # What the dead instance was at may still arrive, before or after.
    assert set(told(aws)) == {("전혀모르는가수", "pending"), ("에스파", "artist")}
    assert store.requests.all()[0].ask_count == 2
