"""What a store holds, row by row, in words that all engines share: for moving it to another engine.

Here: the parts, what a row of each holds, how two stores are told apart. Not here: reading and writing rows
(`sql_contents.py`, `dynamodb_contents.py`), or copying (`copying.py`).

What lasts for seconds stays behind: leases, lookups under way, turns at a source, how many new names somebody
asked for today.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from spotify_assets.core.store.documents import Kind
from spotify_assets.core.store.rows import Document, NameEntry

Row = dict[str, Any]
"""A row by column: text, whole numbers, truth values, None, and lists of these; moments as UTC ISO text."""


class Part(StrEnum):
    """The parts of a store that are worth moving, in the order in which they are moved."""

    DOCUMENTS = "documents"
    SIMILARITY = "similarity"
    MODEL = "model"
    REQUESTS = "requests"
    FINDINGS = "findings"
    ROSTER = "roster"
    LINKS = "links"
    INBOX = "inbox"
    CONVERSATIONS = "conversations"
    COOLDOWNS = "cooldowns"
    CALLS = "calls"
    CAPABILITIES = "capabilities"


KEYS: dict[Part, tuple[str, ...]] = {
    Part.DOCUMENTS: ("kind", "target_id"),
    Part.SIMILARITY: ("version", "kind", "name"),
    Part.MODEL: ("id",),
    Part.REQUESTS: ("name_key",),
    Part.FINDINGS: ("name_key", "source"),
    Part.ROSTER: ("artist_id",),
    Part.LINKS: ("name_key", "person"),
    Part.INBOX: ("key",),
    Part.CONVERSATIONS: ("person",),
    Part.COOLDOWNS: ("source",),
    Part.CALLS: ("source", "family", "day"),
    Part.CAPABILITIES: ("source", "endpoint"),
}
"""The columns that tell the rows of a part apart.

Documents bring their `names` along, as (name key, label, popularity) in order; requests their `choices`, as
(artist id, label). `similarity` holds the parts of the similarity model; `model`, one row, which is current.
A message that has ended is its key, its state and when it ended.
"""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How much a part holds, and a hash that any change of any row changes."""

    rows: int
    hash: str


class Contents(Protocol):
    """All that a store holds, to be read and written row by row."""

    def rows(self, part: Part) -> Iterator[Row]:
        """Yield the rows of a part, in any order, as a stream."""
        ...

    def write(self, part: Part, rows: Sequence[Row]) -> None:
        """Write rows whole, in place of those with the same keys."""
        ...


def document_of(row: Row) -> Document:
    """Return the document, to be published, that a row of `documents` holds."""
    kind: Kind = "artist" if row["kind"] == "artist" else "track"
    names = (NameEntry(key, kind, row["target_id"], label, rank) for key, label, rank in row["names"])
    return Document(kind, row["target_id"], row["version"], row["body"], tuple(names))


def key_of(part: Part, row: Row) -> tuple[str, ...]:
    """Return what tells a row apart from the others of its part."""
    return tuple(str(row[column]) for column in KEYS[part])


def digest_of(row: Row) -> bytes:
    """Return a digest of all that a row says: 16 bytes of SHA-256 over its canonical JSON."""
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()[:16]


def fingerprint(digests: dict[tuple[str, ...], bytes]) -> Fingerprint:
    """Return count and hash of a part's rows, whatever the order they came in."""
    whole = hashlib.sha256()
    for key in sorted(digests):
        whole.update(json.dumps(key).encode() + digests[key])
    return Fingerprint(len(digests), whole.hexdigest()[:16])
