"""Names that nobody is published under: recorded once and never lost, and told of truly."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatbot.answer import Question
from chatbot.bot import Bot
from spotify_assets.core.store import Choice, State
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.conftest import Ask, Clock
from tests.chatbot.library import artist, artist_document, neighbours


def test_an_unknown_name_is_recorded_once_however_often_it_is_asked(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    first = ask("Unknown Band 노래 추천해줘")
    clock.advance(seconds=5)
    second = ask("unknown band")
    assert (first.kind, second.kind) == ("pending", "pending")
    [request] = store.requests.all()
    assert (request.name_key, request.query, request.state) == ("unknownband", "Unknown Band", State.PENDING)
    assert request.ask_count == 2
    assert [reply.text for reply in first.quick_replies] == ["Unknown Band"]
    assert "‘Unknown Band’" in first.text
    assert "“unknown band”" in second.text


def test_the_next_question_after_a_refresh_gets_the_full_answer(ask: Ask, store: SqlStore) -> None:
    assert ask("Newcomer").kind == "pending"
    store.answers.put([artist_document(artist("newcomer", "Newcomer"), [], neighbours(1))])
    assert ask("Newcomer").kind == "artist"
    assert store.requests.all()[0].ask_count == 1


def _run(store: SqlStore, clock: Clock, key: str, state: State | None) -> None:
    store.requests.claim([key], "run-1", clock.now, clock.now + timedelta(minutes=5))
    if state:
        store.requests.finish(key, "run-1", state, clock.now, "why", clock.now + timedelta(hours=1))


def test_a_running_request_says_so(ask: Ask, store: SqlStore, clock: Clock) -> None:
    ask("Nobody")
    _run(store, clock, "nobody", None)
    answer = ask("Nobody")
    assert answer.kind == "pending"
    assert "right now" in answer.text


def test_a_name_no_source_knows_is_said_and_may_be_tried_again_later(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    ask("Nobody")
    _run(store, clock, "nobody", State.NOT_FOUND)
    answer = ask("Nobody")
    assert answer.kind == "not_found"
    assert "check the spelling" in answer.text
    assert "철자를 확인" in Bot(store, clock).answer(Question("u", "Nobody 노래", "test")).text
    clock.advance(hours=2)
    assert ask("Nobody").kind == "pending"


def test_close_names_become_choices_and_a_tap_asks_for_that_artist(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    ask("샤이니즈")
    store.requests.claim(["샤이니즈"], "run-1", clock.now, clock.now + timedelta(minutes=5))
    shinee, other = "2hRQKC0gqlZGPrmUKbcchR", "0OdUWJ0sBjDrqHygGUXeCF"
    close = [Choice(shinee, "SHINee · k-pop"), Choice(other, "SHINee")]
    again_at = clock.now + timedelta(days=1)
    store.requests.finish("샤이니즈", "run-1", State.NOT_FOUND, clock.now, "unknown", again_at, close)
    answer = ask("샤이니즈")
    assert answer.kind == "choices"
    assert "이 중에 있나요?" in answer.text
    assert [choice.label for choice in answer.choices] == ["SHINee · k-pop", "SHINee"]
    assert ask(answer.choices[0].text).kind == "pending"
    assert shinee in [request.query for request in store.requests.all()]
    store.answers.put([artist_document(artist(shinee, "SHINee"))])
    card = ask(answer.choices[0].text).artist
    assert card and card.name == "SHINee"


def test_a_failed_request_is_admitted(ask: Ask, store: SqlStore, clock: Clock) -> None:
    ask("Nobody")
    _run(store, clock, "nobody", State.FAILED)
    answer = ask("Nobody")
    assert answer.kind == "error"
    assert "went wrong" in answer.text


def test_a_postponed_request_says_how_long(ask: Ask, store: SqlStore, clock: Clock) -> None:
    ask("Nobody")
    _run(store, clock, "nobody", None)
    store.requests.give_back("run-1", clock.now, "source cools down", 3, clock.now + timedelta(minutes=30))
    answer = ask("Nobody")
    assert answer.kind == "pending"
    assert "about 30 minutes" in answer.text


def test_an_unknown_name_is_not_cut_down_to_a_known_song(ask: Ask, store: SqlStore) -> None:
    assert ask("Hello Venus").kind == "pending"
    assert ask("Venus music").kind == "pending"
    assert {request.query for request in store.requests.all()} == {"Venus music", "Hello Venus"}


def test_looking_whether_an_answer_is_there_by_now_does_not_count_as_asking(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    ask("혁오")
    looked = Bot(store, clock).answer(Question(user="somebody", text="혁오", channel="web", again=True))
    assert looked.kind == "pending"
    (request,) = store.requests.all()
    assert request.ask_count == 1


@pytest.mark.parametrize("text", ["https://open.spotify.com/artist/{id}?si=1", "spotify:artist:{id}", "{id}"])
def test_a_pasted_artist_nobody_knows_yet_is_looked_for_by_its_id(
    ask: Ask, store: SqlStore, text: str
) -> None:
    unknown = "0OdUWJ0sBjDrqHygGUXeCF"
    assert ask(text.format(id=unknown)).kind == "pending"
    (request,) = store.requests.all()
    assert request.query == unknown
