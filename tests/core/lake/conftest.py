"""Fixtures for the lake: an empty one on disk or on S3, and a small dataset on disk."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.lake.glue import GlueDatabase, Registered
from spotify_assets.core.lake.glue_table import GlueTable, raw_table
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.storage import LocalStorage, Storage, open_storage

from .examples import SMALL_DATASET, rows

if TYPE_CHECKING:
    from tests.doubles.aws import AwsDouble


@pytest.fixture(scope="session")
def aws_server() -> Iterator[AwsDouble]:
    """S3 and Glue on loopback, for all tests of a run."""
    pytest.importorskip("moto.moto_server", reason="needs moto, which `pip install -e .[dev]` brings")
    from tests.doubles.aws import aws_double

    with aws_double() as double:
        yield double


@pytest.fixture
def aws(aws_server: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsDouble]:
    """S3 and Glue on loopback, for clients that go by the environment; without faults at first."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_RETRY_MODE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in aws_server.environment.items():
        monkeypatch.setenv(name, value)
    aws_server.faults.clear()
    aws_server.calls.clear()
    aws_server.uploads_began = datetime.now(UTC)
    yield aws_server
    aws_server.faults.clear()


@pytest.fixture
def bucket(aws: AwsDouble) -> str:
    """An empty bucket."""
    return aws.make_bucket(f"lake-{uuid.uuid4().hex[:12]}")


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest) -> Storage:
    """An empty place of each kind."""
    if request.param == "s3":
        return open_storage(f"s3://{request.getfixturevalue('bucket')}/some/lake")
    # Under a hidden directory, as the default PLATFORM_HOME is.
    return LocalStorage(request.getfixturevalue("tmp_path") / ".platform" / "lake")


@pytest.fixture
def lake(storage: Storage) -> Lake:
    """An empty lake in each kind of place."""
    return Lake(storage)


@pytest.fixture
def local_lake(tmp_path: Path) -> Lake:
    """An empty lake on this machine, for what DuckDB reads by itself."""
    return Lake(LocalStorage(tmp_path / ".platform" / "lake"))


@pytest.fixture
def s3_lake(bucket: str) -> Lake:
    """An empty lake on S3."""
    return Lake(open_storage(f"s3://{bucket}/some/lake"))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A directory with four artists, one of them without songs."""
    directory = tmp_path / "dataset"
    directory.mkdir()
    for table, records in SMALL_DATASET.items():
        pq.write_table(rows(table, *records), directory / f"{table}.parquet")
    return directory


@pytest.fixture
def database(bucket: str) -> str:
    """The name of a database that is not there yet."""
    return bucket.replace("-", "_")


@pytest.fixture
def glue(aws: AwsDouble) -> Any:
    """A client of the test's own."""
    return aws.client("glue")


@pytest.fixture
def table(s3_lake: Lake) -> GlueTable:
    """A table with two columns, which tests let evolve."""
    schema = pa.schema([("artist_id", pa.string()), ("followers", pa.int32()), ("score", pa.float32())])
    return replace(raw_table(s3_lake.storage, "artists"), schema=schema)


@pytest.fixture
def made(database: str, table: GlueTable) -> GlueDatabase:
    """A database with that table."""
    found = GlueDatabase(database)
    found.ensure()
    assert found.register(table) == Registered("artists", "created")
    return found
