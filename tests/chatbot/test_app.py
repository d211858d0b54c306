"""The bot over HTTP: the promised routes, limits and headers; whatever is sent, JSON comes back."""

from __future__ import annotations

import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from chatbot.rate_limit import RateLimit
from chatbot.routes.web import PAGE_FILES
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.library import AESPA

ANSWER = {
    "kind", "text", "provisional", "artist", "track", "top_tracks", "similar", "choices", "quick_replies",
    "cursor",
}  # fmt: skip
CARD = {"artist_id", "name", "genres", "image_url", "url"}
SONG = {"track_id", "name", "album_name", "image_url", "url"}


def message(response: httpx.Response) -> str:
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message"}
    text = body["error"]["message"]
    assert isinstance(text, str)
    return text


def test_a_question_gets_the_promised_json(http: httpx.Client) -> None:
    response = http.post("/v1/chat", json={"user": "u", "text": "에스파"})
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    assert set(answer) == ANSWER
    assert answer["kind"] == "artist"
    assert answer["provisional"] is False
    assert set(answer["artist"]) == CARD
    assert set(answer["top_tracks"][0]) == SONG
    assert set(answer["similar"][0]) == {"artist", "score", "why", "tracks"}
    assert set(answer["similar"][0]["artist"]) == CARD
    assert set(answer["similar"][0]["tracks"][0]) == SONG
    assert set(answer["quick_replies"][0]) == {"label", "text"}
    assert "좋아하신다면".encode() in response.content
    track = http.post("/v1/chat", json={"user": "u", "text": "Ditto"}).json()
    assert set(track["track"]) == {"track_id", "name", "artists", "url"}


def test_pages_follow_each_other(http: httpx.Client) -> None:
    first = http.post("/v1/chat", json={"user": "u", "text": "aespa"}).json()
    second = http.post("/v1/chat", json={"user": "u", "text": "aespa", "cursor": first["cursor"]}).json()
    assert [s["artist"]["name"] for s in second["similar"]] == [f"Neighbour {n}" for n in range(11, 21)]
    broken = http.post("/v1/chat", json={"user": "u", "text": "aespa", "cursor": "!"})
    assert broken.status_code == 200
    assert broken.json()["similar"][0]["artist"]["name"] == "Neighbour 1"


def test_the_language_can_be_asked_for(http: httpx.Client) -> None:
    body = {"text": f"artist:{AESPA}", "language": "ko"}
    assert "좋아하신다면" in http.post("/v1/chat", json=body).json()["text"]
    assert "If you like" in http.post("/v1/chat", json={**body, "language": "tlh"}).json()["text"]


def test_unknown_fields_and_content_types_are_tolerated(http: httpx.Client) -> None:
    body = json.dumps({"text": "aespa", "user": None, "cursor": None, "mood": ["happy"]})
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-8",
        "",
    ):
        response = http.post("/v1/chat", content=body, headers={"content-type": content_type})
        assert response.json()["kind"] == "artist"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"text=aespa", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 60_000, "not JSON"),
        (b'{"text": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[]", "no object"),
        (b'"aespa"', "no object"),
        (b"null", "no object"),
        (b"{}", '"text" is missing'),
        (b'{"text": null}', '"text" is missing'),
        (b'{"text": 5}', '"text" must be text'),
        (b'{"text": ["aespa"]}', '"text" must be text'),
        (b'{"text": "aespa", "user": 7}', '"user" must be text'),
        (b'{"text": "aespa", "cursor": {}}', '"cursor" must be text'),
        (b'{"text": "aespa", "language": 1}', '"language" must be text'),
        (b'{"text": "aespa", "user": "' + b"u" * 201 + b'"}', "shorter id"),
    ],
)
def test_a_bad_body_is_told_what_to_send(http: httpx.Client, body: bytes, says: str) -> None:
    response = http.post("/v1/chat", content=body)
    assert response.status_code == 400
    assert says in message(response)
    assert "send" in message(response)


def test_a_body_over_64_kb_is_refused(http: httpx.Client) -> None:
    body = json.dumps({"text": "x" * 64 * 1024}).encode()
    response = http.post("/v1/chat", content=body)
    assert response.status_code == 413
    assert "64 KB" in message(response)
    # Without a Content-Length the size shows only while reading.
    streamed = http.post("/v1/chat", content=iter([body[:40_000], body[40_000:]]))
    assert streamed.status_code == 413


def test_a_large_text_within_the_limit_is_answered(http: httpx.Client) -> None:
    assert http.post("/v1/chat", json={"text": "x" * 60_000}).json()["kind"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/chat", 405),
        ("PUT", "/v1/chat", 405),
        ("POST", "/", 405),
        ("DELETE", "/healthz", 405),
        ("GET", "/nothing", 404),
        ("GET", "/static/../cli.py", 404),
        ("GET", "/static/%2e%2e/cli.py", 404),
        ("GET", "/static/nothing.js", 404),
    ],
)
def test_wrong_addresses_and_methods_get_json(
    http: httpx.Client, method: str, path: str, status: int
) -> None:
    response = http.request(method, path)
    assert response.status_code == status
    assert message(response)
    if status == 405:
        assert response.headers["allow"]


def test_a_user_who_asks_too_fast_is_asked_to_wait(http: httpx.Client) -> None:
    statuses = [http.post("/v1/chat", json={"user": "fast", "text": "aespa"}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    refused = http.post("/v1/chat", json={"user": "fast", "text": "에스파"})
    assert "빨라요" in message(refused)
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert http.post("/v1/chat", json={"user": "calm", "text": "aespa"}).status_code == 200


def test_a_store_that_is_gone_is_said_and_not_hidden(
    http: httpx.Client, store_path: Path, store: SqlStore
) -> None:
    assert http.get("/readyz").json() == {"status": "ready"}
    store.close()
    for part in store_path.parent.glob("serving.db*"):
        part.unlink()
    store_path.mkdir()
    not_ready = http.get("/readyz")
    assert not_ready.status_code == 503
    assert "serving store" in message(not_ready)
    no_answer = http.post("/v1/chat", json={"text": "aespa"})
    assert no_answer.status_code == 503
    assert "sorry" in message(no_answer)
    assert "죄송" in message(no_answer)
    assert http.get("/healthz").status_code == 200


def test_questions_at_once_are_all_answered_and_counted(http: httpx.Client, store: SqlStore) -> None:
    def one(user: int) -> str:
        return str(http.post("/v1/chat", json={"user": f"u{user}", "text": "Somebody New"}).json()["kind"])

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(one, range(40))) == {"pending"}
    [request] = store.requests.all()
    assert request.ask_count == 40


def test_a_client_that_leaves_half_way_does_no_harm(http: httpx.Client) -> None:
    host, port = http.base_url.host, http.base_url.port
    with socket.create_connection((host, port or 80)) as half:
        half.sendall(b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    assert http.post("/v1/chat", json={"text": "aespa"}).status_code == 200


def test_the_page_loads_only_its_own_files_and_runs_no_inline_code(http: httpx.Client) -> None:
    page = http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    loaded = re.findall(r'(?:src|href)="(/[^"]*)"', page.text)
    assert {"/static/chat.js", "/static/chat.css", "/static/icon.svg"} <= set(loaded)
    for address in loaded:
        assert http.get(address).status_code == 200
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|https?://", page.text)


@pytest.mark.parametrize("path", ["/", "/static/chat.js", "/healthz", "/nothing"])
def test_every_response_carries_the_security_headers(http: httpx.Client, path: str) -> None:
    headers = http.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"


def test_the_page_never_turns_text_into_markup() -> None:
    script = (PAGE_FILES / "chat.js").read_text()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script
    )


def test_the_page_can_be_read_aloud_and_used_by_keyboard() -> None:
    page = (PAGE_FILES / "index.html").read_text()
    assert 'role="log"' in page
    assert 'aria-live="polite"' in page
    assert '<label class="unseen" for="text"' in page
    assert '<html lang="en">' in page


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_limit_is_a_sliding_minute() -> None:
    clock = Seconds()
    limit = RateLimit(limit=2, seconds=60, clock=clock)
    assert [limit.wait("u"), limit.wait("u"), limit.wait("u")] == [0, 0, 60]
    clock.now = 59
    assert limit.wait("u") == 1
    clock.now = 60
    assert limit.wait("u") == 0


def test_made_up_users_cannot_fill_the_memory() -> None:
    limit = RateLimit(limit=1, users=100, clock=Seconds())
    for user in range(1000):
        assert limit.wait(str(user)) == 0
    assert limit.wait("999") > 0
    assert limit.wait("0") == 0  # forgotten


def test_threads_share_one_allowance() -> None:
    limit = RateLimit(limit=50, clock=Seconds())
    allowed: list[float] = []
    threads = [
        threading.Thread(target=lambda: allowed.extend(limit.wait("u") for _ in range(20))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert allowed.count(0) == 50
