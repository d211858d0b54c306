"""Names that are nearly alike: "balckpink" and BLACKPINK, "에스빠" and 에스파, "Dytto" and Ditto.

Here: under which keys a name is filed so that whoever mistypes it still finds it by those keys alone, and how
far apart two names are; pure functions over normalised names (`names.py`). Not here: where the keys are kept
(`store`), or what is done with a name that is close (`chatbot/bot.py`).

Short names are filed under themselves with one letter left out, as in SymSpell
(https://github.com/wolfgarbe/SymSpell): a dropped, added, wrong or swapped letter leaves a key in common.
Long ones are filed under their three thirds, of which two mistakes leave one whole (the pigeonhole
principle). Hangul is compared letter by letter, ㅇㅔㅅㅡㅍㅏ, and syllable by syllable. So a lookup is a
few dozen keys of an index, however many names there are. Titles of songs, of which there are many more, are
filed by their letters alone, under three to nine keys that no artist's name has.
"""

from __future__ import annotations

from collections.abc import Iterator

SHORTEST = 4
"""Letters; of shorter names too many are one letter apart."""

SHORTEST_TITLE = 5
"""Letters, of a song's title."""

TITLE = "t"
"""What the keys of titles begin with, and no others."""

LONGEST = 60
"""Letters; longer names are filed under none of these keys."""

SYLLABLE = 1.5
"""What a wrong, missing or swapped syllable counts, where a letter counts 1."""

_SHORT = 3
_WHOLE = 8
_MOST_SYLLABLES = 10
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS: tuple[str, ...] = (
    "", "ㄱ", "ㄲ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ",
    "ㄹㅎ", "ㅁ", "ㅂ", "ㅂㅅ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ",
)  # fmt: skip


def letters(key: str) -> str:
    """Return a normalised name letter by letter: Hangul syllables taken apart, the rest as it is."""
    return "".join(_apart(char) for char in key)


def keys_of(key: str) -> set[str]:
    """Return the keys under which a normalised name is filed; none for one that is too short or too long."""
    spelled = letters(key)
    if not SHORTEST <= len(spelled) <= LONGEST:
        return set()
    filed = _keys_of_letters(spelled)
    if len(spelled) > len(key) and len(key) <= _MOST_SYLLABLES:
        filed |= {f"s{one}" for one in _without_one(key) if one}
    return filed


def title_keys_of(key: str) -> set[str]:
    """Return the keys under which a song's normalised title is filed; none for one too short or too long."""
    spelled = letters(key)
    if not SHORTEST_TITLE <= len(spelled) <= LONGEST:
        return set()
    return {f"{TITLE}{one}" for one in _keys_of_letters(spelled)}


def keys_near(key: str) -> set[str]:
    """Return the keys under which names are filed that somebody who typed this may have meant.

    Any name one mistake away (a letter, or a Hangul syllable, dropped, added, wrong or swapped with the next)
    that `keys_of` files is filed under one of them, and so is one of more than eight letters with two letters
    dropped, added or wrong.
    """
    spelled = letters(key)
    if len(spelled) < SHORTEST - 1 or len(spelled) > LONGEST + 2:
        return set()
    near = _keys_near_letters(spelled)
    if len(spelled) > len(key) and len(key) <= _MOST_SYLLABLES + 1:
        near |= {f"s{one}" for one in _without_one(key) if one}
    return near


def title_keys_near(key: str) -> set[str]:
    """Return the keys under which titles are filed that somebody who typed this may have meant.

    Any title one letter away that `title_keys_of` files is filed under one of them; so is one of more than
    eight letters with two letters dropped, added or wrong.
    """
    spelled = letters(key)
    if not SHORTEST_TITLE - 1 <= len(spelled) <= LONGEST + 2:
        return set()
    return {f"{TITLE}{one}" for one in _keys_near_letters(spelled)}


def mistakes(typed: str, name: str) -> float | None:
    """Return how many mistakes lead from a normalised name to what was typed; None where it is too many.

    A letter counts 1 and a Hangul syllable 1.5, whichever way is cheaper. Names of fewer than six letters
    bear one letter, those of fewer than twelve one syllable, longer ones two letters.
    """
    # Imported where a name is really compared, so that the bot starts without it.
    from rapidfuzz.distance import OSA

    typed_letters, name_letters = letters(typed), letters(name)
    borne = 1.0 if len(name_letters) < 6 else SYLLABLE if len(name_letters) < 12 else 2.0
    counts = [float(OSA.distance(typed_letters, name_letters))]
    if len(name_letters) > len(name):
        counts.append(SYLLABLE * OSA.distance(typed, name))
    return min(counts) if min(counts) <= borne else None


def slips(key: str) -> list[str]:
    """Return the names of three to five letters that a normalised name may be a slip of; five at most.

    Names that short are told by two slips alone: a character typed twice ("EXOO", "엑소소") and two swapped
    ("BST", "소엑").
    """
    twice = [key[:place] + key[place + 1 :] for place in range(len(key) - 1) if key[place] == key[place + 1]]
    swapped = [key[:place] + key[place : place + 2][::-1] + key[place + 2 :] for place in range(len(key) - 1)]
    meant = (twice if len(key) <= _SHORT + 1 else []) + (swapped if len(key) <= _SHORT else [])
    return [one for one in dict.fromkeys(meant) if one != key and len(letters(one)) >= _SHORT]


def _apart(char: str) -> str:
    place = ord(char) - ord("가")
    if not 0 <= place < 11_172:
        return char
    return _INITIALS[place // 588] + _VOWELS[place % 588 // 28] + _FINALS[place % 28]


def _without_one(text: str) -> set[str]:
    return {text, *(text[:place] + text[place + 1 :] for place in range(len(text)))}


def _keys_of_letters(spelled: str) -> set[str]:
    return {f"l{one}" for one in _without_one(spelled)} if len(spelled) <= _WHOLE else set(_thirds(spelled))


def _keys_near_letters(spelled: str) -> set[str]:
    near = {f"l{one}" for one in _without_one(spelled)} if len(spelled) <= _WHOLE + 1 else set()
    for length in range(max(len(spelled) - 2, _WHOLE + 1), len(spelled) + 3):
        near.update(_thirds_near(spelled, length))
    return near


def _thirds(spelled: str) -> Iterator[str]:
    length, third = len(spelled), len(spelled) // 3
    bounds = (0, third, length - third, length)
    for number in range(3):
        yield f"{number}{length}.{spelled[bounds[number] : bounds[number + 1]]}"


def _thirds_near(spelled: str, length: int) -> Iterator[str]:
    """Yield the thirds of a name of this length that one mistake in each of the others leaves whole."""
    third = length // 3
    yield f"0{length}.{spelled[:third]}"
    yield f"2{length}.{spelled[-third:]}"
    middle = length - 2 * third
    for start in range(third - 1, third + 2):
        yield f"1{length}.{spelled[start : start + middle]}"
