"""Messenger: who may deliver, what is read, and one reply for each message, within the platform's rules."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from chatbot.app import app_of, make_app, make_service
from chatbot.channels.messenger import is_signed, parse, payload_of, read_payload
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store.inbox import InboxMessage, Settled
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.conftest import SECRETS, Clock, served
from tests.chatbot.test_kakao import SlowBot, wait_for
from tests.doubles.messenger import MessengerDouble, delivery, signed, text_event

SECRET = SECRETS["messenger_app_secret"]
NOW = datetime(2026, 11, 20, 13, 15, tzinfo=UTC)


@pytest.fixture
def graph() -> Iterator[MessengerDouble]:
    with MessengerDouble(token=SECRETS["messenger_page_token"]) as double:
        yield double


@pytest.fixture
def app(store: SqlStore, tmp_path: Path, graph: MessengerDouble) -> ASGIApp:
    config = load_settings(platform_home=tmp_path, messenger_api_url=graph.url, **SECRETS)
    return make_app(store, lambda: datetime.now(UTC), None, config)


@pytest.fixture
def messenger(app: ASGIApp) -> Iterator[httpx.Client]:
    with served(app) as client:
        yield client


def now_ms() -> int:
    return int(time.time() * 1000)


def deliver(client: httpx.Client, *events: dict[str, Any]) -> httpx.Response:
    body = delivery(*events)
    return client.post("/messenger/webhook", content=body, headers=signed(body, SECRET))


# ---- who may deliver


def test_the_webhook_is_verified_by_its_token(open_http: httpx.Client) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": SECRETS["messenger_verify_token"],
        "hub.challenge": "115",
    }
    verified = open_http.get("/messenger/webhook", params=query)
    assert (verified.status_code, verified.text) == (200, "115")
    assert verified.headers["content-type"].startswith("text/plain")
    for wrong in ({"hub.verify_token": "guess"}, {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"}):
        assert open_http.get("/messenger/webhook", params={**query, **wrong}).status_code == 403
    assert open_http.get("/messenger/webhook").status_code == 403


BODY = delivery(text_event("m_1", "에스파"))


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        signed(BODY, "another secret")["X-Hub-Signature-256"],
        signed(BODY, SECRET)["X-Hub-Signature-256"][:-1],
        signed(BODY, SECRET)["X-Hub-Signature-256"].upper(),
        signed(BODY, SECRET)["X-Hub-Signature-256"].removeprefix("sha256="),
        signed(BODY, SECRET)["X-Hub-Signature-256"].replace("sha256", "sha1"),
        signed(BODY + b" ", SECRET)["X-Hub-Signature-256"],
        "sha256=é",
    ],
)
def test_a_forged_truncated_or_missing_signature_is_refused(
    messenger: httpx.Client, store: SqlStore, signature: str | None
) -> None:
    headers = [] if signature is None else [(b"x-hub-signature-256", signature.encode("latin-1"))]
    assert messenger.post("/messenger/webhook", content=BODY, headers=headers).status_code == 403
    assert store.inbox.waiting() == 0


def test_the_signature_is_that_of_the_raw_bytes() -> None:
    body = '{"text":"에스파\\u00e9"}'.encode()
    assert is_signed(body, signed(body, "s")["X-Hub-Signature-256"], "s")
    assert not is_signed(json.dumps(json.loads(body)).encode(), signed(body, "s")["X-Hub-Signature-256"], "s")


def test_without_its_secrets_the_channel_is_off(http: httpx.Client) -> None:
    assert (
        "MESSENGER_APP_SECRET" in http.post("/messenger/webhook", content=BODY, headers=signed(BODY, "")).text
    )
    assert http.post("/messenger/webhook", content=BODY).status_code == 404
    assert (
        http.get("/messenger/webhook", params={"hub.mode": "subscribe", "hub.verify_token": ""}).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b'{"a":' * 40 + b"1" + b"}" * 40, 400), (b" " * (1024 * 1024 + 1), 413)],
)
def test_what_is_no_delivery_is_refused(messenger: httpx.Client, body: bytes, status: int) -> None:
    response = messenger.post("/messenger/webhook", content=body, headers=signed(body, SECRET))
    assert response.status_code == status


def test_a_store_that_is_gone_asks_for_another_delivery(
    messenger: httpx.Client, store: SqlStore, store_path: Path
) -> None:
    store.close()
    for part in store_path.parent.glob("serving.db*"):
        part.unlink()
    store_path.mkdir()
    assert deliver(messenger, text_event("m_1", "에스파")).status_code == 503


# ---- what is read


def test_every_event_of_every_entry_is_read() -> None:
    body = json.loads(delivery(text_event("m_1", "a"), text_event("m_2", "b")))
    body["entry"][0]["messaging"].append(text_event("m_3", "c"))
    assert [received.text for received in parse(body, NOW)] == ["a", "c", "b"]
    assert len({received.key for received in parse(body, NOW)}) == 3


@pytest.mark.parametrize(
    "event",
    [
        {"delivery": {"mids": ["m_1"], "watermark": 1}},
        {"read": {"watermark": 1}},
        {"message": {"mid": "m_1", "text": "hi", "is_echo": True}},
        {"reaction": {"mid": "m_1", "action": "react"}},
        {"optin": {"ref": "x"}},
        {"message": {"text": "no id"}},
        {"message": None},
        {"message": "hi"},
        {"sender": None, "message": {"mid": "m_1", "text": "hi"}},
        {"sender": {"id": "../me"}, "message": {"mid": "m_1", "text": "hi"}},
        {"sender": {"id": 5}, "message": {"mid": "m_1", "text": "hi"}},
        {"recipient": {"id": "900/../.."}, "message": {"mid": "m_1", "text": "hi"}},
    ],
    ids=str,
)
def test_echoes_receipts_and_what_cannot_be_read_are_left_out(event: dict[str, Any]) -> None:
    event = {"sender": {"id": "1"}, "recipient": {"id": "900"}, "timestamp": 1, **event}
    assert parse(json.loads(delivery(event)), NOW) == []


@pytest.mark.parametrize(
    "body", [{}, {"entry": None}, {"entry": {}}, {"entry": [1, None, {"messaging": 5}]}, {"entry": [[]]}]
)
def test_a_delivery_of_another_shape_holds_nothing(body: dict[str, Any]) -> None:
    assert parse(body, NOW) == []


def test_stickers_postbacks_and_quick_replies_are_questions() -> None:
    sticker = text_event("m_1", "")
    sticker["message"] = {"mid": "m_1", "sticker_id": 369239263222822, "attachments": [{"type": "image"}]}
    tapped = text_event("m_2", "More")
    tapped["message"]["quick_reply"] = {"payload": payload_of("더 보기", "abc", "ko")}
    postback = {**text_event("m_3", ""), "postback": {"title": "Start", "payload": "GET_STARTED"}}
    del postback["message"]
    older = {**postback, "timestamp": 5}
    read = parse(json.loads(delivery(sticker, tapped, postback, older)), NOW)
    assert [(r.text, r.cursor, r.language, r.media) for r in read] == [
        ("", None, None, True), ("더 보기", "abc", "ko", False),
        ("GET_STARTED", None, None, False), ("GET_STARTED", None, None, False),
    ]  # fmt: skip
    assert len({r.key for r in read}) == 4


@pytest.mark.parametrize("payload", ["[", "[]", "5", "null", '"x"', "hello", "{" * 2000, "\ud800"])
def test_a_payload_that_is_not_ours_is_a_text(payload: str) -> None:
    assert read_payload(payload) == (payload, None, None)


@pytest.mark.parametrize("timestamp", [None, "x", -1, 0, 1e300, float("nan"), True, {}])
def test_an_odd_time_counts_as_now(timestamp: Any) -> None:
    event = text_event("m_1", "hi")
    event["timestamp"] = timestamp
    [received] = parse({"entry": [{"messaging": [event]}]}, NOW)
    assert received.sent_at in (NOW, datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=1))


# ---- one reply for each message


def test_a_message_is_acknowledged_and_answered_with_cards(
    messenger: httpx.Client, graph: MessengerDouble
) -> None:
    response = deliver(messenger, text_event("m_1", "에스파", timestamp=now_ms()))
    assert (response.status_code, response.text) == (200, "EVENT_RECEIVED")
    wait_for(lambda: graph.sent)
    [message] = graph.received_by("1001")
    hero, songs, *similar = message["attachment"]["payload"]["elements"]
    assert hero["title"] == "aespa"
    assert "좋아하신다면" in hero["subtitle"]
    assert hero["subtitle"].endswith("정보 제공: Spotify")
    assert hero["image_url"] == "https://i.scdn.co/image/aespa"
    assert songs["buttons"][0]["title"] == "Supernova"
    assert [element["title"] for element in similar] == [f"Neighbour {n}" for n in range(1, 9)]
    assert graph.typing == ["1001"]


def test_more_goes_on_exactly_after_what_a_carousel_could_hold(
    messenger: httpx.Client, graph: MessengerDouble
) -> None:
    deliver(messenger, text_event("m_1", "에스파", timestamp=now_ms()))
    wait_for(lambda: graph.sent)
    more = graph.received_by("1001")[0]["quick_replies"][0]
    assert more["title"] == "더 보기"
    tapped = text_event("m_2", more["title"], timestamp=now_ms())
    tapped["message"]["quick_reply"] = {"payload": more["payload"]}
    deliver(messenger, tapped)
    wait_for(lambda: len(graph.sent) == 2)
    shown = [
        element["title"] for element in graph.received_by("1001")[1]["attachment"]["payload"]["elements"]
    ]
    assert "Neighbour 9" in shown
    assert "Neighbour 8" not in shown


def test_a_message_is_answered_once_however_often_it_is_delivered(
    messenger: httpx.Client, graph: MessengerDouble, store: SqlStore
) -> None:
    event = text_event("m_1", "에스파", timestamp=now_ms())
    for _ in range(5):
        assert deliver(messenger, event, event).status_code == 200
    wait_for(lambda: store.inbox.waiting() == 0)
    assert deliver(messenger, event, text_event("m_2", "아이유", timestamp=now_ms())).status_code == 200
    wait_for(lambda: store.inbox.waiting() == 0)
    assert len(graph.sent) == 2


def test_what_one_person_wrote_is_answered_in_that_order(
    messenger: httpx.Client, graph: MessengerDouble
) -> None:
    names = ["에스파", "아이유", "뉴진스", "Loner", "Silent"]
    start = now_ms() - 1000
    deliver(messenger, *(text_event(f"m_{n}", name, timestamp=start + n) for n, name in enumerate(names)))
    wait_for(lambda: len(graph.sent) == 5)
    heroes = [m["attachment"]["payload"]["elements"][0]["title"] for m in graph.received_by("1001")]
    assert heroes == ["aespa", "IU", "NewJeans", "Loner", "Silent"]


def attempts(store: SqlStore) -> list[int]:
    return [
        row[0]
        for row in store._database.read(lambda c: c.exec_driver_sql("SELECT attempts FROM inbox").all())
    ]


@pytest.mark.parametrize(("status", "code"), [(500, 1), (500, 2), (400, 4), (400, 613), (503, 100), (502, 0)])
def test_troubles_that_pass_are_tried_again_later(
    store: SqlStore,
    tmp_path: Path,
    graph: MessengerDouble,
    status: int,
    code: int,
) -> None:
    clock = Clock()
    clock.now = datetime.now(UTC)
    config = load_settings(platform_home=tmp_path, messenger_api_url=graph.url, **SECRETS)
    graph.troubles.append((status, code))
    with served(make_app(store, clock, None, config)) as client:
        deliver(client, text_event("m_1", "에스파", timestamp=now_ms()))
        wait_for(lambda: attempts(store) == [1])
        assert graph.sent == []
        assert store.inbox.waiting() == 1
        clock.advance(seconds=80)
        deliver(client, text_event("m_2", "아이유", timestamp=now_ms()))
        wait_for(lambda: store.inbox.waiting() == 0)
        assert len(graph.sent) == 2


@pytest.mark.parametrize(
    ("status", "code"), [(400, 10), (400, 100), (400, 190), (403, 200), (400, 551), (404, 803)]
)
def test_other_refusals_are_final(
    messenger: httpx.Client,
    graph: MessengerDouble,
    store: SqlStore,
    status: int,
    code: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    graph.troubles.append((status, code))
    deliver(messenger, text_event("m_1", "에스파", timestamp=now_ms()))
    wait_for(lambda: store.inbox.waiting() == 0)
    deliver(messenger, text_event("m_2", "아이유", timestamp=now_ms()))
    wait_for(lambda: graph.sent)
    assert len(graph.sent) == 1
    assert f"error {code}" in caplog.text
    assert SECRETS["messenger_page_token"] not in caplog.text


def test_nobody_is_written_to_a_day_after_their_message(
    messenger: httpx.Client, graph: MessengerDouble, store: SqlStore
) -> None:
    old = int((datetime.now(UTC) - timedelta(hours=24, seconds=5)).timestamp() * 1000)
    deliver(messenger, text_event("m_1", "에스파", timestamp=old))
    wait_for(lambda: store.inbox.waiting() == 0)
    assert graph.sent == []
    assert graph.typing == []


def test_a_graph_that_hangs_up_or_answers_nonsense_is_asked_again(
    store: SqlStore, tmp_path: Path, graph: MessengerDouble
) -> None:
    config = load_settings(platform_home=tmp_path, messenger_api_url="http://127.0.0.1:9", **SECRETS)
    with served(make_app(store, lambda: datetime.now(UTC), None, config)) as client:
        deliver(client, text_event("m_1", "에스파", timestamp=now_ms()))
        wait_for(lambda: attempts(store) != [0])
    assert store.inbox.waiting() == 1
    [message] = store.inbox.claim(datetime.now(UTC) + timedelta(minutes=1), datetime.now(UTC), 1)
    assert message.attempts >= 1


def test_what_was_left_is_taken_up_by_the_next_start(
    store: SqlStore, app: ASGIApp, graph: MessengerDouble
) -> None:
    now = datetime.now(UTC)
    body = json.loads(delivery(*(text_event(f"m_{n}", "에스파", timestamp=now_ms()) for n in range(3))))
    store.inbox.receive(
        [InboxMessage(r.key, r.page, r.sender, r.question(), r.sent_at) for r in parse(body, now)], now
    )
    with served(app):
        wait_for(lambda: len(graph.sent) == 3)


def test_what_a_server_had_not_begun_is_due_again_at_once(
    store: SqlStore, tmp_path: Path, graph: MessengerDouble
) -> None:
    service = make_service(
        store,
        lambda: datetime.now(UTC),
        config=load_settings(platform_home=tmp_path, messenger_api_url=graph.url, **SECRETS),
    )
    service.bot = SlowBot(seconds=1)  # type: ignore[assignment]
    with served(app_of(service)) as client:
        deliver(client, *(text_event(f"m_{n}", "에스파", timestamp=now_ms()) for n in range(6)))
        wait_for(lambda: graph.sent)
    sent = len(graph.sent)
    assert sent < 6
    now = datetime.now(UTC)
    assert len(store.inbox.claim(now, now, 9)) == 6 - sent, "nobody has to wait for a claim to pass"


def test_what_a_server_claims_while_it_stops_is_due_again_at_once(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claiming, stopping, claimed = threading.Event(), threading.Event(), threading.Event()
    claim = store.inbox.claim

    def slowly(*arguments: Any) -> list[InboxMessage]:
        claiming.set()
        assert stopping.wait(60)
        try:
            return claim(*arguments)
        finally:
            claimed.set()

    async def stop_while_it_claims() -> None:
        service = make_service(
            store, lambda: datetime.now(UTC), config=load_settings(platform_home=tmp_path, **SECRETS)
        )
        assert service.outbox
        working = asyncio.create_task(service.outbox.run())
        assert await asyncio.to_thread(claiming.wait, 60)
        working.cancel()
        await asyncio.sleep(0)
        stopping.set()
        await asyncio.wait([working])
        assert working.cancelled()
        assert await asyncio.to_thread(claimed.wait, 60)

    store.inbox.receive([InboxMessage("k", "page", "1001", "{}", datetime.now(UTC))], datetime.now(UTC))
    monkeypatch.setattr(store.inbox, "claim", slowly)
    asyncio.run(stop_while_it_claims())
    now = datetime.now(UTC)
    assert [message.key for message in claim(now, now, 9)] == ["k"]


def test_who_writes_too_fast_gets_a_friendly_reply(
    store: SqlStore, tmp_path: Path, graph: MessengerDouble
) -> None:
    config = load_settings(
        platform_home=tmp_path, messenger_api_url=graph.url, questions_per_minute=2, **SECRETS
    )
    with served(make_app(store, lambda: datetime.now(UTC), None, config)) as client:
        deliver(client, *(text_event(f"m_{n}", "에스파", timestamp=now_ms()) for n in range(4)))
        wait_for(lambda: len(graph.sent) == 4)
    texts = [message["text"] for message in graph.received_by("1001") if "text" in message]
    assert len(texts) == 2
    assert all("빨라요" in text for text in texts)


def test_what_people_wrote_is_forgotten_once_it_is_answered(messenger: httpx.Client, store: SqlStore) -> None:
    deliver(messenger, text_event("m_1", "noitseuq etavirp", sender="1234567", timestamp=now_ms()))
    wait_for(lambda: store.inbox.waiting() == 0)
    rows = store._database.read(lambda c: c.exec_driver_sql("SELECT * FROM inbox").all())
    assert len(rows) == 1
    assert "etavirp" not in str(rows)
    assert "1234567" not in str(rows)
    assert Settled.SENT.value in str(rows)


def test_every_refused_delivery_leaves_the_store_as_it_was(messenger: httpx.Client, store: SqlStore) -> None:
    for body in (BODY, b"", b"{}"):
        assert messenger.post("/messenger/webhook", content=body).status_code == 403
    assert store.inbox.waiting() == 0
