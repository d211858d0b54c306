"""A name typed with the keyboard in the other language is what the keys would have written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotify_assets.core.keyboard import in_hangul, in_latin
from spotify_assets.core.spelling import letters


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dkdldb", "아이유"), ("dptmvk", "에스파"), ("qkdxksthsusek", "방탄소년다"), ("qkdxksthsuseks", "방탄소년단"),
        ("qmfforvldzm", "블랙핑크"), ("wkddbs", "장윤"), ("Tkdl", "싸이"), ("rhkswbs", "관쥰"), ("dlfrrl", "읽기"),
        ("shfo cncjs", "노래추천"),
    ],
)  # fmt: skip
def test_latin_keys_write_hangul(typed: str, meant: str) -> None:
    assert in_hangul(typed) == meant


@pytest.mark.parametrize("text", ["BTS", "aespa", "IU", "SHINee", "Oasis", "x", "", "dkdldb!", "abc1", "ㅏ"])
def test_what_is_no_syllables_is_nothing(text: str) -> None:
    assert in_hangul(text) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ㅠㅣㅁ차ㅔㅑㅜㅏ", "blackpink"),
        ("ㅁㄷㄴㅔㅁ", "aespa"),
        ("ㅕㅜ", "un"),
        ("ㅡㅕㄴㄷ", "muse"),
        ("괘", "rho"),
    ],
)
def test_hangul_keys_write_latin(typed: str, meant: str) -> None:
    assert in_latin(typed) == meant


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=8))
@settings(deadline=None)
def test_any_hangul_comes_back_from_its_keys(text: str) -> None:
    keys = in_latin(text)
    assert keys is not None
    # In small letters the double ones cannot be told from the single.
    if not set(letters(text)) & set("ㄲㄸㅃㅆㅉㅒㅖ"):
        assert in_hangul(keys) == text
