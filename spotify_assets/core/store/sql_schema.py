"""The tables of the SQL store, and how they come to be.

Here: columns, keys, the column types that make all engines agree, the schema's version. Not here: what is
asked of the tables (`sql_answers.py`, `sql_requests.py`, `sql_roster.py`, `sql_sources.py`).

Secondary indexes are written as unique constraints that end in the primary key: they come with their CREATE
TABLE, so that a process killed between two statements never leaves a table without its index.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    select,
    update,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from spotify_assets.core.errors import StoreError
from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.records import MAX_ID
from spotify_assets.core.store.sql_engine import Database

SCHEMA_VERSION = 2
"""Counts up with every change of the tables below."""

_COMPLETED = (1,)
"""Versions that lack tables and are otherwise as they should be: opening the store brings them up to date."""

MAX_SHOWN = 500
"""Longest query or label kept, in characters (code points); the rest is cut off."""


class Key(TypeDecorator[str]):
    """Text that is compared code point by code point: case, accents and trailing spaces count."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        self.length = length
        super().__init__(length)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose each engine's collation that compares bytes and pads nothing."""
        collation = None
        if dialect.name == "postgresql":
            collation = "C"
        elif dialect.name == "mysql":
            # utf8mb4_bin would pad: "a" and "a " were one key.
            mariadb = getattr(dialect, "is_mariadb", False)
            collation = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"
        return dialect.type_descriptor(String(self.length, collation=collation))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Refuse, on every engine alike, what one of them could not store."""
        if value is not None and not is_key(value, self.length):
            raise StoreError(
                f"{value[:40]!r} ({len(value)} characters) cannot be a key of the serving store: "
                f"keys have 1 to {self.length} characters, without NUL and lone surrogates"
            )
        return value


class Moment(TypeDecorator[datetime]):
    """A point in time: aware, in UTC, to the microsecond."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose timestamptz, DATETIME(6) or SQLite's ISO text, which sorts like the time it stands for."""
        if dialect.name == "mysql":
            from sqlalchemy.dialects.mysql import DATETIME

            return dialect.type_descriptor(DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: the store takes aware times only")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware time in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Words(TypeDecorator[str]):
    """Text that is kept and shown, never compared; of any length where none is given."""

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        self.length = length
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose, on MySQL, all of Unicode whatever the database's own character set, and more than 64 kB."""
        if dialect.name == "mysql":
            from sqlalchemy.dialects.mysql import LONGTEXT, VARCHAR

            chosen = VARCHAR(self.length, charset="utf8mb4") if self.length else LONGTEXT(charset="utf8mb4")
            return dialect.type_descriptor(chosen)
        return dialect.type_descriptor(String(self.length) if self.length else Text())


_metadata = MetaData()


answers = Table(
    "answers",
    _metadata,
    Column("kind", Key(20), primary_key=True),
    Column("target_id", Key(MAX_ID), primary_key=True),
    Column("version", Key(MAX_ID), nullable=False),
    # Last, and apart from the index below: versions are read without touching a body.
    Column("body", Words, nullable=False),
    UniqueConstraint("kind", "target_id", "version", name="answers_versions"),
)
answer_names = Table(
    "answer_names",
    _metadata,
    Column("name_key", Key(MAX_KEY), primary_key=True),
    Column("kind", Key(20), primary_key=True),
    Column("target_id", Key(MAX_ID), primary_key=True),
    Column("label", Words(MAX_SHOWN), nullable=False),
    Column("popularity", Integer, nullable=False),
    UniqueConstraint("kind", "target_id", "name_key", name="answer_names_targets"),
)
artist_requests = Table(
    "artist_requests",
    _metadata,
    Column("name_key", Key(MAX_KEY), primary_key=True),
    Column("query", Words(MAX_SHOWN), nullable=False),
    Column("state", Key(20), nullable=False),
    Column("artist_ids", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("ask_count", BigInteger, nullable=False),
    Column("first_asked_at", Moment, nullable=False),
    Column("last_asked_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("next_attempt_at", Moment),
    Column("lease_until", Moment),
    Column("run_id", Key(MAX_ID)),
    Column("error", Words),
    UniqueConstraint("state", "first_asked_at", "name_key", name="artist_requests_queue"),
)
roster = Table(
    "roster",
    _metadata,
    Column("artist_id", Key(MAX_ID), primary_key=True),
    Column("name", Words(MAX_SHOWN), nullable=False),
    # 0 is the most urgent: the order in which `Priority` lists them.
    Column("urgency", SmallInteger, nullable=False),
    Column("added_at", Moment, nullable=False),
    # The place within one call of `add`, whose rows share `added_at`.
    Column("position", Integer, nullable=False),
)
source_cooldowns = Table(
    "source_cooldowns",
    _metadata,
    Column("source", Key(MAX_ID), primary_key=True),
    Column("ends_at", Moment, nullable=False),
    Column("reason", Words(MAX_SHOWN), nullable=False),
)
source_calls = Table(
    "source_calls",
    _metadata,
    Column("source", Key(MAX_ID), primary_key=True),
    Column("family", Key(MAX_ID), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("asked", Integer, nullable=False),
    Column("routine", Integer, nullable=False),
)
source_capabilities = Table(
    "source_capabilities",
    _metadata,
    Column("source", Key(MAX_ID), primary_key=True),
    Column("endpoint", Key(MAX_ID), primary_key=True),
    Column("allowed", Boolean, nullable=False),
    Column("learnt_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)
source_turns = Table(
    "source_turns",
    _metadata,
    Column("source", Key(MAX_ID), primary_key=True),
    Column("next_at", Moment, nullable=False),
)
store_schema = Table(
    "store_schema",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)


def is_key(value: str, length: int = MAX_ID) -> bool:
    """Whether every engine can store `value` as a key of at most `length` characters."""
    return 0 < len(value) <= length and is_plain(value)


def is_plain(text: str) -> bool:
    """Whether every engine can store `text` as it is."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def plain(text: str) -> str:
    """Return `text` without what PostgreSQL (NUL) or UTF-8 (lone surrogates) cannot hold."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def shown(text: str) -> str:
    """Return `text` as it is kept to be shown: storable, and cut to `MAX_SHOWN` characters."""
    return plain(text[: 2 * MAX_SHOWN])[:MAX_SHOWN]


def prepare(database: Database) -> None:
    """Make the tables where they are missing; several processes may do so at once.

    Raises:
        StoreError: the database cannot be used, or holds tables of another version of this program.
    """
    database.use_wal()
    found = _version(database)
    if found is None or found in _COMPLETED:
        _create(database)
        found = _version(database)
    if found != SCHEMA_VERSION:
        newer = found is not None and found > SCHEMA_VERSION
        raise StoreError(
            f"The serving store, {database.where}, was made by {'a newer' if newer else 'an older'} version "
            f"of this program (its tables have version {found}, this program reads {SCHEMA_VERSION}): "
            f"{'update the program, or ' if newer else ''}"
            "name an empty database in SERVING_URL and publish again"
        )


def _version(database: Database) -> int | None:
    def read(connection: Connection) -> int | None:
        if not inspect(connection).has_table(store_schema.name):
            return None
        version: int | None = connection.scalar(select(store_schema.c.version))
        return version

    return database.read(read)


def _create(database: Database) -> None:
    def create(connection: Connection) -> None:
        _metadata.create_all(connection)
        # Last: where the version stands, all tables do.
        connection.execute(database.insert_missing(store_schema), {"id": 1, "version": SCHEMA_VERSION})
        older = store_schema.c.version.in_(_COMPLETED)
        connection.execute(update(store_schema).where(older).values(version=SCHEMA_VERSION))

    # Another process may make a table between our look and our CREATE, which then fails: look again.
    for _ in range(9):
        try:
            database.write(create)
            return
        except StoreError:
            time.sleep(random.uniform(0.01, 0.1))
    database.write(create)
