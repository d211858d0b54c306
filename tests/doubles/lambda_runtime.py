"""Lambda's runtime API, as a function's process sees it: the next event, and where its response goes."""

from __future__ import annotations

import json
import time
from collections import deque
from typing import Any

from tests.doubles.exchange import Delivery, Request, Response
from tests.doubles.server import Double, Route
from tests.doubles.world import Population, World


class LambdaRuntimeDouble(Double):
    """Hands out events one after another, and keeps what the function made of each."""

    def __init__(self, events: list[dict[str, Any]], *, name: str = "chatbot:live", port: int = 0) -> None:
        super().__init__(World(Population((), (), (), (), {}, (), ())), port=port)
        self._arn = f"arn:aws:lambda:ap-northeast-2:123456789012:function:{name}"
        self.results: list[Any] = []
        self.errors: list[Any] = []
        self._events = deque(events)
        self._number = 0

    def routes(self) -> tuple[Route, ...]:
        base = r"/2018-06-01/runtime"
        return (
            Route("next", rf"{base}/invocation/next", self._next),
            Route("response", rf"{base}/invocation/([\w-]+)/response", self._response, "POST"),
            Route("error", rf"{base}/invocation/([\w-]+)/error", self._error, "POST"),
            Route("init_error", rf"{base}/init/error", self._init_error, "POST"),
        )

    def refusal(self, status: int, message: str, reason: str | None = None) -> Response:
        return Response.json({"errorMessage": message, "errorType": reason or "InvalidRequest"}, status)

    def _next(self, request: Request) -> Response:
        if not self._events:
            # Nothing to do: the function stays frozen until its process is ended.
            return Response(200, delivery=Delivery("stall", 600))
        self._number += 1
        headers = {
            "Content-Type": "application/json",  # as it is: the client compares it
            "Lambda-Runtime-Aws-Request-Id": f"8476a536-e9f4-11e8-9739-{self._number:012d}",
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 30_000),
            "Lambda-Runtime-Invoked-Function-Arn": self._arn,
        }
        return Response(200, json.dumps(self._events.popleft()).encode(), headers)

    def _response(self, request: Request, _id: str) -> Response:
        self.results.append(json.loads(request.body))
        return Response.json({"status": "OK"}, 202)

    def _error(self, request: Request, _id: str) -> Response:
        self.errors.append(json.loads(request.body))
        return Response.json({"status": "OK"}, 202)

    def _init_error(self, request: Request) -> Response:
        self.errors.append(json.loads(request.body))
        return Response.json({"status": "OK"}, 202)
