"""A published store, a bot on it, and the bot served over HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from chatbot.answer import Answer, Question
from chatbot.app import make_app
from chatbot.bot import Bot
from chatbot.rate_limit import RateLimit
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.library import published


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 13, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "serving.db"


@pytest.fixture
def store(store_path: Path) -> Iterator[SqlStore]:
    store = SqlStore(f"sqlite:///{store_path}")
    store.answers.put(published())
    yield store
    store.close()


Ask = Callable[..., Answer]


@pytest.fixture
def ask(store: SqlStore, clock: Clock) -> Ask:
    bot = Bot(store, clock)

    def ask(text: str, cursor: str | None = None) -> Answer:
        return bot.answer(Question("somebody", text, "test", cursor))

    return ask


SECRETS = {
    "kakao_skill_secret": "the skill's secret",
    "kakao_callback_hosts": "127.0.0.1",
    "messenger_app_secret": "the app's secret",
    "messenger_verify_token": "the verify token",
    "messenger_page_token": "the page's token",
    "metrics_api_key": "the metrics' key",
    "events_api_key": "the events' key",
}
"""Settings under which every channel is on."""


@pytest.fixture
def http(store: SqlStore, clock: Clock, tmp_path: Path) -> Iterator[httpx.Client]:
    """The bot behind a real server; 5 questions a minute for each user, every channel off."""
    with served(make_app(store, clock, RateLimit(limit=5), load_settings(platform_home=tmp_path))) as client:
        yield client


@pytest.fixture
def open_http(store: SqlStore, clock: Clock, tmp_path: Path) -> Iterator[httpx.Client]:
    """The bot behind a real server; every channel on."""
    with served(make_app(store, clock, None, load_settings(platform_home=tmp_path, **SECRETS))) as client:
        yield client


@contextmanager
def served(app: ASGIApp) -> Iterator[httpx.Client]:
    """Serve an application on a free port, and stop it as SIGTERM would."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", trust_env=False, timeout=60
        ) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=60)
    assert not thread.is_alive()
