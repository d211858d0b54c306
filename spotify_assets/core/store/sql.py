"""The serving store on SQLite, PostgreSQL, or MySQL and MariaDB.

Here: the store as a whole. Its parts are in the modules `sql_*.py` of their names, the tables in
`sql_schema.py`, what differs between the engines in `sql_engine.py`.
"""

from __future__ import annotations

from sqlalchemy import select

from spotify_assets.core.store.sql_answers import SqlAnswers
from spotify_assets.core.store.sql_contents import SqlContents
from spotify_assets.core.store.sql_conversations import SqlConversations
from spotify_assets.core.store.sql_engine import Database
from spotify_assets.core.store.sql_inbox import SqlInbox
from spotify_assets.core.store.sql_leases import SqlLeases
from spotify_assets.core.store.sql_links import SqlLinks
from spotify_assets.core.store.sql_lookups import SqlLookups
from spotify_assets.core.store.sql_requests import SqlRequests
from spotify_assets.core.store.sql_roster import SqlRoster
from spotify_assets.core.store.sql_schema import prepare, store_schema
from spotify_assets.core.store.sql_sources import SqlSources
from spotify_assets.core.store.sql_vectors import SqlVectors


class SqlStore:
    """A serving store in one SQL database; threads may share it, each process opens its own.

    `url` is `sqlite:///path` (in a directory that exists), `postgresql+psycopg://…` or `mysql+pymysql://…`.

    Raises:
        StoreError: it cannot be reached, or another version of this program made its tables.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        prepare(self._database)
        self.answers = SqlAnswers(self._database)
        self.requests = SqlRequests(self._database)
        self.roster = SqlRoster(self._database)
        self.sources = SqlSources(self._database)
        self.conversations = SqlConversations(self._database)
        self.links = SqlLinks(self._database)
        self.lookups = SqlLookups(self._database)
        self.vectors = SqlVectors(self._database)
        self.inbox = SqlInbox(self._database)
        self.leases = SqlLeases(self._database)
        self.contents = SqlContents(self._database)

    def __repr__(self) -> str:
        return f"<SqlStore: {self._database.where}>"

    def ping(self) -> None:
        """Return when the store can be read.

        Raises:
            StoreError: it cannot, with the reason.
        """
        self._database.read(lambda connection: connection.scalar(select(store_schema.c.version)))

    def close(self) -> None:
        """Give back connections."""
        self._database.close()
