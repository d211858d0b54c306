"""Empty stores on each engine: SQLite in a temporary directory, the servers in a schema of the test's own."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_servers import SERVERS, address, execute, reachable

from spotify_assets.core.store.sql import SqlStore


@pytest.fixture(params=["SQLite", *SERVERS])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, on each engine in turn."""
    name = request.param
    if name == "SQLite":
        yield f"sqlite:///{tmp_path / 'serving.db'}"
        return
    url = address(name)
    if not reachable(name):
        pytest.skip(f"no {name} at {url.host}:{url.port}/{url.database} (set {SERVERS[name][0]})")
    own = f"test_{uuid.uuid4().hex[:12]}"
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
def store(store_url: str) -> Iterator[SqlStore]:
    """An empty store, on each engine in turn."""
    opened = SqlStore(store_url)
    yield opened
    opened.close()
