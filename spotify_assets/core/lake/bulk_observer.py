"""Observing a catalogue that is read in bulk: one read, one check, one file a table.

Not here: live sources, which answer piece by piece (`live_observer.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from spotify_assets.core.errors import CatalogError
from spotify_assets.core.lake.bulk import BulkCatalog
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.observed import Observed, TableObserved
from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.lake.stamp import Stamp

StampOf = Callable[[str, str], Stamp]
"""Source and table → the stamp of an observation made now."""


class BulkObserver:
    """Appends what a bulk catalogue holds of some artists to the lake."""

    def __init__(self, catalog: BulkCatalog, lake: Lake, stamp: StampOf) -> None:
        """Observe `catalog` into `lake`, every batch stamped by `stamp`."""
        self._catalog, self._lake, self._stamp = catalog, lake, stamp

    def observe(self, tables: Sequence[str], artist_ids: Sequence[str], whole_roster: bool) -> Observed:
        """Observe tables for these artists.

        Raises:
            CatalogError: the source cannot be read, lacks a column, or offers a table but returned nothing
                for a whole roster (or knows none of the artists), which is never taken for success.
        """
        ids = pa.array(artist_ids, pa.string())
        seen = [self._table(table, ids, whole_roster) for table in tables]
        return Observed(seen, subjects=len(artist_ids), fetched=len(artist_ids))

    def _table(self, table: str, ids: pa.Array, whole_roster: bool) -> TableObserved:
        catalog, stamp = self._catalog, self._stamp(self._catalog.source, table)
        if table not in catalog.offers:
            seen = TableObserved(table, offered=False)
            seen.add(self._lake.observe(table, record_schema(table).empty_table(), stamp))
            return seen
        found = catalog.read(table, ids)
        if len(ids) and not found.num_rows and (whole_roster or table == "artists"):
            raise CatalogError(
                f"The catalogue {catalog.source!r} offers {table} but gave no row for {len(ids)} artists. "
                "Nothing was written; look at the source, then materialise again."
            )
        seen = TableObserved(table)
        seen.add(self._lake.observe(table, found, stamp, catalog.observed_ids(table, ids)))
        return seen
