"""Dagster as `deploy/dagster` runs it: its three services, runs in PostgreSQL, what they print on S3."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from spotify_assets.core.settings import PROJECT_ROOT
from tests.doubles.aws import AwsDouble, aws_double
from tests.end_to_end.conftest import Processes, wait_for
from tests.homes import copy_home
from tests.ports import free_port

pytestmark = pytest.mark.nightly

DEPLOY = PROJECT_ROOT / "deploy" / "dagster"
POSTGRES = make_url(os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test"))
LAUNCH = """
mutation {
  launchRun(executionParams: {selector: {
    repositoryLocationName: "spotify_assets", repositoryName: "__repository__", jobName: "chat_events",
    assetSelection: [{path: ["raw_chat_events"]}]
  }}) {
    __typename
    ... on LaunchRunSuccess { run { runId status } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on Error { message }
  }
}"""
RUN = """
query ($run: ID!) {
  runOrError(runId: $run) {
    ... on Run { status eventConnection { events { ... on LogsCapturedEvent { fileKey } } } }
  }
}"""
CAPTURED = "query ($key: [String!]!) { capturedLogs(logKey: $key) { stderr } }"


@dataclass
class InAws:
    """The services, and what they keep things in."""

    aws: AwsDouble
    bucket: str
    database: Engine
    ui: str

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """What the UI would show."""
        body = {"query": query, "variables": variables}
        with httpx.Client(trust_env=False, timeout=60) as client:
            answer: dict[str, Any] = client.post(f"{self.ui}/graphql", json=body).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def database() -> Iterator[Engine]:
    """A database for Dagster alone."""
    server = POSTGRES.set(drivername="postgresql+psycopg2")
    administrator = create_engine(server, isolation_level="AUTOCOMMIT")
    own = f"dagster_{uuid.uuid4().hex[:12]}"
    try:
        with administrator.connect() as connection:
            connection.execute(text(f"create database {own}"))
    except OperationalError:
        pytest.skip(f"no PostgreSQL at {server.host}:{server.port}/{server.database} (set TEST_POSTGRES_URL)")
    engine = create_engine(server.set(database=own))
    yield engine
    engine.dispose()
    with administrator.connect() as connection:
        connection.execute(text(f"drop database {own} with (force)"))
    administrator.dispose()


@pytest.fixture(scope="module")
def in_aws(database: Engine, sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InAws]:
    """Code location, daemon and webserver, started with the commands of the image and the compose file."""
    home = tmp_path_factory.mktemp("in_aws") / "home"
    copy_home(sample_home, home)
    instance, own = home / "instance", home / "tmp"
    for directory in (instance, own):
        directory.mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", instance)
    ports = {"4000": free_port(), "3000": free_port()}
    workspace = (DEPLOY / "workspace.yaml").read_text()
    workspace = workspace.replace("host: code", "host: 127.0.0.1").replace("4000", str(ports["4000"]))
    (instance / "workspace.yaml").write_text(workspace)
    places = {
        "/opt/dagster/workspace.yaml": str(instance / "workspace.yaml"),
        "0.0.0.0": "127.0.0.1",
        **{image: str(free) for image, free in ports.items()},
    }
    with aws_double() as aws:
        bucket = aws.make_bucket("dagster-in-aws")
        environment = {
            **{
                name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER_", "AWS_"))
            },
            **aws.environment,
            "PLATFORM_HOME": str(home),
            "DAGSTER_HOME": str(instance),
            "DAGSTER_POSTGRES_URL": database.url.render_as_string(hide_password=False),
            "DAGSTER_LOGS_BUCKET": bucket,
            "LAKE_URI": f"s3://{bucket}/lake",
            "DBT_TARGET": "athena",
        }
        services = Processes(home, environment)

        def start(service: str, command: list[str]) -> None:
            # Each container has a disk of its own.
            services.environment = {**environment, "TMPDIR": str(own / service)}
            (own / service).mkdir()
            services.start(*(places.get(word, word) for word in command), log=f"{service}.log")

        image = (DEPLOY / "Dockerfile").read_text()
        start("code", json.loads(re.findall(r"^CMD (.+)$", image, re.MULTILINE)[-1]))
        wait_for("the code location", lambda: is_open(ports["4000"]))
        for service in ("webserver", "daemon"):
            start(
                service, yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"][service]["command"]
            )
        wait_for("the webserver", lambda: is_open(ports["3000"]))
        yield InAws(aws, bucket, database, f"http://127.0.0.1:{ports['3000']}")
        services.stop()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_run_goes_through_the_queue_into_postgresql_and_what_it_prints_to_s3(in_aws: InAws) -> None:
    event = {
        "event_id": "e1", "event_time": datetime.now(UTC).isoformat(), "channel": "web",
        "user_hash": "00f067aa0ba902b7", "query": "aespa", "outcome": "artist", "latency_ms": 12,
    }  # fmt: skip
    s3 = in_aws.aws.client("s3")
    stream = f"lake/raw/chat_events/dt={datetime.now(UTC):%Y-%m-%d}/one.jsonl.gz"
    s3.put_object(Bucket=in_aws.bucket, Key=stream, Body=gzip.compress(json.dumps(event).encode()))

    answer = in_aws.ask(LAUNCH)["launchRun"]
    assert answer["__typename"] == "LaunchRunSuccess", answer
    launched = answer["run"]
    assert launched["status"] == "QUEUED"

    def finished() -> dict[str, Any] | None:
        run = in_aws.ask(RUN, run=launched["runId"])["runOrError"]
        return run if run["status"] in ("SUCCESS", "FAILURE") else None

    run = wait_for("the end of the run", finished)
    assert run["status"] == "SUCCESS"
    with in_aws.database.connect() as connection:
        of_run = {"run": launched["runId"]}
        statuses = connection.execute(text("select status from runs where run_id = :run"), of_run)
        assert statuses.scalars().all() == ["SUCCESS"]
        events = connection.execute(
            text("select dagster_event_type from event_logs where run_id = :run order by id"), of_run
        )
        order = [kind for kind in events.scalars() if kind]
    expected = ["PIPELINE_ENQUEUED", "PIPELINE_STARTING", "ASSET_MATERIALIZATION", "PIPELINE_SUCCESS"]
    assert [kind for kind in order if kind in expected] == expected

    (file,) = [event["fileKey"] for event in run["eventConnection"]["events"] if "fileKey" in event]
    key = [launched["runId"], "compute_logs", file]
    said = "1 events in 1 files, 0 set aside"
    shown = wait_for("its output", lambda: in_aws.ask(CAPTURED, key=key)["capturedLogs"]["stderr"])
    assert said in shown
    kept = s3.get_object(Bucket=in_aws.bucket, Key=f"dagster/storage/{'/'.join(key)}.err")
    assert said in kept["Body"].read().decode()
    assert kept["ServerSideEncryption"] == "AES256"
