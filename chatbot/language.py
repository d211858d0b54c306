"""Which language to answer in, and how Korean words join the names they follow.

Here: what can be told from the letters alone. Not here: any sentence (`messages/`).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Language = Literal["ko", "en"]

_HANGUL = re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\ud7b0-\ud7ff\uffa0-\uffdc]")


def language_of(text: str) -> Language:
    """Return "ko" for a text with any Hangul in it, else "en"."""
    return "ko" if _HANGUL.search(text) else "en"


def has_letters(text: str) -> bool:
    """Tell whether a text is in any language: "1", "?" and "🙏" are not."""
    return any(map(str.isalpha, text))


Particle = Literal["은/는", "이/가", "을/를", "과/와", "이라는/라는", "이에요/예요"]


def josa(word: str, particle: Particle) -> str:
    """Return the form of a Korean particle that follows `word`: "은" after a final consonant, else "는".

    A word that ends in a script whose sound is not known here gets both: "은(는)".
    """
    after_consonant, after_vowel = particle.split("/")
    final = ends_in_consonant(word)
    if final is None:
        return f"{after_consonant}({after_vowel})"
    return after_consonant if final else after_vowel


def with_josa(word: str, particle: Particle) -> str:
    """Return `word` with the right form of the particle behind it."""
    return word + josa(word, particle)


def ends_in_consonant(word: str) -> bool | None:
    """Tell whether a word, read aloud by a Korean, ends in a final consonant; None where nobody knows.

    Exact for Hangul. Digits are read in English beside Latin letters ("U2": 투) and in Korean elsewhere.
    Latin words go by how they are usually written in Hangul ("Velvet": 벨벳, "Coldplay": 콜드플레이); short
    ones in capitals are spelled out ("BTS": 비티에스).
    """
    letters = [c for c in word if c.isalnum()]
    if not letters:
        return None
    last = letters[-1]
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28 > 0
    if last in "0123456789":
        in_english = any(_is_latin(c) for c in letters)
        return last in ("1789" if in_english else "013678")
    if _is_latin(last):
        return _latin_ends_in_consonant(re.split(r"[^A-Za-z]+", "".join(_unaccented(c) for c in word)))
    return None


def _latin_ends_in_consonant(parts: list[str]) -> bool:
    word = next(part for part in reversed(parts) if part)
    spelled_out = word.isupper() and (len(word) <= 3 or not re.search("[AEIOUY]", word))
    if len(word) == 1 or spelled_out:
        return word[-1].upper() in "LMNR"
    word = word.lower()
    # 벨·임·핀·킹, 아델·타임·앤, 록·벨벳·국; but 비트: after a long vowel the consonant is its own syllable.
    return bool(re.search(r"[lmn]$|ng$|le$|[aeioun][mn]e$|ck$|ook$|(^|[^aeiou])[aeiou][ptkcb]$", word))


def _is_latin(char: str) -> bool:
    return _unaccented(char).isascii() and char.isalpha()


def _unaccented(char: str) -> str:
    return unicodedata.normalize("NFD", char)[0]
