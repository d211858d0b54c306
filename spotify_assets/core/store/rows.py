"""What the serving store holds, as plain typed rows.

Here: one dataclass per kind of row and the states a row goes through. Not here: what can be done with them
(`protocols.py`), or what a published document holds (`documents.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from spotify_assets.core.store.documents import Kind


class State(StrEnum):
    """Where an artist request stands: pending → running → done | not_found | failed."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    NOT_FOUND = "not_found"
    FAILED = "failed"


class Priority(StrEnum):
    """Why an artist is on the roster, most urgent first."""

    ASKED = "asked"
    LISTED = "listed"
    NEIGHBOUR = "neighbour"


class Urgency(StrEnum):
    """On whose account a source is called; of a day's calls each keeps a share from the other."""

    ASKED = "asked"
    ROUTINE = "routine"


@dataclass(frozen=True, slots=True)
class Lease:
    """Something that one machine holds alone for a while, renewed as long as it does."""

    name: str
    holder: str
    """The machine, or rather its PLATFORM_HOME."""
    user: str
    """What uses it there, for people."""
    until: datetime
    """When it falls free unless it is renewed."""


@dataclass(frozen=True, slots=True)
class ArtistRequest:
    """Somebody asked for an artist that the store has no answer for; one row per normalised name."""

    name_key: str
    """The normalised name, unique."""
    query: str
    """The name as it was first typed."""
    state: State
    artist_ids: tuple[str, ...]
    """What the name was resolved to: every artist it matches exactly, the most popular first."""
    attempts: int
    """How often a run took it up in this generation and failed or died."""
    generation: int
    """Counts how often the name went back from an end state to pending; never reset."""
    ask_count: int
    first_asked_at: datetime
    last_asked_at: datetime
    next_attempt_at: datetime | None = None
    """Not before; null means now."""
    lease_until: datetime | None = None
    """While running: past this the run counts as dead."""
    run_id: str | None = None
    error: str | None = None
    changed_at: datetime | None = None
    """When it came to the state it is in."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An artist that may be meant by a name that no artist goes by exactly; for a person to choose."""

    artist_id: str
    label: str
    """The artist's name, and where it is known what they play."""


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A published artist or song that goes by a name."""

    kind: Kind
    target_id: str
    label: str
    """The artist's name; for a song "Title – Artist"."""
    popularity: int
    """Orders choices; 0 where unknown."""


@dataclass(frozen=True, slots=True)
class Near:
    """Normalised names that are nearly what was typed."""

    artists: list[str]
    titles: list[str]
    """Of songs."""


@dataclass(frozen=True, slots=True)
class NameEntry:
    """A name to publish: what people may type for one artist or song."""

    name_key: str
    kind: Kind
    target_id: str
    label: str
    popularity: int


@dataclass(frozen=True, slots=True)
class Document:
    """A document to publish, already serialised, with the names that lead to it."""

    kind: Kind
    target_id: str
    version: str
    """Digest of `body` and `names`; a document is written only when this changed."""
    body: str
    names: tuple[NameEntry, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the bot looks up, or has looked up, while somebody waits."""

    body: str | None
    """What was found, as the bot wrote it; None while it is under way."""


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """An artist to keep fresh."""

    artist_id: str
    name: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class Cooldown:
    """A source that nothing calls for a while."""

    source: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class CallCount:
    """How often one endpoint family of a source was called on one UTC day."""

    source: str
    family: str
    day: date
    asked: int
    """Calls for artists that somebody asked for."""
    routine: int
    """Calls to keep the roster fresh."""

    @property
    def total(self) -> int:
        """All calls."""
        return self.asked + self.routine


@dataclass(frozen=True, slots=True)
class Capability:
    """What was found out about an endpoint: whether this app may call it."""

    source: str
    endpoint: str
    allowed: bool
    learnt_at: datetime
    expires_at: datetime
    """Past this it is found out anew."""
