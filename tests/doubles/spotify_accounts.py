"""Spotify's accounts service: who gets a token, and how long it is good.

Here: the client-credentials grant and its flat errors. Not here: what a token opens (`spotify.py`).
"""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
import time
from urllib.parse import parse_qs

from tests.doubles.exchange import Request, Response


class Accounts:
    """Gives out tokens to one app."""

    def __init__(self, client_id: str, client_secret: str, announced: int, lifetime: float) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.announced = announced
        self.lifetime = lifetime
        self._expiry: dict[str, float] = {}
        self._lock = threading.Lock()

    def token(self, request: Request) -> Response:
        """Answer `POST /api/token`."""
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return _flat("invalid_request", "Content-Type must be application/x-www-form-urlencoded", 415)
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        try:
            client_id, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return _flat("invalid_client", "Invalid client")
        if scheme.lower() != "basic" or client_id != self.client_id:
            return _flat("invalid_client", "Invalid client")
        if secret != self.client_secret:
            return _flat("invalid_client", "Invalid client secret")
        grant = parse_qs(request.body.decode()).get("grant_type", [""])[0]
        if grant != "client_credentials":
            return _flat("unsupported_grant_type", f"grant_type {grant or 'parameter'} is not supported")
        token = "BQ" + secrets.token_urlsafe(60)
        with self._lock:
            self._expiry[token] = time.monotonic() + self.lifetime
        return Response.json({"access_token": token, "token_type": "Bearer", "expires_in": self.announced})

    def fault_of(self, authorization: str) -> tuple[int, str] | None:
        """Return the status and message with which the Web API refuses this header, or None if it is good."""
        scheme, _, token = authorization.partition(" ")
        if not scheme:
            return 401, "No token provided"
        if scheme.lower() != "bearer":
            return 400, "Only valid bearer authentication supported"
        with self._lock:
            expiry = self._expiry.get(token)
        if expiry is None:
            return 401, "Invalid access token"
        return (401, "The access token expired") if expiry <= time.monotonic() else None

    def expire_all(self) -> None:
        """Let every token given out so far expire now."""
        with self._lock:
            self._expiry = dict.fromkeys(self._expiry, 0.0)


def _flat(error: str, description: str, status: int = 400) -> Response:
    return Response.json({"error": error, "error_description": description}, status)
