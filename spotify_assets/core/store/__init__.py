"""The serving store: all that the bot reads and writes, behind one protocol.

Here: opening it. `rows.py` says what it holds, `protocols.py` what can be done with it, `sql.py` keeps it in
SQLite, PostgreSQL or MySQL. Not here: how documents are made (`defs/serving`) or turned into sentences
(`chatbot`).
"""

from spotify_assets.core.errors import SettingsError
from spotify_assets.core.settings import Settings
from spotify_assets.core.store.people import Conversations, Links, Lookups
from spotify_assets.core.store.protocols import Answers, Leases, Requests, Roster, ServingStore, Sources
from spotify_assets.core.store.rows import (
    ArtistRequest,
    CallCount,
    Capability,
    Choice,
    Cooldown,
    Document,
    Lease,
    Lookup,
    NameEntry,
    NameMatch,
    Priority,
    RosterEntry,
    State,
    Urgency,
)

__all__ = [
    "Answers",
    "ArtistRequest",
    "CallCount",
    "Capability",
    "Choice",
    "Conversations",
    "Cooldown",
    "Document",
    "Lease",
    "Leases",
    "Links",
    "Lookup",
    "Lookups",
    "NameEntry",
    "NameMatch",
    "Priority",
    "Requests",
    "Roster",
    "RosterEntry",
    "ServingStore",
    "Sources",
    "State",
    "Urgency",
    "open_store",
]


def open_store(settings: Settings) -> ServingStore:
    """Open the store of `SERVING_URL`, making its tables where they are missing.

    Raises:
        StoreError: it cannot be reached or opened.
        SettingsError: its engine is not one this build has.
    """
    if settings.serving_url.startswith("dynamodb://"):
        raise SettingsError(
            "SERVING_URL: dynamodb:// is not available in this version; use sqlite:///, "
            "postgresql+psycopg:// or mysql+pymysql://"
        )
    # Imported here so that a bot on another engine never loads SQLAlchemy.
    from spotify_assets.core.store.sql import SqlStore

    if settings.serving_url.startswith("sqlite:///"):
        settings.prepare_home()
    return SqlStore(settings.serving_url)
