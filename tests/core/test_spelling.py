"""Whoever mistypes a name finds it by a few keys, and only what is nearly alike counts as near."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from spotify_assets.core.names import name_key
from spotify_assets.core.spelling import (
    LONGEST,
    SHORTEST,
    SHORTEST_TITLE,
    keys_near,
    keys_of,
    letters,
    mistakes,
    slips,
    title_keys_near,
    title_keys_of,
)

_LATIN = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=SHORTEST, max_size=40)
_HANGUL = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=3, max_size=9)


def near(typed: str, name: str) -> bool:
    return bool(keys_near(name_key(typed)) & keys_of(name_key(name)))


def mistyped(text: str, data: st.DataObject, alphabet: str) -> str:
    """The text with one mistake in it."""
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(alphabet))
    return data.draw(
        st.sampled_from(
            [
                text[:place] + text[place + 1 :],
                text[:place] + other + text[place:],
                text[:place] + other + text[place + 1 :],
                text[:place] + text[place : place + 2][::-1] + text[place + 2 :],
            ]
        )
    )


@pytest.mark.parametrize(
    ("typed", "name", "count"),
    [
        ("balckpink", "BLACKPINK", 1.0),
        ("에스빠", "에스파", 1.0),
        ("방탄소년", "방탄소년단", 1.5),
        ("소녀시데", "소녀시대", 1.0),
        ("샤이니", "샤이니", 0.0),
        ("Imagin Dargons", "Imagine Dragons", 2.0),
        ("radiohaed", "Radiohead", 1.0),
        ("thebeetles", "The Beatles", 1.0),
    ],
)
def test_a_mistyped_name_is_near(typed: str, name: str, count: float) -> None:
    assert near(typed, name)
    assert mistakes(name_key(typed), name_key(name)) == count


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("IU", "UI"),
        ("EXO", "EXID"),
        ("Muse", "Moose"),
        ("제니", "제시카"),
        ("뷔", "비"),
        ("Blur", "Slurp"),
        ("에스파", "에픽하이"),
    ],
)
def test_other_names_are_not_near(typed: str, name: str) -> None:
    assert mistakes(name_key(typed), name_key(name)) is None or not near(typed, name)


def test_hangul_is_taken_apart_and_the_rest_is_not() -> None:
    assert letters("값비싼NCT127") == "ㄱㅏㅂㅅㅂㅣㅆㅏㄴNCT127"
    assert letters("") == ""


@given(_LATIN, st.data())
@settings(deadline=None)
def test_any_one_mistake_in_a_latin_name_leaves_a_key_in_common(name: str, data: st.DataObject) -> None:
    typed = mistyped(name, data, "abcz019")
    assume(len(typed) >= SHORTEST - 1)
    assert keys_near(typed) & keys_of(name)
    assert (mistakes(typed, name) or 0) <= 1


@given(_HANGUL, st.data())
@settings(deadline=None)
def test_any_one_syllable_mistaken_leaves_a_key_in_common(name: str, data: st.DataObject) -> None:
    typed = mistyped(name, data, "가힣이쁨")
    assume(len(letters(typed)) >= SHORTEST - 1)
    assert keys_near(typed) & keys_of(name)


@given(st.text("abcdefgh", min_size=9, max_size=LONGEST - 2), st.data())
@settings(deadline=None)
def test_two_letters_wrong_or_missing_in_a_long_name_leave_a_key_in_common(
    name: str, data: st.DataObject
) -> None:
    typed = name
    for _ in range(2):
        place = data.draw(st.integers(0, len(typed) - 1))
        typed = typed[:place] + data.draw(st.sampled_from(["", "z", typed[place] + "z"])) + typed[place + 1 :]
    assert keys_near(typed) & keys_of(name)


@pytest.mark.parametrize(
    ("typed", "title"),
    [("Dytto", "Ditto"), ("dinamite", "Dynamite"), ("조은날", "좋은 날"), ("Hollo", "Hello")],
)
def test_a_mistyped_title_is_near_under_keys_of_its_own(typed: str, title: str) -> None:
    assert title_keys_near(name_key(typed)) & title_keys_of(name_key(title))
    assert not title_keys_of(name_key(title)) & (keys_of(name_key(title)) | keys_near(name_key(typed)))


@given(_LATIN, st.data())
@settings(deadline=None)
def test_any_one_mistake_in_a_title_leaves_a_key_in_common(title: str, data: st.DataObject) -> None:
    typed = mistyped(title, data, "abcz019")
    assume(len(title) >= SHORTEST_TITLE and len(typed) >= SHORTEST_TITLE - 1)
    assert title_keys_near(typed) & title_keys_of(title)


@example("각")
@given(st.text(max_size=200))
@settings(deadline=None)
def test_keys_are_few_and_short_whatever_the_name(text: str) -> None:
    key = name_key(text)
    assert len(keys_of(key)) <= 25
    assert len(keys_near(key)) <= 60
    assert len(slips(key)) <= 5
    assert len(title_keys_of(key)) <= 9
    assert all(2 <= len(one) <= LONGEST + 10 for one in keys_of(key) | keys_near(key))
