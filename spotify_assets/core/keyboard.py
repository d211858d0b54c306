"""What was typed with the keyboard in the other language: "dkdldb" is 아이유, "ㅁㄷㄴㅔㅁ" is aespa.

Here: Korea's common layout (dubeolsik, KS X 5002) and putting letters together to syllables; pure functions.
Not here: whether anybody goes by what comes out (`chatbot/library.py`).
"""

from __future__ import annotations

from spotify_assets.core.spelling import letters

_KEYS = dict(
    zip(
        "qwertyuiopasdfghjklzxcvbnmQWERTOP",
        "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡㅃㅉㄸㄲㅆㅒㅖ",
        strict=True,
    )
)
_LETTERS = {letter: key for key, letter in _KEYS.items()}
_TWO_VOWELS = {
    "ㅗㅏ": "ㅘ",
    "ㅗㅐ": "ㅙ",
    "ㅗㅣ": "ㅚ",
    "ㅜㅓ": "ㅝ",
    "ㅜㅔ": "ㅞ",
    "ㅜㅣ": "ㅟ",
    "ㅡㅣ": "ㅢ",
}
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FINALS = {letters(chr(ord("가") + number))[2:]: number for number in range(1, 28)}


def in_hangul(text: str) -> str | None:
    """Return what Latin keys write on a Korean keyboard; None where that is not whole syllables."""
    typed = "".join(text.split())
    jamo = [_KEYS.get(char) or _KEYS.get(char.lower(), "") for char in typed]
    return _syllables("".join(jamo)) if typed and all(jamo) else None


def in_latin(text: str) -> str | None:
    """Return what Hangul writes on a Latin keyboard, in small letters; None where other signs are in it."""
    split = {whole: parts for parts, whole in _TWO_VOWELS.items()}
    jamo = "".join(split.get(one, one) for one in letters("".join(text.split())))
    keys = [_LETTERS.get(one, "") for one in jamo]
    return "".join(keys).lower() if keys and all(keys) else None


def _syllables(jamo: str) -> str | None:
    """Put letters together; None where one is left over."""
    written = []
    rest = jamo
    while rest:
        if rest[0] not in _INITIALS or rest[1:2] not in tuple(_VOWELS):
            return None
        vowel = _TWO_VOWELS.get(rest[1:3], rest[1])
        first, rest = rest[0], rest[1 + (2 if rest[1:3] in _TWO_VOWELS else 1) :]
        final = _final(rest)
        written.append(
            chr(ord("가") + _INITIALS.index(first) * 588 + _VOWELS.index(vowel) * 28 + _FINALS.get(final, 0))
        )
        rest = rest[len(final) :]
    return "".join(written) or None


def _final(rest: str) -> str:
    """Return the consonants that end a syllable: all before the last one that a vowel follows."""
    for length in (2, 1):
        final, after = rest[:length], rest[length : length + 1]
        belongs_to_next = after != "" and after in _VOWELS
        if final in _FINALS and len(final) == length and not belongs_to_next:
            return final
    return ""
