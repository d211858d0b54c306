"""Answers as responses, kept for those that come again as the same object (`by_heart.py`)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from starlette.responses import Response

from chatbot.answer import Answer

MOST = 500
"""Responses kept; the one made first makes room."""


class Rendered:
    """What `render` makes of answers; used by one thread, that of the event loop."""

    def __init__(self, render: Callable[[Answer], Response]) -> None:
        self._render = render
        # With the answer itself, so that nobody else gets its id meanwhile.
        self._kept: OrderedDict[int, tuple[Answer, Response]] = OrderedDict()

    def of(self, answer: Answer) -> Response:
        """Return the response that shows an answer; it is sent to many, so it must stay as it is."""
        kept = self._kept.get(id(answer))
        if kept is not None:
            return kept[1]
        response = self._render(answer)
        self._kept[id(answer)] = answer, response
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return response
