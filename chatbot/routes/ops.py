"""`/healthz`, `/readyz` and `/metrics`: for those who run the bot."""

from __future__ import annotations

import logging

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from chatbot.identity import same
from chatbot.service import Service
from spotify_assets.core.errors import StoreError

_log = logging.getLogger(__name__)


def routes(service: Service) -> list[Route]:
    """Return these addresses."""

    async def healthy(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        try:
            await to_thread.run_sync(service.store.ping)
        except StoreError as error:
            _log.error("Not ready: %s", error)
            raise HTTPException(503, "The serving store cannot be read: the log says why.") from None
        return JSONResponse({"status": "ready"})

    async def metrics(request: Request) -> Response:
        key = service.settings.metrics_api_key
        if key is None:
            raise HTTPException(404, "Metrics are off here: set METRICS_API_KEY.")
        require_bearer(request, key.get_secret_value(), "METRICS_API_KEY")
        return PlainTextResponse(
            service.metrics.text(service.events.counts), headers={"cache-control": "no-store"}
        )

    return [Route("/healthz", healthy), Route("/readyz", ready), Route("/metrics", metrics)]


def require_bearer(request: Request, key: str, setting: str) -> None:
    """Let only those pass who send `Authorization: Bearer <key>`.

    Raises:
        HTTPException: 401 for a missing or wrong key.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not same(given, key):
        raise HTTPException(
            401,
            f"The key is missing or wrong: send Authorization: Bearer followed by {setting}.",
            {"www-authenticate": "Bearer"},
        )
