"""Finding an artist by name in a catalogue that is a table.

Here: an index of normalised names and aliases in memory. Not here: normalising (`core/names.py`) or where
the table comes from (`dataset.py`).
"""

from __future__ import annotations

from bisect import bisect_left

import pyarrow as pa
import pyarrow.compute as pc

from spotify_assets.core.catalog import ArtistMatch
from spotify_assets.core.names import name_key
from spotify_assets.core.records import Artist

_AFTER_ALL = "\U0010ffff"


class NameIndex:
    """Names and aliases of artists by their keys, in order, so that one key's prefixes lie together."""

    def __init__(self, artists: pa.Table, aliases: pa.Table) -> None:
        """Normalise each name once.

        Args:
            artists: rows of `record_schema("artists")` that keep the contract.
            aliases: such rows of `artist_aliases`; those of other artists are left out.
        """
        self._artists = artists
        alias_rows = pc.index_in(aliases["artist_id"], value_set=artists["artist_id"].combine_chunks())
        named = [*enumerate(artists["name"].to_pylist())]
        named += zip(alias_rows.to_pylist(), aliases["alias"].to_pylist(), strict=True)
        entries = ((name_key(text), row, text) for row, text in named if row is not None)
        # Sorting is stable: of one artist's equal keys the name comes before its aliases.
        self._entries = sorted((e for e in entries if e[0]), key=lambda entry: entry[0])
        self._keys = [entry[0] for entry in self._entries]

    def find(self, query: str, limit: int) -> list[ArtistMatch]:
        """Return the artists whose name or alias is the query, then those where it begins with it.

        Within both, the more popular come first, then by id. An artist is returned once. The id of an
        artist is that artist alone.
        """
        row = pc.index(self._artists["artist_id"], query.strip()).as_py()
        if row >= 0 and limit > 0:
            return [self._match(row, True, query.strip())]
        key = name_key(query)
        if not key or limit < 1:
            return []
        best: dict[int, tuple[bool, str]] = {}
        for found, row, text in self._entries[bisect_left(self._keys, key) : self._end(key)]:
            best.setdefault(row, (found == key, text))
        popularity = self._artists["popularity"]
        ids = self._artists["artist_id"]

        def order(row: int) -> tuple[bool, int, str]:
            known = popularity[row].as_py()
            return not best[row][0], -1 * (known if known is not None else -1), ids[row].as_py()

        return [self._match(row, *best[row]) for row in sorted(best, key=order)[:limit]]

    def _end(self, key: str) -> int:
        return bisect_left(self._keys, key + _AFTER_ALL)

    def _match(self, row: int, exact: bool, text: str) -> ArtistMatch:
        (record,) = self._artists.slice(row, 1).to_pylist()
        return ArtistMatch(artist=Artist(**record), matched=text, exact=exact)
