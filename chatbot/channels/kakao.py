"""The KakaoTalk channel: a skill request → Question.

Here: what `POST /kakao/skill` carries, read leniently: any part may be missing or of an odd type. Not here:
what Kakao gets back (`kakao_reply.py`, `kakao_callback.py`) or the route (`routes/kakao.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.language import Language, language_of

MAX_BODY = 64 * 1024
"""Largest body read, in bytes."""

EXPECTED = "send a skill request of KakaoTalk, with userRequest.utterance"

_MAX_USER = 200
_LANGUAGES: dict[str, Language] = {"kr": "ko", "ko": "ko", "en": "en"}


@dataclass(frozen=True, slots=True)
class SkillRequest:
    """What somebody wrote on KakaoTalk."""

    user: str
    """Who, as Kakao knows them; empty where it does not say."""
    text: str
    language: Language
    cursor: str | None
    callback_url: str | None
    """Where a late answer may go, if the block has callbacks."""


def parse(body: Mapping[str, Any]) -> SkillRequest:
    """Return what a skill request asks; what is missing counts as empty."""
    asked = _object(body.get("userRequest"))
    extra = _object(_object(body.get("action")).get("clientExtra"))
    text = _text(extra.get("text")) or _text(asked.get("utterance"))
    language = _LANGUAGES.get(_text(asked.get("lang")).strip().lower()[:2])
    return SkillRequest(
        user=_text(_object(asked.get("user")).get("id"))[:_MAX_USER],
        text=text,
        language=language or language_of(text),
        cursor=_text(extra.get("cursor")) or None,
        callback_url=_text(asked.get("callbackUrl")) or None,
    )


def _object(value: Any) -> Mapping[str, Any]:
    """Return an object, which Kakao at times sends as JSON in a string; an empty one for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
