"""Reading a question that goes on with the last answer: "more", "2번", "비슷한 가수".

Here: text alone, pure functions. Not here: what was shown last (`conversation.py`), or names (`reading.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatbot.phrases import LIKENESS, PLAYERS, SONGS
from chatbot.plain_words import names_nobody, undecorated
from spotify_assets.core.names import name_key
from spotify_assets.core.store.documents import Kind

_MORE = {
    name_key(word)
    for word in (
        "more", "show more", "show me more", "more please", "next", "next page", "keep going", "go on",
        "continue", "i want more", "any more",
        "더 보기", "더", "더 보여줘", "더 보여줘요", "더 보여 주세요", "더 줘", "더 있어", "더 없어",
        "더 알려줘", "더 알려주세요", "더 많이", "또", "또 있어", "또 없어", "다음", "다음 페이지",
        "다음 거", "계속",
    )
}  # fmt: skip


def is_more(text: str) -> bool:
    """Tell whether a text asks for the next part of the last answer."""
    return name_key(undecorated(text)) in _MORE


LAST = -1
"""What `picked` returns for the last entry."""

_NUMBER = re.compile(
    r"(?:#|no\.?\s*|number\s+|the\s+)?"
    r"(?:(?P<digits>[1-9][0-9]?)(?:st|nd|rd|th)?|(?P<word>first|second|third|fourth|fifth|sixth|seventh|eighth|"
    r"ninth|tenth|첫|두|세|네|다섯|여섯|일곱|여덟|아홉|열|일|삼|사|오|육|칠|팔|구|십)(?=\s?번|\s|$))"
    r"(?:\s?번째|\s?번)?(?:\s*(?:one|artist|song|please|거|꺼|것|가수|노래|곡|아티스트)?(?:요|이요|으로|로|를|을)?"
    r"(?:\s*(?:보여|알려|골라|선택|할래|할게)\S*)?)?[.!]?",
    re.IGNORECASE,
)
_LAST = re.compile(
    r"(?:the\s+)?last\s+(?:one|artist|song)[.!]?|마지막(?:\s*(?:거|꺼|것|가수|노래|곡|아티스트))?(?:요|이요|으로|로)?",
    re.IGNORECASE,
)
_COUNTED = (
    "first 첫 일", "second 두", "third 세 삼", "fourth 네 사", "fifth 다섯 오", "sixth 여섯 육",
    "seventh 일곱 칠", "eighth 여덟 팔", "ninth 아홉 구", "tenth 열 십",
)  # fmt: skip
_PLACES = {word: place for place, words in enumerate(_COUNTED, 1) for word in words.split()}


def picked(text: str) -> int | None:
    """Return which entry of a list a text picks, 1 for the first: "1번", "#2", "the second one", "3"."""
    text = undecorated(text)
    if _LAST.fullmatch(text):
        return LAST
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    if found["digits"]:
        return int(found["digits"])
    # A bare counting word ("일", "세") is more likely a name; "첫 번째", "first" are not.
    word = found["word"].lower()
    return _PLACES[word] if "번" in text or word.isascii() else None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a text that names nobody wants, beside what was shown last."""

    kind: Kind | None
    """Artists or songs; None for what was shown."""
    what: str
    """"others" than were shown, what is "alike", or what was "shown" itself: its songs, who it is."""


def wish(text: str) -> Wish | None:
    """Return what a text wants that goes on with the last answer; None for any other."""
    bare = _THIS.sub(" ", undecorated(text))
    if not names_nobody(bare):
        return None
    kind: Kind | None = "track" if SONGS.search(text) else "artist" if PLAYERS.search(text) else None
    if _OTHERS.search(text):
        return Wish(kind, "others")
    if LIKENESS.search(text):
        return Wish(kind, "alike")
    return Wish(kind, "shown") if SONGS.search(text) or _WHO.search(text) else None


_THIS = re.compile(
    r"\b(?:like|to|as|this|that|these|those|it|them|they|their|his|him|her|sounds?|sounding|who|what|something|"
    r"someone|anything|anyone|not|is|are|there|the|one|ones|artist|please|pls|of|by|from)\b|"
    r"이런|그런|저런|이거|그거|이것|그것|[얘걔쟤](?:네|들)*|이\s|그\s|이랑|랑|하고|처럼|사람|[?!.,~]",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"다른|딴|말고|추천|또\s|더\s|\s더\b|"
    r"\b(?:more|others?|another|else|recommend|suggest|not th(?:is|at|ese|ose))\b",
    re.IGNORECASE,
)
_WHO = re.compile(r"누구|\bwho(?:'s| is| are)\b", re.IGNORECASE)
