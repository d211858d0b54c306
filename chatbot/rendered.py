"""Answers as bytes, kept for those that come again as the same object (`by_heart.py`)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from chatbot.answer import Answer

MOST = 500
"""Renderings kept; the one made first makes room."""


class Rendered:
    """What `render` makes of answers; used by one thread, that of the event loop."""

    def __init__(self, render: Callable[[Answer], bytes]) -> None:
        self._render = render
        # With the answer itself, so that nobody else gets its id meanwhile.
        self._kept: OrderedDict[int, tuple[Answer, bytes]] = OrderedDict()

    def of(self, answer: Answer) -> bytes:
        """Return the bytes of an answer."""
        kept = self._kept.get(id(answer))
        if kept is not None:
            return kept[1]
        body = self._render(answer)
        self._kept[id(answer)] = answer, body
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return body
