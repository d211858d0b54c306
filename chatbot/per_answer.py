"""What is made of answers, kept for those that come again as the same object (`by_heart.py`)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from chatbot.answer import Answer

MOST = 500
"""Answers whose results are kept; the one made first makes room."""

T = TypeVar("T")


class PerAnswer(Generic[T]):
    """What `make` makes of answers; used by one thread."""

    def __init__(self, make: Callable[[Answer], T]) -> None:
        self._make = make
        # With the answer itself, so that nobody else gets its id meanwhile.
        self._kept: OrderedDict[int, tuple[Answer, T]] = OrderedDict()

    def of(self, answer: Answer) -> T:
        """Return what is made of an answer; many get the same object, so it must stay as it is."""
        kept = self._kept.get(id(answer))
        if kept is not None:
            return kept[1]
        made = self._make(answer)
        self._kept[id(answer)] = answer, made
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return made
