"""Answers that follow from nothing but the question's text and what is published, kept until that changes.

A known name is asked again and again; its answer is made once. Here: keeping such answers, with where they
leave a conversation, and forgetting them with the next publication. Not here: which these are (`bot.py`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from chatbot.answer import Answer
from chatbot.language import Language

MOST = 2000
"""Answers kept; the one not asked for the longest makes room."""

MAX_TEXT = 100
"""Longest text of a question that is kept, in characters."""


@dataclass(frozen=True, slots=True)
class Known:
    """An answer, and where a conversation stands after it."""

    answer: Answer
    conversation: str


class ByHeart:
    """Answers by text and language. Threads may share it.

    `publication` gives a number that is another after every change of what is published; a kept answer counts
    only for the number under which it was made, from beginning to end, so that it never mixes two. `recall`
    believes a number for `believed` seconds: for so long an answer may be the one from before a publication.
    """

    def __init__(self, publication: Callable[[], int], believed: float = 0.0) -> None:
        self._publication = publication
        self._believed = believed
        self._glanced: tuple[float, int] = -1.0, -1
        self._kept: OrderedDict[tuple[str, Language | None], tuple[int, Known]] = OrderedDict()
        self._lock = Lock()

    def now(self) -> int:
        """Return the number of what is published; take it before an answer is made.

        Raises:
            StoreError: the store cannot be read.
        """
        return self._publication()

    def recall(self, text: str, language: Language | None) -> Known | None:
        """Return the answer to a text, or None where it must be found.

        Raises:
            StoreError: the store cannot be read.
        """
        kept = self._kept.get((text, language))
        if kept is None or kept[0] != self._glance():
            return None
        with self._lock:
            if (text, language) in self._kept:
                self._kept.move_to_end((text, language))
        return kept[1]

    def keep(self, text: str, language: Language | None, began: int, known: Known) -> None:
        """Keep an answer that was made from `began` on, unless something was published meanwhile.

        Raises:
            StoreError: the store cannot be read.
        """
        if len(text) > MAX_TEXT or self._publication() != began:
            return
        with self._lock:
            self._kept[text, language] = began, known
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def _glance(self) -> int:
        until, number = self._glanced
        if monotonic() >= until:
            number = self._publication()
            self._glanced = monotonic() + self._believed, number
        return number
