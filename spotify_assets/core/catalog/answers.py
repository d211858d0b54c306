"""What an HTTP answer means: good, to be waited out, to be tried again, closed, or wrong.

Here: judging one answer by itself; pure. Not here: acting on it (`http.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any

LONGEST_WAIT = 7 * 24 * 3600
"""Seconds; a longer `Retry-After` is not believed. The longest seen is just below a day."""

PREMIUM_LAPSED = 3600
"""Seconds after which an app is tried again whose owner's subscription has lapsed."""


class Meaning(Enum):
    """What is to be done with an answer."""

    GOOD = auto()
    BUSY = auto()
    """Too many calls: wait as long as it says, if it does."""
    SPENT = auto()
    """The quota is used up, or the account is blocked: no use in trying soon."""
    BROKEN = auto()
    """The source's or the network's fault; may pass."""
    CLOSED = auto()
    """Not for this app."""
    UNAUTHORISED = auto()
    """The token is no longer good."""
    MISSING = auto()
    """There is no such thing."""
    REFUSED = auto()
    """The question is wrong; asking again does not help."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one answer means."""

    meaning: Meaning
    reason: str = ""
    """The source's words, on one line."""
    seconds: float | None = None
    """How long to wait, where the source said so in a way that can be read."""
    body: Any = None
    """The JSON of a good answer: an object or a list."""


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Judge an answer by status, headers (whose names must not depend on case) and body."""
    if 200 <= status < 300:
        return _good(headers, body)
    reason, words = _reason(status, body)
    seconds = retry_after(headers.get("Retry-After"), headers.get("Date"))
    if status == 429:
        spent = "QUOTA_EXCEEDED" in words
        return Verdict(Meaning.SPENT if spent else Meaning.BUSY, reason, seconds)
    if status == 503 and seconds is not None:
        return Verdict(Meaning.BUSY, reason, seconds)
    if status >= 500 or status == 408:
        return Verdict(Meaning.BROKEN, reason)
    if status == 403 and "premium" in words.lower():
        return Verdict(Meaning.SPENT, reason, PREMIUM_LAPSED if seconds is None else seconds)
    by_status = {
        401: Meaning.UNAUTHORISED,
        403: Meaning.CLOSED,
        404: Meaning.MISSING,
        410: Meaning.CLOSED,
    }
    return Verdict(by_status.get(status, Meaning.REFUSED), reason)


def retry_after(value: str | None, date: str | None = None) -> float | None:
    """Return the seconds that a `Retry-After` asks for, 0 or more; None where it is absent or garbage.

    An HTTP date is measured from the answer's own `Date`, so that no clock has to agree with the source's.
    """
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,15}(\.[0-9]+)?", text):
        return min(float(text), LONGEST_WAIT)
    moment, sent = _http_date(text), _http_date(date)
    if moment is None:
        return None
    seconds = (moment - (sent or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _good(headers: Mapping[str, str], body: bytes) -> Verdict:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        # Not a word of the body is told: it may be the better half of a token.
        kind = headers.get("Content-Type", "no type").partition(";")[0]
        return Verdict(Meaning.BROKEN, f"it answered {len(body)} bytes of {kind} that are not JSON")
    if not isinstance(content, dict | list):
        return Verdict(Meaning.BROKEN, "it answered neither a JSON object nor a list")
    return Verdict(Meaning.GOOD, body=content)


def _reason(status: int, body: bytes) -> tuple[str, str]:
    """Return the status with the source's words for people, and all of its words."""
    text = body[:2000].decode("utf-8", "replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    error = content.get("error", content.get("errors")) if isinstance(content, dict) else None
    if isinstance(error, list) and error:
        error = error[0]
    if isinstance(error, dict):
        told = [error.get("reason"), error.get("message")]
    elif isinstance(content, dict):
        told = [error, content.get("error_description"), content.get("message")]
    else:
        told = [re.sub(r"<[^>]*>", " ", text)]
    words = " ".join(": ".join(one for one in told if isinstance(one, str)).split())
    printable = "".join(c if c.isprintable() else "?" for c in words)[:200]
    return f"{status}: {printable}" if printable else str(status), words


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
