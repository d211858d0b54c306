"""The warehouse in AWS: what dbt built on Athena, as `Warehouse` promises it.

Here: which models there are, letting Athena see the lake, deleting what was built. Not here: how rows come
over (`mirror.py`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
from botocore.exceptions import ClientError

from spotify_assets.core.lake import aws
from spotify_assets.core.lake.athena import Athena
from spotify_assets.core.lake.glue import register
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.storage import open_storage
from spotify_assets.core.settings import Settings
from spotify_assets.defs.marts.mirror import RESULTS, Mirror
from spotify_assets.defs.marts.mirror_sql import Model
from spotify_assets.defs.marts.warehouse import EXPORTED, WarehouseError

BUILT = "warehouse"
"""Where dbt's tables lie, below the lake's root; `s3_data_dir` of its profile."""


class AthenaMarts:
    """A connection to the mirror; a model that a query names is brought up to date first."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, mirror: Mirror, models: Mapping[str, Model]
    ) -> None:
        self._connection = connection
        self._mirror = mirror
        # A model is asked about once in a connection: nobody else writes meanwhile.
        self._unread = dict(models)

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Return what a query in DuckDB's words finds."""
        words = set(re.findall(r"\w+", query))
        named = [self._unread.pop(name) for name in words.intersection(self._unread)]
        if named:
            self._mirror.refresh(self._connection, named)
        return self._connection.sql(query)

    def register(self, name: str, rows: Any) -> None:
        """Let queries see arrow data under a name."""
        self._connection.register(name, rows)

    def unregister(self, name: str) -> None:
        """End that."""
        self._connection.unregister(name)


class AthenaWarehouse:
    """Models in one database of Glue, their files below the lake's `warehouse/`."""

    def __init__(self, settings: Settings) -> None:
        """Read what the settings name; nothing is asked of AWS yet."""
        self._storage = open_storage(settings.lake_uri)
        self._database = settings.athena_schema
        self._raw_database = settings.athena_raw_schema
        self._athena = Athena(self._database, settings.athena_work_group, settings.athena_timeout_seconds)
        self._mirror = Mirror(settings.mirror_path, self._athena, self._storage)
        self._glue = aws.client(aws.session(), "glue")

    def register(self, lake: Lake) -> None:
        """Bring Glue's tables of the lake, and its versions of the similarity model, to what is there.

        Raises:
            WarehouseError: the marts in the database are another lake's, over which dbt would build.
            LakeError: as `glue.register`.
        """
        for table in self._tables():
            if table["Name"] in EXPORTED and not self._is_ours(table):
                raise WarehouseError(
                    f"The Glue table {self._database}.{table['Name']} is of another lake, {_place(table)}: "
                    "name another database in ATHENA_SCHEMA, or drop the table if this lake takes its place"
                )
        register(lake, self._raw_database)

    @contextmanager
    def connect(self) -> Iterator[AthenaMarts]:
        """Open DuckDB over the mirror; models are fetched as queries name them.

        Raises:
            WarehouseError: nothing was built yet, or another process has the mirror open.
            QueryError: on a query, Athena did not answer.
        """
        models = self._models()
        # Views stay when what they read is forgotten.
        if all(model.is_view for model in models.values()):
            raise WarehouseError(
                f"There is no model in the Glue database {self._database} yet: materialise the marts first "
                "(`spotify-assets materialize`)"
            )
        with self._mirror.open() as connection:
            self._mirror.keep_only(connection, models)
            yield AthenaMarts(connection, self._mirror, models)

    def row_counts(self, models: Sequence[str]) -> dict[str, int]:
        """Return how many rows tables among the models have; a view is not worked out to count it."""
        tables = sorted(
            name for name, model in self._models().items() if name in models and not model.is_view
        )
        if not tables:
            return {}
        counts = " union all ".join(f"select '{name}', count(*) from \"{name}\"" for name in tables)  # noqa: S608 - Glue's names
        directory = f"{RESULTS}/spotify-assets/counts"
        try:
            rows = self._athena.rows(counts, f"{self._storage.uri_of(directory)}/")
        finally:
            self._storage.delete_below(directory)
        return {str(name): int(count or 0) for name, count in rows}

    def forget(self) -> None:
        """Delete what dbt built, rows and all, and everything that was read of it."""
        with aws.explained(f"The tables of the Glue database {self._database} cannot be deleted"):
            for name, model in self._models().items():
                if not model.is_view:
                    self._glue.delete_table(DatabaseName=self._database, Name=name)
        for directory in (BUILT, RESULTS):
            self._storage.delete_below(directory)
        self._mirror.forget()

    def _models(self) -> dict[str, Model]:
        """Return what the platform built in the database; nothing where there is no database."""
        return {table["Name"]: _model(table) for table in self._tables() if self._is_ours(table)}

    def _tables(self) -> list[Mapping[str, Any]]:
        """Return what the database holds."""
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=self._database)
        with aws.explained(f"The tables of the Glue database {self._database} cannot be listed"):
            try:
                return [table for page in pages for table in page["TableList"]]
            except ClientError as error:
                if aws.error_code(error) == "EntityNotFoundException":
                    return []
                raise

    def _is_ours(self, table: Mapping[str, Any]) -> bool:
        is_view = table.get("TableType") == "VIRTUAL_VIEW"
        return is_view or _place(table).startswith(f"{self._storage.uri_of(BUILT)}/")


def _place(table: Mapping[str, Any]) -> str:
    return str((table.get("StorageDescriptor") or {}).get("Location", ""))


def _model(table: Mapping[str, Any]) -> Model:
    columns = tuple(
        (column["Name"], column["Type"])
        for column in table["StorageDescriptor"]["Columns"]
        # Glue keeps columns that Iceberg dropped.
        if (column.get("Parameters") or {}).get("iceberg.field.current") != "false"
    )
    # Every change of an Iceberg table writes metadata elsewhere.
    state = (table.get("Parameters") or {}).get("metadata_location")
    return Model(table["Name"], columns, table.get("TableType") == "VIRTUAL_VIEW", state)
