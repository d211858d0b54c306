"""The web channel: a JSON body → Question.

Here: what `POST /v1/chat` accepts, and sentences for what it does not. An Answer's JSON is its own
(`Answer.to_json`). Not here: the route (`routes/web.py`) or sessions (`identity.py`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from chatbot.intake import BadRequest, json_object
from chatbot.language import Language

MAX_BODY = 64 * 1024
"""Largest body read, in bytes."""

MAX_USER = 200
"""Longest user id, in characters."""

EXPECTED = 'send JSON such as {"user": "me", "text": "aespa"}'
_LANGUAGES: dict[str, Language] = {"ko": "ko", "en": "en"}


class ChatRequest(NamedTuple):
    """What a body asks."""

    user: str | None
    """Who the caller says asks: a hint to tell their users apart, no proof of anything."""
    text: str
    cursor: str | None
    language: Language | None
    again: bool


def parse(body: bytes) -> ChatRequest:
    """Return what a body asks.

    `user` (text), `cursor` (text), `language` ("ko" or "en") and `again` (true where a page looks for an
    answer that was pending) may be missing or null; other fields are ignored.

    Raises:
        BadRequest: the body is not JSON, has no text, or a field has the wrong type.
    """
    fields = json_object(body, EXPECTED)
    if fields.get("text") is None:
        raise BadRequest(f'"text" is missing: {EXPECTED}.')
    user = _text(fields, "user") or None
    if user and len(user) > MAX_USER:
        raise BadRequest(f'"user" is longer than {MAX_USER} characters: send a shorter id.')
    return ChatRequest(
        user=user,
        text=_text(fields, "text") or "",
        cursor=_text(fields, "cursor"),
        language=_LANGUAGES.get(_text(fields, "language") or ""),
        again=fields.get("again") is True,
    )


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f'"{name}" must be text: {EXPECTED}.')
    return value
