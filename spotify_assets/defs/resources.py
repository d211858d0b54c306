"""What assets get handed: the platform's rooms, opened as the settings say.

One resource for lake, store, catalogue and warehouse, since one set of settings decides all of them.
"""

from datetime import UTC, datetime
from functools import cached_property

import dagster as dg

from spotify_assets.core.lake.bulk import CatalogSource, open_catalog
from spotify_assets.core.lake.lake import Lake, open_lake
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.settings import Settings, load_settings
from spotify_assets.core.store import ServingStore, open_store
from spotify_assets.defs.marts.warehouse import Warehouse, open_warehouse

WAREHOUSE_POOL = "warehouse"
"""Ops in this pool (limit 1) use the warehouse: dbt, fitting, export, publishing."""


class Platform(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Lake, serving store, catalogue source and warehouse, each opened when it is first used."""

    overrides: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """Settings by field name that win over the environment; for tests and for looking at another platform."""

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
    def catalog(self) -> CatalogSource:
        """The catalogue of `CATALOG_SOURCE`."""
        return open_catalog(self.settings)

    @cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse of `DBT_TARGET`."""
        return open_warehouse(self.settings)

    def stamp(self, table: str, run_id: str) -> Stamp:
        """Say where an observation of `table` made now comes from, and how long it may be kept."""
        days = self.settings.expire_after_days[table]
        return Stamp(self.catalog.source, run_id, datetime.now(UTC), days)
