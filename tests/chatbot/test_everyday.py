"""Everyday words are told from names anywhere in a text, and hardly any name or title is made of them."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from chatbot.everyday import bare_of, gist, is_everyday, is_title
from chatbot.reading import clean
from chatbot.said_to_bot import talk_of


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("gimme some oasis", ["oasis"]),
        ("i love the beatles so much", ["the beatles"]),
        ("i like radiohead, muse and coldplay", ["radiohead", "muse", "coldplay"]),
        ("에스파, 아이브, 뉴진스 좋아해요", ["에스파", "아이브", "뉴진스"]),
        ("에스파는 별로고 아이브는 좋아", ["에스파는", "아이브는"]),
        ("아이유랑 태연이랑 볼빨간사춘기", ["아이유랑", "태연이랑", "볼빨간사춘기"]),
        ("BTS vs BLACKPINK", ["BTS", "BLACKPINK"]),
        ("#aespa #kpop", ["aespa"]),
        ("뭐 있지", []),
        ("있지 노래 좋아", ["있지"]),
    ],
)
def test_names_stand_between_everyday_words(text: str, names: list[str]) -> None:
    assert list(gist(clean(text)).names) == names


@pytest.mark.parametrize(
    ("text", "wants_music"),
    [
        ("gimme some oasis", True), ("i love the beatles so much", True), ("아이유 제일 유명한 노래", True), ("그러니까 에스파처럼 신나는 거", True), ("rain on me", False),
        ("hot love", False), ("god only knows", False), ("i have a crush on you", False),
    ],
)  # fmt: skip
def test_a_title_around_a_name_is_not_said_of_music(text: str, wants_music: bool) -> None:
    assert gist(text).wants_music is wants_music


def test_titles_are_written_with_capitals() -> None:
    assert all(map(is_title, ["I Hate Models", "Why Don't We", "What Is Love"]))
    assert not any(
        map(is_title, ["i hate Foobar", "I don't like Foobar", "Why is it like that", "나 Foobar 싫어"])
    )


def test_no_korean_name_of_an_artist_is_everyday_speech(shared_data: Path) -> None:
    with gzip.open(shared_data / "aliases" / "aliases_dev.csv.gz", "rt", encoding="utf-8") as file:
        names = {row["alias"] for row in csv.DictReader(file)}
    assert len(names) > 500
    assert {name for name in names if all(map(is_everyday, map(bare_of, name.split())))} == set()


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("너는 뭘 할 수 있니?", "bot"), ("무슨 기능이 있어?", "bot"), ("너 AI야?", "bot"), ("무료야?", "bot"), ("데이터는 어디서 가져와?", "bot"),
        ("are you chatgpt?", "bot"), ("which artists do you know?", "bot"), ("who made this", "bot"), ("is this free", "bot"),
        ("둘 중에 누가 좋아?", "answer"), ("which one is better?", "answer"), ("왜 비슷해?", "why"), ("어떻게 골랐어?", "why"),
        ("이 가수 아니야", "complaint"), ("링크가 안 열려", "complaint"),
    ],
)  # fmt: skip
def test_what_is_said_to_the_bot_names_nobody(text: str, about: str) -> None:
    assert talk_of(text, goes_on=False) == about


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("wrong artist", "complaint"), ("the link is broken", "complaint"), ("really?", "anything"),
        ("i know all of them", "anything"), ("덜 유명한 가수", "anything"), ("오 좋다", "anything"),
    ],
)  # fmt: skip
def test_what_is_said_of_an_answer_is_talk_only_behind_one(text: str, about: str) -> None:
    assert talk_of(text, goes_on=True) == about
    assert talk_of(text, goes_on=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "all of me",
        "what is love",
        "봄 여름 가을 겨울",
        "what do you mean",
        "rain on me",
        "the who",
        "hello",
        "아이유",
    ],
)
def test_a_title_of_everyday_words_is_no_talk(text: str) -> None:
    assert talk_of(text, goes_on=True) is None


def test_hardly_any_title_is_taken_for_talk(shared_data: Path) -> None:
    names = pq.read_table(shared_data / "catalog_musicoset" / "tracks.parquet").column("name").to_pylist()
    titles = {clean(name) for name in names}
    assert len(titles) > 15_000
    in_small = {title for title in titles if talk_of(title.lower(), goes_on=True)}
    as_written = {title for title in titles if talk_of(title, goes_on=True)}
    assert len(in_small) / len(titles) < 0.01
    assert len(as_written) / len(titles) < 0.001
