"""One database, whatever its engine: connections, transactions, and errors turned into sentences.

Here: what differs between SQLite, PostgreSQL and MySQL or MariaDB once connected, upserts included. Not
here: what the tables are (`sql_schema.py`) or what is asked of them.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, Select, Table, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.sql import Insert
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from spotify_assets.core.errors import StoreError
from spotify_assets.core.store.sql_address import iam_token, options

T = TypeVar("T")

LOCK_WAIT_SECONDS = 10
"""How long a transaction waits for another's lock before it gives up."""

CONFLICT_RETRIES = 10
"""How often a transaction is run anew after the server broke a deadlock by undoing it."""

CHUNK = 500
"""Values in one `IN (…)`, documents in one transaction."""

_NAMES = {"sqlite": "SQLite", "postgresql+psycopg": "PostgreSQL", "mysql+pymysql": "MySQL"}

# Where the address itself says otherwise, it wins.
_CONNECT: dict[str, dict[str, Any]] = {
    "sqlite": {"timeout": LOCK_WAIT_SECONDS},
    "postgresql": {"connect_timeout": 5, "tcp_user_timeout": 30_000},
    "mysql": {"connect_timeout": 5, "read_timeout": 60, "write_timeout": 60, "charset": "utf8mb4"},
}
_SESSION = {
    # In WAL mode NORMAL outlives the death of the process; only a power cut may cost the last commits. A page
    # that many commits change, as conversations do, is copied into the file once for 32 MB of log, not for 4.
    "sqlite": ("PRAGMA synchronous=NORMAL", "PRAGMA wal_autocheckpoint=8000"),
    "postgresql": (f"SET lock_timeout = '{LOCK_WAIT_SECONDS}s'",),
    "mysql": (f"SET SESSION innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}",),
}


class Database:
    """A pool of connections to one database; safe to share between threads.

    Raises:
        StoreError: the address cannot be used.
    """

    def __init__(self, url: str) -> None:
        self.url, self._options = options(_parse(url))
        self.where = _where(self.url)
        self.dialect = self.url.get_backend_name()
        self._engine = self._open()
        self._glancer = _Glancer(self.url.database or "")
        # The same pool. A SQLite transaction that reads first and writes later fails when another wrote in
        # between; with IMMEDIATE, writers queue at its beginning.
        self._writer = self._engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")

    def rows(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        """Return what a query finds.

        Raises:
            StoreError: the database cannot be reached, or refused.
        """
        return self.read(lambda connection: connection.execute(statement).all())

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction that only reads.

        Raises:
            StoreError: the database cannot be reached, or refused.
        """
        try:
            with self._engine.connect() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise self._explained(error) from error

    def glance(self, query: str) -> int | None:
        """Return the one number that a query without parameters finds; on SQLite in microseconds.

        Raises:
            StoreError: the database cannot be reached, or refused.
        """
        if self.dialect == "sqlite":
            try:
                return self._glancer.number(query)
            except sqlite3.Error:
                # What is wrong is told by the way that all other reads take.
                self._glancer.close()
        number: int | None = self.read(lambda connection: connection.exec_driver_sql(query).scalar())
        return number

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction; run it anew when a deadlock undid it, so it must bear repeating.

        Raises:
            StoreError: the database cannot be reached, or refused; nothing was written.
        """
        undone = 0
        while True:
            try:
                with self._writer.begin() as connection:
                    return work(connection)
            except SQLAlchemyError as error:
                undone += 1
                if undone > CONFLICT_RETRIES or not _is_conflict(error):
                    raise self._explained(error) from error
            time.sleep(random.uniform(0.005, 0.02) * undone)

    def upsert(self, table: Table, changes: Callable[[Any], list[tuple[str, Any]]]) -> Insert:
        """Return an insert that, where the primary key is there already, changes that row instead.

        `changes` gets the row that was to be inserted and returns (column, expression) in the order in
        which MySQL is to assign them: an expression sees what was assigned before it.
        """
        statement = self._insert(table)
        if self.dialect == "mysql":
            return statement.on_duplicate_key_update(changes(statement.inserted))  # type: ignore[no-any-return]
        set_ = dict(changes(statement.excluded))
        return statement.on_conflict_do_update(  # type: ignore[no-any-return]
            index_elements=list(table.primary_key), set_=set_
        )

    def insert_missing(self, table: Table) -> Insert:
        """Return an insert that leaves a row alone whose primary key is there; `rowcount` counts the new."""
        statement = self._insert(table).execution_options(preserve_rowcount=True)
        if self.dialect == "mysql":
            return statement.prefix_with("IGNORE")  # type: ignore[no-any-return]
        return statement.on_conflict_do_nothing()  # type: ignore[no-any-return]

    def use_wal(self) -> None:
        """Put a SQLite file into WAL mode, which it keeps: readers and the writer do not block each other.

        Raises:
            StoreError: the file cannot be opened, or lies where WAL does not work.
        """
        if self.dialect != "sqlite":
            return
        outside_transactions = self._engine.execution_options(sqlite_begin=None)
        deadline = time.monotonic() + LOCK_WAIT_SECONDS
        while True:
            # Changing the mode fails at once, whatever the timeout, while another process does the same.
            try:
                with outside_transactions.connect() as connection:
                    mode = connection.exec_driver_sql("PRAGMA journal_mode=WAL").scalar()
                break
            except DBAPIError as error:
                if time.monotonic() > deadline or not _is_busy(error):
                    raise self._explained(error) from error
                time.sleep(0.02)
        if mode != "wal":
            raise StoreError(
                f"The serving store, {self.where}, cannot use write-ahead logging (its journal mode stays "
                f"{mode}): keep it on a local disk, not on a network share"
            )

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._engine.dispose()
        self._glancer.close()

    def _insert(self, table: Table) -> Any:
        # Only the dialect in use is imported: the other two would cost every start of the bot.
        return import_module(f"sqlalchemy.dialects.{self.dialect}").insert(table)

    def _open(self) -> Engine:
        given = _CONNECT[self.dialect]
        options: dict[str, Any] = {}
        if self.dialect != "sqlite":
            # MySQL's default, REPEATABLE READ, locks gaps and so makes strangers wait for each other.
            options = {"isolation_level": "READ COMMITTED", "pool_pre_ping": True, "pool_recycle": 1800}
        engine = create_engine(
            self.url,
            pool_size=self._options.pool_size,
            max_overflow=self._options.overflow,
            pool_timeout=LOCK_WAIT_SECONDS,
            hide_parameters=True,  # what people typed does not belong in messages and logs
            connect_args={key: value for key, value in given.items() if key not in self.url.query},
            **options,
        )
        event.listen(engine, "connect", self._on_connect)
        if self._options.iam:
            event.listen(engine, "do_connect", self._log_in)
        if self.dialect == "sqlite":
            event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _on_connect(self, connection: Any, _record: Any) -> None:
        if self.dialect == "sqlite":
            # The driver's own transactions begin late and as readers; ours begin in _begin_sqlite.
            connection.isolation_level = None
        cursor = connection.cursor()
        for statement in _SESSION[self.dialect]:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    def _log_in(self, _dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> None:
        parameters["password"] = iam_token(self.url)

    def _explained(self, error: SQLAlchemyError) -> BaseException:
        cause = error.orig if isinstance(error, StatementError) else None
        if cause and not isinstance(error, DBAPIError):
            return cause  # a value that a column type refused, before any database was asked
        # pymysql's errors are (number, text).
        said = cause.args[-1] if cause and cause.args else error
        reason = _one_line(str(said), self._secrets())
        if isinstance(error, DBAPIError) and _is_full(error):
            return StoreError(
                f"The serving store, {self.where}, has no connection left ({reason}): close some, lower "
                "pool_size in SERVING_URL, or put a proxy such as RDS Proxy in front of it"
            )
        if isinstance(error, DBAPIError) and _is_busy(error):
            return StoreError(
                f"The serving store, {self.where}, is busy ({reason}): try again; if that does not help, "
                "look for a process that keeps it locked"
            )
        lost = isinstance(error, DBAPIError) and (error.statement is None or error.connection_invalidated)
        if lost or not isinstance(error, StatementError):
            sqlite = self.dialect == "sqlite"
            expected = "its directory exists and may be written" if sqlite else "it runs and may be reached"
            return StoreError(
                f"The serving store, {self.where}, cannot be used ({reason}): "
                f"see that {expected}, and that SERVING_URL names it"
            )
        return StoreError(
            f"The serving store, {self.where}, refused an operation ({reason}): put that right, or name an "
            "empty database in SERVING_URL and publish again"
        )

    def _secrets(self) -> list[str]:
        in_query = [str(value) for key, value in self.url.query.items() if "pass" in key.lower()]
        return [secret for secret in (str(self.url.password or ""), *in_query) if secret]


class _Glancer:
    """A connection to a SQLite file beside the pool, for one look without a transaction's ceremony."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def number(self, query: str) -> int | None:
        with self._lock:
            if self._connection is None:
                self._connection = sqlite3.connect(
                    self._path, timeout=LOCK_WAIT_SECONDS, isolation_level=None, check_same_thread=False
                )
            row = self._connection.execute(query).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces that fit into one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def run_many(
    statement: Insert, rows: Iterable[Mapping[str, str]], same: Mapping[str, Any], connection: Connection
) -> None:
    """Run an insert for each of `rows`, whose text is stored as it is, with what is the `same` in all.

    SQLAlchemy binds every value of every row anew: that takes longer than SQLite takes to store a row.
    """
    compiled = statement.compile(dialect=connection.dialect)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what compiles SQL
    shared = {name: _bound(compiled.binds[name].type, value, connection) for name, value in same.items()}
    by_name = [{**row, **shared} for row in rows]
    order = compiled.positiontup
    by_place = [tuple(map(row.__getitem__, order)) for row in by_name] if order else None
    connection.exec_driver_sql(compiled.string, by_place or by_name)


def _bound(column_type: TypeEngine[Any], value: Any, connection: Connection) -> Any:
    """Return a value as the driver takes it."""
    process = column_type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return process(value) if process else value


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("sqlite_begin", "BEGIN")
    if begin:
        connection.exec_driver_sql(begin)


def _parse(url: str) -> URL:
    schemes = ", ".join(f"{name}://" for name in _NAMES)
    unreadable = (
        f"SERVING_URL is not an address this store can read: use one of {schemes}, and write special "
        "characters in user and password as %XX"
    )
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Without the cause: it may quote the address, and with it the password.
        raise StoreError(unreadable) from None
    if parsed.drivername not in _NAMES:
        raise StoreError(f"SERVING_URL begins with {parsed.drivername}://: this store knows {schemes}")
    if parsed.drivername != "sqlite" and "@" in f"{parsed.host}/{parsed.database}":
        # An "@" in the password made the rest of it look like host and database, which would be shown.
        raise StoreError(unreadable)
    if parsed.drivername == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError(
            "SERVING_URL names no SQLite file: processes share the store, so it cannot be in memory; "
            "use sqlite:///path/to/serving.db"
        )
    return parsed


def _where(url: URL) -> str:
    """Name the database without user, password or options."""
    name = _NAMES[url.drivername]
    if url.drivername == "sqlite":
        return f"{name} file {url.database}"
    port = f":{url.port}" if url.port else ""
    return f"{name} at {url.host or 'its local socket'}{port}/{url.database or ''}"


def _one_line(text: str, secrets: Sequence[str]) -> str:
    plain = " ".join(text.split())
    for secret in secrets:
        plain = plain.replace(secret, "***")
    printable = "".join(c if c.isprintable() else "?" for c in plain)
    return printable if len(printable) <= 300 else printable[:299] + "…"


def _code(error: DBAPIError) -> str:
    """Return what the driver calls the error: SQLSTATE, MySQL's number or SQLite's name."""
    cause: Any = error.orig
    for attribute in ("sqlstate", "sqlite_errorname"):
        if found := getattr(cause, attribute, None):
            return str(found)
    return str(cause.args[0]) if cause is not None and cause.args else ""


def _is_conflict(error: Exception) -> bool:
    """Whether the server undid the transaction so that another could go on."""
    # PostgreSQL: serialization failure, deadlock. MySQL: deadlock. MariaDB: row changed since it was read.
    return isinstance(error, DBAPIError) and _code(error) in ("40001", "40P01", "1213", "1020")


def _is_full(error: DBAPIError) -> bool:
    """Whether the server, or this user, has all the connections it may have."""
    # PostgreSQL tells no code where a connection fails, so that its words must do.
    words = ("too many clients", "too many connections", "remaining connection slots")
    return _code(error) in ("53300", "1040", "1203", "1226") or any(word in str(error.orig) for word in words)


def _is_busy(error: DBAPIError) -> bool:
    """Whether the wait for a lock took too long."""
    code = _code(error)
    return code in ("55P03", "1205") or code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
