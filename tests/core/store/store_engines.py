"""An empty store on any engine, removed when the test is over."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_beside import BesideDynamo
from store_servers import SERVERS, address, execute, reachable

from tests.doubles.aws import CREDENTIALS, REGION, AwsDouble

ENGINES = ["SQLite", *SERVERS, "DynamoDB"]


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
