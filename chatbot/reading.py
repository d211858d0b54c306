"""Reading a question: what was typed → the names or the id it may mean.

Here: text alone, pure functions. A person writes "아이유 노래 추천해줘" or "who sounds like SHINee?"; the
words around the name are taken away one layer at a time, and every layer is a candidate, so that a name
that itself holds such words ("노래를 찾는 사람들", "The Like") still wins whenever it is known. Not here:
looking anything up (`bot.py`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from chatbot.everyday import is_everyday
from chatbot.language import language_of
from chatbot.phrases import (
    COMMON,
    PARTICLE,
    PLAYERS,
    RULES,
    SENTENCE,
    SONGS,
    WRITTEN_AS_ONE,
    Rule,
)
from chatbot.plain_words import (
    asks,
    is_empty,
    says_nothing_else,
    undecorated,
    without_particle,
    without_plain_words,
)
from spotify_assets.core.names import name_key
from spotify_assets.core.store.documents import Kind

MAX_TEXT = 10_000
"""Longest text looked at, in characters; the rest is cut away."""

_MAX_PHRASE = 300
_MAX_CANDIDATES = 12
_MAX_LAYERS = 30


@dataclass(frozen=True, slots=True)
class Reference:
    """An id that was pasted or tapped, rather than a name."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that a text may mean."""

    name: str
    sure: bool
    """What was taken away is no part of any likely name; otherwise it may be an artist but no song."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text may mean."""

    candidates: tuple[Candidate, ...]
    """Names to look up: the whole text first, then with more and more words taken away."""
    name: str
    """The most likely name, for when none is known; "" where only words of a request are left."""
    splits: tuple[tuple[str, str], ...]
    """Ways to read it as a song and its artist, in either order: "Dynamite by BTS", "아이유 좋은 날"."""
    credited: tuple[str, str] | None = None
    """Title and artist, where it says which is which: "Dynamite by BTS", "아이유의 좋은 날"."""


_SIGNS = re.compile(r"(?:^|\b(?:like|to|by|from)\s+)(?P<name>[^\w\s]{3,})(?=\s|$)", re.IGNORECASE)
"""A name of signs alone where a name may stand: "songs like !!!", "!!! 같은 노래"."""

_NO_LOOSE_LETTERS = re.compile("[^\u3131-\u318e]+")


def clean(text: str) -> str:
    """Return the text in NFKC on one line, without control, bidi and zero-width characters.

    Loose Korean letters ("ㅎㅇ") stay as they are: NFKC makes them parts of a syllable, which look broken.
    """
    folded = _NO_LOOSE_LETTERS.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text[:MAX_TEXT])
    shown = (c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") else _gap(c) for c in folded)
    return " ".join("".join(shown).split())


def _gap(invisible: str) -> str:
    return " " if invisible.isspace() else ""


_LINK = re.compile(
    r"open\.spotify\.com/(?:intl-[a-z-]{2,10}/)?(?:embed/)?(artist|track)/([0-9A-Za-z]{22})(?![0-9A-Za-z])"
)
_URI = re.compile(r"(?:spotify:)?(artist|track):(\S{1,100})")
_ANY_LINK = re.compile(r"https?://|www\.|spotify\.(?:com|link)|^spotify:", re.IGNORECASE)
_BARE_ID = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[0-9A-Za-z]{22}")


def reference(text: str) -> Reference | None:
    """Return the artist or song that a Spotify link, a Spotify URI or `artist:<id>` points at."""
    found = _LINK.search(text) or _URI.fullmatch(text)
    if not found:
        return None
    return Reference("artist" if found[1] == "artist" else "track", found[2])


def is_link_or_id(text: str) -> bool:
    """Tell whether a text is an address or a Spotify id, which nobody is called."""
    return bool(_ANY_LINK.search(text) or _BARE_ID.fullmatch(text))


def bare_id(text: str) -> Reference | None:
    """Return the artist that a text which is nothing but a Spotify id may mean."""
    return Reference("artist", text) if _BARE_ID.fullmatch(text) else None


def has_name(text: str) -> bool:
    """Tell whether there is a letter or digit left to be a name; "ㅋㅋㅋ" and "ㅠㅠ" are none."""
    return any(c.isalnum() for c in "".join(_NO_LOOSE_LETTERS.findall(text)))


_LITERAL = re.compile(
    r"(?:search|search for|find)\s+[“\"](?P<name>.+)[”\"]|"
    r"[‘“'\"](?P<name_ko>.+)[’”'\"]\s?(?:검색|찾아|찾기)\S*",
    re.IGNORECASE,
)


def literal(text: str) -> str:
    """Return the name that is to be looked for as it stands in quotation marks; "" for other texts."""
    found = _LITERAL.fullmatch(text)
    return (found["name"] or found["name_ko"]).strip() if found else ""


_MAX_WORDS_OF_NAME = 4
_MAX_WORDS_READ = 20
_MIN_WORDS_OF_SENTENCE = 4


def names_within(text: str) -> list[str]:
    """Return what a sentence may name, whole words, the longest first; [] for what is no sentence.

    "요즘 에스파 노래에 푹 빠졌어" may name "에스파 노래", "에스파" and more; whether anybody goes by them the
    store knows. Of a shorter text it is what is left of it and still asks for something: "아델 같은 여자".
    """
    words = _words(text)
    if len(words) < _MIN_WORDS_OF_SENTENCE or len(SENTENCE.findall(text)) < _SIGNS_OF_SENTENCE:
        left = read(text).name
        words = _words(left) if asks(left) else []
    within: dict[str, str] = {}
    for count in range(min(_MAX_WORDS_OF_NAME, len(words) - 1), 0, -1):
        for start in range(len(words) - count + 1):
            whole = " ".join(words[start : start + count])
            for name in (whole, PARTICLE.sub("", whole)):
                if _may_be_named(name):
                    within.setdefault(name_key(name), name)
    return list(within.values())


def stands_as_name(part: str, text: str) -> bool:
    """Tell whether a part of a text is written like a name: "The Who", "Them", "the who"; not "this band"."""
    if not has_name(part):
        return True
    is_word = " " not in part
    if part != part.lower():
        # A sentence begins with a capital whatever it begins with.
        return not (is_word and text.startswith(part))
    return not (is_word or PLAYERS.search(part) or SONGS.search(part))


def _words(text: str) -> list[str]:
    return [word for word in (_unquoted(word) for word in text.split()[:_MAX_WORDS_READ]) if word]


_SIGNS_OF_SENTENCE = 2


def _may_be_named(name: str) -> bool:
    """Whether a few words of a sentence may be a name: no common word, and no short one in small letters."""
    key = name_key(name)
    is_short = len(key) < (2 if language_of(key) == "ko" else 4)
    return key not in COMMON and not (is_short and not (len(key) > 1 and name.isupper()))


_PRONOUNS = ("she", "he", "her", "him", "it", "this", "that", "these", "those")
_COMMAND = re.compile(r"(?:play|find|put on)\s+(?=\S)")


@lru_cache(maxsize=16)  # One question reads its text and its name up to five times.
def read(text: str) -> Reading:
    """Return what a cleaned text may mean."""
    if len(text) > _MAX_PHRASE:
        return Reading((Candidate(text, True),), text, ())
    if has_name(name := literal(text)):
        return Reading((Candidate(text, True), Candidate(name, True)), name, ())
    peeled = [Candidate(text, True), *_peel(_spaced(text))]
    name = next(c.name for c in reversed(peeled) if c.sure)
    if rest := without_plain_words(name):
        left = _unquoted(rest.name)
        bare = _unquoted(without_particle(left))
        peeled += [Candidate(left, rest.sure), Candidate(bare, rest.sure)]
        peeled.append(Candidate(PARTICLE.sub("", bare), False))
        name = bare if rest.sure else name
    peeled += [Candidate(found["name"], True) for found in _SIGNS.finditer(text)]
    if name in _PRONOUNS:
        name = text  # "something just like this" is a title, if anything.
    by = _BY.fullmatch(name)
    credited = (
        (
            _unquoted(_COMMAND.sub("", by["title"] or by["title_of"], count=1)),
            _unquoted(by["artist"] or by["owner"]),
        )
        if by
        else None
    )
    splits = ([credited] if credited else []) + list(_splits(name))
    if credited and is_empty(credited[0]):
        # "sad songs by aespa" wants aespa, unless she plays a song of that title.
        name = credited[1]
        peeled.append(Candidate(name, False))
    first = {name_key(c.name): c for c in reversed(peeled)}
    candidates = tuple(c for c in peeled if first.get(name_key(c.name)) is c and name_key(c.name))
    only_request = any(c.sure and is_empty(c.name) for c in peeled) or says_nothing_else(text)
    only_request = only_request or (name != text and all(map(is_everyday, name.split())) and _is_korean(name))
    return Reading(candidates[:_MAX_CANDIDATES], "" if only_request else name, tuple(splits), credited)


def _peel(text: str) -> Iterator[Candidate]:
    """Take one layer of words away at a time."""
    current = _unquoted(text)
    if current != text:
        yield Candidate(current, True)
    asked = text.endswith(("?", "？"))
    for _ in range(_MAX_LAYERS):
        for rule in RULES:
            found = rule.pattern.fullmatch(current) if asked or not rule.after_request else None
            if not found or not rule.fits(found["name"]):
                continue
            rest = _unquoted(found["name"])
            if rest == current or not has_name(rest) or _is_mangled(rule, current, rest):
                continue
            if "stem" in rule.pattern.groupindex:
                yield Candidate(_unquoted(found["stem"]), False)
            asked = asked or rule.sure
            current = rest
            yield Candidate(current, rule.sure)
            break
        else:
            return


def _is_mangled(rule: Rule, whole: str, rest: str) -> bool:
    """Tell whether a rule has cut into a word ("들을", "하는"), or taken such a word for a name."""
    if rule.introduces:
        words = rest.split()
        return all(map(is_everyday, words)) or (words[0].islower() and is_everyday(words[0]))
    return rule.after_request and rule.final is not None and is_everyday(whole.split()[-1])


def _is_korean(text: str) -> bool:
    return language_of(text) == "ko"


def _spaced(text: str) -> str:
    """Part the words of a request that was typed in one: "아이유노래추천해줘", "아이유랑비슷한가수"."""
    found = None if " " in text else WRITTEN_AS_ONE.fullmatch(text)
    return " ".join(filter(None, found.groups())) if found else text


_QUOTES = {
    '"': '"',
    "'": "'",
    "“": "”",
    "‘": "’",
    "「": "」",
    "『": "』",
    "«": "»",
    "`": "`",
    "(": ")",
    "[": "]",
    "<": ">",
}


def _unquoted(text: str) -> str:
    """Take quotation marks around a text away, and what ends a sentence: marks, laughter, hearts."""
    text = text.strip()
    while True:
        bare = undecorated(text.rstrip("?.,~…;: ") or text)
        bare = (bare.rstrip("!") if bare.endswith("!!") else bare) or bare
        if len(bare) > 2 and _QUOTES.get(bare[0]) == bare[-1] and bare[0] not in bare[1:-1]:
            bare = bare[1:-1].strip()
        if bare == text:
            return text
        text = bare


_BY = re.compile(r"(?P<title>.+)\s+by\s+(?P<artist>.+)|(?P<owner>.+)의\s+(?P<title_of>.+)", re.IGNORECASE)
_DASH = re.compile(r"(.+?)\s+[-–—|/:]\s+(.+)")
_MAX_WORDS = 6


def _splits(name: str) -> Iterator[tuple[str, str]]:
    if dash := _DASH.fullmatch(name):
        yield _unquoted(dash[1]), _unquoted(dash[2])
    words = name.split()
    if len(words) <= _MAX_WORDS:
        for place in range(1, len(words)):
            yield " ".join(words[:place]), " ".join(words[place:])
