"""KakaoTalk's callback host: each address takes one answer, within a minute, in the shape of version 2.0."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from tests.doubles.exchange import Request, Response
from tests.doubles.server import Double, Route
from tests.doubles.world import Population, World

SECONDS = 60.0
"""How long an address lives."""


class KakaoCallbackDouble(Double):
    """Issues callback addresses and keeps what is posted to them."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(World(Population((), (), (), (), {}, (), ())), port=port)
        self.answers: list[dict[str, Any]] = []
        self._issued: dict[str, float] = {}

    def routes(self) -> tuple[Route, ...]:
        return (Route("callback", r"/v1/bots/([0-9a-f]+)!/callback/([\w-]+)", self._callback, "POST"),)

    def refusal(self, status: int, message: str, reason: str | None = None) -> Response:
        return Response.json({"status": "FAIL", "message": message}, status)

    def address(self) -> str:
        """Issue an address."""
        token = secrets.token_urlsafe(24)
        self._issued[token] = time.monotonic()
        return f"{self.url}/v1/bots/5ae9b76d7409b11ec845b746!/callback/{token}"

    def _callback(self, request: Request, _bot: str, token: str) -> Response:
        issued = self._issued.pop(token, None)
        if issued is None or time.monotonic() - issued > SECONDS:
            return self.refusal(400, "invalid callback token")
        try:
            body = json.loads(request.body)
        except ValueError:
            return self.refusal(400, "not JSON")
        if not request.headers.get("content-type", "").startswith("application/json"):
            return self.refusal(415, "not JSON")
        if body.get("version") != "2.0" or not 1 <= len(body.get("template", {}).get("outputs", [])) <= 3:
            return self.refusal(400, "not a skill response")
        self.answers.append(body)
        return Response.json({"status": "SUCCESS", "message": "SUCCESS"})
