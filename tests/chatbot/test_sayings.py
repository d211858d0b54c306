"""What people say to the bot is told from names: hello, thanks, goodbye, small talk, insults."""

from __future__ import annotations

import pytest

from chatbot.reading import clean
from chatbot.sayings import is_greeting, is_insult, sayings, sayings_with_name


def test_greetings() -> None:
    assert all(map(is_greeting, ["", "  ", "?", "Hi!", "HELP", "안녕하세요~", "도움말"]))
    assert not is_greeting("Hello Venus")


@pytest.mark.parametrize(
    "text",
    [
        "how are you?",
        "How's it going",
        "뭐해",
        "뭐 해?",
        "뭐하니?",
        "심심해",
        "who are you?",
        "너 누구야?",
        "ㅇㅇ",
        "ok",
    ],
)
def test_small_talk_is_no_name(text: str) -> None:
    assert sayings(text)


@pytest.mark.parametrize(
    "text",
    ["How Are You Stranger", "놀면 뭐하니", "OK Go", "심심한 위로", "Awesome Dre", "Hello, Goodbye", "Sorry, Sorry",
     "Thank You Scientist", "Hello Venus", "Bye Bye Badman", "Perfect", "You"],
)  # fmt: skip
def test_a_name_that_begins_like_small_talk_is_a_name(text: str) -> None:
    assert not sayings(text)


def test_goodbyes() -> None:
    assert all(sayings(text) == {"farewell"} for text in ("bye!", "Good night", "잘 자~", "또 봐요", "ㅂㅂ"))


def test_sayings_are_understood_side_by_side() -> None:
    assert sayings("안녕하세요 반갑습니다") == {"greeting"}
    assert sayings("hey bot, how are you?") == {"greeting", "small talk"}
    assert sayings("great, thanks, bye") == {"thanks", "farewell"}
    assert sayings("고마워 ㅋㅋ") == sayings("고마워요 ❤️") == {"thanks"}
    assert sayings("감사합니당") == sayings("땡큐 베리 감사") == sayings("ㄱㅅㄱㅅ") == {"thanks"}


@pytest.mark.parametrize(
    "text",
    [
        "you suck",
        "stupid bot!",
        "You're so useless",
        "shut up",
        "바보",
        "이 바보야",
        "멍청아",
        "꺼져",
        "씨발",
        "ㅅㅂ",
        "야 이 병신아",
        "shut up you stupid bot",
        "꺼져 이 멍청한 봇아",
    ],
)
def test_an_insult_is_no_name(text: str) -> None:
    assert is_insult(text)


@pytest.mark.parametrize(
    "text",
    [
        "Fucked Up",
        "Garbage Gang",
        "Trash Talk",
        "Shitdisco",
        "Idiot Pilot",
        "Fuck Buttons",
        "바보라면",
        "미쳤어 손담비",
    ],
)
def test_a_name_that_holds_a_rude_word_is_a_name(text: str) -> None:
    assert not is_insult(text)


def test_loose_korean_letters_say_something() -> None:
    assert is_greeting(clean("ㅎㅇ"))
    assert sayings(clean("ㄱㅅ")) == {"thanks"}


@pytest.mark.parametrize(
    ("text", "saying", "name"),
    [
        ("thanks aespa", "thanks", "aespa"), ("에스파 고마워", "thanks", "에스파"), ("에스파 고마워요!", "thanks", "에스파"),
        ("aespa 땡큐", "thanks", "aespa"), ("i hate Foobar", "dislike", "Foobar"), ("푸바 싫어", "dislike", "푸바"),
        ("hi, songs like Ditto", "greeting", "songs like Ditto"),
    ],
)  # fmt: skip
def test_a_name_stands_beside_a_saying(text: str, saying: str, name: str) -> None:
    assert (saying, name) in list(sayings_with_name(text))


@pytest.mark.parametrize("text", ["dido thank you", "adele hello", "Hello Stranger", "no sunshine"])
def test_a_title_is_no_saying_beside_a_name(text: str) -> None:
    assert list(sayings_with_name(text)) == []
