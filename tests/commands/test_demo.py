"""`make demo` touches nothing but the sample, and runs as often as somebody likes, killed or not."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest

from spotify_assets.core.lake.lake import open_lake
from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.store import Document, State
from spotify_assets.demo import store_of_sample_only
from spotify_assets.sample import SAMPLE_DIRECTORY
from tests.commands.conftest import Terminal, end, wait_for

DEMO = ("python", "-m", "spotify_assets.demo")


def refused(terminal: Terminal, **changes: str) -> str:
    done = terminal.run(*DEMO, **changes)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert len(said.splitlines()) == 1
    return said


def test_a_home_with_files_of_somebody_else_is_left_alone(empty: Terminal) -> None:
    empty.home.mkdir()
    (empty.home / "thesis.doc").write_text("years of work")
    said = refused(empty)
    assert "thesis.doc" in said
    assert "PLATFORM_HOME=.platform-demo make demo" in said
    assert [p.name for p in empty.home.iterdir()] == ["thesis.doc"]


def test_a_home_that_is_a_file_is_left_alone(empty: Terminal) -> None:
    empty.home.write_text("a file")
    assert "is a file" in refused(empty)
    assert empty.home.read_text() == "a file"


def test_another_catalogue_is_refused(empty: Terminal) -> None:
    said = refused(empty, CATALOG_SOURCE="dataset", CATALOG_DATASET=str(SAMPLE_DIRECTORY))
    assert "CATALOG_SOURCE=dataset" in said
    assert not empty.home.exists()


def test_a_lake_with_another_source_is_refused(empty: Terminal) -> None:
    artist = {"artist_id": "a", "name": "A"}
    schema = record_schema("artists")
    rows = pa.Table.from_pylist([{name: artist.get(name) for name in schema.names}], schema=schema)
    lake = open_lake(empty.settings)
    lake.append("artists", rows, Stamp("dataset", "run", datetime.now(UTC), 30))
    said = refused(empty)
    assert "holds more than the sample (dataset)" in said
    assert lake.row_count("artists") == 1


def test_a_store_with_other_answers_is_refused(empty: Terminal, tmp_path: Path) -> None:
    elsewhere = Terminal(tmp_path / "elsewhere")
    elsewhere.store.answers.put([Document("artist", "3HqSLMAZ3g3d5poNaI7GOU", "v", "{}", ())])
    said = refused(empty, SERVING_URL=elsewhere.settings.serving_url)
    assert "3HqSLMAZ3g3d5poNaI7GOU" in said
    assert "SERVING_URL" in said
    assert list(elsewhere.store.answers.versions("artist")) == ["3HqSLMAZ3g3d5poNaI7GOU"]


def test_what_the_bot_leaves_behind_is_no_stranger(empty: Terminal) -> None:
    assert empty.run("chatbot", "ask", "aespa").returncode == 0
    assert list((empty.home / "lake/raw/chat_events").rglob("*.jsonl.gz")), "its turn was told"
    store_of_sample_only(empty.settings).close()


@pytest.fixture
def demo(empty: Terminal) -> Iterator[subprocess.Popen[str]]:
    process = empty.start(*DEMO)
    yield process
    end(process)


@pytest.mark.nightly
def test_a_demo_killed_while_it_builds_is_done_by_the_next_one(
    demo: subprocess.Popen[str], empty: Terminal
) -> None:
    # In the middle of dbt, with half of the models built.
    wait_for("dbt", lambda: (empty.home / "warehouse.duckdb").exists(), patience=120)
    demo.send_signal(signal.SIGKILL)
    demo.wait()
    assert not (empty.home / "lake/marts/CURRENT.json").exists()
    wait_for("the end of its processes", lambda: not empty.processes())

    again = empty.start(*DEMO)
    try:
        said, complaint = again.communicate(timeout=400)
    finally:
        end(again)
    assert again.returncode == 0, said + complaint
    for title in ("1. Fill the platform", "4. Let the sensor and the run queue refresh", "5. Ask again"):
        assert title in said
    assert "aespa" in said
    (request,) = empty.store.requests.all()
    assert request.state is State.DONE
    assert empty.store.answers.artist(request.artist_ids[0])
    assert empty.processes() == [], "nothing of it goes on"
    with dg.DagsterInstance.from_config(str(empty.home / "dagster")) as instance:
        (refresh,) = instance.get_runs(dg.RunsFilter(job_name="refresh"))
    assert refresh.is_success, "nobody finds a failed run in Dagster"
