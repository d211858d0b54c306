"""What assets get handed: the platform's rooms, opened as the settings say.

One resource for lake, store, catalogue and warehouse, since one set of settings decides all of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property

import dagster as dg

from spotify_assets.core.catalog import Catalog
from spotify_assets.core.catalog.access import Access
from spotify_assets.core.catalog.live import LiveCatalog
from spotify_assets.core.lake.bulk import CatalogSource, open_catalog
from spotify_assets.core.lake.bulk_observer import StampOf
from spotify_assets.core.lake.lake import Lake, open_lake
from spotify_assets.core.lake.live_observer import LiveObserver, Say
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.settings import Settings, load_settings
from spotify_assets.core.store import ServingStore, Urgency, open_store
from spotify_assets.defs.leases import Turn
from spotify_assets.defs.marts.warehouse import Warehouse, open_warehouse, sole_use
from spotify_assets.defs.refresh.dead_runs import mark


class Platform(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Lake, serving store, catalogue source and warehouse, each opened when it is first used."""

    overrides: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """Settings by field name that win over the environment; for tests and for looking at another platform."""

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Let others see that the run which gets this resource has a process."""
        if context.run:
            mark(self.settings, context.run.run_id)

    @cached_property
    def settings(self) -> Settings:
        """The settings this process runs with."""
        return load_settings(**self.overrides)

    @cached_property
    def lake(self) -> Lake:
        """The Parquet lake of `LAKE_URI`."""
        return open_lake(self.settings)

    @cached_property
    def store(self) -> ServingStore:
        """The serving store of `SERVING_URL`."""
        return open_store(self.settings)

    @cached_property
    def bulk(self) -> CatalogSource | None:
        """The catalogue that is read in bulk; None where `CATALOG_SOURCE` is live."""
        return None if self.settings.catalog_source == "spotify" else open_catalog(self.settings)

    def live(self, urgency: Urgency) -> LiveCatalog:
        """Return the live sources, called on account of those who ask or of the routine."""
        return LiveCatalog(Access(self.settings, self.store.sources, urgency))

    def live_observer(self, urgency: Urgency, run_id: str, say: Say) -> LiveObserver:
        """Return what observes the live sources into the lake; `say` is told of progress."""
        ages = self.settings.refresh_after_days
        return LiveObserver(self.live(urgency), self.lake, self.stamps(run_id), ages, say)

    @cached_property
    def catalog(self) -> Catalog:
        """The catalogue of `CATALOG_SOURCE`, to look artists up in."""
        return self.bulk or self.live(Urgency.ASKED)

    @cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse of `DBT_TARGET`."""
        return open_warehouse(self.settings)

    @contextmanager
    def sole_use_of_warehouse(self, context: dg.AssetExecutionContext) -> Iterator[Turn]:
        """Use the warehouse alone while building, fitting, exporting or publishing; others wait."""
        with sole_use(self.settings, f"run {context.run.run_id}", context.log.info) as turn:
            yield turn

    def stamps(self, run_id: str) -> StampOf:
        """Return what says where and when a run's observations were made, and how long they may be kept."""

        def stamp(source: str, table: str) -> Stamp:
            return Stamp(source, run_id, datetime.now(UTC), self.settings.expire_after_days[table])

        return stamp
