"""Asking somebody which of several things is meant, and going on from the list that was shown.

Here: wording of choices. Not here: what is offered (`compose.py`) or how a pick is read (`reading.py`).
"""

from __future__ import annotations

from chatbot.language import Language, josa
from chatbot.messages.wording import quoted, say, short


def close_names(name: str, language: Language) -> str:
    """Offer artists whose names are close to one that nobody goes by."""
    return say(
        language,
        f"{quoted(name, language)}{josa(name, '은/는')} 찾지 못했어요. 혹시 이 중에 있나요?",
        f"I couldn't find {quoted(name, language)}. Did you mean one of these?",
    )


def exactly(name: str, language: Language) -> str:
    """Label the reply that looks for the name as it was typed."""
    return say(language, f"‘{short(name)}’ 그대로 찾기", f"No, find “{short(name)}”")


def not_so_many(count: int, language: Language) -> str:
    """Say that the list that was shown is shorter than the number that was picked."""
    return say(
        language,
        f"방금 보여 드린 목록은 {count}번까지 있어요. 그 안에서 골라 주세요.",
        f"The list I showed you goes up to {count}. Please pick one of those.",
    )


def within_sentence(language: Language) -> str:
    """Offer the artists that a sentence seems to name."""
    return say(language, "혹시 이 가수를 말씀하시는 건가요?", "Is this who you mean?")
