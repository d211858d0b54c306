"""Reading what dbt built, as SQL over the models by their name.

Here: a connection in which every model is there, whatever engine built it, and whose turn it is to use the
warehouse. Not here: building (dbt does).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import duckdb

from spotify_assets.core.errors import PlatformError, SettingsError
from spotify_assets.core.settings import Settings
from spotify_assets.defs.locks import exclusive

MARTS = (
    "dim_artists",
    "dim_tracks",
    "dim_artist_aliases",
    "artist_top_tracks",
    "artist_similarity",
    "track_similarity",
)
"""The marts that are exported and published."""


@contextmanager
def sole_use(settings: Settings, user: str, say: Callable[[str], None]) -> Iterator[None]:
    """Use the warehouse alone, after those who use it now: runs of the daemon and commands take turns.

    `user` is what others who wait are told; `say` hears whom this one waits for.
    """
    lock = settings.platform_home / "warehouse.lock"
    with exclusive(lock, user, lambda other: say(f"waiting for the warehouse, which {other} uses")):
        yield


class WarehouseError(PlatformError):
    """The warehouse is missing, locked or not built yet."""


class Warehouse(Protocol):
    """What dbt built, readable."""

    def connect(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open DuckDB with every model of the project visible by its bare name, read-only.

        Raises:
            WarehouseError: nothing was built yet, or another process is writing.
        """
        ...


class DuckDBWarehouse:
    """The warehouse of one machine: a DuckDB file."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.warehouse_path

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file for reading; it is closed, and the file unlocked, on leaving."""
        if not self._path.exists():
            raise WarehouseError(
                f"There is no warehouse at {self._path} yet: materialise the marts first "
                "(`spotify-assets materialize`)"
            )
        try:
            connection = duckdb.connect(str(self._path), read_only=True)
        except duckdb.IOException as error:
            raise WarehouseError(
                f"The warehouse {self._path} cannot be opened; another program may have it open for writing "
                f"(a dbt run or a DuckDB shell): close it and try again. DuckDB says: {error}"
            ) from error
        try:
            connection.execute("set timezone = 'UTC'")
            yield connection
        finally:
            connection.close()


def open_warehouse(settings: Settings) -> Warehouse:
    """Open the warehouse of `DBT_TARGET`.

    Raises:
        SettingsError: this build has no such warehouse.
    """
    if settings.dbt_target == "duckdb":
        return DuckDBWarehouse(settings)
    raise SettingsError(
        f"DBT_TARGET={settings.dbt_target}: this version compiles for it but does not run there; use duckdb"
    )
