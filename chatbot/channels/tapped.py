"""What can be tapped below an answer, for channels that show replies as buttons."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot import messages
from chatbot.answer import Answer, Reply

_MORE = {messages.more("ko"), messages.more("en")}


@dataclass(frozen=True, slots=True)
class Tap:
    """Something to tap."""

    reply: Reply
    cursor: str | None = None
    """Beside "more": where it goes on."""
    place: int | None = None
    """Of a choice: its number in the list, by which it can be picked as well."""


def taps(answer: Answer) -> list[Tap]:
    """Return an answer's choices, then its quick replies, without blank ones."""
    choices = [Tap(choice, place=place) for place, choice in enumerate(answer.choices, 1)]
    others = [Tap(reply, answer.cursor if reply.text in _MORE else None) for reply in answer.quick_replies]
    return [tap for tap in choices + others if tap.reply.label.strip() and tap.reply.text.strip()]
