"""What can be tapped below an answer, for channels that show replies as buttons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatbot import messages
from chatbot.answer import Answer, Reply
from chatbot.fit import units
from chatbot.language import language_of
from chatbot.messages import choosing
from chatbot.reading import literal

_MORE = {messages.more("ko"), messages.more("en")}


@dataclass(frozen=True, slots=True)
class Tap:
    """Something to tap."""

    reply: Reply
    cursor: str | None = None
    """Beside "more": where it goes on."""
    place: int | None = None
    """Of a choice: its number in the list, by which it can be picked as well."""


def taps(answer: Answer, most: int) -> list[Tap]:
    """Return an answer's choices, then its quick replies, without blank ones.

    Where the labels of choices are longer than `most`, their first or last parts stand for them if those tell
    them apart ("Ditto – NewJeans" and "Ditto – Someone": by whom), else their numbers do.
    """
    labels = _short([choice.label for choice in answer.choices], most)
    named = [replace(choice, label=label) for choice, label in zip(answer.choices, labels, strict=True)]
    choices = [Tap(choice, place=place) for place, choice in enumerate(named, 1)]
    replies = [_named(reply, most) for reply in answer.quick_replies]
    others = [Tap(reply, answer.cursor if reply.text in _MORE else None) for reply in replies]
    return [tap for tap in choices + others if tap.reply.label.strip() and tap.reply.text.strip()]


_PARTS = re.compile(r" [·–] ")
_FIRST, _LAST = 0, -1


def _named(reply: Reply, most: int) -> Reply:
    if units(reply.label) <= most or not literal(reply.text):
        return reply
    return replace(reply, label=choosing.as_typed(language_of(reply.label)))


def _short(labels: Sequence[str], most: int) -> Sequence[str]:
    if all(units(label) <= most for label in labels):
        return labels
    for part in (_FIRST, _LAST):
        short = [_PARTS.split(label)[part] for label in labels]
        if len(set(short)) == len(short) and all(one.strip() for one in short):
            return short
    return [f"{place}. {label}" for place, label in enumerate(labels, 1)]
