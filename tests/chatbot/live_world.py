"""A bot on an empty store that looks names up in the doubles of the live sources."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.answer import Answer, Question
from chatbot.bot import Bot
from chatbot.live import live_of
from spotify_assets.core.settings import Settings, load_settings
from spotify_assets.core.store.sql import SqlStore
from tests.doubles import OutsideWorld
from tests.doubles.fixtures import outside_world, world

__all__ = ["bot", "empty", "outside_world", "say", "settings", "world"]


STALLED = 60.0
"""Seconds for which a source is silent."""

HELD = STALLED / 3
"""Seconds by which an answer that waited for no source is there, however busy the machine.

How soon it really is there is a figure of `make bench`.
"""


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def settings(tmp_path: Path, outside_world: OutsideWorld) -> Settings:
    return load_settings(
        platform_home=tmp_path, catalog_source="spotify", musicbrainz_interval=0, **outside_world.settings
    )


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[SqlStore]:
    """A store in which nothing is published."""
    store = SqlStore(f"sqlite:///{tmp_path / 'live.db'}")
    yield store
    for thread in threading.enumerate():
        if thread.name == "lookup":
            thread.join(20)
            assert not thread.is_alive(), "a lookup outlived its time limits"
    store.close()


@pytest.fixture
def bot(empty: SqlStore, settings: Settings) -> Bot:
    return Bot(empty, now, live_of(settings, empty, now), new_names=settings.new_names_per_day)


Say = Callable[..., Answer]


@pytest.fixture
def say(bot: Bot) -> Say:
    def say(text: str, who: str = "ann", budget: float = 20.0, again: bool = False) -> Answer:
        return bot.answer(Question(who, text, "test", budget=budget, again=again))

    return say


def settled(bot: Bot) -> None:
    """Wait until no lookup is under way."""
    for thread in threading.enumerate():
        if thread.name == "lookup":
            thread.join(20)
