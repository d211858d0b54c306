"""Normalising names, so that "AESPA", "aespa " and "ａｅｓｐａ" are one name.

Here: the key under which a name is stored and looked up. Not here: guessing which name was meant
(`chatbot/reading.py` takes the words around a name away) or how alike two names are.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection

MAX_KEY = 120
"""Longest key, in characters; a longer one is cut and carries a digest of the whole."""

PART = "*"
"""What ends the key of a word of a name, so that it is nobody's whole name: no key of letters has it."""

_DIGEST = 16
_SHORTEST_PART = 3
_MOST_PARTS = 6
_AND = ("와", "과")
_IN_MANY_NAMES = ("the", "and", "feat", "band", "boys", "girls", "young", "orchestra", "trio", "quartet")
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn")
# Letters that people type plainly but that Unicode does not decompose: MØ, Sigur Rós' ð, Işın.
_PLAIN: dict[int, str | None] = {
    ord(letter): plain
    for letter, plain in zip("øłđðħæœıþ", ("o", "l", "d", "d", "h", "ae", "oe", "i", "th"), strict=True)
}
# What only says how the sign before it looks: the heart of "아이유 ❤️" has one behind it.
_PLAIN |= dict.fromkeys(range(0xFE00, 0xFE10))


def name_key(text: str) -> str:
    """Return the key under which a name is stored and looked up; "" when nothing is left.

    NFKC and case folding, Latin accents dropped, then letters, digits and combining signs alone: spaces
    and punctuation do not count ("방탄 소년단" is "방탄소년단", "AC/DC" is "acdc"). A name made of symbols
    alone ("!!!", "+/-") keeps its symbols. Hangul stays composed syllables. A key's key is itself.
    """
    key = _pass(text)
    # Dropping a sign can bring two others together that fold further; in practice one more pass settles it.
    while (again := _pass(key)) != key:
        key = again
    if len(key) <= MAX_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:_DIGEST]
    # A long run of symbols is its digest alone, since letters beside symbols would outlive them.
    return _pass(key[: MAX_KEY - _DIGEST]) + digest if _letters(key) else digest


def part_key(word: str) -> str:
    """Return the key under which the names are filed that have this word; "" for one in too many names."""
    key = name_key(word)
    is_telling = _SHORTEST_PART <= len(key) < MAX_KEY and key.isalnum() and key not in _IN_MANY_NAMES
    return key + PART if is_telling else ""


def part_keys(name: str) -> set[str]:
    """Return the keys of the words of a name that has several: "Kendrick Lamar" is found by each.

    So is "서태지와 아이들" by its first without the "and" at its end.
    """
    words = name.split()
    if not 1 < len(words) <= _MOST_PARTS:
        return set()
    joined = [word[:-1] for word in words[:-1] if word.endswith(_AND)]
    return {key for word in words + joined if (key := part_key(word))}


def keys_of_names(names: Collection[str], *, with_parts: bool) -> list[str]:
    """Return the keys of an artist's or a song's names, each once, and those of their words `with_parts`."""
    parts = {key for name in names for key in part_keys(name)} if with_parts else set[str]()
    return sorted({key for name in names if (key := name_key(name))} | parts)


def _pass(text: str) -> str:
    if text.isascii():
        folded = text.lower()
    else:
        # Twice, because folding can undo the composition it started from.
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(
            _PLAIN
        )
        folded = _without_accents(folded)
    return _letters(folded) or _symbols(folded)


def _letters(text: str) -> str:
    kept = "".join(c for c in text if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc"))
    return kept if any(c.isalnum() for c in kept) else ""


def _symbols(text: str) -> str:
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in _INVISIBLE)


def _without_accents(text: str) -> str:
    plain: list[str] = []
    for char in unicodedata.normalize("NFD", text):
        if unicodedata.category(char) == "Mn" and plain and "LATIN" in unicodedata.name(plain[-1], ""):
            continue
        plain.append(char)
    return unicodedata.normalize("NFC", "".join(plain))
