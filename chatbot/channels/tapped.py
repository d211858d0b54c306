"""What can be tapped below an answer, for channels that show replies as buttons."""

from __future__ import annotations

from chatbot import messages
from chatbot.answer import Answer, Reply

_MORE = {messages.more("ko"), messages.more("en")}


def replies(answer: Answer) -> list[tuple[Reply, str | None]]:
    """Return an answer's choices, then its quick replies; beside "more", the cursor to go on from."""
    offered: list[tuple[Reply, str | None]] = [(choice, None) for choice in answer.choices]
    for reply in answer.quick_replies:
        offered.append((reply, answer.cursor if reply.text in _MORE else None))
    return [(reply, cursor) for reply, cursor in offered if reply.label.strip() and reply.text.strip()]
