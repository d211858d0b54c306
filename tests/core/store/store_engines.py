"""An empty store on any engine, removed when the test is over."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from store_beside import BesideDynamo
from store_servers import SERVERS, address, execute, reachable

from spotify_assets.core.store import open_at
from spotify_assets.core.store.sql_schema import store_schema
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
    url = new_place(name)
    yield url.render_as_string(hide_password=False)
    remove_place(name, url)


def new_place(name: str) -> URL:
    """Make a place of its own on a server; skip by name where there is no server."""
    own, url = f"test_{uuid.uuid4().hex[:12]}", address(name)
    if not reachable(name):
        pytest.skip(f"no {name} at {url.host}:{url.port}/{url.database} (set {SERVERS[name][0]})")
    if name == "PostgreSQL":
        execute(url, f"CREATE SCHEMA {own}")
        return url.update_query_dict({"options": f"-csearch_path={own}", "application_name": own})
    # In latin1, so that whoever leans on the database's character set is found out.
    execute(url, f"CREATE DATABASE {own} CHARACTER SET latin1")
    return url.set(database=own)


def remove_place(name: str, url: URL) -> None:
    """Remove a place with all that is in it."""
    if name == "PostgreSQL":
        execute(address(name), f"DROP SCHEMA {url.query['application_name']} CASCADE")
    else:
        execute(address(name), f"DROP DATABASE {url.database}")


def place_with_tables(name: str) -> URL:
    """Make a place with a store's tables in it."""
    url = new_place(name)
    open_at(url.render_as_string(hide_password=False)).close()
    return url


def empty(url: URL) -> None:
    """Delete all rows of a store, but for what its tables tell of themselves."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in store_schema.metadata.sorted_tables:
            if table is not store_schema:
                connection.execute(table.delete())
    engine.dispose()
