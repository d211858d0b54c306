"""A turn of a conversation as an event: who asked for which name, what came of it and how long it took.

Here: which line a question and its answer make in the stream. Not here: what each column of an event means
(`ChatEvent` in `core/records.py`), where lines go (`core/event_stream.py`), or when a turn is told
(`service.py`, `cli.py`).
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from functools import partial
from itertools import count

from chatbot.answer import Answer, Question
from chatbot.per_answer import PerAnswer
from spotify_assets.core.event_stream import Told

_PROCESS = secrets.token_hex(8)
_COUNT = count()


class Turns:
    """Tells the stream of events of turns; one for each stream, whose thread writes their lines."""

    def __init__(self) -> None:
        self._of_answer = PerAnswer(_of_answer)

    def told(self, question: Question, answer: Answer, now: datetime, seconds: float) -> Told | None:
        """Return the event of a turn; None where nobody asked and the channel only looks again.

        `question.user` is a keyed hash already: channels know users by nothing else.
        """
        if question.again:
            return None
        return partial(self._line, next(_COUNT), question, answer, now, seconds)

    def _line(self, number: int, question: Question, answer: Answer, now: datetime, seconds: float) -> bytes:
        time = now.isoformat(timespec="microseconds")
        # The time as well, since a process may be copied while it lives, as Lambda does.
        event_id = f"{_PROCESS}-{time}-{number}"
        # By hand, since there is one for every turn: `to_line` takes several times as long.
        head = (
            f'{{"event_id":"{event_id}","event_time":"{time}","user_hash":"{question.user}",'
            f'"channel":"{question.channel}","latency_ms":{round(seconds * 1000)},'
        )
        return head.encode() + self._of_answer.of(answer)


def _of_answer(answer: Answer) -> bytes:
    """Return the end of the line: the columns that follow from an answer alone."""
    columns = {
        "query": answer.asked or None,
        "outcome": answer.kind,
        "artist_id": answer.artist.artist_id or None if answer.artist else None,
        "provisional": answer.provisional,
        "model_version": answer.model_version,
    }
    return json.dumps(columns, ensure_ascii=False, separators=(",", ":"))[1:].encode() + b"\n"
