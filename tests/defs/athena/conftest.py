"""The Athena double in a process of its own, room for faults in front of it, and models made on it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spotify_assets.core.lake.athena import Athena
from spotify_assets.core.lake.storage import Storage, open_storage
from spotify_assets.core.settings import Settings, load_settings
from spotify_assets.defs.marts.athena_warehouse import AthenaWarehouse

if TYPE_CHECKING:
    from tests.doubles.aws import AwsDouble

LIBRARIES = ("moto.server", "pyiceberg.catalog", "sqlglot")


@dataclass(frozen=True)
class Doubles:
    """What there is for all tests of a session."""

    front: AwsDouble
    """Through which every call goes."""
    log: Path

    def noted(self, database: str) -> list[dict[str, Any]]:
        """What was noted of the statements that named a database, in order."""
        sent = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [one for one in sent if database in one["sql"]]

    def statements(self, database: str) -> list[str]:
        """The statements that named a database, in order."""
        return [one["sql"] for one in self.noted(database)]


@pytest.fixture(scope="session")
def doubles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doubles]:
    """S3, Glue and Athena on loopback."""
    for library in LIBRARIES:
        pytest.importorskip(library, reason=f"the Athena double needs {library}, which the dev extra brings")
    from tests.doubles.athena.process import athena_process
    from tests.doubles.aws import aws_double

    directory = tmp_path_factory.mktemp("athena")
    with (
        athena_process(directory) as found,
        aws_double(found["AWS_ENDPOINT_URL"], found["AWS_REGION"]) as front,
    ):
        yield Doubles(front, directory / "statements.jsonl")


@pytest.fixture
def aws(doubles: Doubles, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsDouble]:
    """The doubles, for clients that go by the environment; without faults at first."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_RETRY_MODE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in doubles.front.environment.items():
        monkeypatch.setenv(name, value)
    doubles.front.faults.clear()
    doubles.front.calls.clear()
    yield doubles.front
    doubles.front.faults.clear()


@pytest.fixture
def settings(aws: AwsDouble, tmp_path: Path) -> Settings:
    """A platform on AWS with a bucket and databases of its own."""
    own = f"t{uuid.uuid4().hex[:10]}"
    aws.make_bucket(own)
    made = load_settings(
        platform_home=str(tmp_path / "home"),
        lake_uri=f"s3://{own}/music",
        dbt_target="athena",
        athena_schema=own,
        athena_raw_schema=f"{own}_raw",
        athena_timeout_seconds=60,
    )
    made.prepare_home()
    return made


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """Where the platform's objects lie."""
    return open_storage(settings.lake_uri)


@pytest.fixture
def athena(settings: Settings) -> Athena:
    """Athena as the platform asks it."""
    return Athena(settings.athena_schema, settings.athena_work_group, settings.athena_timeout_seconds)


@dataclass(frozen=True)
class Built:
    """Models as dbt would leave them on Athena, and the warehouse that reads them."""

    settings: Settings
    athena: Athena
    aws: AwsDouble
    doubles: Doubles

    @property
    def results(self) -> str:
        return f"{self.settings.lake_uri}/athena-results/"

    def run(self, sql: str) -> None:
        """Run a statement."""
        self.athena.run(sql, self.results)

    def build(self, model: str, select: str) -> None:
        """Make or remake a table of Iceberg, each time at a place of its own."""
        glue, database = self.aws.client("glue"), self.settings.athena_schema
        if model in [t["Name"] for t in glue.get_tables(DatabaseName=database)["TableList"]]:
            glue.delete_table(DatabaseName=database, Name=model)
        place = f"{self.settings.lake_uri}/warehouse/{database}/{model}/{uuid.uuid4().hex}"
        self.run(
            f"create table {model} with (table_type = 'iceberg', is_external = false, location = '{place}/') "
            f"as {select}"
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds in the warehouse, in order."""
        with AthenaWarehouse(self.settings).connect() as marts:
            return sorted(marts.sql(sql).fetchall())

    def bounded_work_group(self) -> str:
        """Make a work group with the lowest scan limit there is, 10 MB; return its name."""
        limits = {"BytesScannedCutoffPerQuery": 10_000_000, "EnforceWorkGroupConfiguration": False}
        self.aws.client("athena").create_work_group(Name=self.settings.athena_schema, Configuration=limits)
        return self.settings.athena_schema

    def unloads(self) -> list[str]:
        """The UNLOAD statements sent so far."""
        return [
            sql for sql in self.doubles.statements(self.settings.athena_schema) if sql.startswith("unload")
        ]


@pytest.fixture
def built(settings: Settings, athena: Athena, aws: AwsDouble, doubles: Doubles) -> Built:
    """An empty database for models."""
    aws.client("glue").create_database(DatabaseInput={"Name": settings.athena_schema})
    return Built(settings, athena, aws, doubles)
