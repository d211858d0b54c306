"""The tables of the SQL store, and how they come to be.

Here: tables, keys, indexes, the schema's version. Not here: the column types that make all engines agree
(`sql_types.py`), what is asked of the tables (`sql_answers.py`, `sql_requests.py`, `sql_roster.py`,
`sql_sources.py`, `sql_leases.py`).

Nothing but a primary key is unique: PostgreSQL's upserts watch one unique index, and of two processes that
insert one row at the same moment the second would trip over any other.
"""

from __future__ import annotations

import random
import time

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    inspect,
    select,
    update,
)

from spotify_assets.core.errors import StoreError
from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.records import MAX_ID
from spotify_assets.core.spelling import LONGEST
from spotify_assets.core.store.sql_engine import Database
from spotify_assets.core.store.sql_types import MAX_SHOWN, Key, Moment, Words

SCHEMA_VERSION = 4
"""Counts up with every change of the tables below."""

_COMPLETED = (1, 2, 3)
"""Versions that lack tables and are otherwise as they should be: opening the store brings them up to date."""

MAX_SPELLING = LONGEST + 10

_metadata = MetaData()

answers = Table(
    "answers",
    _metadata,
    Column("kind", Key(20), primary_key=True),
    Column("target_id", Key(MAX_ID), primary_key=True),
    Column("version", Key(MAX_ID), nullable=False),
    # Last, and apart from the index below: versions are read without touching a body.
    Column("body", Words, nullable=False),
    Index("answers_versions", "kind", "target_id", "version"),
)
answer_names = Table(
    "answer_names",
    _metadata,
    Column("name_key", Key(MAX_KEY), primary_key=True),
    Column("kind", Key(20), primary_key=True),
    Column("target_id", Key(MAX_ID), primary_key=True),
    Column("label", Words(MAX_SHOWN), nullable=False),
    Column("popularity", Integer, nullable=False),
    Index("answer_names_targets", "kind", "target_id", "name_key"),
)
answer_spellings = Table(
    "answer_spellings",
    _metadata,
    # A key of `core/spelling.py`: at most 60 letters behind a mark.
    Column("spelling", Key(MAX_SPELLING), primary_key=True),
    Column("target_id", Key(MAX_ID), primary_key=True),
    Column("name_key", Key(MAX_KEY), primary_key=True),
    Index("answer_spellings_targets", "target_id"),
)
publication = Table(
    "publication",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    # Counts the transactions that changed answers or their names.
    Column("number", BigInteger, nullable=False),
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
    Index("artist_requests_queue", "state", "first_asked_at", "name_key"),
)
request_findings = Table(
    "request_findings",
    _metadata,
    Column("name_key", Key(MAX_KEY), primary_key=True),
    Column("source", Key(MAX_ID), primary_key=True),
    Column("body", Words, nullable=False),
)
request_choices = Table(
    "request_choices",
    _metadata,
    Column("name_key", Key(MAX_KEY), primary_key=True),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    Column("artist_id", Key(MAX_ID), nullable=False),
    Column("label", Words(MAX_SHOWN), nullable=False),
)
conversations = Table(
    "conversations",
    _metadata,
    Column("person", Key(MAX_ID), primary_key=True),
    Column("body", Words, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("conversations_expiry", "expires_at"),
)
learnt_links = Table(
    "learnt_links",
    _metadata,
    Column("name_key", Key(MAX_KEY), primary_key=True),
    Column("person", Key(MAX_ID), primary_key=True),
    # Or a song's, with `SONG` before it.
    Column("artist_id", Key(MAX_ID), nullable=False),
    Column("confirmed_at", Moment, nullable=False),
)
live_lookups = Table(
    "live_lookups",
    _metadata,
    Column("name_key", Key(MAX_KEY), primary_key=True),
    Column("holder", Key(MAX_ID), nullable=False),
    Column("lease_until", Moment, nullable=False),
    Column("body", Words),
    Column("expires_at", Moment, nullable=False),
    Index("live_lookups_expiry", "expires_at"),
)
new_names = Table(
    "new_names",
    _metadata,
    Column("person", Key(MAX_ID), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("names", Integer, nullable=False),
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
inbox = Table(
    "inbox",
    _metadata,
    Column("key", Key(MAX_ID), primary_key=True),
    Column("state", Key(20), nullable=False),
    Column("account", Words(MAX_ID), nullable=False),
    Column("sender", Words(MAX_ID), nullable=False),
    Column("body", Words, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("ended_at", Moment),
    Column("attempts", Integer, nullable=False),
    Index("inbox_queue", "state", "due_at"),
    Index("inbox_ended", "ended_at"),
)
leases = Table(
    "leases",
    _metadata,
    Column("name", Key(MAX_ID), primary_key=True),
    Column("holder", Key(MAX_ID), nullable=False),
    Column("used_by", Words(MAX_SHOWN), nullable=False),
    Column("ends_at", Moment, nullable=False),
)
similarity_parts = Table(
    "similarity_parts",
    _metadata,
    Column("version", Key(MAX_ID), primary_key=True),
    Column("kind", Key(20), primary_key=True),
    Column("name", Key(MAX_KEY), primary_key=True),
    Column("digest", Key(MAX_ID), nullable=False),
    # Last, and apart from the index below: digests are read without touching a body.
    Column("body", Words, nullable=False),
    Index("similarity_parts_digests", "version", "kind", "name", "digest"),
)
similarity_version = Table(
    "similarity_version",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Key(MAX_ID), nullable=False),
)
store_schema = Table(
    "store_schema",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)


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
        # MySQL makes an index in a step of its own: a process that died may have left a table without.
        for table in _metadata.tables.values():
            for index in table.indexes:
                index.create(connection, checkfirst=True)
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
