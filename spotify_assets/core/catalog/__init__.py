"""Looking music up: one small class per source behind one protocol, records in and out.

Here: what a person's words are turned into by a source that answers one question at a time. Not here:
reading a whole catalogue in bulk, which needs arrow and lives in `core/lake/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from spotify_assets.core.records import Artist


@dataclass(frozen=True, slots=True)
class ArtistMatch:
    """An artist that a source found for a name."""

    artist: Artist
    matched: str
    """The name or alias that matched."""
    exact: bool
    """The normalised name or alias equals the normalised query."""


class Catalog(Protocol):
    """A source that can be asked for an artist by name."""

    source: str
    """The name that rows from here carry in their `source` column."""

    def find_artists(self, query: str, limit: int = 10) -> list[ArtistMatch]:
        """Return the artists a name may mean, exact matches first, then the more popular; [] for none.

        Raises:
            CatalogError: the source could not be asked.
        """
        ...
