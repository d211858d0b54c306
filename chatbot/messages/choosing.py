"""Asking somebody which of several things is meant, and going on from the list that was shown.

Here: wording of choices. Not here: what is offered (`compose.py`) or how a pick is read (`reading.py`).
"""

from __future__ import annotations

from chatbot.language import Language, josa
from chatbot.messages.wording import quoted, say


def close_names(name: str, language: Language) -> str:
    """Offer artists whose names are close to one that nobody goes by."""
    return say(
        language,
        f"{quoted(name, language)}{josa(name, '은/는')} 찾지 못했어요. 혹시 이 중에 있나요?",
        f"I couldn't find {quoted(name, language)}. Did you mean one of these?",
    )
