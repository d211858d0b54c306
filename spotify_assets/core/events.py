"""Chat events as text: a `ChatEvent` to a line of JSON and back, and finding events in what a stream brought.

Here: pure functions, used by who sends events (the bot, `POST /v1/events`) and by who reads them
(`lake/chat_events.py`). Not here: where events go (`event_stream.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from spotify_assets.core.names import name_key
from spotify_assets.core.records import CHAT_TURNS, MAX_ID, ChatEvent, Column

MAX_EVENT = 4096
"""Longest event accepted, in characters of JSON."""

MAX_AHEAD = timedelta(hours=1)
"""How far an event's time may be in the future: clocks differ, but not by more."""

FIRST_TIME = datetime(2020, 1, 1, tzinfo=UTC)
"""An older time is that of a clock which was never set."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_COLUMNS = {column.name: column for column in CHAT_TURNS.columns}
_values_of = attrgetter(*_COLUMNS)
_FORMS = {
    "event_id": (re.compile(rf"[!-~]{{1,{MAX_ID}}}"), f"1 to {MAX_ID} printable ASCII characters"),
    "user_hash": (re.compile(r"[0-9a-f]{16,128}"), "16 to 128 hexadecimal digits: a keyed hash, never an id"),
    "channel": (re.compile(r"[a-z][a-z0-9_-]{0,29}"), "up to 30 small letters, digits, '_' and '-'"),
    "artist_id": (re.compile(rf"[!-~]{{1,{MAX_ID}}}"), f"1 to {MAX_ID} printable ASCII characters"),
    "model_version": (re.compile(rf"[!-~]{{1,{MAX_ID}}}"), f"1 to {MAX_ID} printable ASCII characters"),
}
_DEFAULTS = {"provisional": False}
"""What an event that leaves a required column out means by it."""


class EventFault(ValueError):
    """An event is not one; the text says what is wrong with it, without repeating its values."""


def to_line(event: ChatEvent) -> bytes:
    """Return the event as JSON on one line that ends in a newline, which is what parts events in a stream."""
    fields = dict(zip(_COLUMNS, _values_of(event), strict=True))
    fields["event_time"] = event.event_time.astimezone(UTC).isoformat(timespec="microseconds")
    return _ENCODER.encode(fields).encode() + b"\n"


def parse(fields: Any, now: datetime) -> ChatEvent:
    """Return the event that decoded JSON means; fields that no column has are left alone.

    `query` is normalised (`name_key`) whoever sends it, so that nothing else is stored of what was typed.

    Raises:
        EventFault: it is no object, or a field is missing, of the wrong type or form, or out of bounds.
    """
    if not isinstance(fields, dict):
        raise EventFault("an event is a JSON object")
    return ChatEvent(**{name: _value(column, fields, now) for name, column in _COLUMNS.items()})


def split(text: str) -> Iterator[tuple[int, Any, str | None]]:
    """Find the JSON values in what a stream brought: the line, the value, and None for it.

    Blank lines are passed over. Values that follow each other on a line, as `}{`, are each found. What is no
    JSON is given as text with the reason instead of None; the rest of its line goes with it.
    """
    decoder = json.JSONDecoder()
    for number, line in enumerate(text.split("\n"), 1):
        rest = line.strip()
        while rest:
            try:
                value, end = decoder.raw_decode(rest)
            except (ValueError, RecursionError):
                yield number, rest, "not JSON"
                break
            if end > MAX_EVENT:
                yield number, rest[:end], f"longer than {MAX_EVENT} characters"
            else:
                yield number, value, None
            rest = rest[end:].lstrip()


def _value(column: Column, fields: dict[str, Any], now: datetime) -> Any:
    name, value = column.name, fields.get(column.name)
    if value is None or value == "":
        if column.required and name not in _DEFAULTS:
            raise EventFault(f"{name} is missing")
        return _DEFAULTS.get(name)
    match column.type:
        case "timestamp":
            return _time(name, value, now)
        case "integer":
            return _whole_number(column, value)
        case "boolean":
            if not isinstance(value, bool):
                raise EventFault(f"{name} is neither true nor false")
            return value
        case _:
            return _text(column, value)


def _text(column: Column, value: Any) -> str | None:
    name = column.name
    if not isinstance(value, str):
        raise EventFault(f"{name} is not text")
    if name == "query":
        return name_key(value) or None
    if column.choices and value not in column.choices:
        raise EventFault(f"{name} is not one of {', '.join(column.choices)}")
    if name in _FORMS and not _FORMS[name][0].fullmatch(value):
        raise EventFault(f"{name} is not {_FORMS[name][1]}")
    return value


def _whole_number(column: Column, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise EventFault(f"{column.name} is not a number")
    low, high = column.ge or 0, column.le or 2**31 - 1
    if not low <= value <= high:
        raise EventFault(f"{column.name} is not between {low:.0f} and {high:.0f}")
    return round(value)


def _time(name: str, value: Any, now: datetime) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise EventFault(f"{name} is not a time such as 2026-11-20T13:15:00Z") from None
    if time.tzinfo is None:
        raise EventFault(f"{name} has no zone")
    try:
        time = time.astimezone(UTC)
    except OverflowError:
        raise EventFault(f"{name} is not a time such as 2026-11-20T13:15:00Z") from None
    if time > now + MAX_AHEAD:
        raise EventFault(f"{name} is in the future")
    if time < FIRST_TIME:
        raise EventFault(f"{name} is before {FIRST_TIME:%Y-%m-%d}")
    return time
