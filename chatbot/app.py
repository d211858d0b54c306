"""The bot over HTTP: one ASGI application.

Here: routes, limits, headers, and errors as JSON. Not here: what a body means (`channels/`) or what is
answered (`bot.py`).
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot import messages
from chatbot.bot import Bot
from chatbot.channels import web
from chatbot.language import language_of
from chatbot.rate_limit import RateLimit
from spotify_assets.core.errors import StoreError
from spotify_assets.core.settings import settings
from spotify_assets.core.store import ServingStore, open_store

PAGE_FILES = Path(__file__).parent / "web"
"""The web chat: one page, its script and its style."""

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

_log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def make_app(
    store: ServingStore, clock: Callable[[], datetime] = utc_now, rate_limit: RateLimit | None = None
) -> Starlette:
    """Return the application that answers from `store`, which it closes when it shuts down."""
    limit = rate_limit or RateLimit()
    bot = Bot(store, clock)

    async def chat(request: Request) -> Response:
        anonymous = f"address {request.client.host if request.client else 'unknown'}"
        try:
            question = web.parse(await _body(request), anonymous)
        except web.BadRequest as error:
            raise HTTPException(400, str(error)) from None
        if wait := limit.wait(question.user):
            language = question.language or language_of(question.text)
            raise HTTPException(429, messages.too_fast(language), {"retry-after": str(math.ceil(wait))})
        answer = await run_in_threadpool(bot.answer, question)
        return JSONResponse(answer.to_json(), headers={"cache-control": "no-store"})

    async def page(_request: Request) -> Response:
        return FileResponse(PAGE_FILES / "index.html")

    async def healthy(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        try:
            await run_in_threadpool(store.ping)
        except StoreError as error:
            _log.error("Not ready: %s", error)
            return _error(503, str(error))
        return JSONResponse({"status": "ready"})

    @asynccontextmanager
    async def close_store(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(store.close)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/v1/chat", chat, methods=["POST"]),
            Route("/healthz", healthy),
            Route("/readyz", ready),
            Mount("/static", StaticFiles(directory=PAGE_FILES)),
        ],
        middleware=[Middleware(_SecureHeaders)],
        exception_handlers={HTTPException: _refused, StoreError: _unavailable, Exception: _broken},
        lifespan=close_store,
    )


def create() -> Starlette:
    """Return the application of this process's settings, for a server that starts it by name.

    Raises:
        SettingsError: a setting is wrong.
        StoreError: the store cannot be opened.
    """
    return make_app(open_store(settings()))


async def _body(request: Request) -> bytes:
    """Read the body, but no more than is allowed of it."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > web.MAX_BODY:
                raise HTTPException(
                    413, f"The body is larger than {web.MAX_BODY // 1024} KB: send less text."
                )
    except ClientDisconnect:
        raise HTTPException(400, "The body ended before it was whole: send it again.") from None
    return bytes(body)


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"message": message}}, status, headers)


_SENTENCES = {
    404: "There is nothing at this address: ask with POST /v1/chat, or open / in a browser.",
    405: "This address does not take that method: see the Allow header.",
}


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    message = _SENTENCES.get(error.status_code, error.detail)
    return _error(error.status_code, message, dict(error.headers or {}))


async def _unavailable(_request: Request, error: Exception) -> Response:
    _log.error("No answer: %s", error)
    both = f"{messages.unavailable('en')} {messages.unavailable('ko')}"
    return _error(503, both, {"retry-after": "5"})


async def _broken(_request: Request, _error_: Exception) -> Response:
    """Answer for a fault of our own; the server logs its traceback."""
    both = f"{messages.unavailable('en')} {messages.unavailable('ko')}"
    return _error(500, both, _HEADERS)


class _SecureHeaders:
    """Puts the security headers on every response, and lets browsers keep nothing unchecked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("cache-control", "no-cache")
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
