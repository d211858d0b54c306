"""`POST /v1/events`: chat events of others, in batches, into the same stream as the bot's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chatbot.intake import BadRequest, body_of, json_object
from chatbot.routes.ops import require_bearer
from chatbot.service import Service
from spotify_assets.core.event_stream import BATCH
from spotify_assets.core.events import EventFault, parse, to_line
from spotify_assets.core.records import ChatEvent

MAX_BODY = 1024 * 1024
"""Largest body read, in bytes."""

MAX_EVENTS = BATCH
"""Most events in one body."""

_EXPECTED = 'send JSON such as {"events": [{"event_id": …, "event_time": …, …}]} (docs/chat-events.md)'


def routes(service: Service) -> list[Route]:
    """Return this address."""

    async def events(request: Request) -> Response:
        key = service.settings.events_api_key
        if key is None:
            raise HTTPException(404, "Events are not taken here: set EVENTS_API_KEY (docs/chat-events.md).")
        body = await body_of(request, MAX_BODY)
        require_bearer(request, key.get_secret_value(), "EVENTS_API_KEY")
        try:
            batch = batch_in(json_object(body, _EXPECTED), service)
        except BadRequest as error:
            raise HTTPException(400, str(error)) from None
        if not service.events.is_on:
            raise HTTPException(503, "Nobody keeps events here: EVENTS_URL is off.")
        if not service.events.offer([partial(to_line, event) for event in batch]):
            raise HTTPException(
                503, "The stream is full, and none of these events was taken.", {"retry-after": "5"}
            )
        return JSONResponse({"accepted": len(batch)}, 202)

    return [Route("/v1/events", events, methods=["POST"])]


def batch_in(fields: Mapping[str, Any], service: Service) -> Sequence[ChatEvent]:
    """Return the events in a body, all of them.

    Raises:
        BadRequest: there are none or too many, or one is no event; then none is taken.
    """
    found = fields.get("events")
    if not isinstance(found, list) or not 1 <= len(found) <= MAX_EVENTS:
        raise BadRequest(f'"events" must be a list of 1 to {MAX_EVENTS} events: {_EXPECTED}.')
    now, batch = service.clock(), []
    for place, event in enumerate(found):
        try:
            batch.append(parse(event, now))
        except EventFault as fault:
            raise BadRequest(f"events[{place}]: {fault}; none of the {len(found)} was taken.") from None
    return batch
