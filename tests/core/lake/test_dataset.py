"""A directory of Parquet files as a catalogue: what it gives, and what it says when something is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.errors import CatalogError
from spotify_assets.core.lake.dataset import DatasetCatalog
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.records import TABLES

from .examples import SMALL_DATASET, rows, stamp


def rewrite(directory: Path, table: str, change: Callable[[pa.Table], pa.Table]) -> None:
    path = directory / f"{table}.parquet"
    pq.write_table(change(pq.read_table(path)), path)


def add(directory: Path, table: str, *records: dict[str, object]) -> None:
    rewrite(directory, table, lambda found: pa.concat_tables([found, rows(table, *records)]))


def found_names(catalog: DatasetCatalog, query: str, limit: int = 10) -> list[tuple[str, str, bool]]:
    return [(m.artist.artist_id, m.matched, m.exact) for m in catalog.find_artists(query, limit)]


# The roster


def test_roster_is_most_popular_first_ties_by_id_unknown_last(dataset: Path) -> None:
    catalog = DatasetCatalog(dataset)
    assert catalog.roster().to_pylist() == [
        {"artist_id": "a2", "name": "Aespaland", "popularity": 90},
        {"artist_id": "a1", "name": "aespa", "popularity": 80},
        {"artist_id": "a3", "name": "SHINee", "popularity": 80},
        {"artist_id": "a4", "name": "Nobody Knows", "popularity": None},
    ]
    assert catalog.roster(2)["artist_id"].to_pylist() == ["a2", "a1"]


def test_default_size_of_the_roster_is_a_default(dataset: Path) -> None:
    catalog = DatasetCatalog(dataset, default_roster=1)
    assert catalog.roster()["artist_id"].to_pylist() == ["a2"]
    assert catalog.roster(3).num_rows == 3


def test_messy_artists_break_neither_roster_nor_names(dataset: Path) -> None:
    add(
        dataset,
        "artists",
        {"artist_id": None, "name": "No Id", "popularity": 99},
        {"artist_id": "a1", "name": "aespa again", "popularity": 99},
        {"artist_id": "a5", "name": None, "popularity": 99},
        {"artist_id": "a6", "name": "n" * 10_000},
        {"artist_id": "a7", "name": 'Quote "it"\nand run 🎤'},
    )
    catalog = DatasetCatalog(dataset)
    assert catalog.roster()["artist_id"].to_pylist() == ["a2", "a1", "a3", "a4", "a7"]
    assert found_names(catalog, "quote it and run") == [("a7", 'Quote "it"\nand run 🎤', True)]


def test_popularity_of_another_type_still_orders_the_roster(dataset: Path) -> None:
    def as_text(found: pa.Table) -> pa.Table:
        place = found.schema.get_field_index("popularity")
        return found.set_column(place, "popularity", pa.array(["9", "100", "abc", None]))

    rewrite(dataset, "artists", as_text)
    assert DatasetCatalog(dataset).roster()["artist_id"].to_pylist() == ["a2", "a1", "a4"]


# Reading


def test_reading_some_artists_gives_their_tracks_with_complete_credits(dataset: Path) -> None:
    catalog = DatasetCatalog(dataset)
    aespa = pa.array(["a1"])
    assert catalog.read("artists", aespa)["name"].to_pylist() == ["aespa"]
    assert catalog.read("tracks", aespa)["track_id"].to_pylist() == ["t1", "t2"]
    assert catalog.read("audio_features", aespa)["track_id"].to_pylist() == ["t1", "t2"]
    assert catalog.read("track_artists", aespa).select(["track_id", "artist_id"]).to_pylist() == [
        {"track_id": "t1", "artist_id": "a1"},
        {"track_id": "t2", "artist_id": "a3"},
        {"track_id": "t2", "artist_id": "a1"},
    ]
    assert catalog.read("artist_aliases", aespa)["alias"].to_pylist() == ["에스파"]


def test_what_a_reading_observes(dataset: Path) -> None:
    catalog = DatasetCatalog(dataset)
    asked = pa.array(["a1", "a4", "unheard-of", "a1", None, "not an id"])
    assert catalog.observed_ids("artists", asked).to_pylist() == ["a1", "a4", "unheard-of"]
    assert catalog.observed_ids("artist_tags", asked).to_pylist() == ["a1", "a4", "unheard-of"]
    assert catalog.observed_ids("audio_features", asked).to_pylist() == ["t1", "t2"]
    assert catalog.observed_ids("tracks", pa.array(["a4"])).to_pylist() == []


def test_reading_everybody_gives_each_file_whole(dataset: Path) -> None:
    add(dataset, "artists", {"name": "No Id"})
    add(dataset, "tracks", {"track_id": "t9", "name": "By Nobody"}, {"name": "No Id"})
    catalog = DatasetCatalog(dataset)
    everybody = catalog.roster()["artist_id"]
    assert catalog.read("artists", everybody)["name"].to_pylist()[-1] == "No Id"
    assert catalog.read("tracks", everybody)["name"].to_pylist()[-2:] == ["By Nobody", "No Id"]
    assert catalog.observed_ids("audio_features", everybody).to_pylist() == ["t1", "t2", "t3", "t9"]
    assert "t9" not in catalog.read("tracks", everybody.slice(1))["track_id"].to_pylist()


def test_only_what_is_there_is_offered(dataset: Path) -> None:
    catalog = DatasetCatalog(dataset)
    assert catalog.offers == set(SMALL_DATASET)
    with pytest.raises(
        CatalogError, match="does not offer artist_tags; it has artists, tracks, track_artists"
    ):
        catalog.read("artist_tags", pa.array(["a1"]))


def test_rows_are_read_unchecked_and_the_contract_sorts_them(dataset: Path, lake: Lake) -> None:
    add(
        dataset,
        "audio_features",
        {"track_id": "t3", "energy": math.nan},
        {"track_id": "t1", "energy": 0.1},
        {"track_id": None, "energy": 0.1},
    )
    catalog = DatasetCatalog(dataset)
    everybody = catalog.roster()["artist_id"]
    found = catalog.read("audio_features", everybody)
    seen = lake.observe("audio_features", found, stamp(), catalog.observed_ids("audio_features", everybody))
    assert lake.read("audio_features")["track_id"].to_pylist() == ["t1", "t2"]
    assert seen.checked.reasons() == {
        "duplicate of an earlier row with the same track_id": 1,
        "energy is not a number": 1,
        "track_id is missing": 1,
    }


@pytest.mark.parametrize("as_type", [pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_ids_are_found_in_whatever_text_type_they_come(dataset: Path, as_type: pa.DataType) -> None:
    for table in ("artists", "track_artists", "tracks"):
        column = TABLES[table].columns[0].name
        rewrite(dataset, table, lambda found, c=column: found.set_column(0, c, found[c].cast(as_type)))
    catalog = DatasetCatalog(dataset)
    assert catalog.read("artists", pa.array(["a1"])).num_rows == 1
    assert catalog.read("tracks", pa.array(["a1"])).num_rows == 2
    assert catalog.roster().num_rows == 4


# Playlists


def test_a_playlist_has_the_artists_that_its_tracks_credit(dataset: Path) -> None:
    assert DatasetCatalog(dataset).playlist_artists() is None
    listed = [("p1", 1), ("p1", 2), ("p1", 99), ("p2", 3), (None, 1), ("p2", None)]
    numbers = pa.table(
        {"playlist_id": [p for p, _ in listed], "track_id": [t for _, t in listed], "at": [0] * 6}
    )
    pq.write_table(numbers, dataset / "playlist_tracks.parquet")
    for table in ("tracks", "track_artists"):
        # Numbers for ids, as many datasets have them.
        ids = [
            int(one.removeprefix("t"))
            for one in pq.read_table(dataset / f"{table}.parquet")["track_id"].to_pylist()
        ]
        rewrite(dataset, table, lambda found, ids=ids: found.set_column(0, "track_id", pa.array(ids)))
    catalog = DatasetCatalog(dataset)
    assert "playlist_tracks" in catalog.offers
    found = catalog.playlist_artists()
    assert found is not None
    assert sorted((row["playlist_id"] or "", row["artist_id"]) for row in found.to_pylist()) == [
        ("", "a1"),
        ("p1", "a1"),
        ("p1", "a1"),
        ("p1", "a3"),
        ("p2", "a3"),
    ]


def test_playlists_of_other_tracks_are_no_playlists(dataset: Path) -> None:
    write = partial(pq.write_table, where=dataset / "playlist_tracks.parquet")
    write(rows("playlist_tracks", {"playlist_id": "p1", "track_id": "elsewhere"}))
    with pytest.raises(CatalogError, match="playlist_tracks, and track_artists credits none of its 1 tracks"):
        DatasetCatalog(dataset).playlist_artists()
    write(pa.table({"playlist": ["p1"], "track_id": [[1]]}))
    with pytest.raises(CatalogError, match=r"(?s)playlist_tracks.playlist_id: .*playlist_tracks.track_id: "):
        DatasetCatalog(dataset)


# Names


def test_names_and_aliases_find_exactly_then_by_beginning(dataset: Path) -> None:
    catalog = DatasetCatalog(dataset)
    for query in ("aespa", "AESPA", " aespa ", "ａｅｓｐａ"):
        assert found_names(catalog, query) == [("a1", "aespa", True), ("a2", "Aespaland", False)]
    assert found_names(catalog, "에스파") == [("a1", "에스파", True)]
    assert found_names(catalog, "샤이") == [("a3", "샤이니", False)]
    assert found_names(catalog, "ae") == [("a2", "Aespaland", False), ("a1", "aespa", False)]
    assert found_names(catalog, "ae", limit=1) == [("a2", "Aespaland", False)]
    for nothing in ("", "  ", "Beyoncé", "Supernova Band", "%", "' or 1=1 --"):
        assert found_names(catalog, nothing) == []


def test_same_named_artists_are_all_found_the_more_popular_first(dataset: Path) -> None:
    add(
        dataset,
        "artists",
        {"artist_id": "a0", "name": "Shinee"},
        {"artist_id": "a9", "name": "SHINEE", "popularity": 81},
    )
    assert found_names(DatasetCatalog(dataset), "shinee") == [
        ("a9", "SHINEE", True),
        ("a3", "SHINee", True),
        ("a0", "Shinee", True),
    ]


def test_found_artist_is_complete(dataset: Path) -> None:
    artist = DatasetCatalog(dataset).find_artists("aespa")[0].artist
    assert (artist.artist_id, artist.followers, artist.popularity, artist.genres) == ("a1", 9, 80, ["k-pop"])


def test_names_are_found_without_any_aliases(dataset: Path) -> None:
    (dataset / "artist_aliases.parquet").unlink()
    catalog = DatasetCatalog(dataset)
    assert found_names(catalog, "shinee") == [("a3", "SHINee", True)]
    assert found_names(catalog, "샤이니") == []


# What is wrong with a directory


def test_missing_directory_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"^CATALOG_DATASET=.*/nowhere cannot be opened \(No such file"):
        DatasetCatalog(tmp_path / "nowhere")
    with pytest.raises(CatalogError, match=r"^sample in .*/nowhere cannot be opened"):
        DatasetCatalog(tmp_path / "nowhere", source="sample")


def test_file_in_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        CatalogError, match=r"CATALOG_DATASET=.*/file is a file; a dataset is a directory with"
    ):
        DatasetCatalog(tmp_path / "file")


def test_missing_tables_are_named_with_what_is_there(dataset: Path) -> None:
    (dataset / "tracks.parquet").rename(dataset / "songs.parquet")
    (dataset / "audio_features.parquet").unlink()
    with pytest.raises(CatalogError) as error:
        DatasetCatalog(dataset)
    assert "lacks tracks.parquet, audio_features.parquet;" in str(error.value)
    assert "It holds: artist_aliases.parquet, artists.parquet, songs.parquet" in str(error.value)


def test_empty_directory(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"lacks artists\.parquet, .* It holds: nothing"):
        DatasetCatalog(tmp_path)


@pytest.mark.parametrize("keep", [0, 4, 100, -1, -300])
def test_truncated_file_is_named(dataset: Path, keep: int) -> None:
    path = dataset / "tracks.parquet"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(
        CatalogError, match=r"CATALOG_DATASET=.*: tracks\.parquet cannot be read; it is damaged"
    ):
        DatasetCatalog(dataset)


def test_file_damaged_in_the_middle_is_named(dataset: Path) -> None:
    path = dataset / "tracks.parquet"
    content = bytearray(path.read_bytes())
    content[4:200] = b"\xff" * 196
    path.write_bytes(content)
    catalog = DatasetCatalog(dataset)
    with pytest.raises(CatalogError, match=r"tracks\.parquet cannot be read; it is damaged"):
        catalog.read("tracks", pa.array(["a1"]))


def test_something_else_than_parquet(dataset: Path) -> None:
    (dataset / "artists.parquet").write_text("artist_id,name\na1,aespa\n")
    with pytest.raises(
        CatalogError, match=r"artists\.parquet cannot be read; it is damaged or no Parquet file"
    ):
        DatasetCatalog(dataset)


def test_missing_columns_and_wrong_types_are_all_named(dataset: Path) -> None:
    rewrite(dataset, "artists", lambda found: found.drop_columns(["popularity"]))
    rewrite(dataset, "tracks", lambda found: found.drop_columns(["isrc", "image_url"]))
    rewrite(
        dataset,
        "audio_features",
        lambda found: found.set_column(
            found.schema.get_field_index("tempo"), "tempo", pa.array([[1.0]] * found.num_rows)
        ),
    )
    with pytest.raises(CatalogError) as error:
        DatasetCatalog(dataset)
    first, *faults = str(error.value).splitlines()
    assert first.endswith("does not hold what it should:")
    assert faults == [
        "artists.popularity: expected integer, found no such column "
        "(there are: artist_id, name, followers, genres, image_url)",
        "audio_features.tempo: expected double, found list<element: double>",
    ]


def test_tables_without_rows_make_an_empty_catalogue(dataset: Path) -> None:
    for table in SMALL_DATASET:
        rewrite(dataset, table, lambda found: found.slice(0, 0))
    catalog = DatasetCatalog(dataset)
    assert catalog.roster().num_rows == 0
    assert catalog.find_artists("aespa") == []
    assert catalog.read("tracks", pa.array([], pa.string())).num_rows == 0
