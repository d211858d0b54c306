"""What the bot keeps about the people it talks to, whatever the store's engine: one protocol per part.

Here: where a conversation stands, which artist or song somebody means by a name, what is being looked up
while they wait, each with its promise. A person is the keyed hash that the channel made. Not here: what is
published and what is asked for (`protocols.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from spotify_assets.core.store.rows import Lookup

VOUCHED = "vouched:"
"""What the keys begin with under which links are kept that count for everybody."""


SONG = "track:"
"""What stands before the id of a song where links name what is meant; an artist's id stands alone."""


class Conversations(Protocol):
    """Where each conversation stands, so that "more" and "the second one" can be understood."""

    def remember(self, bodies: Mapping[str, str], now: datetime, expires_at: datetime) -> None:
        """Keep where conversations stand, by person, until they expire; the newer body stands."""
        ...

    def recall(self, person: str, now: datetime) -> str | None:
        """Return where a person's conversation stands, or None where there is none or it has expired."""
        ...


class Links(Protocol):
    """Which artist or song people mean by a name, as they confirmed it by choosing.

    A target is an artist's id, or a song's with `SONG` before it.
    """

    def confirm(
        self, person: str, name_key: str, target: str, now: datetime, vouched_by: str | None = None
    ) -> None:
        """Remember that a person means this artist or song by a name; of two confirmations the later counts.

        For everybody it counts where somebody vouches for the person, and once for whoever does.
        """
        ...

    def learnt(self, person: str, name_key: str, agreed: int = 3) -> str | None:
        """Return the target a name means: to this person, else to so many vouched for who alone agree."""
        ...


class Lookups(Protocol):
    """What the bot looks up while somebody waits. Every method is atomic and safe between processes."""

    def begin(self, name_key: str, holder: str, now: datetime, lease_until: datetime) -> bool:
        """Take a name to look it up; False where somebody else does, or its result is still good."""
        ...

    def end(self, name_key: str, holder: str, body: str | None, now: datetime, expires_at: datetime) -> None:
        """Keep what a lookup found until it expires; with None, let the next who asks look again.

        Does nothing where another holds the name by now.
        """
        ...

    def get(self, name_key: str, now: datetime) -> Lookup | None:
        """Return the lookup of a name that is under way or whose result is still good, or None."""
        ...

    def count_new(self, person: str, now: datetime, limit: int) -> bool:
        """Count one more new name a person asks for on this UTC day; False, uncounted, past the limit."""
        ...
