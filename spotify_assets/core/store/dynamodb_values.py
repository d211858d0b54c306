"""How rows are written as DynamoDB items.

Here: plain values and DynamoDB's typed ones, moments that sort as text, bodies that are compressed. Not here:
which items there are (`dynamodb_schema.py`).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from spotify_assets.core.store.text import in_utc

Item = dict[str, Any]
"""Attributes by name: text, whole numbers, bytes or truth values. None is an attribute that is not there."""

Typed = dict[str, dict[str, Any]]
"""The same as DynamoDB's API has it: `{"pk": {"S": "artist#1"}}`."""

_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"


def typed(item: Mapping[str, Any]) -> Typed:
    """Return an item as DynamoDB's API takes it, without what is None."""
    return {name: typed_value(value) for name, value in item.items() if value is not None}


def typed_value(value: Any) -> dict[str, Any]:
    """Return one value with its type."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, str):
        return {"S": str(value)}
    raise TypeError(f"the store writes no {type(value).__name__} to DynamoDB")


def untyped(item: Typed) -> Item:
    """Return an item as DynamoDB's API gave it in plain values."""
    return {name: _untyped(value) for name, value in item.items()}


def _untyped(value: dict[str, Any]) -> Any:
    [(kind, plain)] = value.items()
    if kind == "N":
        return int(plain)
    return bytes(plain) if kind == "B" else plain


def moment(value: datetime) -> str:
    """Return a time as text that sorts like the time it stands for: UTC, to the microsecond.

    Raises:
        ValueError: it has no time zone.
    """
    return in_utc(value).strftime(_MOMENT)


def moment_or_none(value: datetime | None) -> str | None:
    """Return a time as text, or None."""
    return None if value is None else moment(value)


def at(text: str) -> datetime:
    """Return the time that `moment` wrote, in UTC."""
    return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)


def at_or_none(text: str | None) -> datetime | None:
    """Return the time that `moment_or_none` wrote."""
    return None if text is None else at(text)


def epoch(value: datetime) -> int:
    """Return a time as DynamoDB's TTL reads it: whole seconds since 1970, rounded up."""
    return int(in_utc(value).timestamp()) + 1


def joined(first: str, second: str) -> str:
    """Return one key for two texts that may hold anything: no two pairs share it."""
    return f"{len(first)}:{first}{second}"


def packed(body: str) -> bytes:
    """Return a body compressed; JSON shrinks to about a fifth."""
    return zlib.compress(body.encode(), 6)


def unpacked(body: bytes) -> str:
    """Return the body that was packed."""
    return zlib.decompress(body).decode()


def size(item: Mapping[str, Any]) -> int:
    """Return what DynamoDB counts an item at, in bytes, rounded up: its names and its values."""
    total = 0
    for name, value in item.items():
        if isinstance(value, str):
            total += len(value.encode())
        elif isinstance(value, bytes):
            total += len(value)
        else:
            total += 21
        total += len(name.encode())
    return total
