"""The KakaoTalk channel: the answer that comes after the five seconds, through Kakao's callback.

A block with callbacks sends an address that takes one answer within a minute. Here: which addresses may be
called, waiting for the answer, and sending it, once. Not here: when an answer is late (`routes/kakao.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from anyio import to_thread

from chatbot.answer import Question
from chatbot.channels.kakao_reply import render
from chatbot.intake import json_bytes
from chatbot.service import Service, still_looking
from spotify_assets.core.errors import StoreError

SECONDS_TO_WAIT = 45.0
"""How long the answer is waited for; the address lives for 60 seconds from the request."""

SECONDS_BETWEEN = 1.0
"""How often is looked whether the answer is there."""

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_TIMEOUT = (3.05, 8)

_log = logging.getLogger(__name__)


def is_allowed(url: str, hosts: Collection[str]) -> bool:
    """Whether an answer may be posted there: https, and exactly one of `hosts` (name, or name:port).

    A name without a port means port 443. For hosts of this machine http and any port will do.
    """
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if "@" in parts.netloc or "\\" in url or not url.isascii() or not url.isprintable():
        return False
    if name in _LOOPBACK:
        return parts.scheme in ("http", "https") and (name in hosts or f"{name}:{port}" in hosts)
    if parts.scheme != "https":
        return False
    return f"{name}:{port}" in hosts or (name in hosts and port in (None, 443))


async def deliver(service: Service, fields: Mapping[str, str]) -> None:
    """Wait for the answer to a question and post it: at the latest what there is after `SECONDS_TO_WAIT`.

    `fields` are those that `late` made. When the server stops, what there is goes out at once.
    """
    question = Question(
        user=fields["user"],
        text=fields["text"],
        channel="kakao",
        language="ko" if fields["language"] == "ko" else "en",
        again=True,
    )
    deadline = asyncio.get_running_loop().time() + SECONDS_TO_WAIT
    answer = still_looking(question)
    try:
        while asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(SECONDS_BETWEEN)
            try:
                answer = await service.answer(question)
            except StoreError as error:
                _log.warning("No late answer yet: %s", error)
                continue
            if answer.kind != "pending":
                break
    except asyncio.CancelledError:
        _log.info("Stopping: a late answer goes out as it stands")
    body = json_bytes(render(answer, question.language or "ko"))
    outcome = await asyncio.shield(to_thread.run_sync(_post, fields["url"], body))
    service.metrics.count("sent", "kakao", outcome)
    if outcome != "ok":
        _log.error("A late answer did not reach KakaoTalk (%s)", outcome)


def late(question: Question, language: str, url: str) -> dict[str, str]:
    """Return what `deliver` needs to know, as text."""
    return {"user": question.user, "text": question.text, "language": language, "url": url}


def _post(url: str, body: bytes) -> str:
    """Post an answer, once; return "ok" or what went wrong, without the address, which is a secret."""
    import requests

    headers = {"content-type": "application/json; charset=utf-8"}
    try:
        response = requests.post(url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        return type(error).__name__
    return "ok" if response.ok else f"HTTP {response.status_code}"
