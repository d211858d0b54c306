"""`GET /` and `POST /v1/chat`: the web chat and the API below it."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from chatbot import messages
from chatbot.answer import Answer, Question
from chatbot.channels import web
from chatbot.identity import SECONDS_TO_BE_VOUCHED_FOR, SESSION_SECONDS, network_of
from chatbot.intake import BadRequest, body_of, header, json_bytes
from chatbot.per_answer import PerAnswer
from chatbot.service import Service, language_for

PAGE_FILES = Path(__file__).parents[1] / "web"
"""The web chat: one page, its script and its style."""

COOKIE = "session"
"""The cookie that says who somebody is; issued with the page."""


def routes(service: Service) -> list[BaseRoute]:
    """Return the channel's addresses."""

    responses = PerAnswer(_response)

    async def chat(request: Request) -> Response:
        try:
            asked = web.parse(await body_of(request, web.MAX_BODY))
        except BadRequest as error:
            raise HTTPException(400, str(error)) from None
        user, vouched_by = _user(service, request, asked.user)
        question = Question(
            user, asked.text, "web", asked.cursor, asked.language, vouched_by=vouched_by, again=asked.again
        )
        if wait := service.limit.wait(user):
            message = messages.too_fast(language_for(question))
            raise HTTPException(429, message, {"retry-after": str(math.ceil(wait))})
        answer = await service.answer(question)
        return responses.of(answer)

    async def page(request: Request) -> Response:
        response = FileResponse(PAGE_FILES / "index.html")
        if not service.users.session(request.cookies.get(COOKIE, "")):
            response.set_cookie(
                COOKIE,
                service.users.new_session(),
                max_age=SESSION_SECONDS,
                httponly=True,
                samesite="strict",
                secure=request.url.scheme == "https",
            )
        return response

    return [
        Route("/", page),
        Route("/v1/chat", _Bare(chat), methods=["POST"]),
        Mount("/static", StaticFiles(directory=PAGE_FILES)),
    ]


class _Bare:
    """An endpoint as an ASGI application, which Starlette calls as it is.

    Around a function it puts another net for errors below that of the whole application, for a twentieth of
    the time that a known answer takes.
    """

    def __init__(self, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._endpoint(Request(scope, receive))
        await response(scope, receive, send)


def _response(answer: Answer) -> Response:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(json_bytes(answer.to_json()), headers=headers)


def _user(service: Service, request: Request, hint: str | None) -> tuple[str, str | None]:
    """Return who asks, and who vouches for them.

    It is the session issued here, else whom the caller names, else where it comes from. A session costs
    nothing to get: its network vouches for those that are a day old, for all of them as one.
    """
    users, host = service.users, request.client.host if request.client else ""
    cookie = request.cookies.get(COOKIE) if header(request, b"cookie") else None
    if cookie and (session := users.session(cookie)):
        is_old = session.age >= SECONDS_TO_BE_VOUCHED_FOR
        return users.of("session", session.id), users.of("address", network_of(host)) if is_old else None
    return users.of("api", hint) if hint else users.of("address", host), None
