"""Normalising names, so that "AESPA", "aespa " and "ａｅｓｐａ" are one name."""

from __future__ import annotations

import hashlib
import unicodedata

MAX_KEY = 120
"""Longest key, in characters; a longer one is cut and carries a digest of the whole."""


def name_key(text: str) -> str:
    """Return the key under which a name is stored and looked up; "" when nothing is left.

    NFKC and case folding, Latin accents dropped, then letters, digits and combining signs alone: spaces
    and punctuation do not count ("방탄 소년단" is "방탄소년단", "AC/DC" is "acdc"). A name made of symbols
    alone ("!!!", "+/-") keeps its symbols. Hangul stays composed syllables.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    visible = "".join(c for c in folded if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") or c.isspace())
    plain = _without_accents(visible)
    letters = "".join(c for c in plain if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc"))
    key = letters or "".join(visible.split())
    if len(key) <= MAX_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{key[: MAX_KEY - 17]}~{digest}"


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    latin = []
    for char in parts:
        if unicodedata.category(char) == "Mn" and latin and "LATIN" in unicodedata.name(latin[-1], ""):
            continue
        latin.append(char)
    return unicodedata.normalize("NFC", "".join(latin))
