"""One exchange over HTTP as the doubles see it: what came in, what goes out, what is written down of it.

Here: plain values. Not here: sockets (`server.py`) or what goes wrong on purpose (`faults.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = b""

    @classmethod
    def parse(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
        """Read a request line's target."""
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        return cls(method, parts.path, query, {k.lower(): v for k, v in headers.items()}, body)

    def first(self, *names: str) -> str | None:
        """Return the first value of the first of these parameters that was sent."""
        return next((self.query[name][0] for name in names if name in self.query), None)

    def values(self, name: str) -> list[str]:
        """Return a list parameter, sent as `a,b` or as `name=a&name=b`, without empty items."""
        return [part for value in self.query.get(name, []) for part in value.split(",") if part]

    @property
    def page(self) -> str:
        """What was asked for, however the parameters were ordered."""
        pairs = sorted((name, value) for name, values in self.query.items() for value in values)
        return f"{self.method} {self.path}" + (f"?{urlencode(pairs)}" if pairs else "")


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer's bytes leave."""

    kind: Literal["whole", "drip", "cut", "reset", "stall"] = "whole"
    seconds: float = 0.0
    """How long a drip or a stall takes altogether."""
    after: int = 0
    """How many bytes of the body leave before a cut or a reset; before a reset, 0 sends not even headers."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a double answers."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery()

    @classmethod
    def json(cls, content: Any, status: int = 200, **headers: str) -> Response:
        """Answer with JSON."""
        body = json.dumps(content, ensure_ascii=False).encode()
        return cls(status, body, {"Content-Type": JSON_TYPE, **_header_names(headers)})

    @classmethod
    def text(cls, content: str, status: int, *, kind: str = "text/plain", **headers: str) -> Response:
        """Answer with text."""
        types = {"Content-Type": f"{kind}; charset=utf-8"}
        return cls(status, content.encode(), {**types, **_header_names(headers)})


@dataclass(frozen=True, slots=True)
class Call:
    """One line of a double's log."""

    endpoint: str
    """What the double calls it, such as `search`."""
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    page: str
    status: int
    """0 where the client was answered by a reset or by silence."""
    fault: str | None
    at: float
    """When it came, by `time.monotonic()`."""
    seconds: float
    """How long the double thought about it, before sending."""


def _header_names(names: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in names.items()}
