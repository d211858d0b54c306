"""The model is published part by part, and only what changed is written."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.core.similarity import Model
from spotify_assets.core.store.sql import SqlStore
from spotify_assets.defs.serving.similarity_parts import publish_model

SIZE = 2 + 1 + 1 + len(SIMILARITY_FEATURES)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = SqlStore(f"sqlite:///{tmp_path / 'serving.db'}")
    yield store
    store.close()


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse's models that publishing reads, as dbt makes them."""
    connection = duckdb.connect()
    connection.execute(
        "create table stg_similarity_model__vectors (model_version text, kind text, name text, vector integer[])"
    )
    connection.execute(
        "create table int_artist_points (artist_id text, model_version text, is_listed boolean, vector integer[], span bigint)"
    )
    connection.execute("create table int_artist_cells (artist_id text, cell integer)")
    connection.execute(
        "create table stg_similarity_model__breakpoints (model_version text, feature text, breakpoint double, first_quantile double, last_quantile double)"
    )
    fit(connection, "m1")
    for number, artist_id in enumerate(["a", 'b"', "c", "unlisted"]):
        vector = [number] + [0] * (SIZE - 1)
        connection.execute(
            "insert into int_artist_points values (?, 'm1', ?, ?, 7)",
            [artist_id, artist_id != "unlisted", vector],
        )
        connection.execute("insert into int_artist_cells values (?, ?)", [artist_id, 1 + number // 2])
    yield connection
    connection.close()


def fit(connection: duckdb.DuckDBPyConnection, version: str) -> None:
    connection.execute("delete from stg_similarity_model__vectors")
    connection.execute("delete from stg_similarity_model__breakpoints")
    rows = [
        ("term", "k-pop", [5, 6]), ("word", "pop", [1, 2]), ("term", "x" * 121, [0, 0]),
        ("era", "2000", [3]), ("era", "2001", [4]), ("popularity", "0", [9]), ("popularity", "1", [8]),
        ("cell", "1", [1] * SIZE + [55, 77]), ("cell", "2", [2] * SIZE + [55, 88]),
        ("parameter", "genre_length", [374]), ("parameter", "sound_scale", [141]),
        ("parameter", "complete", [220000]), ("parameter", "related", [120000]),
    ]  # fmt: skip
    for kind, name, vector in rows:
        connection.execute(
            "insert into stg_similarity_model__vectors values (?, ?, ?, ?)", [version, kind, name, vector]
        )
    for feature in SIMILARITY_FEATURES:
        connection.execute(
            "insert into stg_similarity_model__breakpoints values (?, ?, 0.5, 0, 1)", [version, feature]
        )


def test_a_model_and_its_cells_are_published_whole(store: SqlStore, marts: duckdb.DuckDBPyConnection) -> None:
    published = publish_model(marts, store.vectors)
    assert (published.version, published.parts, published.written) == ("m1", 5, 5)
    assert store.vectors.version() == "m1"
    model = Model.from_text(store.vectors.parts("m1", "model", ["-"])["-"])
    assert (model.genre_dimensions, model.first_year, model.eras, model.complete) == (
        2,
        2000,
        [[3], [4]],
        220_000,
    )
    assert [cell[-1] for cell in model.cells] == [77, 88]
    assert {len(cell) for cell in model.cells} == {SIZE + 1}
    assert store.vectors.parts("m1", "term", ["k-pop", "x" * 121]) == {"k-pop": "[5,6]"}
    cell = json.loads(store.vectors.parts("m1", "cell", ["1"])["1"])
    assert [(artist_id, span, vector[0]) for artist_id, span, vector in cell] == [("a", 7, 0), ('b"', 7, 1)]
    listed = json.loads(store.vectors.parts("m1", "cell", ["2"])["2"])
    assert [artist_id for artist_id, _, _ in listed] == ["c"]


def test_only_what_changed_is_written_again(store: SqlStore, marts: duckdb.DuckDBPyConnection) -> None:
    publish_model(marts, store.vectors)
    assert publish_model(marts, store.vectors).written == 0
    marts.execute("delete from int_artist_points where artist_id = 'c'")
    marts.execute("update int_artist_points set span = 8 where artist_id = 'a'")
    assert publish_model(marts, store.vectors).written == 1
    assert store.vectors.parts("m1", "cell", ["2"]) == {}, "nobody is in it any more"


def test_a_new_version_takes_the_place_of_the_old(store: SqlStore, marts: duckdb.DuckDBPyConnection) -> None:
    publish_model(marts, store.vectors)
    fit(marts, "m2")
    assert publish_model(marts, store.vectors).written == 5
    assert (store.vectors.version(), store.vectors.digests("m1")) == ("m2", {})
