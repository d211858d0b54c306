"""Korean is answered in Korean, with the particle a Korean would say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.language import ends_in_consonant, josa, language_of, with_josa


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("에스파", "ko"),
        ("aespa 노래", "ko"),
        ("ㅋㅋ", "ko"),
        ("\u1112\u1161\u11ab", "ko"),
        ("ﾡ", "ko"),
        ("aespa", "en"),
        ("宇多田ヒカル", "en"),
        ("", "en"),
        ("2NE1?!", "en"),
    ],
)
def test_the_language_follows_the_question(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("에스파", "는"),
        ("방탄소년단", "은"),
        ("악뮤", "는"),
        ("잔나비!", "는"),
        ("(여자)아이들", "은"),
        ("10", "은"),
        ("24", "는"),
        ("U2", "는"),
        ("Blink-182", "는"),
        ("GOT7", "은"),
        ("Maroon 5", "는"),
        ("BTS", "는"),
        ("NCT", "는"),
        ("RM", "은"),
        ("CL", "은"),
        ("IVE", "는"),
        ("R.E.M.", "은"),
        ("aespa", "는"),
        ("SHINee", "는"),
        ("NewJeans", "는"),
        ("BLACKPINK", "는"),
        ("Red Velvet", "은"),
        ("SEVENTEEN", "은"),
        ("LE SSERAFIM", "은"),
        ("BIGBANG", "은"),
        ("WINNER", "는"),
        ("Jung Kook", "은"),
        ("Coldplay", "는"),
        ("Adele", "은"),
        ("Beyoncé", "는"),
        ("Drake", "는"),
        ("f(x)", "는"),
        ("宇多田ヒカル", "은(는)"),
        ("!!!", "은(는)"),
    ],
)
def test_the_particle_follows_the_sound_of_the_name(name: str, topic: str) -> None:
    assert with_josa(name, "은/는") == name + topic


def test_every_particle_has_both_forms() -> None:
    assert [josa("밤", p) for p in ("은/는", "이/가", "을/를", "과/와", "이라는/라는", "이에요/예요")] == [
        "은", "이", "을", "과", "이라는", "이에요",
    ]  # fmt: skip
    assert [josa("나무", p) for p in ("은/는", "이/가", "을/를", "과/와", "이라는/라는", "이에요/예요")] == [
        "는", "가", "를", "와", "라는", "예요",
    ]  # fmt: skip


@given(st.text(max_size=30))
def test_any_word_gets_a_particle(word: str) -> None:
    assert ends_in_consonant(word) in (True, False, None)
    assert with_josa(word, "과/와")[len(word) :] in ("과", "와", "과(와)")
