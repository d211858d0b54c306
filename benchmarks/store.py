"""Publishing to the serving store: documents a second on each engine, and what is written when 1% changed."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.platform_process import PROJECT_ROOT
from spotify_assets.core.store import Document, NameEntry, ServingStore, open_at
from tests.doubles.aws import CREDENTIALS, aws_double

DOCUMENTS = 2000
CHANGED = DOCUMENTS // 100
SERVERS = {
    "PostgreSQL": ("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test"),
    "MariaDB": ("TEST_MARIADB_URL", "mysql+pymysql://root@127.0.0.1:3306/test"),
}


def rows() -> Iterator[tuple[str, str]]:
    """Yield what was measured and its figure."""
    base = 0.0
    for name, opener in _engines():
        with opener as url:
            if url is None:
                yield name, "not there"
                continue
            store = open_at(url)
            first, second, written = _publish(store)
            store.close()
        base = base or first
        yield (
            f"{name}: {DOCUMENTS:,} new documents, 3 names each; then 1% of them changed",
            f"{first:,.0f} a second ({first / base:.2f} of SQLite); "
            f"{written} of {DOCUMENTS:,} written ({written / DOCUMENTS:.1%}) in {second:.2f} s",
        )
    yield "tests of the one suite that each engine runs", ", ".join(f"{e} {n}" for e, n in _tests().items())


def _tests() -> Counter[str]:
    """Count the tests of `tests/core/store` by the engine they are run on."""
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/core/store", "--collect-only", "--quiet"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Counter(
        re.findall(r"\[(SQLite|PostgreSQL|MariaDB|DynamoDB)(?:-[^\]]*)?\]$", listed.stdout, re.MULTILINE)
    )


def _publish(store: ServingStore) -> tuple[float, float, int]:
    """Publish all, then what a change of one in a hundred leaves to be written, as a build does."""
    whole = list(_documents("v1", range(DOCUMENTS)))
    began = time.perf_counter()
    store.answers.put(whole)
    first = DOCUMENTS / (time.perf_counter() - began)
    moved = set(random.Random(7).sample(range(DOCUMENTS), CHANGED))
    wanted = {n: "v2" if n in moved else "v1" for n in range(DOCUMENTS)}
    began = time.perf_counter()
    there = store.answers.versions("artist")
    changed = [n for n, version in wanted.items() if there.get(f"a{n}") != version]
    written = store.answers.put(_documents("v2", changed))
    return first, time.perf_counter() - began, written


def _documents(version: str, numbers: range | list[int]) -> Iterator[Document]:
    """Documents of about 10 KB, as an artist with ten songs and twenty similar artists has."""
    for number in numbers:
        draw, name = random.Random(number), f"artist {number}"
        card = {"artist_id": f"a{number}", "name": f"{name} {version}", "genres": ["k-pop", "dance pop"]}
        songs = [
            {"track_id": f"{draw.getrandbits(128):032x}"[:22], "name": f"song {n}", "artists": [name]}
            for n in range(10)
        ]
        similar = [
            {"artist": {**card, "artist_id": f"b{n}"}, "score": draw.random(), "tracks": songs[:2]}
            for n in range(20)
        ]
        body = json.dumps({"artist": card, "top_tracks": songs, "similar": similar, "model_version": version})
        keys = (name, f"the {name}", f"예술가 {number}")
        entries = tuple(NameEntry(key, "artist", f"a{number}", name, number % 100) for key in keys)
        yield Document("artist", f"a{number}", version, body, entries)


def _engines() -> Iterator[tuple[str, AbstractContextManager[str | None]]]:
    yield "SQLite", _sqlite()
    for name in SERVERS:
        yield name, _server(name)
    yield "DynamoDB (moto on this machine)", _dynamodb()


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        yield f"sqlite:///{Path(directory) / 'serving.db'}"


@contextmanager
def _server(name: str) -> Iterator[str | None]:
    variable, default = SERVERS[name]
    url, own = make_url(os.environ.get(variable, default)), f"bench_{uuid.uuid4().hex[:12]}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    kind = "SCHEMA" if name == "PostgreSQL" else "DATABASE"
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE {kind} {own}")
    except SQLAlchemyError:
        yield None
        return
    search = url.update_query_dict({"options": f"-csearch_path={own}"})
    yield (search if kind == "SCHEMA" else url.set(database=own)).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP {kind} {own}" + (" CASCADE" if kind == "SCHEMA" else ""))
    engine.dispose()


@contextmanager
def _dynamodb() -> Iterator[str]:
    os.environ.update(CREDENTIALS)
    with aws_double() as double:
        yield f"dynamodb://bench?endpoint={double.url}"
