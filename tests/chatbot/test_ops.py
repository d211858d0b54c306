"""For those who run the bot: health, counters behind a key, logs that say what happened and not who said what."""

from __future__ import annotations

import json
import logging
import re

import httpx
import pytest

from chatbot.logs import JsonLines
from chatbot.metrics import Metrics
from spotify_assets.core.event_stream import StreamCounts
from tests.chatbot.conftest import SECRETS

KEY = {"authorization": f"Bearer {SECRETS['metrics_api_key']}"}


def test_metrics_count_answers_and_refusals(open_http: httpx.Client) -> None:
    open_http.post("/v1/chat", json={"text": "aespa"})
    open_http.post("/v1/chat", content=b"{")
    text = open_http.get("/metrics", headers=KEY).text
    assert 'chatbot_answers_total{channel="web",kind="artist"} 1' in text
    assert 'chatbot_answer_seconds_bucket{le="+Inf"} 1' in text
    assert "chatbot_answer_seconds_count 1" in text
    assert 'chatbot_refused_total{channel="http",outcome="400"} 1' in text
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [0-9.e-]+', line), line


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", "Basic x", f"Bearer {SECRETS['metrics_api_key']}x"]
)
def test_metrics_need_their_key(open_http: httpx.Client, given: str) -> None:
    response = open_http.get("/metrics", headers={"authorization": given} if given else {})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "chatbot_" not in response.text


def test_without_a_key_metrics_are_off(http: httpx.Client) -> None:
    assert http.get("/metrics", headers={"authorization": "Bearer x"}).status_code == 404


def test_latencies_fall_into_their_buckets() -> None:
    metrics = Metrics()
    for seconds in (0.005, 0.006, 9.0):
        metrics.answered("web", "artist", seconds)
    text = metrics.text(StreamCounts(0, 0, 0))
    assert 'bucket{le="0.005"} 1' in text
    assert 'bucket{le="0.01"} 2' in text
    assert 'bucket{le="4.0"} 2' in text
    assert 'bucket{le="+Inf"} 3' in text


def test_a_refusal_is_one_line_of_json_with_the_id_of_its_response(
    open_http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    response = open_http.post("/v1/chat?token=hunter2", content=b"hunter2", headers={"x-secret": "hunter2"})
    [record] = [r for r in caplog.records if r.name == "chatbot.requests"]
    assert record.getMessage() == "POST /v1/chat: 400"
    assert len(response.headers["x-request-id"]) == 16
    assert "hunter2" not in caplog.text


def test_a_line_of_the_log_is_json() -> None:
    record = logging.LogRecord("chatbot.x", logging.WARNING, "f", 1, "said %s", ("\nwhat\u202e",), None)
    record.status = 400
    line = JsonLines().format(record)
    assert "\n" not in line
    assert line.isascii()
    fields = json.loads(line)
    assert fields["message"] == "said \nwhat\u202e"
    assert (fields["level"], fields["logger"], fields["status"]) == ("warning", "chatbot.x", 400)
