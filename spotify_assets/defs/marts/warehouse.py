"""Reading what dbt built, as SQL over the models by their name.

Here: a connection in which every model is there, whatever engine built it, and whose turn it is to use the
warehouse. Not here: building (dbt does).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import duckdb

from spotify_assets.core.errors import PlatformError, SettingsError
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.settings import Settings
from spotify_assets.core.store import open_store
from spotify_assets.defs.leases import Turn, leased, machine
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

CHAT_MARTS = ("chat_demand", "chat_unanswered")
"""The marts of what people ask for: exported as they stand, so that nothing else ever waits for them."""

MOOD_MARTS = ("artist_moods", "song_moods")
"""The marts of moods, which are empty until Spark has sorted tracks; what the bot is told of them."""

EXPORTED = (*MARTS, *MOOD_MARTS, *CHAT_MARTS)

DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded|File too large|max_temp_directory_size")
"""What DuckDB says where there is no room on disk, for a table or for what it sets aside to save memory."""

DAMAGED = re.compile(
    r"Corrupt database file|not a valid DuckDB database file|Could not read enough bytes|with version number"
)
"""What DuckDB says of a file that is broken, or is another version's."""

MADE_ANEW = "delete it and materialise everything (`spotify-assets materialize`): it is made from the lake"
"""What to do about a warehouse that is."""


@contextmanager
def sole_use(settings: Settings, user: str, say: Callable[[str], None]) -> Iterator[Turn]:
    """Use the warehouse alone, after those who use it now: runs of the daemon and commands take turns.

    So do machines that share a lake on S3, by a lease in the serving store. `user` is what others who wait
    are told; `say` hears whom this one waits for. What cannot be undone comes after `Turn.confirm`.

    Raises:
        LeaseLostError: another machine may have used the warehouse meanwhile.
    """

    def waiting(other: str) -> None:
        say(f"waiting for the warehouse, which {other} uses")

    with exclusive(settings.platform_home / "warehouse.lock", user, waiting):
        if not settings.lake_uri.startswith("s3://"):
            yield Turn()
            return
        store = open_store(settings)
        try:
            # Several platforms may share a store, but not a lake.
            name = f"warehouse {settings.athena_schema}"
            with leased(store.leases, name, machine(settings.platform_home), user, waiting) as turn:
                yield turn
        finally:
            store.close()


class WarehouseError(PlatformError):
    """The warehouse is missing, locked or not built yet."""


class Marts(Protocol):
    """A connection in which every model is there by its bare name, to be read."""

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Return what a query in DuckDB's words finds."""
        ...

    def register(self, name: str, rows: Any) -> Any:
        """Let queries see arrow data under a name."""
        ...

    def unregister(self, name: str) -> Any:
        """End that."""
        ...


class Warehouse(Protocol):
    """What dbt built, readable, whatever engine built it. Used by one at a time (`sole_use`)."""

    def register(self, lake: Lake) -> None:
        """Let the engine see the lake as it is now: its tables, and the versions of the similarity model.

        Raises:
            LakeError: it refuses.
        """
        ...

    def connect(self) -> AbstractContextManager[Marts]:
        """Open DuckDB with every model of the project visible by its bare name, read-only.

        Raises:
            WarehouseError: nothing was built yet, or another process is writing.
        """
        ...

    def row_counts(self, models: Sequence[str]) -> dict[str, int]:
        """Return how many rows models have; without those that would have to be worked out for it.

        Raises:
            WarehouseError: as `connect`.
        """
        ...

    def forget(self) -> None:
        """Delete all that was built, so that no row of it is left."""
        ...


class DuckDBWarehouse:
    """The warehouse of one machine: a DuckDB file."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.warehouse_path

    def register(self, lake: Lake) -> None:
        """Do nothing: models name the lake's files."""

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file for reading; it is closed, and the file unlocked, on leaving.

        Raises:
            WarehouseError: there is none, another process has it open for writing, or it is damaged.
        """
        if not self._path.exists():
            raise WarehouseError(
                f"There is no warehouse at {self._path} yet: materialise the marts first "
                "(`spotify-assets materialize`)"
            )
        with self._damage_told():
            try:
                connection = duckdb.connect(str(self._path), read_only=True)
            except duckdb.IOException as error:
                if DAMAGED.search(str(error)):
                    raise
                raise WarehouseError(
                    f"The warehouse {self._path} cannot be opened; another program may have it open for "
                    f"writing (a dbt run or a DuckDB shell): close it and try again. DuckDB says: {error}"
                ) from error
            try:
                connection.execute("set timezone = 'UTC'")
                yield connection
            finally:
                connection.close()

    @contextmanager
    def _damage_told(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            if not DAMAGED.search(str(error)):
                raise
            raise WarehouseError(
                f"The warehouse {self._path} is damaged: {MADE_ANEW}. DuckDB says: {error}"
            ) from error

    def row_counts(self, models: Sequence[str]) -> dict[str, int]:
        """Count the rows of tables and views alike."""
        counts = " union all ".join(f"select '{model}', count(*) from {model}" for model in models)  # noqa: S608 - dbt's names
        with self.connect() as marts:
            return dict(marts.sql(counts).fetchall()) if models else {}

    def forget(self) -> None:
        """Delete the file: a table that is dropped would leave its pages in it."""
        self._path.unlink(missing_ok=True)


def open_warehouse(settings: Settings) -> Warehouse:
    """Open the warehouse of `DBT_TARGET`.

    Raises:
        SettingsError: it cannot read a lake that is where `LAKE_URI` says.
    """
    on_s3 = settings.lake_uri.startswith("s3://")
    if settings.dbt_target == "duckdb":
        if on_s3:
            raise SettingsError(
                f"DBT_TARGET=duckdb reads lakes on this machine, and LAKE_URI={settings.lake_uri} is on S3: "
                "set DBT_TARGET=athena, or unset LAKE_URI"
            )
        return DuckDBWarehouse(settings)
    if not on_s3:
        raise SettingsError(
            f"DBT_TARGET=athena reads lakes on S3, and the lake is in {settings.lake_uri}: set "
            "LAKE_URI=s3://bucket/prefix, or DBT_TARGET=duckdb"
        )
    # Imported here: boto3 takes a third of a second that platforms on one machine need not spend.
    from spotify_assets.defs.marts.athena_warehouse import AthenaWarehouse

    return AthenaWarehouse(settings)
