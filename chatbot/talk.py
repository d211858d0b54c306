"""One question, with what it needs at every turn: its language, who asks, until when, what was said before.

Here: that alone. Not here: what is made of it (`bot.py`, `asking.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from chatbot.answer import Question
from chatbot.conversation import Conversation, Memory
from chatbot.guesses import Guesses
from chatbot.language import Language
from chatbot.library import Library


@dataclass
class Talk:
    """One question, with what it needs at every turn."""

    question: Question
    text: str
    language: Language
    who: str
    memory: Memory
    until: float
    """When the answer must be there, by the clock that never runs backwards."""
    library: Library
    guesses: Guesses

    @cached_property
    def before(self) -> Conversation:
        """Where the conversation stood; read when it is first needed."""
        return self.memory.recall(self.who)
