"""What every sentence is made with: choosing the language, cutting and quoting names.

Here: the form of sentences. Not here: any sentence (the modules beside this one).
"""

from __future__ import annotations

from chatbot.language import Language

_SHOWN = 60


def say(language: Language, ko: str, en: str) -> str:
    """Return the sentence in the language of the question."""
    return ko if language == "ko" else en


def short(name: str) -> str:
    """Return a name as it stands in a sentence: on one line, cut where it is very long."""
    line = " ".join(name.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def quoted(name: str, language: Language) -> str:
    """Return a name in the language's quotation marks."""
    return say(language, f"‘{short(name)}’", f"“{short(name)}”")
