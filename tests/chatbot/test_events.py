"""Every turn is told to the stream of events, and others may send theirs with a key; no answer waits for it."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatbot.app import make_app
from spotify_assets.core.settings import Settings, load_settings
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.conftest import SECRETS, Clock, served
from tests.chatbot.test_kakao import wait_for
from tests.doubles.aws import CREDENTIALS, aws_double

KEY = {"authorization": f"Bearer {SECRETS['events_api_key']}"}
EVENT: dict[str, Any] = {
    "event_id": "from-outside-1",
    "event_time": "2026-11-20T13:14:00Z",
    "user_hash": "00f067aa0ba902b7",
    "channel": "kiosk",
    "query": "AESPA",
    "outcome": "artist",
    "latency_ms": 12,
}

Serve = Callable[..., Any]


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    return load_settings(platform_home=tmp_path / "home", **SECRETS)


@pytest.fixture
def serve(store: SqlStore, clock: Clock, config: Settings) -> Serve:
    """The bot behind a real server, with other settings where a test wants them; events are told when it stops."""

    @contextmanager
    def serve(**changes: Any) -> Iterator[httpx.Client]:
        changed = load_settings(**{**SECRETS, "platform_home": config.platform_home, **changes})
        with served(make_app(store, clock, None, changed)) as client:
            yield client

    return serve


def told(config: Settings) -> list[dict[str, Any]]:
    """What lies in the stream, oldest first."""
    files = sorted(Path(config.events_url).rglob("*.jsonl.gz"), key=lambda file: file.stat().st_mtime_ns)
    return [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def test_a_turn_is_one_event_with_all_that_is_counted(serve: Serve, config: Settings) -> None:
    with serve() as http:
        http.post("/v1/chat", json={"user": "me", "text": "  AESPA! "})
        http.post("/v1/chat", json={"user": "me", "text": "Nobody Knows This"})
        http.post("/v1/chat", json={"user": "you", "text": "thanks"})
    known, unknown, thanks = told(config)
    assert known | {"event_id": "", "user_hash": "", "latency_ms": 0} == {
        "event_id": "", "event_time": "2026-11-20T13:15:00.000000+00:00", "user_hash": "", "channel": "web",
        "query": "aespa", "outcome": "artist", "artist_id": known["artist_id"], "latency_ms": 0,
        "provisional": False, "model_version": known["model_version"],
    }  # fmt: skip
    assert known["artist_id"] and known["model_version"]
    assert (unknown["query"], unknown["outcome"], unknown["artist_id"]) == (
        "nobodyknowsthis",
        "pending",
        None,
    )
    assert (thanks["query"], thanks["outcome"]) == (None, "help")
    assert known["user_hash"] == unknown["user_hash"] != thanks["user_hash"]
    assert len({event["event_id"] for event in (known, unknown, thanks)}) == 3
    assert all(0 <= event["latency_ms"] < 60_000 for event in (known, unknown, thanks))


def test_nobody_who_asks_and_nothing_else_they_typed_is_in_the_stream(serve: Serve, config: Settings) -> None:
    with serve() as http:
        http.post(
            "/v1/chat", json={"user": "jane.doe@example.org", "text": "내 전화번호는 010-1234-5678 " * 40}
        )
        http.post(
            "/kakao/skill",
            headers={"x-skill-secret": SECRETS["kakao_skill_secret"]},
            json={"userRequest": {"utterance": "aespa\n", "user": {"id": "kakao-user-77"}}},
        )
    essay, kakao = told(config)
    assert essay["query"] is None
    assert (kakao["channel"], kakao["query"]) == ("kakao", "aespa")
    stream = json.dumps([essay, kakao])
    assert not [
        secret for secret in ("jane", "example.org", "1234", "user-77", "127.0.0.1") if secret in stream
    ]


def test_a_page_that_looks_again_is_no_turn(serve: Serve, config: Settings) -> None:
    with serve() as http:
        http.post("/v1/chat", json={"user": "me", "text": "aespa", "again": True})
    assert told(config) == []


def test_a_store_that_fails_is_told_as_an_error(serve: Serve, config: Settings, store_path: Path) -> None:
    with serve() as http:
        with sqlite3.connect(store_path) as database:
            database.execute("drop table answer_names")
        assert http.post("/v1/chat", json={"user": "me", "text": "aespa"}).status_code == 503
    assert [(event["outcome"], event["query"]) for event in told(config)] == [("error", None)]


def test_a_stream_that_cannot_be_written_costs_no_answer_and_is_counted(
    serve: Serve, config: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with serve(events_url=str(tmp_path / "file" / "below")) as http:
        for _ in range(3):
            assert http.post("/v1/chat", json={"user": "me", "text": "aespa"}).json()["kind"] == "artist"
        metrics = http.get("/metrics", headers={"authorization": f"Bearer {SECRETS['metrics_api_key']}"}).text
        assert "chatbot_events_waiting 3" in metrics
        assert 'chatbot_events_total{outcome="dropped"} 0' in metrics


def test_a_kinesis_that_refuses_costs_no_answer_and_gets_the_events_later(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**CREDENTIALS, "AWS_MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(name, value)
    with aws_double() as aws:
        kinesis = aws.client("kinesis")
        kinesis.create_stream(StreamName="told", ShardCount=1)
        expired = aws.fail(400, "ExpiredTokenException")
        batch = [EVENT | {"event_id": f"outside-{number}"} for number in range(500)]
        with serve(events_url=f"kinesis://told?endpoint={aws.url}") as http:
            assert http.post("/v1/events", json={"events": batch}, headers=KEY).status_code == 202
            wait_for(lambda: expired.met >= 1)
            for _ in range(3):
                assert http.post("/v1/chat", json={"user": "me", "text": "aespa"}).json()["kind"] == "artist"
            metrics = {"authorization": f"Bearer {SECRETS['metrics_api_key']}"}
            assert "chatbot_events_waiting 503" in http.get("/metrics", headers=metrics).text
            aws.faults.remove(expired)
            # The last three follow the full batch, at once or when the server ends.
            written = re.compile(r'chatbot_events_total\{outcome="written"\} 50[03]\b')
            wait_for(lambda: written.search(http.get("/metrics", headers=metrics).text))
        [shard] = kinesis.list_shards(StreamName="told")["Shards"]
        start = kinesis.get_shard_iterator(
            StreamName="told", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        records = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
        kinesis.delete_stream(StreamName="told")
    assert [json.loads(record["Data"])["channel"] for record in records] == ["kiosk"] * 500 + ["web"] * 3


def test_events_from_outside_join_the_stream(serve: Serve, config: Settings) -> None:
    batch = [EVENT | {"event_id": f"outside-{number}", "weather": "sunny"} for number in range(500)]
    with serve() as http:
        response = http.post("/v1/events", json={"events": batch}, headers=KEY)
        assert (response.status_code, response.json()) == (202, {"accepted": 500})
    found = told(config)
    assert [event["event_id"] for event in found] == [event["event_id"] for event in batch]
    assert {event["query"] for event in found} == {"aespa"}
    assert "weather" not in found[0]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            EVENT | {"user_hash": "jane@example.org"},
            "events[1]: user_hash is not 16 to 128 hexadecimal digits",
        ),
        (EVENT | {"event_time": "2027-01-01T00:00:00Z"}, "events[1]: event_time is in the future"),
        ({}, "events[1]: event_id is missing"),
        ("text", "events[1]: an event is a JSON object"),
    ],
)
def test_one_bad_event_turns_the_whole_batch_away_by_its_place(
    serve: Serve, config: Settings, event: Any, said: str
) -> None:
    with serve() as http:
        response = http.post("/v1/events", json={"events": [EVENT, event]}, headers=KEY)
    assert response.status_code == 400
    message = response.json()["error"]["message"]
    assert message.startswith(said) and message.endswith("none of the 2 was taken.")
    assert "jane" not in message
    assert told(config) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"events": {}}', b'{"events": []}', b'{"events": [' + b"{}," * 500 + b"{}]}"],
)
def test_a_body_of_another_shape_is_told_what_to_send(serve: Serve, body: bytes) -> None:
    with serve() as http:
        response = http.post("/v1/events", content=body, headers=KEY)
    assert response.status_code == 400
    assert '{"events": [' in response.json()["error"]["message"]


def test_a_body_that_is_too_large_is_not_read(serve: Serve) -> None:
    with serve() as http:
        assert http.post("/v1/events", content=b" " * (1024 * 1024 + 1), headers=KEY).status_code == 413


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {SECRETS['events_api_key']}"])
def test_events_need_their_key(serve: Serve, config: Settings, given: str) -> None:
    with serve() as http:
        headers = {"authorization": given} if given else {}
        assert http.post("/v1/events", json={"events": [EVENT]}, headers=headers).status_code == 401
    assert told(config) == []


def test_without_a_key_or_a_stream_nobody_is_told_that_events_are_kept(serve: Serve) -> None:
    with serve(events_api_key="") as http:
        assert http.post("/v1/events", json={"events": [EVENT]}, headers=KEY).status_code == 404
    with serve(events_url="off") as http:
        response = http.post("/v1/events", json={"events": [EVENT]}, headers=KEY)
        assert (response.status_code, "EVENTS_URL is off" in response.text) == (503, True)
        assert http.post("/v1/chat", json={"user": "me", "text": "aespa"}).status_code == 200


def test_who_asks_nothing_is_told_of_nothing(serve: Serve, config: Settings) -> None:
    with serve() as http:
        assert http.get("/healthz").status_code == 200
    assert not Path(config.events_url).exists()
