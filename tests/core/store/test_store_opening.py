"""Reaching a store: what people are told when they cannot, and what each engine does under its readers."""

import logging
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url
from store_beside import Beside

from spotify_assets.core.errors import StoreError
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store import Document, NameEntry, ServingStore, open_at, open_store
from spotify_assets.core.store.sql_engine import LOCK_WAIT_SECONDS

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "hunter2-p%40ss"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody listens, nor will while the test lasts: it is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def told(error: BaseException) -> str:
    """All that a person or a log may get to see of an error, its causes included."""
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "mysql+pymysql"])
@pytest.mark.parametrize(
    "secret", [f"bot:{PASSWORD}@{{}}", f"bot@{{}}?password={PASSWORD}"], ids=["user", "query"]
)
def test_a_server_that_is_not_there_is_named_without_the_password(
    scheme: str, secret: str, closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before, _, after = secret.format(f"127.0.0.1:{closed_port}/serving").partition("?")
    url = f"{scheme}://{before}" + (f"?{after}" if after else "")
    name = "PostgreSQL" if scheme.startswith("postgresql") else "MySQL"
    with pytest.raises(
        StoreError, match=rf"{name} at 127\.0\.0\.1:{closed_port}/serving, cannot be used \(.*refused"
    ) as error:
        open_at(url)
    assert "SERVING_URL" in str(error.value)
    assert "hunter2" not in told(error.value) + caplog.text


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            f"postgresql+psycopg://bot:{PASSWORD}#x@host:port/db",
            "not an address this store can read: use one of sqlite",
        ),
        (f"bot:{PASSWORD}", "not an address this store can read"),
        ("postgresql+psycopg://bot:hun@ter@host/db", "write special characters in user and password as %XX"),
        ("mysql+pymysql://bot:hun@t/ter@host/db", "write special characters in user and password as %XX"),
        (f"oracle://bot:{PASSWORD}@host/db", "begins with oracle://: this store knows sqlite://"),
        (f"postgresql://bot:{PASSWORD}@host/db", "begins with postgresql://: this store knows"),
        ("sqlite://", "names no SQLite file: processes share the store"),
        ("sqlite:///:memory:", "names no SQLite file"),
    ],
)
def test_an_address_that_cannot_be_used_says_what_is_allowed(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as error:
        open_at(url)
    assert "hunter2" not in told(error.value)
    assert "ter@" not in str(error.value)


def test_a_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=r"SQLite file .*/nowhere/serving.db, cannot be used .* its directory exists"
    ):
        open_at(f"sqlite:///{tmp_path}/nowhere/serving.db")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "serving.db"
    path.write_text("dear diary\n" * 1000)
    with pytest.raises(StoreError, match="file is not a database"):
        open_at(f"sqlite:///{path}")
    assert path.read_text() == "dear diary\n" * 1000


def test_settings_open_the_store_they_name(tmp_path: Path) -> None:
    store = open_store(load_settings(platform_home=tmp_path / "home"))
    assert store.requests.ask("aespa", "aespa", NOON).ask_count == 1
    assert (tmp_path / "home" / "serving.db").exists()
    store.close()


def test_a_store_shows_where_it_is_but_no_password(store: ServingStore, store_url: str) -> None:
    assert repr(store).startswith(("<SqlStore: ", "<DynamoStore: "))
    url = make_url(store_url)
    assert (url.database or url.host or "") in repr(store)
    assert "@" not in repr(store)


def test_a_store_outlives_connections_that_the_server_dropped(store: ServingStore, beside: Beside) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    beside.hang_up()
    assert store.requests.ask("aespa", "aespa", NOON).ask_count == 2


def test_what_people_typed_does_not_reach_errors_or_logs(
    store: ServingStore, beside: Beside, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    beside.lose_requests_and_roster()
    typed = "".join(reversed("noitseuq etavirp"))  # a traceback quotes this line
    with pytest.raises(StoreError) as error:
        store.requests.ask(typed.replace(" ", ""), typed, NOON)
    assert "private" not in told(error.value) + caplog.text


def test_readers_go_on_while_a_writer_is_in_the_middle_of_a_transaction(tmp_path: Path) -> None:
    path = tmp_path / "serving.db"
    store = open_at(f"sqlite:///{path}")
    store.answers.put(
        [Document("artist", "a1", "v1", "{}", (NameEntry("aespa", "artist", "a1", "aespa", 0),))]
    )
    with sqlite3.connect(path, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM answer_names")
        began = time.monotonic()
        assert [match.target_id for match in store.answers.find("aespa")] == ["a1"]
        assert time.monotonic() - began < LOCK_WAIT_SECONDS / 2
        writer.execute("COMMIT")
    assert store.answers.find("aespa") == []
    writer.close()
    store.close()


def test_a_second_writer_waits_for_the_first_and_is_not_turned_away(tmp_path: Path) -> None:
    path = tmp_path / "serving.db"
    store = open_at(f"sqlite:///{path}")
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    release = threading.Timer(1.5, lambda: writer.execute("COMMIT"))
    began = time.monotonic()
    release.start()
    assert store.requests.ask("aespa", "aespa", NOON).ask_count == 1
    assert time.monotonic() - began > 1
    release.join()
    writer.close()
    store.close()


def test_threads_share_a_store(store: ServingStore) -> None:
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(10):
                store.requests.ask("aespa", "aespa", NOON)
                store.requests.due(NOON, 10)
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.requests.all()[0].ask_count == 200


def test_importing_the_store_loads_no_driver_and_nothing_heavy() -> None:
    program = "import sys, spotify_assets.core.store.sql; print(*sys.modules)"
    root = Path(__file__).parents[3]
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    modules = set(loaded.stdout.split())
    unwanted = {
        "psycopg",
        "pymysql",
        "sqlalchemy.orm",
        "sqlalchemy.dialects.mysql",
        "sqlalchemy.dialects.postgresql",
    }
    heavy = {"pyarrow", "duckdb", "pandas", "numpy", "dagster", "dbt", "boto3"}
    assert modules & (unwanted | heavy) == set()
