"""What is said to the bot of itself or of its answer, in everyday words: "are you a bot?", "왜 비슷해?".

Here: telling such talk from a name by its words. Many titles are made of everyday words ("all of me"), so
that English needs more. Not here: set sayings (`sayings.py`), what is answered (`no_question.py`).
"""

from __future__ import annotations

import re
from typing import Literal

from chatbot.everyday import (
    ADDRESSED,
    ASKED,
    COMPLAINT,
    OF_ANSWER,
    OF_BOT,
    OF_BOT_ALONE,
    OF_SHOWN,
    PRAISE,
    WHY,
    bare_of,
    is_everyday,
    is_title,
)
from chatbot.language import language_of
from chatbot.phrases import MOOD, MUSIC
from chatbot.plain_words import undecorated
from chatbot.words import Words

TalkedOf = Literal["bot", "complaint", "why", "answer", "anything"]

_MAX_WORDS = 20
_BEGINS_QUESTION = re.compile(
    r"(?:who|what|where|how|why|which|is|are|do|does|did|can|could|will)\b", re.IGNORECASE
)


def talk_of(text: str, goes_on: bool) -> TalkedOf | None:
    """Return what a text is about that is said to the bot and names nobody; None for one that may be a name.

    It has everyday words alone. More is talk where it `goes_on` with an answer that was shown.
    """
    words = [bare_of(word) for word in undecorated(text).split()]
    if not words or len(words) > _MAX_WORDS or is_title(text) or not all(map(is_everyday, words)):
        return None
    if len(words) == 1:
        return _in_a_word(text, words, goes_on)
    return _in_korean(words, goes_on) if language_of(text) == "ko" else _in_english(text, words, goes_on)


def asks_why(text: str) -> bool:
    """Tell whether a text asks for a reason."""
    return _has(WHY, [bare_of(word) for word in text.split()])


def _in_a_word(text: str, words: list[str], goes_on: bool) -> TalkedOf | None:
    if text.endswith("?") and _has(OF_BOT, words):
        return "bot"
    return "anything" if goes_on and text == text.lower() and _has(PRAISE, words) else None


def _in_korean(words: list[str], goes_on: bool) -> TalkedOf | None:
    if _has(OF_BOT, words) or (_has(ADDRESSED, words) and _has(ASKED, words)):
        return "bot"
    if _has(COMPLAINT, words):
        return "complaint"
    if _has(WHY, words):
        return "why"
    if _has(OF_ANSWER, words):
        return "answer"
    # "봄 여름 가을 겨울" is a band.
    return "anything" if goes_on and not all(map(MOOD.fullmatch, words)) else None


def _in_english(text: str, words: list[str], goes_on: bool) -> TalkedOf | None:
    is_marked = text.endswith("?")
    is_question = is_marked or bool(_BEGINS_QUESTION.match(text))
    asks_bot = _has(OF_BOT, words) or (_has(ADDRESSED, words) and (is_marked or _has(MUSIC, words)))
    if _has(OF_BOT_ALONE, words) or (is_question and asks_bot):
        return "bot"
    if goes_on and _has(COMPLAINT, words):
        return "complaint"
    if is_question and goes_on and _has(WHY, words) and (is_marked or _has(OF_ANSWER, words)):
        return "why"
    if is_question and _has(OF_ANSWER, words):
        return "answer"
    return "anything" if goes_on and _has(OF_SHOWN, words) else None


def _has(kind: Words | re.Pattern[str], words: list[str]) -> bool:
    return any(map(kind.fullmatch, words))
