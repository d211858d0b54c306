"""Empty stores on each engine: SQLite in a temporary directory, the servers in a place of the test's own."""

from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL
from store_beside import Beside, BesideDynamo, BesideSql
from store_engines import ENGINES, empty, empty_store, place_with_tables, remove_place
from store_race import Processes, fork_server
from store_servers import SERVERS

from spotify_assets.core.store import ServingStore, open_at
from tests.doubles.aws import AwsDouble, aws_double


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


@pytest.fixture(scope="session")
def places() -> Iterator[dict[str, URL]]:
    """Places with a store's tables on the servers, which take longer to make them than most tests do to run."""
    made: dict[str, URL] = {}
    yield made
    for name, url in made.items():
        remove_place(name, url)


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, on each engine in turn.

    Tests that begin with an empty `store` on a server and leave its tables alone share a place with these tables.
    """
    wanted = request.fixturenames
    if request.param not in SERVERS or "store" not in wanted or "beside" in wanted:
        yield from empty_store(request.param, request, tmp_path)
        return
    places: dict[str, URL] = request.getfixturevalue("places")
    if request.param not in places:
        places[request.param] = place_with_tables(request.param)
    yield places[request.param].render_as_string(hide_password=False)
    empty(places[request.param])


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


@pytest.fixture(scope="session")
def forking() -> ForkServerContext:
    """What forks processes that use the store."""
    return fork_server()


@pytest.fixture
def processes(forking: ForkServerContext, store_url: str) -> Iterator[Processes]:
    """Starts other processes on the store."""
    started = Processes(forking, store_url)
    yield started
    started.kill()
