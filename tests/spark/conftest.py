"""One JVM for all tests of Spark, and the moods of the sample, worked out on this machine and on EMR Serverless."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pyarrow as pa
import pytest

from spotify_assets.core.lake.moods import PARTS, SCHEMAS, MoodPart, mood_versions, read_moods
from spotify_assets.core.settings import PROJECT_ROOT
from tests.defs.conftest import Graph, sample_platform
from tests.homes import copy_home

if TYPE_CHECKING:
    from tests.doubles.aws import AwsDouble

JVM = (
    # Compiling well what runs for seconds would take longer than it saves.
    "--master local[2] --driver-memory 1g --conf spark.ui.enabled=false "
    "--conf spark.sql.codegen.wholeStage=false --conf spark.sql.codegen.factoryMode=NO_CODEGEN "
    "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' pyspark-shell"
)
HALF = "t29991231T000000Z-dead"
"""A version that its run did not finish."""
ROLE = "arn:aws:iam::123456789012:role/moods"


@pytest.fixture(scope="session")
def jvm() -> Iterator[Any]:
    """The JVM that every driver of these tests connects to, as one that `spark-submit` started does."""
    pytest.importorskip("pyspark", reason="needs Spark, which `pip install -e .[spark]` brings")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("needs Java 17 or later, which Spark runs on")
    from pyspark.java_gateway import launch_gateway

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_SUBMIT_ARGS", JVM)
        gateway: Any = launch_gateway()
    yield gateway
    gateway.shutdown()
    gateway.proc.terminate()
    gateway.proc.wait()


@dataclass
class Sorted:
    """A platform whose tracks have moods, and the run that gave them."""

    graph: Graph
    result: dg.ExecuteInProcessResult

    @property
    def version(self) -> str:
        """The version that counts."""
        return mood_versions(self.graph.platform.lake)[-1]

    def rows(self, part: MoodPart) -> pa.Table:
        """A part of it, in one order."""
        table = read_moods(self.graph.platform.lake, part, self.version)
        return table.sort_by([(name, "ascending") for name in SCHEMAS[part].names[:2]])


@pytest.fixture(scope="session")
def sorted_here(jvm: Any, sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sorted]:
    """The sample, after the job `moods` on this machine."""
    home = tmp_path_factory.mktemp("moods") / "home"
    copy_home(sample_home, home)
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        patch.setenv("PYSPARK_GATEWAY_PORT", str(jvm.gateway_parameters.port))
        patch.setenv("PYSPARK_GATEWAY_SECRET", jvm.gateway_parameters.auth_token)
        graph = Graph(sample_platform(home), instance)
        lake = graph.platform.lake
        lake.write_table(
            f"track_moods/tracks/mood_version={HALF}/part-0.parquet",
            pa.table({"track_id": ["nobody"], "mood": ["live"]}),
        )
        yield Sorted(graph, graph.run("moods"))


@dataclass
class OnEmr:
    """A platform in AWS, as far as its tracks' moods need it."""

    aws: AwsDouble
    graph: Graph
    bucket: str
    application: str

    def run(self, **settings: str) -> dg.ExecuteInProcessResult:
        """Materialise `track_moods` with other settings than usual."""
        overrides = {**self.graph.platform.overrides, **settings}
        graph = Graph(type(self.graph.platform)(overrides=overrides), self.graph.instance)
        return graph.run("moods", asset_selection=[dg.AssetKey("track_moods")])


@pytest.fixture(scope="session")
def on_emr(jvm: Any, sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnEmr]:
    """The sample's lake on S3, and an application of EMR Serverless."""
    pytest.importorskip("moto.moto_server", reason="needs moto, which `pip install -e .[dev]` brings")
    from tests.doubles.aws import aws_double
    from tests.doubles.emr_serverless import EmrDouble

    directory = tmp_path_factory.mktemp("emr")
    with (
        aws_double() as aws,
        pytest.MonkeyPatch.context() as patch,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        for name, value in aws.environment.items():
            patch.setenv(name, value)
        aws.emr = EmrDouble(jvm, aws.environment, aws.client("s3"))
        bucket = aws.make_bucket("moods-lake")
        raw = sample_home / "lake"
        for file in raw.glob("raw/*/*/*.parquet"):
            aws.client("s3").upload_file(str(file), bucket, f"lake/{file.relative_to(raw)}")
        aws.client("s3").upload_file(str(packed_python(directory)), bucket, "environment.tar.gz")
        made = aws.client("emr-serverless").create_application(
            name="moods", releaseLabel="emr-7.13.0", type="SPARK", clientToken="once"
        )
        platform = sample_platform(
            directory / "home",
            lake_uri=f"s3://{bucket}/lake",
            dbt_target="athena",
            spark_master=f"emr-serverless://{made['applicationId']}",
            spark_job_role=ROLE,
            spark_environment=f"s3://{bucket}/environment.tar.gz",
        )
        yield OnEmr(aws, Graph(platform, instance), bucket, made["applicationId"])


@pytest.fixture(scope="session")
def sorted_on_emr(on_emr: OnEmr) -> Sorted:
    """The sample's lake after `track_moods` on EMR Serverless."""
    return Sorted(on_emr.graph, on_emr.run())


BLIND = """
import runpy, sys
# Where the project is installed for development it would be found: only the modules in the zip may be.
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
sys.path[:] = [place for place in sys.path if place != {project!r}]
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def packed_python(directory: Path) -> Path:
    """A packed environment: this Python, but without the project in it."""
    start, python = directory / "start.py", directory / "python"
    start.write_text(BLIND.format(project=str(PROJECT_ROOT)))
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {start} "$@"\n')
    python.chmod(0o755)
    archive = directory / "environment.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(python, "bin/python")
    return archive


def every_part(moods: Sorted) -> dict[str, list[dict[str, Any]]]:
    """All that one version says."""
    return {part: moods.rows(part).to_pylist() for part in PARTS}
