"""What asks for no music is answered kindly, and no request is recorded for it."""

from __future__ import annotations

import pytest

from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.conftest import Ask
from tests.chatbot.library import AESPA, IU, NEWJEANS


@pytest.mark.parametrize(
    "text",
    [
        "thanks aespa",
        "에스파 고마워",
        "에스파 고마워요!",
        "aespa 땡큐",
        "안녕하세요! 에스파 노래 추천해 주세요",
        "good morning, songs like aespa",
    ],
)
def test_a_name_beside_thanks_or_a_greeting_is_answered(ask: Ask, store: SqlStore, text: str) -> None:
    answer = ask(text)
    assert answer.artist
    assert answer.artist.artist_id == AESPA
    assert store.requests.all() == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("i hate Foobar", "Foobar"),
        ("I don't like Foobar", "Foobar"),
        ("푸바 싫어", "푸바"),
        ("푸바는 별로", "푸바는 취향"),
        ("에스파 싫어", "aespa"),
        ("에스파 싫어 다른 가수 추천해줘", "aespa"),
        ("i don't like aespa, something else", "So aespa isn't"),
    ],
)
def test_somebody_who_is_not_liked_is_not_looked_for(ask: Ask, store: SqlStore, text: str, name: str) -> None:
    answer = ask(text)
    assert answer.kind == "help"
    assert name in answer.text
    assert store.requests.all() == []


def test_who_dislikes_an_entry_of_the_list_is_understood(ask: Ask) -> None:
    first = ask("에스파").similar[0].artist.name
    assert ask("1번은 별로").text.startswith(first)
    assert "마음에 안 드는 답" in ask("이 노래 싫어").text


def test_the_last_entry_of_no_list_is_no_entry(ask: Ask) -> None:
    assert ask("마지막 싫어").kind == "help"


def test_a_name_that_reads_like_a_dislike_is_looked_for(ask: Ask, store: SqlStore) -> None:
    assert ask("I Hate Models").kind == "pending"
    assert [request.query for request in store.requests.all()] == ["I Hate Models"]


@pytest.mark.parametrize("text", ["i hate models", "너의 봇", "둘 중에 누가 좋아?", "are you sure?"])
def test_what_was_taken_for_talk_can_be_looked_for_all_the_same(ask: Ask, store: SqlStore, text: str) -> None:
    first = ask(text)
    assert first.kind == "help"
    assert store.requests.all() == []
    assert ask(first.quick_replies[-1].text).kind == "pending"
    assert [request.query for request in store.requests.all()] == [text]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("너는 뭘 할 수 있니?", "비슷한 음악을 찾아 드리는 챗봇"), ("are you chatgpt?", "I'm a bot that finds music"),
        ("왜 비슷해?", "장르와 분위기"), ("why?", "I compare genres"), ("wrong artist", "Sorry if that wasn't"),
        ("이 가수 아니야", "죄송해요"), ("둘 중에 누가 좋아?", "음악 이야기를 제일"), ("really?", "Music is what I'm good at"),
        ("안녕 노래 추천해줘", "어떤 음악을 찾아"), ("신나는 걸로", "어떤 음악을 찾아"),
    ],
)  # fmt: skip
def test_talk_behind_an_answer_is_answered_and_the_conversation_goes_on(
    ask: Ask, store: SqlStore, text: str, says: str
) -> None:
    ask("aespa")
    assert says in ask(text).text
    assert store.requests.all() == []
    card = ask("비슷한 가수").artist
    assert card and card.artist_id == AESPA


@pytest.mark.parametrize(
    ("text", "artist_id"),
    [
        ("gimme some aespa", AESPA), ("에스파의 에스파 틀어줘", AESPA), ("u know aespa?", AESPA), ("aespa is great thanks", AESPA), ("에스파 들으시나요", AESPA),
        ("너 에스파 알지", AESPA), ("아델 말고 에스파만큼 노래 잘하는 가수", None), ("에스파만큼 노래 잘하는 가수", AESPA), ("에스파 최신곡", AESPA),
        ("에스파 본명", AESPA), ("에스파 어디 소속사야", AESPA), ("에스파 제일 유명한 노래", AESPA), ("#에스파 #케이팝", AESPA),
        ("조용히 에스파님 노래", None), ("에스파님 노래 추천해주세요", AESPA), ("에스파 선생님 노래", AESPA),
    ],
)  # fmt: skip
def test_a_known_artist_among_everyday_words_is_answered(
    ask: Ask, store: SqlStore, text: str, artist_id: str | None
) -> None:
    answer = ask(text)
    assert (answer.artist.artist_id if answer.artist else None) == artist_id
    assert artist_id is None or store.requests.all() == []


def test_who_meant_a_title_can_look_for_it(ask: Ask, store: SqlStore) -> None:
    answer = ask("에스파 나만 알지")
    assert answer.artist
    assert answer.quick_replies[-1].text == "‘에스파 나만 알지’ 검색"
    assert ask(answer.quick_replies[-1].text).kind == "pending"
    assert [request.query for request in store.requests.all()] == ["에스파 나만 알지"]


def test_several_known_artists_are_offered_and_the_unknown_one_can_be_asked_for(
    ask: Ask, store: SqlStore
) -> None:
    answer = ask("에스파, 뉴진스, 푸바 좋아해요")
    assert [choice.text for choice in answer.choices] == [f"artist:{AESPA}", f"artist:{NEWJEANS}"]
    assert answer.quick_replies[0].text == "푸바"
    assert store.requests.all() == []
    assert [choice.text for choice in ask("i like aespa, newjeans and iu").choices] == [
        f"artist:{AESPA}",
        f"artist:{NEWJEANS}",
        f"artist:{IU}",
    ]
