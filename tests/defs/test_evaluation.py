"""Evaluation in the graph: what is seen of it, and that lists which are worse are not published."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.lake.pointers import MODEL_ROOT, current_snapshot, model_versions
from spotify_assets.defs.evaluation import history
from spotify_assets.defs.marts.models import BUILD_STATE
from tests.defs.conftest import Graph, failures, metadata_of, sample_platform
from tests.homes import copy_home

PUBLISHING = [dg.AssetKey(name) for name in ("similarity_evaluation", "mart_snapshot", "serving_documents")]


@dataclass
class Measured(Graph):
    """A platform that measures its similar artists against a file of pairs."""

    pairs: Path

    @property
    def home(self) -> Path:
        return self.platform.settings.platform_home

    def change_lists(self, sql: str) -> None:
        with duckdb.connect(str(self.home / "warehouse.duckdb")) as warehouse:
            warehouse.execute(sql)

    def publish(self) -> dg.ExecuteInProcessResult:
        return self.run(asset_selection=PUBLISHING)


@pytest.fixture(scope="module")
def measured(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    """The sample; whoever is among the first three of a list counts as related."""
    directory = tmp_path_factory.mktemp("evaluated")
    copy_home(sample_home, directory / "home")
    pairs = directory / "pairs.parquet"
    with dg.DagsterInstance.ephemeral() as instance:
        graph = Measured(sample_platform(directory / "home", evaluation_pairs=str(pairs)), instance, pairs)
        with graph.platform.warehouse.connect() as marts:
            query = "select artist_id, related_id, rank from artist_similarity where rank <= 3"
            pq.write_table(marts.sql(query).to_arrow_table(), pairs)
        yield graph


@pytest.fixture(scope="module")
def accepted(measured: Measured) -> dg.ExecuteInProcessResult:
    result = measured.publish()
    assert result.success, failures(result)
    return result


@pytest.fixture(scope="module")
def refused(measured: Measured, accepted: dg.ExecuteInProcessResult) -> dict[str, object]:
    """A model fitted after the published one, whose lists name the wrong artists; nothing else differs."""
    lake, answers = measured.platform.lake, measured.platform.store.answers
    later = "m20991231T235959Z-ffff"
    for part in ("vectors", "breakpoints"):
        fitted = measured.home / "lake" / MODEL_ROOT / part / f"model_version={model_versions(lake)[-1]}"
        shutil.copytree(fitted, fitted.with_name(f"model_version={later}"))
    measured.change_lists(
        f"""
        update artist_similarity as s
        set related_id = w.wrong, model_version = '{later}'
        from (
            select artist_id, rank,
                lag(related_id, 80, related_id) over (partition by rank order by artist_id) as wrong
            from artist_similarity
        ) as w
        where s.artist_id = w.artist_id and s.rank = w.rank
        """
    )
    before = {"snapshot": current_snapshot(lake), "documents": answers.versions("artist")}
    return {**before, "later": later, "result": measured.publish()}


def test_without_pairs_nothing_is_measured_and_nothing_is_stopped(built: Graph) -> None:
    result = built.run(asset_selection=[dg.AssetKey("similarity_evaluation")])
    assert result.success
    assert metadata_of(result, "similarity_evaluation") == {"measured": "no: EVALUATION_PAIRS is not set"}


def test_what_is_measured_is_seen_beside_the_asset(
    accepted: dg.ExecuteInProcessResult, measured: Measured
) -> None:
    seen = metadata_of(accepted, "similarity_evaluation")
    assert seen["ndcg_at_10"] == pytest.approx(1.0)
    assert seen["recall_at_10"] == pytest.approx(1.0)
    assert 0 < seen["coverage"] <= 1
    assert seen["largest_hub"] >= 3
    assert seen["model_version"] == model_versions(measured.platform.lake)[0]
    assert seen["models"].startswith("![plot](data:image/png;base64,")


def test_a_model_that_is_as_good_passes_the_check(accepted: dg.ExecuteInProcessResult) -> None:
    (check,) = accepted.get_asset_check_evaluations()
    assert check.passed
    assert check.blocking


def test_what_a_model_scored_is_kept_in_the_lake(
    accepted: dg.ExecuteInProcessResult, measured: Measured
) -> None:
    lake = measured.platform.lake
    (path,) = lake.storage.list(history.ROOT, suffix=".parquet")
    digest = path.split("/")[1].removeprefix("pairs=")
    (row,) = history.recall(lake, digest).to_pylist()
    assert row["ndcg_at_10"] == pytest.approx(1.0)
    assert not row["refused"]
    assert metadata_of(accepted, "similarity_evaluation")["pairs"].find(digest) > 0


def test_worse_lists_fail_the_check_and_are_not_published(
    refused: dict[str, object], measured: Measured
) -> None:
    result = refused["result"]
    assert isinstance(result, dg.ExecuteInProcessResult)
    assert not result.success
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert "worse beyond noise" in (check.description or "")
    for asset in ("mart_snapshot", "serving_documents"):
        assert not result.asset_materializations_for_node(asset)
    assert current_snapshot(measured.platform.lake) == refused["snapshot"]
    assert measured.platform.store.answers.versions("artist") == refused["documents"]


def test_a_refused_model_is_withdrawn_and_stays_in_the_history(
    refused: dict[str, object], measured: Measured
) -> None:
    lake = measured.platform.lake
    assert refused["later"] not in model_versions(lake)
    assert len(model_versions(lake)) == 1
    (path, _) = sorted(lake.storage.list(history.ROOT, suffix=".parquet"), reverse=True)
    rows = history.recall(lake, path.split("/")[1].removeprefix("pairs=")).to_pylist()
    assert [(row["model_version"] == refused["later"], row["refused"]) for row in rows] == [
        (False, False),
        (True, True),
    ]
    assert rows[1]["ndcg_rise_high"] < 0


def test_refused_lists_cannot_be_published_by_hand_either(
    refused: dict[str, object], measured: Measured
) -> None:
    result = measured.run(asset_selection=[dg.AssetKey("serving_documents")])
    assert "were refused" in failures(result)
    # Building something else does not make them good.
    assert measured.run(asset_selection=[dg.AssetKey("dim_artist_aliases")]).success
    assert measured.platform.lake.read_json(BUILD_STATE)["state"] != "whole"


def test_lists_made_anew_by_the_published_model_are_published_again(
    refused: dict[str, object], measured: Measured
) -> None:
    result = measured.run(asset_selection=[dg.AssetKey("artist_similarity"), *PUBLISHING])
    assert result.success, failures(result)
    assert metadata_of(result, "similarity_evaluation")["ndcg_at_10"] == pytest.approx(1.0)
    assert measured.platform.store.answers.versions("artist") == refused["documents"]


def test_a_bad_file_fails_the_asset_with_its_fault(measured: Measured, tmp_path: Path) -> None:
    bad = tmp_path / "pairs.parquet"
    pq.write_table(pa.table({"artist_id": ["a"]}), bad)
    graph = Graph(sample_platform(measured.home, evaluation_pairs=str(bad)), measured.instance)
    result = graph.run(asset_selection=PUBLISHING)
    assert not result.success
    assert "lacks related_id, rank" in failures(result)
    assert not result.asset_materializations_for_node("serving_documents")


def test_pairs_of_strangers_measure_nothing_and_say_so(measured: Measured, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.parquet"
    pq.write_table(pa.table({"artist_id": ["x"], "related_id": ["y"], "rank": [1]}), pairs)
    graph = Graph(sample_platform(measured.home, evaluation_pairs=str(pairs)), measured.instance)
    result = graph.run(asset_selection=PUBLISHING[:1])
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "none of the pairs" in (check.description or "")
