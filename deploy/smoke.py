"""Whether a bot that was just deployed answers: what is asked of it, and what it must say.

Only what needs no secret and leaves nothing behind is asked.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SECONDS = 60.0
"""How long a new address may take to answer as it should."""

_TIMEOUT = 15


@dataclass(frozen=True, slots=True)
class Check:
    """One request, and what its answer must be."""

    method: str
    path: str
    body: bytes | None
    promised: str
    holds: Callable[[int, bytes], bool]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


QUESTION = json.dumps({"user": "smoke test", "text": "help"}).encode()
CHECKS = (
    Check("GET", "/healthz", None, "it runs", lambda status, body: status == 200),
    Check("GET", "/readyz", None, "its store can be read",
          lambda status, body: status == 200 and _json(body) == {"status": "ready"}),
    Check("POST", "/v1/chat", QUESTION, "it answers a question",
          lambda status, body: status == 200 and (_json(body) or {}).get("kind") == "help"),
    Check("GET", "/", None, "the page is there",
          lambda status, body: status == 200 and b"<html" in body.lower()),
    Check("GET", "/static/chat.js", None, "the page's script is there", lambda status, body: status == 200),
    Check("POST", "/kakao/skill", b"{}", "KakaoTalk is off, or refuses who has no secret",
          lambda status, body: status in (401, 404)),
    Check("POST", "/messenger/webhook", b"{}", "Messenger is off, or refuses what is not signed",
          lambda status, body: status in (403, 404)),
    Check("GET", "/metrics", None, "its counters are off, or want their key",
          lambda status, body: status in (401, 404)),
)  # fmt: skip


def failures(address: str, seconds: float = SECONDS) -> list[str]:
    """Ask until all is as promised, for so many seconds at most; return what is not."""
    deadline = time.monotonic() + seconds
    while found := [said for check in CHECKS if (said := _failure(address, check))]:
        if time.monotonic() >= deadline:
            return found
        time.sleep(min(3.0, seconds / 5))
    return []


def _failure(address: str, check: Check) -> str | None:
    request = urllib.request.Request(  # noqa: S310 - the address is the stack's own
        address.rstrip("/") + check.path,
        check.body,
        {"Content-Type": "application/json"},
        method=check.method,
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
    except OSError as error:
        return f"{check.method} {check.path}: {check.promised}? {error}"
    if check.holds(status, body):
        return None
    return f"{check.method} {check.path}: {check.promised}? It answered {status}"
