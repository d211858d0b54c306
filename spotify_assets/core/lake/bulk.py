"""Reading whole catalogues: what a bulk source offers, and which source the settings name.

Here: the protocol that raw assets read by. Not here: the sources themselves (`dataset.py`), or looking up
one artist by name (`core/catalog/`), though a dataset can do both.
"""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

from spotify_assets.core.catalog import Catalog
from spotify_assets.core.errors import CatalogError
from spotify_assets.core.lake.dataset import DatasetCatalog
from spotify_assets.core.settings import Settings
from spotify_assets.core.store import ServingStore, Urgency

SAMPLE_ROSTER_SHARE = 0.8
"""The share of the bundled sample that is on its roster; the rest is unknown until somebody asks."""


class BulkCatalog(Protocol):
    """A source that is read for many artists at once, as arrow tables."""

    source: str
    """The name that rows from here carry in their `source` column."""
    offers: frozenset[str]
    """The tables it has; of the others it has nothing to say."""

    def roster(self, size: int | None = None) -> pa.Table:
        """Return the artists to keep fresh: artist_id, name, popularity, the most popular first.

        Ties are broken by id, artists of unknown popularity come last. `size` is how many at most; None
        means the source's own default.
        """
        ...

    def read(self, table: str, artist_ids: pa.Array) -> pa.Table:
        """Return a table's rows for these artists, unchecked, in the columns and types the source has.

        For tables about tracks: of the tracks credited to any of them; credits are complete, so they name
        other artists as well.

        Raises:
            CatalogError: the source does not offer the table, or cannot be read.
        """
        ...

    def observed_ids(self, table: str, artist_ids: pa.Array) -> pa.Array:
        """Return the ids that reading a table for these artists is about, each once.

        Their own ids for tables about artists, the ids of their tracks for tables about tracks. One
        without a row in `read` is an observation too: the source knows nothing of it.
        """
        ...

    def playlist_artists(self) -> pa.Table | None:
        """Return who is credited on which playlist: playlist_id, artist_id; None where it has no playlists.

        Raises:
            CatalogError: they cannot be read, or nobody is credited on any.
        """
        ...


class CatalogSource(BulkCatalog, Catalog, Protocol):
    """A source that can be read in bulk and asked for a name."""


def open_lookup(settings: Settings, store: ServingStore) -> Catalog:
    """Open the catalogue that `CATALOG_SOURCE` names, to look artists up for somebody who asks.

    Raises:
        CatalogError, SettingsError: it is not there, not readable, or its settings are wrong.
    """
    if settings.catalog_source != "spotify":
        return open_catalog(settings)
    # Imported here: a platform on its own data needs no client of Spotify's.
    from spotify_assets.core.catalog.access import Access
    from spotify_assets.core.catalog.live import LiveCatalog

    return LiveCatalog(Access(settings, store.sources, Urgency.ASKED))


def open_catalog(settings: Settings) -> CatalogSource:
    """Open the bulk catalogue that `CATALOG_SOURCE` names; `ROSTER_SIZE` sets the size of its roster.

    Raises:
        CatalogError: it is not there, not readable, or live, and so not read in bulk.
    """
    if settings.catalog_source == "spotify":
        raise CatalogError("CATALOG_SOURCE=spotify is asked piece by piece, not read in bulk")
    if settings.catalog_source == "dataset":
        if settings.catalog_dataset is None:
            raise CatalogError("CATALOG_SOURCE=dataset needs CATALOG_DATASET, a directory of Parquet files")
        return DatasetCatalog(settings.catalog_dataset, default_roster=settings.roster_size)
    # Imported here so that a platform on its own data does not need the sample.
    from spotify_assets.sample import SAMPLE_DIRECTORY

    size = settings.roster_size
    if size is None:
        size = round(DatasetCatalog(SAMPLE_DIRECTORY).roster().num_rows * SAMPLE_ROSTER_SHARE)
    return DatasetCatalog(SAMPLE_DIRECTORY, source="sample", default_roster=size)
