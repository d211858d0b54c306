"""Catalogues as they really come: broken, partial, hostile. Nothing is lost, nothing half-made is published."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.lake.bulk_observer import BulkObserver
from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.names import name_key
from spotify_assets.core.records import TABLES
from spotify_assets.sample import SAMPLE_DIRECTORY
from tests.defs.conftest import Graph, failures, metadata_of, sample_platform

REQUIRED = ("artists", "tracks", "track_artists", "audio_features")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A dataset of a test's own."""
    return twenty_artists(tmp_path / "dataset")


def twenty_artists(directory: Path) -> Path:
    """Copy twenty artists of the sample to a directory, as somebody's own dataset; return it."""
    directory.mkdir()
    artists = pq.read_table(SAMPLE_DIRECTORY / "artists.parquet").slice(0, 20)
    credits = pq.read_table(SAMPLE_DIRECTORY / "track_artists.parquet")
    credits = credits.filter(pa.compute.is_in(credits["artist_id"], artists["artist_id"].combine_chunks()))
    pq.write_table(artists, directory / "artists.parquet")
    pq.write_table(credits, directory / "track_artists.parquet")
    for table in ("tracks", "audio_features"):
        rows = pq.read_table(SAMPLE_DIRECTORY / f"{table}.parquet")
        kept = rows.filter(pa.compute.is_in(rows["track_id"], credits["track_id"].combine_chunks()))
        pq.write_table(kept, directory / f"{table}.parquet")
    return directory


@pytest.fixture
def graph(tmp_path: Path, dataset: Path, instance: dg.DagsterInstance) -> Graph:
    platform = sample_platform(tmp_path / "home", catalog_source="dataset", catalog_dataset=str(dataset))
    return Graph(platform, instance)


def observe(graph: Graph, **kwargs) -> dg.ExecuteInProcessResult:
    keys = [
        dg.AssetKey(name)
        for name in ("artist_roster", "artist_requests", "raw_artists", "raw_tracks", "raw_audio_features")
    ]
    return graph.run("build", asset_selection=keys, **kwargs)


def change(dataset: Path, table: str, edit: Callable[[list[dict]], list[dict]]) -> None:
    path = dataset / f"{table}.parquet"
    rows = edit(pq.read_table(path).to_pylist())
    pq.write_table(pa.Table.from_pylist(rows, schema=record_schema(table)), path)


@pytest.mark.parametrize("table", REQUIRED)
def test_a_missing_table_is_named_and_nothing_is_published(graph: Graph, dataset: Path, table: str) -> None:
    (dataset / f"{table}.parquet").unlink()
    result = observe(graph)
    assert not result.success
    assert f"{table}.parquet" in failures(result)


def test_a_missing_directory_names_the_setting(graph: Graph, dataset: Path) -> None:
    graph.platform.overrides["catalog_dataset"] = str(dataset / "nowhere")
    result = observe(graph)
    assert not result.success
    assert "CATALOG_DATASET" in failures(result)


def test_a_missing_column_is_named_with_its_table(graph: Graph, dataset: Path) -> None:
    path = dataset / "audio_features.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["energy"]), path)
    result = observe(graph)
    assert not result.success
    assert "audio_features" in failures(result)
    assert "energy" in failures(result)


def test_bad_rows_are_quarantined_with_reasons_and_the_rest_goes_on(graph: Graph, dataset: Path) -> None:
    def spoil(rows: list[dict]) -> list[dict]:
        rows[0]["energy"] = 7.0
        return rows

    change(dataset, "audio_features", spoil)
    result = observe(graph)
    assert result.success
    seen = metadata_of(result, "raw_audio_features")
    assert seen["quarantined"] == 1
    assert "energy" in seen["quarantined by reason"]
    (file,) = graph.platform.lake.storage.list("raw_quarantine/audio_features", ".parquet")
    assert "energy" in pq.read_table(graph.platform.lake.storage.full_path(file))["reason"][0].as_py()


def test_too_many_bad_rows_block_what_is_behind_them(graph: Graph, dataset: Path) -> None:
    change(dataset, "audio_features", lambda rows: [{**row, "energy": 7.0} for row in rows[:50]] + rows[50:])
    result = graph.run("build")
    assert not result.success
    (check,) = [c for c in result.get_asset_check_evaluations() if not c.passed]
    assert (check.asset_key.to_user_string(), check.check_name) == ("raw_audio_features", "contract")
    assert not graph.platform.store.answers.versions("artist")


def test_an_empty_catalogue_fails_instead_of_publishing_nothing(graph: Graph, dataset: Path) -> None:
    change(dataset, "audio_features", lambda _: [])
    result = observe(graph)
    assert not result.success
    assert "gave no row" in failures(result)


HOSTILE = [
    "O'Brien \"; drop table artists; --",
    "two\nlines",
    "🎤🔥",
    "가" * 1000,
    "<script>alert(1)</script>",
    "..",
    "%s %d {}",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """A dataset whose first artists have hostile names, built."""
    home = tmp_path_factory.mktemp("hostile")
    dataset = twenty_artists(home / "dataset")

    def rename(rows: list[dict]) -> list[dict]:
        renamed = [{**row, "name": name} for row, name in zip(rows, HOSTILE, strict=False)]
        return renamed + rows[len(HOSTILE) :]

    change(dataset, "artists", rename)
    platform = sample_platform(home / "home", catalog_source="dataset", catalog_dataset=str(dataset))
    with dg.DagsterInstance.ephemeral() as instance:
        graph = Graph(platform, instance)
        assert graph.run("build").success
        yield graph


@dataclass(frozen=True)
class Changed:
    """What was otherwise before the dataset changed and was built again."""

    poorer: str
    """An artist whose genres and popularity the catalogue lost, and what they were."""
    genres: list[str]
    popularity: int
    shorter: str
    """A track of two artists; it lost one."""
    gone: str
    """An artist in somebody's list whom the catalogue lost."""


@pytest.fixture(scope="module")
def changed(hostile: Graph) -> Changed:
    """The dataset changed and built again."""
    dataset = Path(hostile.platform.overrides["catalog_dataset"])
    ((poorer, genres, popularity),) = hostile.rows(
        "select artist_id, genres, popularity from dim_artists where genres is not null order by artist_id limit 1"
    )
    ((shorter, credited),) = hostile.rows(
        "select track_id, artist_ids from dim_tracks where len(artist_ids) = 2 order by track_id limit 1"
    )
    listed = hostile.rows("select related_id from artist_similarity order by artist_id, rank")
    named = {m.target_id for name in HOSTILE for m in hostile.platform.store.answers.find(name_key(name))}
    gone = next(artist for (artist,) in listed if artist not in {poorer, *credited, *named})

    def lose(rows: list[dict]) -> list[dict]:
        poor = {"genres": None, "popularity": None}
        left = [row for row in rows if row["artist_id"] != gone]
        return [{**row, **poor} if row["artist_id"] == poorer else row for row in left]

    change(dataset, "artists", lose)
    change(
        dataset,
        "track_artists",
        lambda rows: [row for row in rows if (row["track_id"], row["position"]) != (shorter, 1)],
    )
    assert hostile.run("build").success
    return Changed(poorer, genres, popularity, shorter, gone)


def test_hostile_names_travel_to_the_answer_unharmed(hostile: Graph) -> None:
    answers = hostile.platform.store.answers
    for name in HOSTILE:
        (match,) = [m for m in answers.find(name_key(name)) if m.kind == "artist"]
        document = answers.artist(match.target_id)
        assert document and document.artist.name == name


def test_a_newer_observation_erases_nothing_but_a_shorter_list_is_believed(
    hostile: Graph, changed: Changed
) -> None:
    found = hostile.rows(f"select genres, popularity from dim_artists where artist_id = '{changed.poorer}'")
    assert found == [(changed.genres, changed.popularity)]
    credits = hostile.rows(f"select len(artist_ids) from dim_tracks where track_id = '{changed.shorter}'")
    assert credits == [(1,)]


def test_an_artist_that_left_the_catalogue_leaves_lists_and_store(hostile: Graph, changed: Changed) -> None:
    listed = f"select count(*) from artist_similarity where '{changed.gone}' in (artist_id, related_id)"
    assert hostile.rows(listed) == [(0,)]
    assert hostile.platform.store.answers.artist(changed.gone) is None


def test_a_step_tried_again_in_one_run_loses_and_doubles_nothing(graph: Graph) -> None:
    platform = graph.platform
    observer = BulkObserver(platform.bulk, platform.lake, platform.stamps("one-run"))
    ids = platform.bulk.roster()["artist_id"].to_pylist()
    for _ in range(2):
        observer.observe(["artists"], ids, whole_roster=True)
    observer.observe(["artists"], ids[:3], whole_roster=False)
    assert graph.platform.lake.row_count("artists") == len(ids) + 3
    assert len(graph.platform.lake.files("artists")) == 2


def test_marts_that_dbt_did_not_finish_are_not_published(built: Graph) -> None:
    from spotify_assets.defs.marts.models import BUILD_STATE

    lake = built.platform.lake
    whole = lake.read_json(BUILD_STATE)
    lake.write_json(BUILD_STATE, {"state": "building", "run_id": "killed-run"})
    try:
        result = built.run(
            "build", asset_selection=[dg.AssetKey("serving_documents"), dg.AssetKey("mart_snapshot")]
        )
        assert not result.success
        assert "killed-run" in failures(result)
    finally:
        lake.write_json(BUILD_STATE, whole)


def test_tables_of_the_contract_are_those_of_the_records() -> None:
    assert set(REQUIRED) < set(TABLES)
