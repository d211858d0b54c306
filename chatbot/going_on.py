"""Reading a question that goes on with the last answer: "more", "2번", "비슷한 가수".

Here: text alone, pure functions. Not here: what was shown last (`conversation.py`), or names (`reading.py`).
"""

from __future__ import annotations

import re

from chatbot.phrases import LIKENESS, MORE, SONGS, is_empty
from spotify_assets.core.names import name_key
from spotify_assets.core.store.documents import Kind


def is_more(text: str) -> bool:
    """Tell whether a text asks to go on with the last answer."""
    return name_key(text) in MORE


_NUMBER = re.compile(
    r"(?:#|no\.?\s*|number\s+|the\s+)?"
    r"(?:(?P<digits>[1-9][0-9]?)(?:st|nd|rd|th)?|(?P<word>first|second|third|fourth|fifth|sixth|seventh|eighth|"
    r"ninth|tenth|첫|두|세|네|다섯|여섯|일곱|여덟|아홉|열|일|삼|사|오|육|칠|팔|구|십)(?=\s?번|\s|$))"
    r"(?:\s?번째|\s?번)?(?:\s*(?:one|artist|song|please|거|꺼|것|가수|노래|곡|아티스트)?(?:요|이요|으로|로|를|을)?"
    r"(?:\s*(?:보여|알려|골라|선택|할래|할게)\S*)?)?[.!]?",
    re.IGNORECASE,
)
_COUNTED = (
    "first 첫 일", "second 두", "third 세 삼", "fourth 네 사", "fifth 다섯 오", "sixth 여섯 육",
    "seventh 일곱 칠", "eighth 여덟 팔", "ninth 아홉 구", "tenth 열 십",
)  # fmt: skip
_PLACES = {word: place for place, words in enumerate(_COUNTED, 1) for word in words.split()}


def picked(text: str) -> int | None:
    """Return which entry of a list a text picks, 1 for the first: "1번", "#2", "the second one", "3"."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    if found["digits"]:
        return int(found["digits"])
    # A bare counting word ("일", "세") is more likely a name; "첫 번째", "first" are not.
    word = found["word"].lower()
    return _PLACES[word] if "번" in text or word.isascii() else None


def likeness_wanted(text: str) -> Kind | None:
    """Return what a text wants more of that names nobody: "비슷한 가수", "more songs like this"."""
    bare = _THIS.sub(" ", text)
    if not LIKENESS.search(text) or not is_empty(bare.strip() or "more"):
        return None
    return "track" if SONGS.search(text) else "artist"


_THIS = re.compile(
    r"\b(?:like|to|as|this|that|these|those|it|them|him|her|sounds?|sounding|who|what|is|are|the|one|artist)\b|"
    r"이런|그런|저런|이거|그거|이\s|그\s|랑|이랑|하고|처럼|[?!.,]",
    re.IGNORECASE,
)
