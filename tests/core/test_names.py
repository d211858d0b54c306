"""A name is found however it is typed."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spotify_assets.core.names import MAX_KEY, keys_of_names, name_key, part_key


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("AESPA", "aespa"),
        ("  aespa ", "aespa"),
        ("ａｅｓｐａ", "aespa"),
        ("ae\u200bspa", "aespa"),
        ("\u202eaespa\u202c", "aespa"),
        ("에스파", "에스파"),
        ("\u110b\u1166\u1109\u1173\u1111\u1161", "에스파"),
        ("방탄 소년단", "방탄소년단"),
        ("(G)I-DLE", "gidle"),
        ("AC/DC", "acdc"),
        ("Beyoncé", "beyonce"),
        ("BEYONCE\u0301", "beyonce"),
        ("MØ", "mo"),
        ("Işın", "isin"),
        ("Mötley Crüe", "motleycrue"),
        ("Ke$ha", "keha"),
        ("아이유 \u2764\ufe0f", "아이유"),
        ("\u2764\ufe0f", "\u2764"),
        ("!!!", "!!!"),
        ("+/-", "+/-"),
        ("2NE1", "2ne1"),
        ("Κύριος", "κύριοσ"),
        ("が", "が"),
        ("か\u3099", "が"),
        ("", ""),
        (" \t\n\u200b", ""),
        ("\ud800", ""),
    ],
)
def test_a_name_is_one_key_however_it_is_typed(typed: str, key: str) -> None:
    assert name_key(typed) == key


def test_different_symbol_names_stay_different() -> None:
    assert len({name_key(name) for name in ("!!!", "+/-", "???", "( )", "÷", "×", "=")}) == 7


def test_names_that_differ_only_past_the_cut_stay_different() -> None:
    one, other = name_key("x" * 10_000), name_key("x" * 9_999 + "y")
    assert one != other
    assert len(one) == len(other) == MAX_KEY


@given(st.text(max_size=400))
@example("a-\u0301")
@example("!" * 300)
@example("é" * 300)
@example("각\u11a8" * 100)
@example("\u0130" * 130)
@example("ﷺ" * 50)
def test_a_key_is_short_visible_and_its_own_key(text: str) -> None:
    key = name_key(text)
    assert len(key) <= MAX_KEY
    assert name_key(key) == key
    assert key == "".join(key.split())
    assert key.isprintable()


@given(st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=60))
def test_case_does_not_count(text: str) -> None:
    assert name_key(text.casefold()) == name_key(text) == name_key(text.lower())


@given(st.text(alphabet=[chr(c) for c in range(0x21, 0x7F)], max_size=60))
def test_width_does_not_count(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in text)
    assert name_key(wide) == name_key(text) == name_key(text.upper())


@given(
    st.text(alphabet=st.characters(categories=("Lo", "Ll", "Lu", "Nd")), min_size=1, max_size=60), st.data()
)
def test_spaces_and_punctuation_do_not_count(text: str, data: st.DataObject) -> None:
    key = name_key(text)
    place = data.draw(st.integers(0, len(text)))
    assert name_key(f" {text}\t") == name_key(f"«{text}»") == key
    assert name_key(text[:place].strip() + "\u200b" + text[place:].strip()) == key


def test_a_name_of_several_words_has_the_keys_of_each() -> None:
    keys = keys_of_names(["Bob Marley & The Wailers", "밥 말리", "U2", "  "], with_parts=True)
    assert keys == ["bob*", "bobmarleythewailers", "marley*", "u2", "wailers*", "밥말리"]
    assert keys_of_names(["Bob Marley", "bob marley"], with_parts=False) == ["bobmarley"]
    assert keys_of_names(["서태지와 아이들"], with_parts=True) == [
        "서태지*",
        "서태지와*",
        "서태지와아이들",
        "아이들*",
    ]
    assert keys_of_names(["A B C D E F Golf"], with_parts=True) == ["abcdefgolf"]


@given(st.text())
@example("x" * 120)
def test_no_name_is_the_key_of_a_part_and_a_part_is_no_longer_than_a_key(name: str) -> None:
    part = part_key(name)
    assert not part or (name_key(part) != part and len(part) <= MAX_KEY)
