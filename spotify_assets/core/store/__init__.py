"""The serving store: all that the bot reads and writes, behind one protocol.

Here: opening it. `rows.py` says what it holds, `protocols.py` what can be done with it; `sql.py` keeps it in
SQLite, PostgreSQL or MySQL, `dynamodb.py` in DynamoDB. Not here: how documents are made (`defs/serving`) or
turned into sentences (`chatbot`).
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
    Near,
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
    "Near",
    "Priority",
    "Requests",
    "Roster",
    "RosterEntry",
    "ServingStore",
    "Sources",
    "State",
    "Urgency",
    "open_at",
    "open_store",
]


def open_store(settings: Settings) -> ServingStore:
    """Open the store of `SERVING_URL`, making its tables where they are missing.

    Raises:
        StoreError: it cannot be reached or opened.
        SettingsError: its engine needs a library that is not installed.
    """
    if settings.serving_url.startswith("sqlite:///"):
        settings.prepare_home()
    return open_at(settings.serving_url)


def open_at(url: str) -> ServingStore:
    """Open the store at an address, as `SERVING_URL` has it.

    Raises:
        StoreError: it cannot be reached or opened.
        SettingsError: it needs a library that is not installed.
    """
    # Imported here so that a bot on one engine never loads the library of the other.
    if url.startswith("dynamodb://"):
        try:
            import boto3  # noqa: F401
        except ImportError as error:
            raise SettingsError(
                "SERVING_URL: dynamodb:// needs boto3, which AWS Lambda brings along; elsewhere "
                "pip install 'spotify-assets[aws]'"
            ) from error
        from spotify_assets.core.store.dynamodb import DynamoStore

        return DynamoStore(url)
    from spotify_assets.core.store.sql import SqlStore

    return SqlStore(url)
