"""A double for each file of its tests; a test takes databases and locations of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .client import Client
    from .server import AthenaDouble


@pytest.fixture(scope="module")
def double() -> Iterator[AthenaDouble]:
    """A running double; skipped by name where a library is absent.

    Of one file, since there can be one at a time in a process and other rooms' tests have theirs.
    """
    for library in ("moto.server", "pyiceberg.catalog", "sqlglot"):
        pytest.importorskip(
            library,
            reason=f"the Athena double needs {library}: pip install 'moto[server]' 'pyiceberg[glue,pyarrow]'",
        )
    from .server import AthenaDouble

    with AthenaDouble() as running:
        yield running


@pytest.fixture(scope="module")
def client(double: AthenaDouble) -> Client:
    """A client with the bucket `lake` and the fixture's tables in the database `raw`."""
    from . import fixture_lake
    from .client import Client

    made = Client(double)
    fixture_lake.create(made)
    return made


@pytest.fixture
def place() -> str:
    """A name that no other test has, for a table and its location."""
    return f"t{uuid.uuid4().hex[:10]}"
