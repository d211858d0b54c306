"""A catalogue that is a directory of Parquet files.

Here: opening such a directory, saying plainly what is wrong with it, and reading it in bulk or by name.
Not here: judging its rows (`contract.py`); whatever they hold, reading them works.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from spotify_assets.core.catalog import ArtistMatch
from spotify_assets.core.errors import CatalogError
from spotify_assets.core.lake.contract import as_ids, check, column_faults, well_formed
from spotify_assets.core.lake.name_index import NameIndex
from spotify_assets.core.lake.schemas import record_schema, table_spec
from spotify_assets.core.records import PLAYLIST_TRACKS, TABLES

REQUIRED = ("artists", "tracks", "track_artists", "audio_features")
"""The tables without which a directory is no dataset; the others are read where they are."""


class DatasetCatalog:
    """A directory with a Parquet file per table, as `Catalog` and as `BulkCatalog`.

    The directory is looked at once, when it is opened; a file that changes later may or may not be seen.
    """

    def __init__(self, directory: Path, source: str = "dataset", default_roster: int | None = None) -> None:
        """Open the directory and look at the schema of each file, not yet at its rows.

        Args:
            directory: holds `<table>.parquet` for each of `REQUIRED` and any other table of the records.
            source: what its rows carry in their `source` column.
            default_roster: how many artists `roster()` returns; None for all.

        Raises:
            CatalogError: the directory or a table is missing, or a file or one of its columns is not what
                it should be; all faulty columns are named at once.
        """
        self.source = source
        self._directory = directory
        self._default_roster = default_roster
        self._place = f"{'CATALOG_DATASET=' if source == 'dataset' else source + ' in '}{directory}"
        self._files = self._open()
        self.offers = frozenset(self._files)

    def roster(self, size: int | None = None) -> pa.Table:
        """Return the most popular artists that keep the contract: artist_id, name, popularity.

        Artists that break it are left out: nothing could ever be published of them. Raises as `read`.
        """
        artists = self._artists.select(["artist_id", "name", "popularity"])
        order = [("popularity", "descending"), ("artist_id", "ascending")]
        return artists.sort_by(order).slice(0, self._default_roster if size is None else size)

    def read(self, table: str, artist_ids: pa.Array) -> pa.Table:
        """Return a table's rows for these artists, as they are in the file, in its order.

        Where `artist_ids` covers the whole dataset, so does what is returned: rows whose id is missing or
        that belong to nobody are among them, so that the contract can name them.

        Raises:
            CatalogError: the dataset lacks the table, or the file cannot be read.
        """
        if table not in self._files:
            raise CatalogError(f"{self._place} does not offer {table}; it has {', '.join(self._files)}")
        asked = as_ids(artist_ids)
        if self._covered_by(asked):
            return self._rows(table)
        ids = self._track_ids(asked) if _about_tracks(table) else asked
        return self._rows(table, table_spec(table).id_column, ids)

    def observed_ids(self, table: str, artist_ids: pa.Array) -> pa.Array:
        """Return the artist ids, or for tables about tracks the ids of their tracks; malformed ones left out.

        Raises:
            CatalogError: the credits cannot be read.
        """
        asked = as_ids(artist_ids)
        ids = self._track_ids(asked) if _about_tracks(table) else asked
        return pc.filter(ids, well_formed(ids))

    def playlist_artists(self) -> pa.Table | None:
        """Return who is credited on which playlist: playlist_id, artist_id; None where it has no playlists.

        Raises:
            CatalogError: a file cannot be read, or no playlist holds a track whose credits are known.
        """
        if PLAYLIST_TRACKS.name not in self._files:
            return None
        tracks, credits = (
            self._rows(table).select(names).cast(pa.schema([(name, pa.string()) for name in names]))
            for table, names in (
                (PLAYLIST_TRACKS.name, ["playlist_id", "track_id"]),
                ("track_artists", ["track_id", "artist_id"]),
            )
        )
        found = tracks.join(credits, "track_id", join_type="inner").select(["playlist_id", "artist_id"])
        if not found.num_rows:
            raise CatalogError(
                f"{self._place} offers {PLAYLIST_TRACKS.name}, and track_artists credits none of its "
                f"{tracks.num_rows} tracks: give it ids of the tracks that are there, or take it away"
            )
        return found

    def find_artists(self, query: str, limit: int = 10) -> list[ArtistMatch]:
        """Return the artists a name may mean: exact names and aliases first, then those that begin with it.

        Raises:
            CatalogError: the names cannot be read.
        """
        return self._index.find(query, limit)

    @cached_property
    def _artists(self) -> pa.Table:
        return check("artists", self._rows("artists")).good

    @cached_property
    def _index(self) -> NameIndex:
        if "artist_aliases" in self._files:
            aliases = check("artist_aliases", self._rows("artist_aliases")).good
        else:
            aliases = record_schema("artist_aliases").empty_table()
        return NameIndex(self._artists, aliases)

    def _covered_by(self, artist_ids: pa.Array) -> bool:
        known = self._artists["artist_id"]
        return bool(pc.all(pc.is_in(known, value_set=artist_ids), min_count=0).as_py())

    def _track_ids(self, artist_ids: pa.Array) -> pa.Array:
        """Return the ids of the tracks credited to these artists; of all tracks where that is everybody."""
        if not self._covered_by(artist_ids):
            return as_ids(self._rows("track_artists", "artist_id", artist_ids)["track_id"])
        everywhere = [as_ids(self._rows(table)["track_id"]) for table in ("track_artists", "tracks")]
        return as_ids(pa.chunked_array(everywhere))

    def _rows(self, table: str, column: str | None = None, ids: pa.Array | None = None) -> pa.Table:
        """Return the record's columns of a file, of all rows or of those whose `column` is among `ids`."""
        file = self._files[table]
        present = [c.name for c in table_spec(table).columns if c.name in file.schema.names]
        wanted = None if column is None else pc.field(column).cast(pa.string()).isin(ids)
        try:
            return file.to_table(columns=present, filter=wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            raise self._unreadable(table, error) from error

    def _open(self) -> dict[str, pads.Dataset]:
        try:
            there = sorted(p.name for p in self._directory.iterdir())
        except NotADirectoryError as error:
            raise CatalogError(f"{self._place} is a file; {self._expected()}") from error
        except OSError as error:
            reason = error.strerror
            raise CatalogError(f"{self._place} cannot be opened ({reason}); {self._expected()}") from error
        missing = [table for table in REQUIRED if f"{table}.parquet" not in there]
        if missing:
            lacks = ", ".join(f"{table}.parquet" for table in missing)
            found = ", ".join(there) or "nothing"
            raise CatalogError(f"{self._place} lacks {lacks}; {self._expected()}. It holds: {found}")
        files = {
            table: self._open_file(table)
            for table in (*TABLES, PLAYLIST_TRACKS.name)
            if f"{table}.parquet" in there
        }
        faults = [fault for table, file in files.items() for fault in column_faults(table, file.schema)]
        if faults:
            raise CatalogError(f"{self._place} does not hold what it should:\n" + "\n".join(faults))
        return files

    def _open_file(self, table: str) -> pads.Dataset:
        try:
            return pads.dataset(self._directory / f"{table}.parquet", format="parquet")
        except (pa.ArrowInvalid, OSError) as error:
            raise self._unreadable(table, error) from error

    def _expected(self) -> str:
        needed = ", ".join(f"{table}.parquet" for table in REQUIRED)
        return f"a dataset is a directory with {needed}"

    def _unreadable(self, table: str, error: Exception) -> CatalogError:
        return CatalogError(
            f"{self._place}: {table}.parquet cannot be read; it is damaged or no Parquet file ({error})"
        )


def _about_tracks(table: str) -> bool:
    return table_spec(table).id_column == "track_id"
