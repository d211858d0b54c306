"""Labels on cards and buttons, and what is said where an answer comes late.

Here: wording alone. Not here: how long a platform lets a label be (`channels/`).
"""

from __future__ import annotations

from chatbot.language import Language
from chatbot.messages.wording import say


def still_looking(language: Language) -> str:
    """Say that the answer did not come in time, and is still being looked for."""
    return say(
        language,
        "찾고 있어요. 조금만 기다렸다가 다시 물어봐 주세요.",
        "I'm still looking. Give me a moment, then ask me again.",
    )


def listen(language: Language) -> str:
    """Label the button that opens an artist or a song on Spotify; at most 14 characters."""
    return say(language, "Spotify로 듣기", "Open Spotify")


def best_known(language: Language) -> str:
    """Head the list of an artist's best-known songs."""
    return say(language, "대표곡", "Best-known songs")


def similar_from_to(kind: str, first: int, last: int, language: Language) -> str:
    """Head a part of the list of similar songs (`kind` is "track") or artists."""
    places = f"{first}–{last}" if last > first else f"{first}"
    if kind == "track":
        return say(language, f"비슷한 노래 {places}", f"Similar songs {places}")
    return say(language, f"비슷한 가수 {places}", f"Similar artists {places}")


def alike(language: Language) -> str:
    """Label the button that asks who is similar to the one on a card; at most 20 characters."""
    return say(language, "비슷한 가수", "Who sounds like this")


def and_others(count: int, language: Language) -> str:
    """Say how many more there are than a list shows."""
    return say(language, f"… 외 {count}개", f"… and {count} more")
