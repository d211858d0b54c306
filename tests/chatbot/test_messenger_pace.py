"""Messenger's replies in time: slow bots, people in a hurry, a server that stops in between."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from chatbot.answer import Question
from chatbot.app import app_of, make_app, make_service
from chatbot.channels.messenger_outbox import SECONDS_TO_ANSWER
from chatbot.service import GRACE
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.conftest import SECRETS, served
from tests.chatbot.test_kakao import SlowBot, wait_for
from tests.chatbot.test_messenger import deliver, now_ms
from tests.doubles.messenger import MessengerDouble, text_event


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


def test_an_answer_may_take_longer_than_a_platform_that_waits_would(
    store: SqlStore, tmp_path: Path, graph: MessengerDouble
) -> None:
    config = load_settings(platform_home=tmp_path, messenger_api_url=graph.url, **SECRETS)
    service = make_service(store, lambda: datetime.now(UTC), config=config)
    service.bot = bot = SlowBot(seconds=Question("", "", "kakao").budget + GRACE + 0.5)  # type: ignore[assignment]
    with served(app_of(service)) as client:
        deliver(client, text_event("m_1", "혁오", timestamp=now_ms()))
        wait_for(lambda: graph.sent)
    assert [one.budget for one in bot.asked] == [SECONDS_TO_ANSWER]
    assert graph.sent[0]["message"]["text"] == "찾고 있어요", "what the bot said, not that it is still busy"


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
