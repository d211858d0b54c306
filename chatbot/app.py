"""The bot over HTTP: one ASGI application.

Here: putting the channels' routes together, and errors as JSON. Not here: the routes (`routes/`), what a body
means (`channels/`), headers and logs of every response (`every_response.py`), what is answered (`bot.py`).
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatbot import messages
from chatbot.bot import Bot
from chatbot.channels import kakao_callback, messenger_outbox
from chatbot.channels.messenger_api import SendApi
from chatbot.channels.messenger_outbox import Outbox
from chatbot.every_response import SECURITY_HEADERS, EveryResponse
from chatbot.identity import user_ids
from chatbot.live import live_of
from chatbot.logs import log_as_json
from chatbot.rate_limit import RateLimit
from chatbot.routes import events, inventory, kakao, messenger, ops, web
from chatbot.service import InThisProcess, Job, Later, Service
from spotify_assets.core.errors import StoreError
from spotify_assets.core.event_stream import open_stream
from spotify_assets.core.settings import Settings, settings
from spotify_assets.core.store import ServingStore, open_store

ROUTES = (web.routes, kakao.routes, messenger.routes, events.routes, ops.routes, inventory.routes)
"""Each gives the addresses of a channel, or of those who run the bot."""

JOBS: Mapping[str, Job] = {"kakao": kakao_callback.deliver, "messenger": messenger_outbox.wake}
"""What goes on in this process after a reply has been sent."""

SECONDS_TO_FINISH = 2.5
"""How long those jobs may take to end when the server stops."""

SECONDS_TO_GIVE_WAY = 0.0005
"""How long another thread that computes may keep the event loop waiting each time it could go on. With the
usual 5 ms, the writers of events and conversations decided how long the slowest answers took."""

_log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def make_service(
    store: ServingStore,
    clock: Callable[[], datetime] = utc_now,
    rate_limit: RateLimit | None = None,
    config: Settings | None = None,
    later: Later | None = None,
) -> Service:
    """Return the bot and what surrounds it, as `config` (this process's settings) says.

    Raises:
        SettingsError: the key of the users' hashes is not there and cannot be made, or EVENTS_URL names
            a stream that this version has not.
    """
    config = config or settings()
    in_this_process = InThisProcess(JOBS)
    service = Service(
        bot=Bot(
            store,
            clock,
            live_of(config, store, clock),
            new_names=config.new_names_per_day,
            # On Lambda nothing goes on once the reply has been sent.
            behind=later is None,
        ),
        store=store,
        settings=config,
        users=user_ids(config),
        limit=rate_limit or RateLimit(config.questions_per_minute),
        clock=clock,
        later=later or in_this_process,
        events=open_stream(config),
    )
    in_this_process.service = service
    if config.messenger_page_token:
        token = config.messenger_page_token.get_secret_value()
        service.outbox = Outbox(service, SendApi(config.messenger_api_url, token))
    return service


def make_app(
    store: ServingStore,
    clock: Callable[[], datetime] = utc_now,
    rate_limit: RateLimit | None = None,
    config: Settings | None = None,
) -> Starlette:
    """Return the application that answers from `store`, which it closes when it shuts down."""
    return app_of(make_service(store, clock, rate_limit, config))


def app_of(service: Service) -> Starlette:
    """Return the application of a service, whose store it closes when it shuts down."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        working = [asyncio.create_task(service.outbox.run())] if service.outbox else []
        yield
        if isinstance(service.later, InThisProcess):
            working += service.later.running()
        for task in working:
            task.cancel()
        if working:
            await asyncio.wait(working, timeout=SECONDS_TO_FINISH)
        await to_thread.run_sync(service.bot.close)
        await to_thread.run_sync(service.events.close, SECONDS_TO_FINISH)
        await to_thread.run_sync(service.store.close)

    return Starlette(
        routes=[route for routes in ROUTES for route in routes(service)],
        middleware=[Middleware(EveryResponse, metrics=service.metrics)],
        exception_handlers={HTTPException: _refused, StoreError: _unavailable, Exception: _broken},
        lifespan=lifespan,
    )


def become_server() -> None:
    """Log as servers do, and let no other thread hold up the event loop for long."""
    log_as_json()
    sys.setswitchinterval(SECONDS_TO_GIVE_WAY)


def create() -> Starlette:
    """Return the application of this process's settings, for a server that starts it by name.

    Raises:
        SettingsError: a setting is wrong.
        StoreError: the store cannot be opened.
    """
    become_server()
    app = make_app(open_store(settings()))
    # What is there from now on stays: the collector of garbage need not look through it again and again.
    gc.freeze()
    return app


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"message": message}}, status, headers)


_NO_SUCH_ADDRESS = "There is nothing at this address: ask with POST /v1/chat, or open / in a browser."
_WRONG_METHOD = "This address does not take that method: see the Allow header."


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    # Starlette's own refusals say no more than the name of the status.
    sentence = {"Not Found": _NO_SUCH_ADDRESS, "Method Not Allowed": _WRONG_METHOD}.get(error.detail)
    return _error(error.status_code, sentence or error.detail, error.headers)


async def _unavailable(_request: Request, error: Exception) -> Response:
    _log.error("No answer: %s", error)
    both = f"{messages.unavailable('en')} {messages.unavailable('ko')}"
    return _error(503, both, {"retry-after": "5"})


async def _broken(_request: Request, _error_: Exception) -> Response:
    """Answer for a fault of our own; the server logs its traceback."""
    both = f"{messages.unavailable('en')} {messages.unavailable('ko')}"
    return _error(500, both, SECURITY_HEADERS)
