"""Starting the Spark program where `SPARK_MASTER` says, and hearing of it through Dagster Pipes.

On this machine, or as the driver of a cluster, it is a subprocess. On EMR Serverless it is a job run that
reads its code from the lake's bucket and leaves its messages there. Not here: what it works out
(`spark/track_moods.py`).
"""

import hashlib
import io
import os
import shutil
import sys
import zipfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.settings import PROJECT_ROOT, Settings
from spotify_assets.defs.marts.dbt_project import PROJECT_DIR

PROGRAM = "spotify_assets/spark/track_moods.py"
MODULES = (
    "spotify_assets/__init__.py",
    "spotify_assets/core/__init__.py",
    "spotify_assets/core/moods.py",
    "spotify_assets/spark/__init__.py",
    "spotify_assets/spark/beliefs.py",
)
"""What the program imports of the platform."""

ON_EMR = "emr-serverless://"
SECONDS_BETWEEN_MESSAGES = 2


def run_track_moods(
    context: dg.AssetExecutionContext, settings: Settings, lake: Lake, version: str
) -> Mapping[str, Any]:
    """Run the program to its end; return the figures it reports.

    Raises:
        dagster.Failure: Spark is not installed, or the lake holds nothing to sort.
    """
    if settings.spark_master.startswith(ON_EMR):
        completed = _run_on_emr(context, settings, lake, version)
    else:
        completed = _run_here(context, settings, version)
    messages = completed.get_custom_messages()
    if not messages:
        raise dg.Failure(
            "Spark ended without a word of what it did: its own log says more, in this step's stderr or in "
            "the job run's logs.",
            allow_retries=False,
        )
    figures: Mapping[str, Any] = messages[-1]
    if "refused" in figures:
        raise dg.Failure(str(figures["refused"]), allow_retries=False)
    return figures


def _run_here(
    context: dg.AssetExecutionContext, settings: Settings, version: str
) -> dg.PipesClientCompletedInvocation:
    if find_spec("pyspark") is None:
        raise dg.Failure(
            "The moods of tracks need Spark: `pip install 'spotify-assets[spark]'`, and Java 17 or later.",
            allow_retries=False,
        )
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise dg.Failure(
            "Spark needs Java, and none was found: install Java 17 or later, or set JAVA_HOME.",
            allow_retries=False,
        )
    # Spark's own name of S3; EMR has another.
    uri = settings.lake_uri.replace("s3://", "s3a://", 1)
    return dg.PipesSubprocessClient().run(
        context=context,
        command=[
            sys.executable, "-m", _module(PROGRAM), *_arguments(uri, version),
            "--master", settings.spark_master, "--memory", settings.spark_memory,
        ],
        cwd=str(PROJECT_ROOT),
    )  # fmt: skip


def _run_on_emr(
    context: dg.AssetExecutionContext, settings: Settings, lake: Lake, version: str
) -> dg.PipesClientCompletedInvocation:
    # Imported here: boto3 takes a third of a second that platforms on one machine need not spend.
    from dagster_aws.pipes import PipesEMRServerlessClient, PipesS3MessageReader

    from spotify_assets.core.lake import aws

    session = aws.session()
    messages = PipesS3MessageReader(
        bucket=settings.lake_uri.removeprefix("s3://").split("/")[0],
        client=aws.client(session, "s3"),
        interval=SECONDS_BETWEEN_MESSAGES,
    )
    emr = PipesEMRServerlessClient(client=aws.client(session, "emr-serverless"), message_reader=messages)
    return emr.run(context=context, start_job_run_params=job_run(settings, lake, version))


def job_run(settings: Settings, lake: Lake, version: str) -> Any:
    """Put the program into the lake's bucket; return what `StartJobRun` is asked."""
    program, modules = upload(lake)
    environment = "./environment/bin/python"
    spark = {
        "spark.submit.pyFiles": modules,
        "spark.archives": f"{settings.spark_environment}#environment",
        "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON": environment,
        "spark.emr-serverless.driverEnv.PYSPARK_PYTHON": environment,
    }
    return {
        "applicationId": settings.spark_master.removeprefix(ON_EMR),
        "executionRoleArn": settings.spark_job_role,
        "name": f"track_moods {version}",
        "jobDriver": {
            "sparkSubmit": {
                "entryPoint": program,
                "entryPointArguments": _arguments(settings.lake_uri, version),
                "sparkSubmitParameters": " ".join(f"--conf {name}={value}" for name, value in spark.items()),
            }
        },
        "configurationOverrides": {
            "monitoringConfiguration": {
                "s3MonitoringConfiguration": {"logUri": lake.storage.uri_of("spark/logs") + "/"}
            }
        },
    }


def upload(lake: Lake) -> tuple[str, str]:
    """Write the program and its modules below `spark/`, by their digest; return both addresses."""
    program, modules = (PROJECT_ROOT / PROGRAM).read_bytes(), _zipped(MODULES)
    digest = hashlib.sha256(program + modules).hexdigest()[:16]
    paths = (f"spark/{digest}/{Path(PROGRAM).name}", f"spark/{digest}/modules.zip")
    for path, content in zip(paths, (program, modules), strict=True):
        lake.storage.write_whole(path, content)
    return lake.storage.uri_of(paths[0]), lake.storage.uri_of(paths[1])


def _zipped(names: Sequence[str]) -> bytes:
    """Return files of the project as a zip that is the same each time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), (PROJECT_ROOT / name).read_bytes())
    return content.getvalue()


def _arguments(uri: str, version: str) -> list[str]:
    """Return the program's arguments; sources are believed in the order that dbt has."""
    project = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    return [uri, version, "--sources", ",".join(project["vars"]["source_priority"])]


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")
