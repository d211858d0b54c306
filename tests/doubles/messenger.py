"""Messenger's Send API: what a page may send, to whom, and every limit of a message."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections import deque
from typing import Any

from tests.chatbot import limits
from tests.doubles.exchange import Request, Response
from tests.doubles.server import Double, Route
from tests.doubles.world import Population, World


class MessengerDouble(Double):
    """Takes messages for one page's token and keeps them; refuses what the platform refuses."""

    def __init__(self, *, token: str, latency: float = 0.0, port: int = 0) -> None:
        super().__init__(World(Population((), (), (), (), {}, (), ())), port=port, latency=latency)
        self.token = token
        self.sent: list[dict[str, Any]] = []
        """Messages that were taken, each with `recipient` and `message`."""
        self.typing: list[str] = []
        """Who was shown that somebody writes."""
        self.troubles: deque[tuple[int, int]] = deque()
        """(status, code) with which the next messages are answered instead of taken."""
        self._one_at_a_time = threading.Lock()

    def routes(self) -> tuple[Route, ...]:
        return (Route("messages", r"/v25\.0/([\w-]+)/messages", self._messages, "POST"),)

    def refusal(self, status: int, message: str, reason: str | None = None) -> Response:
        return self.error(status, int(reason or 100), message)

    def error(self, status: int, code: int, message: str = "(#100) Invalid parameter") -> Response:
        error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AbC"}
        return Response.json({"error": error}, status)

    def received_by(self, recipient: str) -> list[dict[str, Any]]:
        """The messages that somebody got."""
        return [body["message"] for body in list(self.sent) if body["recipient"]["id"] == recipient]

    def _messages(self, request: Request, page: str) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return self.error(400, 190, "Invalid OAuth access token.")
        try:
            body = json.loads(request.body)
            recipient = body["recipient"]["id"]
        except (ValueError, KeyError, TypeError):
            return self.error(400, 100)
        if body.get("sender_action") == "typing_on":
            self.typing.append(recipient)
            return Response.json({"recipient_id": recipient})
        try:
            limits.messenger(body)
        except (AssertionError, KeyError, TypeError) as error:
            return self.error(400, 100, f"(#100) {error}")
        with self._one_at_a_time:
            if self.troubles:
                return self.error(*self.troubles.popleft(), "An unknown error has occurred.")
            self.sent.append(body)
            number = len(self.sent)
        return Response.json({"recipient_id": recipient, "message_id": f"m_{page}_{number}"})


def text_event(mid: str, text: str, sender: str = "1001", timestamp: int | None = None) -> dict[str, Any]:
    """What a page's webhook gets when somebody writes."""
    return {
        "sender": {"id": sender},
        "recipient": {"id": "900"},
        "timestamp": timestamp or 1_795_180_500_000,
        "message": {"mid": mid, "text": text},
    }


def delivery(*events: dict[str, Any]) -> bytes:
    """A webhook's body with these events, each in an entry of its own."""
    entries = [{"id": "900", "time": 1_795_180_500_000, "messaging": [event]} for event in events]
    return json.dumps({"object": "page", "entry": entries}).encode()


def signed(body: bytes, secret: str) -> dict[str, str]:
    """The header that comes with a body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}
