"""Taking in what strangers send: how large, how deep, and of what shape it may be.

Here: a request's body as bytes within a cap, and bytes as JSON. Not here: what the fields mean (`channels/`)
or who may send them (`identity.py`, the routes).
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_DEPTH = 32
"""How deep lists and objects may be nested."""

SECONDS_TO_ARRIVE = 10
"""How long a body may take to arrive."""


_TOO_LATE = "the body is late"


class BadRequest(ValueError):
    """The body is not what was asked for; the text says what to send instead."""


def header(request: Request, name: bytes) -> bytes:
    """Return a header as it was sent; b"" where there is none."""
    # `request.headers` takes several times as long.
    headers: dict[bytes, bytes] = dict(request.scope["headers"])
    return headers.get(name, b"")


async def body_of(request: Request, most: int) -> bytes:
    """Read the body, but no more than `most` bytes of it and no longer than it may take.

    Raises:
        HTTPException: 413 for a larger body, 400 for one that broke off, 408 for one that did not come.
    """
    declared = header(request, b"content-length")
    if declared.isdigit() and int(declared[:20]) > most:
        raise _too_large(most)
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a request is served by a task
    # `asyncio.timeout` does the same, and takes a tenth of the time of a whole answer.
    alarm = asyncio.get_running_loop().call_later(SECONDS_TO_ARRIVE, task.cancel, _TOO_LATE)
    try:
        return await _whole(request, most)
    except asyncio.CancelledError as cancelled:
        if cancelled.args != (_TOO_LATE,):
            raise
        task.uncancel()
        raise HTTPException(
            408, f"The body took longer than {SECONDS_TO_ARRIVE} seconds to arrive: send it again."
        ) from None
    finally:
        alarm.cancel()


async def _whole(request: Request, most: int) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise HTTPException(400, "The body ended before it was whole: send it again.")
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        more = message.get("more_body", False)
    return bytes(body)


def json_object(body: bytes, expected: str) -> dict[str, Any]:
    """Return the JSON object in a body; `expected` says, in the error, what to send.

    Raises:
        BadRequest: it is not JSON, no object, or nested deeper than `MAX_DEPTH`.
    """
    try:
        # As text, since `loads` takes as long again to find out how bytes are encoded.
        fields = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise BadRequest(f"The body is not JSON: {expected}.") from None
    if not isinstance(fields, dict):
        raise BadRequest(f"The body is JSON but no object: {expected}.")
    brackets = body.count(b"{") + body.count(b"[")
    if brackets > MAX_DEPTH and _deeper_than(MAX_DEPTH, fields):
        raise BadRequest(f"The body is nested deeper than {MAX_DEPTH} levels: {expected}.")
    return fields


def _deeper_than(most: int, value: Any) -> bool:
    level: list[Any] = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"The body is larger than {most // 1024} KB: send less.")


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON; text that UTF-8 cannot hold as escapes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
