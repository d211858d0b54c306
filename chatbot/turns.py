"""A turn of a conversation as an event: who asked for which name, what came of it and how long it took.

Here: which event a question and its answer make. Not here: the event itself (`core/records.py`), where it
goes (`core/event_stream.py`), or when it is told (`service.py`, `cli.py`).
"""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from itertools import count

from chatbot.answer import Answer, Question
from spotify_assets.core.records import ChatEvent

_PROCESS = secrets.token_hex(8)
_COUNT = count()


def event_of(question: Question, answer: Answer, now: datetime, seconds: float) -> ChatEvent | None:
    """Return the event of a turn; None where nobody asked and the channel only looks again.

    `question.user` is a keyed hash already: channels know users by nothing else.
    """
    if question.again:
        return None
    return ChatEvent(
        # The time as well, since a process may be copied while it lives, as Lambda does.
        event_id=f"{_PROCESS}{time.time_ns():016x}{next(_COUNT):x}",
        event_time=now,
        user_hash=question.user,
        channel=question.channel,
        query=answer.asked or None,
        outcome=answer.kind,
        artist_id=answer.artist.artist_id or None if answer.artist else None,
        latency_ms=round(seconds * 1000),
        provisional=answer.provisional,
        model_version=answer.model_version,
    )
