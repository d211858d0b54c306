"""The serving store on DynamoDB; docs/dynamodb.md says how it is laid out and why.

Here: the store as a whole. Its parts are in the modules `dynamodb_*.py` of their names, the tables in
`dynamodb_schema.py`, what DynamoDB's API asks for in `dynamodb_tables.py`.
"""

from __future__ import annotations

from spotify_assets.core.store.dynamodb_answers import DynamoAnswers
from spotify_assets.core.store.dynamodb_calls import parse
from spotify_assets.core.store.dynamodb_contents import DynamoContents
from spotify_assets.core.store.dynamodb_inbox import DynamoInbox
from spotify_assets.core.store.dynamodb_leases import DynamoLeases
from spotify_assets.core.store.dynamodb_people import DynamoConversations, DynamoLinks, DynamoLookups
from spotify_assets.core.store.dynamodb_requests import DynamoRequests
from spotify_assets.core.store.dynamodb_roster import DynamoRoster
from spotify_assets.core.store.dynamodb_schema import prepare, see
from spotify_assets.core.store.dynamodb_sources import DynamoSources
from spotify_assets.core.store.dynamodb_tables import Tables
from spotify_assets.core.store.dynamodb_vectors import DynamoVectors


class DynamoStore:
    """A serving store in DynamoDB tables of one prefix; threads may share it, each process opens its own.

    `url` is `dynamodb://<table-prefix>`, with `?region=…&profile=…&endpoint=…&create=true` behind it.
    Missing tables are made where an endpoint other than AWS's own is used, or with `create=true`; in AWS the
    deployment's template makes them.

    Raises:
        StoreError: it cannot be reached, or another version of this program made its tables.
    """

    def __init__(self, url: str) -> None:
        address = parse(url)
        self._tables = Tables(address)
        prepare(self._tables, may_create=address.create or not self._tables.is_aws)
        self.answers = DynamoAnswers(self._tables)
        self.requests = DynamoRequests(self._tables)
        self.roster = DynamoRoster(self._tables)
        self.sources = DynamoSources(self._tables)
        self.conversations = DynamoConversations(self._tables)
        self.links = DynamoLinks(self._tables)
        self.lookups = DynamoLookups(self._tables)
        self.inbox = DynamoInbox(self._tables)
        self.leases = DynamoLeases(self._tables)
        self.vectors = DynamoVectors(self._tables)
        self.contents = DynamoContents(self._tables)

    def __repr__(self) -> str:
        return f"<DynamoStore: {self._tables.where}>"

    def ping(self) -> None:
        """Return when the store can be read.

        Raises:
            StoreError: it cannot, with the reason.
        """
        see(self._tables)

    def close(self) -> None:
        """Give back connections."""
        self._tables.close()
