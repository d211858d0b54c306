"""What may be stored as text and as a moment, on every engine alike.

Here: which keys are refused, what is left out of text that is only shown. Not here: how an engine writes it
(`sql_types.py`, `dynamodb_values.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime

from spotify_assets.core.errors import StoreError
from spotify_assets.core.records import MAX_ID

MAX_SHOWN = 500
"""Longest query or label kept, in characters (code points); the rest is cut off."""

MAX_ERROR = 2000
"""Longest error of a request kept, in characters."""


def is_key(value: str, length: int = MAX_ID) -> bool:
    """Whether every engine can store `value` as a key of at most `length` characters."""
    return 0 < len(value) <= length and is_plain(value)


def is_plain(text: str) -> bool:
    """Whether every engine can store `text` as it is."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def plain(text: str) -> str:
    """Return `text` without what PostgreSQL (NUL) or UTF-8 (lone surrogates) cannot hold."""
    return text if is_plain(text) else text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def shown(text: str) -> str:
    """Return `text` as it is kept to be shown: storable, and cut to `MAX_SHOWN` characters."""
    return plain(text[: 2 * MAX_SHOWN])[:MAX_SHOWN]


def checked_key(value: str, length: int = MAX_ID) -> str:
    """Return a key that every engine can store.

    Raises:
        StoreError: it is empty, too long, or holds what one of them could not store.
    """
    if not is_key(value, length):
        raise StoreError(
            f"{value[:40]!r} ({len(value)} characters) cannot be a key of the serving store: "
            f"keys have 1 to {length} characters, without NUL and lone surrogates"
        )
    return value


def in_utc(moment: datetime) -> datetime:
    """Return an aware time in UTC.

    Raises:
        ValueError: it has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: the store takes aware times only")
    return moment.astimezone(UTC)
