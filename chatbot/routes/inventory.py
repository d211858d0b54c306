"""`GET /openapi.json`: every address of the bot, what it takes and what it answers."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chatbot.service import Service

Json = dict[str, Any]

_STATUSES = {
    "200": "It worked.",
    "202": "It was taken.",
    "400": "The body or a parameter is not what is taken here; the message says what is.",
    "401": "The secret or key is missing or wrong.",
    "403": "The signature or token is missing or wrong.",
    "404": "There is nothing here, or it is off.",
    "405": "This address does not take that method.",
    "408": "The body took too long to arrive.",
    "413": "The body is too large.",
    "429": "Too many questions; see Retry-After.",
    "503": "The store cannot be used at the moment.",
}
_TEXT = {"type": "string"}
_MAYBE = {"type": ["string", "null"]}
_OBJECT: Json = {"type": "object"}


def routes(_service: Service) -> list[Route]:
    """Return this address."""

    async def openapi(_request: Request) -> Response:
        return JSONResponse(inventory())

    return [Route("/openapi.json", openapi)]


def inventory() -> Json:
    """Return the addresses as an OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sounds alike", "version": "1", "description": "Who sounds alike."},
        "paths": {
            "/": {"get": _operation("The web chat.", "200")},
            "/v1/chat": {"post": _operation("Ask a question.", "200 400 408 413 429 503", body=_CHAT)},
            "/v1/events": {
                "post": _operation(
                    "Add chat events to the stream.", "202 400 401 404 408 413 503", body=_EVENTS, key=True
                )
            },
            "/kakao/skill": {
                "post": _operation(
                    "KakaoTalk's skill server.", "200 400 401 404 408 413 503",
                    body=_SKILL, parameters=[_header("X-Skill-Secret")],
                )
            },
            "/messenger/webhook": {
                "get": _operation("Verify the webhook.", "200 400 403 404", parameters=_VERIFY),
                "post": _operation(
                    "Messenger's deliveries.", "200 400 403 404 408 413 503",
                    body=_DELIVERY, parameters=[_header("X-Hub-Signature-256")],
                ),
            },
            "/healthz": {"get": _operation("Whether it runs.", "200")},
            "/readyz": {"get": _operation("Whether it can answer.", "200 503")},
            "/metrics": {"get": _operation("Counters, as Prometheus reads them.", "200 401 404", key=True)},
            "/openapi.json": {"get": _operation("This document.", "200")},
        },
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }  # fmt: skip


def _operation(
    summary: str,
    statuses: str,
    *,
    body: Json | None = None,
    parameters: list[Json] | None = None,
    key: bool = False,
) -> Json:
    operation: Json = {
        "summary": summary,
        "responses": {status: {"description": _STATUSES[status]} for status in statuses.split()},
    }
    if body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if parameters:
        operation["parameters"] = parameters
    if key:
        operation["security"] = [{"key": []}]
    return operation


def _header(name: str) -> Json:
    return {"name": name, "in": "header", "required": True, "schema": _TEXT}


def _query(name: str) -> Json:
    return {"name": name, "in": "query", "required": True, "schema": _TEXT}


def _fields(required: list[str], **properties: Json) -> Json:
    return {"type": "object", "required": required, "properties": properties}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


_CHAT = _fields(
    ["text"],
    text={**_TEXT, "maxLength": 20_000},
    user={**_MAYBE, "maxLength": 200},
    cursor=_MAYBE,
    language={"enum": ["ko", "en", None]},
    again={"type": "boolean"},
)
_EVENTS = _fields(["events"], events={**_list(_OBJECT), "minItems": 1})
_SKILL = _fields(
    ["userRequest"],
    userRequest=_fields(
        ["utterance"], utterance=_TEXT, lang=_MAYBE, callbackUrl=_TEXT, user=_fields([], id=_TEXT)
    ),
    action=_fields([], clientExtra={"type": ["object", "string", "null"]}),
)
_DELIVERY = _fields(
    ["object", "entry"],
    object={"const": "page"},
    entry=_list(
        _fields(
            ["id", "messaging"],
            id=_TEXT,
            messaging=_list(
                _fields(
                    ["sender", "recipient"],
                    sender=_fields(["id"], id=_TEXT),
                    recipient=_fields(["id"], id=_TEXT),
                    timestamp={"type": "integer"},
                    message=_fields(["mid"], mid=_TEXT, text=_TEXT),
                )
            ),
        )
    ),
)
_VERIFY = [_query("hub.mode"), _query("hub.verify_token"), _query("hub.challenge")]
