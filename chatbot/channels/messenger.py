"""The Messenger channel: a webhook delivery → what people wrote.

Here: the signature, and every event of every entry, read leniently: an odd one is left out, the others not.
Not here: what they get back (`messenger_reply.py`), sending it (`messenger_api.py`), or seeing that it is
sent once (`messenger_outbox.py`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chatbot.language import Language

MAX_BODY = 1024 * 1024
"""Largest delivery read, in bytes."""

EXPECTED = "send a webhook delivery of Messenger"

MAX_TEXT = 10_000
"""Longest text kept of a message, in characters; Messenger's own limit is 2,000."""

_MAX_ID = 100
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000


@dataclass(frozen=True, slots=True)
class Received:
    """Something that a person wrote or tapped."""

    key: str
    """Stands for the message, the same in every delivery of it: 64 hexadecimal digits."""
    page: str
    """The id of the page it was written to."""
    sender: str
    """The id of the person, as this page knows them."""
    text: str
    """Empty for a sticker or a picture."""
    cursor: str | None
    language: Language | None
    sent_at: datetime
    media: bool
    """A sticker, a picture, a recording came with it."""

    def question(self) -> str:
        """Return what was asked, as JSON."""
        fields = {"text": self.text, "cursor": self.cursor, "language": self.language, "media": self.media}
        return json.dumps(fields)


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether `X-Hub-Signature-256` is that of the raw body under the app's secret."""
    expected = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    return hmac.compare_digest(signature.encode(errors="surrogatepass"), expected.encode())


def parse(body: Mapping[str, Any], now: datetime) -> list[Received]:
    """Return what people wrote in a delivery; echoes, receipts and what cannot be read are left out."""
    return [
        received
        for entry in _objects(body.get("entry"))
        for event in _objects(entry.get("messaging"))
        if (received := _received(_text(entry.get("id")), event, now)) is not None
    ]


def _received(entry_id: str, event: Mapping[str, Any], now: datetime) -> Received | None:
    sender = _text(_object(event.get("sender")).get("id"))
    page = _text(_object(event.get("recipient")).get("id")) or entry_id
    message, postback = _object(event.get("message")), _object(event.get("postback"))
    if not _is_id(sender) or not _is_id(page) or message.get("is_echo") or not (message or postback):
        return None
    payload = _text(_object(message.get("quick_reply")).get("payload")) or _text(postback.get("payload"))
    text, cursor, language = read_payload(payload) if payload else (_text(message.get("text")), None, None)
    timestamp = event.get("timestamp")
    mid = _text(message.get("mid")) or _text(postback.get("mid"))
    if not mid and not postback:
        return None
    # Older postbacks have no id of their own.
    told = mid or f"{sender}\0{timestamp}\0{payload}"
    return Received(
        key=hashlib.sha256(f"messenger\0{page}\0{told}".encode(errors="surrogatepass")).hexdigest(),
        page=page,
        sender=sender,
        text=text[:MAX_TEXT],
        cursor=cursor,
        language=language,
        sent_at=min(_moment(timestamp) or now, now),
        media=bool(message.get("attachments")),
    )


def payload_of(text: str, cursor: str | None, language: Language) -> str:
    """Return what a button or quick reply sends back."""
    fields = {"text": text, "cursor": cursor, "language": language}
    return json.dumps({name: value for name, value in fields.items() if value}, separators=(",", ":"))


def read_payload(payload: str) -> tuple[str, str | None, Language | None]:
    """Return text, cursor and language of a payload; one that is not ours, of a menu say, is a text."""
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        return payload, None, None
    if not isinstance(fields, dict):
        return payload, None, None
    language: Language | None = {"ko": "ko", "en": "en"}.get(_text(fields.get("language")))  # type: ignore[assignment]
    return _text(fields.get("text")), _text(fields.get("cursor")) or None, language


def _moment(milliseconds: Any) -> datetime | None:
    if not isinstance(milliseconds, int | float) or not 0 < milliseconds < _LATEST:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _is_id(text: str) -> bool:
    """Whether a text may be an id: it becomes part of an address."""
    return 0 < len(text) <= _MAX_ID and text.isascii() and text.replace("-", "").replace("_", "").isalnum()


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
