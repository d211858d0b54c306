"""The opaque `cursor` of an answer: which list was shown, and where to go on."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass

from spotify_assets.core.records import MAX_ID
from spotify_assets.core.store.documents import Kind


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the list of what is similar to an artist or a song."""

    kind: Kind
    id: str
    offset: int

    def encode(self) -> str:
        """Return the cursor as a client keeps it."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor | None:
        """Read a client's cursor; None for anything that `encode` does not make."""
        try:
            fields = json.loads(
                base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            )
        except (ValueError, RecursionError):
            return None
        match fields:
            case {"kind": "artist" | "track" as kind, "id": str(target), "offset": int(offset)} if (
                0 < len(target) <= MAX_ID and 0 <= offset <= 1000 and not isinstance(offset, bool)
            ):
                return cls(kind, target, offset)
        return None
