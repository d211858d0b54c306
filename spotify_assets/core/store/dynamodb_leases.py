"""What one machine may use at a time, as DynamoDB items: who holds it, and until when."""

from __future__ import annotations

from datetime import datetime

from spotify_assets.core.store import Lease
from spotify_assets.core.store.dynamodb_schema import WORKING
from spotify_assets.core.store.dynamodb_tables import Tables
from spotify_assets.core.store.dynamodb_values import Item, at, moment
from spotify_assets.core.store.text import checked_key, shown


class DynamoLeases:
    """`Leases` in the table `working`, one item a lease; each method is one conditional write."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def take(self, name: str, holder: str, user: str, now: datetime, until: datetime) -> Lease:
        """Hold `name` alone until then where nobody else does at `now`; return the lease that stands.

        Raises:
            StoreError: the store cannot be written.
        """
        item = {**_key(name), "name": name, "holder": checked_key(holder), "used_by": shown(user)}
        item["ends_at"] = moment(until)
        free = "attribute_not_exists(pk) OR #holder = :holder OR #ends_at <= :now"
        taken = self._tables.put(WORKING.name, item, free, {"holder": holder, "now": moment(now)})
        return _lease(item if taken.done or taken.item is None else taken.item)

    def renew(self, name: str, holder: str, until: datetime) -> bool:
        """Hold on to a lease until then; False where it is somebody else's by now.

        Raises:
            StoreError: the store cannot be written.
        """
        values = {"holder": checked_key(holder), "until": moment(until)}
        return self._tables.update(
            WORKING.name, _key(name), "SET #ends_at = :until", values, "#holder = :holder"
        ).done

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; nothing happens where it is somebody else's.

        Raises:
            StoreError: the store cannot be written.
        """
        self._tables.delete(WORKING.name, _key(name), "#holder = :holder", {"holder": checked_key(holder)})


def _key(name: str) -> Item:
    return {"pk": f"lease#{checked_key(name)}", "sk": "lease"}


def _lease(item: Item) -> Lease:
    return Lease(item["name"], item["holder"], item["used_by"], at(item["ends_at"]))
