"""Platforms in a temporary directory, on the bundled sample, with a Dagster instance of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest

from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.definitions import build_defs
from spotify_assets.defs.resources import Platform
from tests.homes import copy_home


def sample_platform(home: Path, **overrides: str) -> Platform:
    return Platform(overrides={"platform_home": str(home), "catalog_source": "sample", **overrides})


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return sample_platform(tmp_path / "platform")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@dataclass
class Graph:
    """A platform and the jobs over it, run in this process."""

    platform: Platform
    instance: dg.DagsterInstance

    def run(
        self, job: str = "build", config: dg.RunConfig | None = None, **kwargs
    ) -> dg.ExecuteInProcessResult:
        # Only definitions made anew take a platform whose rooms are not open yet.
        definitions = build_defs({"platform": Platform(overrides=self.platform.overrides)})
        return definitions.resolve_job_def(job).execute_in_process(
            run_config=config, instance=self.instance, raise_on_error=False, **kwargs
        )

    def rows(self, sql: str) -> list[tuple]:
        with self.platform.warehouse.connect() as marts:
            return marts.sql(sql).fetchall()


@contextmanager
def a_copy(sample_home: Path, home: Path) -> Iterator[Graph]:
    """The sample, built, in a home and with an instance of its own."""
    copy_home(sample_home, home)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Graph(sample_platform(home), instance)


@pytest.fixture(scope="module")
def built(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """The sample, built, for all tests of a module."""
    with a_copy(sample_home, tmp_path_factory.mktemp("graph") / "home") as graph:
        yield graph


@pytest.fixture
def built_anew(sample_home: Path, tmp_path: Path) -> Iterator[Graph]:
    """The sample, built, for one test that leaves it broken."""
    with a_copy(sample_home, tmp_path / "home") as graph:
        yield graph


@contextmanager
def an_impossible_artist(graph: Graph) -> Iterator[str]:
    """Let the lake hold an artist of popularity 500, as no contract lets in; take it out again."""
    schema = record_schema("artists")
    row = {"artist_id": "impossible", "name": "Impossible", "popularity": 500}
    rows = pa.Table.from_pylist([{name: row.get(name) for name in schema.names}], schema=schema)
    lake = graph.platform.lake
    path = lake.append("artists", rows, Stamp("sample", "a-test", datetime.now(UTC), 30)).path
    assert path
    try:
        yield "impossible"
    finally:
        lake.storage.delete(path)


def metadata_of(result: dg.ExecuteInProcessResult, asset: str) -> dict:
    """The values of what one asset materialised."""
    (event,) = result.asset_materializations_for_node(asset)
    return {name: value.value for name, value in event.metadata.items()}


def failures(result: dg.ExecuteInProcessResult) -> str:
    """The messages of all failed steps, causes included."""
    messages = []
    for event in result.filter_events(lambda e: e.is_step_failure):
        error = event.step_failure_data.error
        while error:
            messages.append(error.message)
            error = error.cause
    return "\n".join(messages)
