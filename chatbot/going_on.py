"""Reading a question that goes on with the last answer: "more", "2번", "비슷한 가수".

Here: text alone, pure functions. Not here: what was shown last (`conversation.py`), or names (`reading.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatbot.everyday import bare_of, is_everyday
from chatbot.phrases import LIKENESS, PARTICLE, PLAYERS, SONGS
from chatbot.plain_words import names_nobody, spoken_key, undecorated
from spotify_assets.core.names import name_key
from spotify_assets.core.store.documents import Kind

_MORE = {
    name_key(word)
    for word in (
        "more", "show more", "show me more", "more please", "next", "next page", "keep going", "go on",
        "continue", "i want more", "any more", "one more", "one more please", "give me one more", "some more",
        "a few more", "another one please", "give me another", "give me another one", "skip", "패스",
        "하나 더", "하나만 더", "몇 개 더", "조금 더", "더 더",
        "더 보기", "더", "더 보여줘", "더 보여줘요", "더 보여 주세요", "더 줘", "더 있어", "더 없어",
        "더 알려줘", "더 알려주세요", "더 많이", "또", "또 있어", "또 없어", "다음", "다음 페이지",
        "다음 거", "계속",
    )
}  # fmt: skip


def is_more(text: str) -> bool:
    """Tell whether a text asks for the next part of the last answer."""
    return spoken_key(text) in _MORE


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


_ENTRY = re.compile(
    r"\b(?:the\s+)?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|[1-9][0-9]?(?:st|nd|rd|th))\s+"
    r"(?:one|artist|song|singer|band)s?\b|\b(?:number|no\.)\s*[1-9][0-9]?\b|"
    r"(?:(?<!\S)[1-9][0-9]?|첫|두|세|네|다섯|여섯|일곱|여덟|아홉|열)\s?번(?:째)?(?:이랑|하고|과|이|은|을|으로|로|의|가|는|도|만)?(?!\S)",
    re.IGNORECASE,
)
_BUT = re.compile(r"말고|빼고|\b(?:not|except|but)\b", re.IGNORECASE)
_CLOSEST = re.compile(
    r"(?:이 ?중에(?:서)? )?(?:누가 )?(?:제일|가장) (?:비슷|닮|가까)\S*"
    r"(?: (?:가수|아티스트|사람|노래|곡|건|거)\S*)?[?.!]*|"
    r"(?:which (?:one )?is |who(?:'s| is) |show me )?(?:the )?(?:most (?:similar|alike)|closest)"
    r"(?: (?:one|artist|song))?[?.!]*",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"([1-9][0-9]?)(?:\s*[,&/]\s*[1-9][0-9]?)+")


def picked_within(text: str) -> int | None:
    """Return which entry everyday words speak of, the first of several: "1, 3", "i like the second one".

    The most similar is the first.
    """
    if _CLOSEST.fullmatch(text):
        return 1
    if _BUT.search(text):
        return None
    if several := _SEVERAL.fullmatch(text):
        return int(several[1])
    found = _ENTRY.search(text)
    if not found or not all(
        is_everyday(bare_of(word)) for word in _ENTRY.sub(" ", text).rstrip("?!. ").split()
    ):
        return None
    return picked(PARTICLE.sub("", found[0]))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a text that names nobody wants, beside what was shown last."""

    kind: Kind | None
    """Artists or songs; None for what was shown."""
    what: str
    """"others" than were shown, what is "alike", or what was "shown" itself: its songs, who it is."""


def wish(text: str) -> Wish | None:
    """Return what a text wants that goes on with the last answer; None for any other."""
    bare = _THIS.sub(" ", _ENTRY.sub(" ", undecorated(text)))
    if not names_nobody(bare) and not _AGAIN.fullmatch(text):
        return None
    kind: Kind | None = "track" if SONGS.search(text) else "artist" if PLAYERS.search(text) else None
    if _AGAIN.fullmatch(text):
        return Wish(None, "shown")
    if kind == "track" and _THEIRS.search(text):
        return Wish(kind, "shown")
    if _OTHERS.search(text):
        return Wish(kind, "others")
    if LIKENESS.search(text):
        return Wish(kind, "alike")
    return Wish(kind, "shown") if SONGS.search(text) or _WHO.search(text) else None


_THIS = re.compile(
    r"\b(?:she|he|her|what's|whats|who's|like|to|as|this|that|these|those|it|them|they|their|his|him|her|sounds?|sounding|who|what|something|"
    r"someone|anything|anyone|not|is|sings?|sang|made|wrote|whose|are|there|the|one|ones|artist|please|pls|of|by|from)\b|"
    r"이런|그런|저런|(?<=[래곡수])(?:이?야|예요|이에요|인가요|인지)|이거|그거|이것|그것|"
    r"누가|불렀\S*|부른|[얘걔쟤](?:네|들)*|이\s|그\s|이랑|랑|하고|처럼|사람|[?!.,~]",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"다른|딴|말고|추천|또\s|더\s|\s더\b|"
    r"\b(?:more|others?|another|else|recommend|suggest|not th(?:is|at|ese|ose))\b",
    re.IGNORECASE,
)
_THEIRS = re.compile(
    r"(?:이|그|저) ?(?:가수|사람|그룹|밴드|아티스트)|[얘걔](?:네)?|\b(?:their|his|her|by (?:them|him|her))\b",
    re.IGNORECASE,
)
_WHO = re.compile(r"누구|누가|\bwho(?:'s| is| are| sings?| sang| made| wrote)\b|\bwhose\b", re.IGNORECASE)
_AGAIN = re.compile(
    r"(?:show (?:me |it |that )*)?again(?: please)?|"
    r"다시(?: 한 ?번)?(?: 보여\S*)?|한 ?번 더(?: 보여\S*)?|방금 거",
    re.IGNORECASE,
)
