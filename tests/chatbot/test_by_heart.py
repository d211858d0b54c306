"""Known by heart: a text's answer is kept while nothing is published, for nobody in particular, and never mixed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatbot.answer import Answer, Question
from chatbot.bot import Bot
from chatbot.by_heart import ByHeart, Known
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.conftest import Clock
from tests.chatbot.library import AESPA, artist, artist_document, neighbours


@pytest.fixture
def bot(store: SqlStore, clock: Clock) -> Bot:
    return Bot(store, clock)


def ask(text: str, user: str = "ann", **more: object) -> Question:
    return Question(user, text, "web", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["에스파", "aespa", "who sounds like aespa?", "Ditto", "뉴진스 Ditto 같은 노래"]
)
def test_a_known_name_is_known_by_heart_from_the_second_time_on(bot: Bot, text: str) -> None:
    assert bot.by_heart(ask(text)) is None
    answer = bot.answer(ask(text))
    assert bot.by_heart(ask(text, user="bob")) is answer
    assert bot.answer(ask(text, user="bob")) is answer


@pytest.mark.parametrize(
    "text", ["Eve", "Dynamite", "nobody knows me", "hello", "고마워", "더 보기", "1번", "artist:" + AESPA, ""]
)
def test_what_depends_on_more_than_the_text_is_found_anew(bot: Bot, text: str) -> None:
    bot.answer(ask(text))
    assert bot.by_heart(ask(text)) is None


def test_what_was_confirmed_by_one_person_is_no_answer_for_others(bot: Bot) -> None:
    bot.answer(ask("Eve"))
    bot.answer(ask("2번"))
    mine = bot.answer(ask("Eve"))
    assert mine.kind == "artist"
    assert bot.by_heart(ask("Eve")) is None
    assert bot.answer(ask("Eve", user="bob")).kind == "choices"


def test_a_question_that_goes_on_somewhere_is_found_anew(bot: Bot) -> None:
    first = bot.answer(ask("aespa"))
    assert bot.by_heart(ask("aespa", cursor=first.cursor)) is None
    assert bot.by_heart(ask("aespa", media=True)) is None
    assert bot.by_heart(ask("aespa", language="ko")) is None


def test_an_answer_known_by_heart_can_be_gone_on_with(bot: Bot) -> None:
    bot.answer(ask("aespa"))
    bot.answer(ask("aespa", user="bob"))
    assert bot.answer(ask("more", user="bob")).similar[0].artist.name == "Neighbour 11"


def test_a_new_publication_counts_at_once(bot: Bot, store: SqlStore) -> None:
    old = bot.answer(ask("aespa"))
    assert len(old.similar) == 10
    store.answers.put([artist_document(artist(AESPA, "aespa"), [], neighbours(2), aliases=["에스파"])])
    assert bot.by_heart(ask("aespa")) is None
    assert len(bot.answer(ask("aespa")).similar) == 2
    store.answers.remove("artist", [AESPA])
    assert bot.by_heart(ask("aespa")) is None
    assert bot.answer(ask("aespa")).kind != "artist"


def test_what_another_process_publishes_counts_as_well(bot: Bot, store: SqlStore, store_path: object) -> None:
    bot.answer(ask("aespa"))
    other = SqlStore(f"sqlite:///{store_path}")
    other.answers.put([artist_document(artist(AESPA, "aespa"), [], neighbours(1))])
    other.close()
    assert len(bot.answer(ask("aespa")).similar) == 1


def test_an_answer_made_across_a_publication_is_not_kept() -> None:
    number = 1
    heart = ByHeart(lambda: number)
    known = Known(Answer("help", "x"), "{}")
    began = heart.now()
    number = 2
    heart.keep("aespa", None, began, known)
    assert heart.recall("aespa", None) is None
    heart.keep("aespa", None, heart.now(), known)
    assert heart.recall("aespa", None) is known
    number = 1
    assert heart.recall("aespa", None) is None


def test_made_up_texts_cannot_fill_the_memory() -> None:
    heart = ByHeart(lambda: 1)
    known = Known(Answer("help", "x"), "{}")
    for place in range(3000):
        heart.keep(f"name {place}", None, 1, known)
    heart.keep("x" * 101, None, 1, known)
    assert heart.recall("x" * 101, None) is None
    assert heart.recall("name 0", None) is None
    assert heart.recall("name 2999", None) is known


@pytest.mark.parametrize(
    "change", [lambda store: store.answers.put([]), lambda store: store.answers.find("aespa")]
)
def test_what_changes_nothing_counts_as_nothing(
    store: SqlStore, change: Callable[[SqlStore], object]
) -> None:
    before = store.answers.publication()
    change(store)
    assert store.answers.publication() == before
