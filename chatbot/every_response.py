"""What every response carries: security headers and a request id; a refusal also leaves a line in the log.

Nothing that somebody sent is logged but the path, which is cut: neither body nor query nor headers.
"""

from __future__ import annotations

import logging
import secrets
import time
from contextvars import ContextVar
from itertools import count

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.fit import line
from chatbot.metrics import Metrics

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request at work, for every line that is logged meanwhile."""

_RAW = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_SECURE = (b"strict-transport-security", b"max-age=31536000")
_MAX_PATH = 100
_PROCESS = secrets.token_hex(4)
_COUNT = count(1)

_log = logging.getLogger("chatbot.requests")


class EveryResponse:
    """Puts the headers on, lets browsers keep nothing unchecked, and logs what was refused or failed."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = f"{_PROCESS}{next(_COUNT):08x}"
        request_id.set(number)
        began = time.perf_counter()

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A new list: the response may be one that is sent to many.
                headers = [*message["headers"], *_RAW, (b"x-request-id", number.encode())]
                message["headers"] = headers
                if scope["scheme"] == "https":
                    headers.append(_SECURE)
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-cache"))
                if message["status"] >= 400:
                    self._note(scope, message["status"], time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, with_headers)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        self._metrics.count("failed" if status >= 500 else "refused", "http", str(status))
        _log.warning(
            "%s %s: %d",
            scope["method"][:10],
            line(scope["path"], _MAX_PATH),
            status,
            extra={"status": status, "ms": round(seconds * 1000, 1)},
        )
