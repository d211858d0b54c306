"""Empty stores on each engine: SQLite in a temporary directory, the servers in a place of the test's own."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_beside import Beside, BesideDynamo, BesideSql
from store_servers import SERVERS, address, execute, reachable

from spotify_assets.core.store import ServingStore, open_at
from tests.doubles.aws import CREDENTIALS, REGION, AwsDouble, aws_double

ENGINES = ["SQLite", *SERVERS, "DynamoDB"]


@pytest.fixture(scope="session")
def aws_server() -> Iterator[AwsDouble]:
    """AWS on loopback, for all stores on DynamoDB."""
    with aws_double() as double:
        yield double


@pytest.fixture(scope="session")
def dynamodb(aws_server: AwsDouble) -> Any:
    """A client of the tests' own."""
    return aws_server.client("dynamodb")


@pytest.fixture
def aws(aws_server: AwsDouble) -> Iterator[AwsDouble]:
    """AWS without the faults and the log of other tests."""
    yield aws_server
    aws_server.faults.clear()
    aws_server.dynamodb.parts.clear()
    aws_server.calls.clear()


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, on each engine in turn."""
    yield from empty_store(request.param, request, tmp_path)


def empty_store(name: str, request: pytest.FixtureRequest, directory: Path) -> Iterator[str]:
    """Yield the address of an empty database on one engine; remove it afterwards."""
    own = f"test_{uuid.uuid4().hex[:12]}"
    if name == "SQLite":
        yield f"sqlite:///{directory / own}.db"
        return
    if name == "DynamoDB":
        aws: AwsDouble = request.getfixturevalue("aws")
        client = request.getfixturevalue("dynamodb")
        environment: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
        for variable, value in CREDENTIALS.items():
            environment.setenv(variable, value)
        dynamo = f"dynamodb://{own}?endpoint={aws.url}&region={REGION}"
        yield dynamo
        aws.faults.clear()
        BesideDynamo(dynamo, aws, client).remove()
        return
    url = address(name)
    if not reachable(name):
        pytest.skip(f"no {name} at {url.host}:{url.port}/{url.database} (set {SERVERS[name][0]})")
    if name == "PostgreSQL":
        execute(url, f"CREATE SCHEMA {own}")
        own_schema = {"options": f"-csearch_path={own}", "application_name": own}
        yield url.update_query_dict(own_schema).render_as_string(hide_password=False)
        execute(url, f"DROP SCHEMA {own} CASCADE")
    else:
        # In latin1, so that whoever leans on the database's character set is found out.
        execute(url, f"CREATE DATABASE {own} CHARACTER SET latin1")
        yield url.set(database=own).render_as_string(hide_password=False)
        execute(url, f"DROP DATABASE {own}")


@pytest.fixture
def store(store_url: str) -> Iterator[ServingStore]:
    """An empty store, on each engine in turn."""
    opened = open_at(store_url)
    yield opened
    opened.close()


@pytest.fixture
def beside(store_url: str, request: pytest.FixtureRequest) -> Beside:
    """What happens to the store beside the program."""
    if store_url.startswith("dynamodb://"):
        return BesideDynamo(store_url, request.getfixturevalue("aws"), request.getfixturevalue("dynamodb"))
    return BesideSql(store_url)
