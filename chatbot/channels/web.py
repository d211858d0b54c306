"""The web channel: a JSON body → Question.

Here: what `POST /v1/chat` accepts, and sentences for what it does not. An Answer's JSON is its own
(`Answer.to_json`). Not here: the routes (`app.py`).
"""

from __future__ import annotations

import json
from typing import Any

from chatbot.answer import Question
from chatbot.language import Language

MAX_BODY = 64 * 1024
"""Largest body read, in bytes."""

MAX_USER = 200
"""Longest user id, in characters."""

_EXPECTED = 'send JSON such as {"user": "me", "text": "aespa"}'
_LANGUAGES: dict[str, Language] = {"ko": "ko", "en": "en"}


class BadRequest(ValueError):
    """The body is not a question; the text says what to send instead."""


def parse(body: bytes, anonymous: str) -> Question:
    """Return the question in a body; `anonymous` is the user where none is named.

    `user` (text), `cursor` (text), `language` ("ko" or "en") and `again` (true where a page looks for an
    answer that was pending) may be missing or null; other fields are ignored.

    Raises:
        BadRequest: the body is not JSON, has no text, or a field has the wrong type.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest(f"The body is not JSON: {_EXPECTED}.") from None
    if not isinstance(fields, dict):
        raise BadRequest(f"The body is JSON but no object: {_EXPECTED}.")
    if fields.get("text") is None:
        raise BadRequest(f'"text" is missing: {_EXPECTED}.')
    user = _text(fields, "user") or anonymous
    if len(user) > MAX_USER:
        raise BadRequest(f'"user" is longer than {MAX_USER} characters: send a shorter id.')
    return Question(
        user=user,
        text=_text(fields, "text") or "",
        channel="web",
        cursor=_text(fields, "cursor"),
        language=_LANGUAGES.get(_text(fields, "language") or ""),
        again=fields.get("again") is True,
    )


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f'"{name}" must be text: {_EXPECTED}.')
    return value
