"""A set of DynamoDB tables under one prefix: reads, conditional writes, batches, and errors as sentences.

Here: what differs between DynamoDB's API and what the store needs of it: types, pages, batches of 25 and 100,
what is left of a batch when DynamoDB is busy, transactions that met another. Not here: which items there are
(`dynamodb_schema.py`) or what is asked of them.

In expressions, `#state` is the attribute `state` and `:state` the value of that name.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from spotify_assets.core import aws
from spotify_assets.core.errors import StoreError
from spotify_assets.core.store.dynamodb_calls import MET_ANOTHER, Calls, pauses
from spotify_assets.core.store.dynamodb_values import Item, Typed, size, typed, typed_value, untyped

T = TypeVar("T")

WRITES_AT_ONCE = 25
READS_AT_ONCE = 100
TRANSACTION_AT_ONCE = 100
MAX_ITEM = 400 * 1024
"""DynamoDB's limits: items in one BatchWriteItem, BatchGetItem, TransactWriteItems; bytes of one item."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of a conditional write."""

    done: bool
    item: Item | None
    """After an update the item as it stands then; where the condition refused, the item that is there."""


class Tables(Calls):
    """The tables of one store. Every read of a table itself is strongly consistent."""

    def get(self, table: str, key: Item, only: Sequence[str] = ()) -> Item | None:
        """Return one item, or those attributes of it, or None."""
        asked = {"TableName": self.full_name(table), "Key": typed(key), "ConsistentRead": True}
        found = self.call("get_item", {**asked, **_only(only)}).get("Item")
        return None if found is None else untyped(found)

    def get_many(self, table: str, keys: Iterable[Item], only: Sequence[str] = ()) -> list[Item]:
        """Return those of these items that are there, or those attributes of them, in any order."""
        name = self.full_name(table)
        wanted = list({tuple(sorted(key.items())): key for key in keys}.values())

        def get(chunk: Sequence[Item]) -> list[Item]:
            found: list[Typed] = []
            left: dict[str, Any] = {
                name: {"Keys": [typed(key) for key in chunk], "ConsistentRead": True, **_only(only)}
            }
            for pause in pauses():
                given = self.call("batch_get_item", {"RequestItems": left})
                found += given["Responses"].get(name, [])
                left = given.get("UnprocessedKeys") or {}
                if not left:
                    return [untyped(item) for item in found]
                time.sleep(pause)
            raise self.too_busy("reading", len(left[name]["Keys"]))

        return [item for chunk in self.at_once(get, chunks(wanted, READS_AT_ONCE)) for item in chunk]

    def put(
        self, table: str, item: Item, condition: str | None = None, values: Mapping[str, Any] | None = None
    ) -> Changed:
        """Write an item whole, where the condition holds for the one that is there."""
        asked = {"TableName": self.full_name(table), "Item": typed(item)}
        return self._changed("put_item", asked, None, condition, values)

    def update(
        self, table: str, key: Item, change: str, values: Mapping[str, Any], condition: str | None = None
    ) -> Changed:
        """Change an item, where the condition holds for it; one that is not there is made."""
        asked = {"TableName": self.full_name(table), "Key": typed(key), "ReturnValues": "ALL_NEW"}
        return self._changed("update_item", asked, change, condition, values)

    def delete(
        self, table: str, key: Item, condition: str | None = None, values: Mapping[str, Any] | None = None
    ) -> bool:
        """Delete an item where the condition holds for it; without one, say whether it was there."""
        asked = {"TableName": self.full_name(table), "Key": typed(key), "ReturnValues": "ALL_OLD"}
        changed = self._changed("delete_item", asked, None, condition, values)
        return changed.done and changed.item is not None

    def write_many(self, table: str, puts: Iterable[Item] = (), deletes: Iterable[Item] = ()) -> None:
        """Write and delete items, each whole, in no order and not together; no key may come twice.

        Raises:
            StoreError: DynamoDB was too busy, or refused; some may be written.
        """
        name = self.full_name(table)
        requests: list[dict[str, Any]] = [{"PutRequest": {"Item": typed(item)}} for item in puts]
        requests += [{"DeleteRequest": {"Key": typed(key)}} for key in deletes]

        def write(chunk: Sequence[dict[str, Any]]) -> None:
            left = list(chunk)
            for pause in pauses():
                given = self.call("batch_write_item", {"RequestItems": {name: left}})
                left = given.get("UnprocessedItems", {}).get(name, [])
                if not left:
                    return
                time.sleep(pause)
            raise self.too_busy("writing", len(left))

        for _ in self.at_once(write, chunks(requests, WRITES_AT_ONCE)):
            pass

    def transact(self, writes: Sequence[dict[str, Any]]) -> list[Changed]:
        """Do all of these writes or none; where a condition refused, say of each whether it was its own.

        Make them with `put_in`, `update_in`, `delete_in` and `check_in`.
        """
        for pause in pauses():
            try:
                self.attempt("transact_write_items", {"TransactItems": list(writes)})
            except ClientError as error:
                reasons: list[dict[str, Any]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
                codes = {reason.get("Code", "None") for reason in reasons}
                if "ConditionalCheckFailed" in codes:
                    return [
                        Changed(
                            reason.get("Code") != "ConditionalCheckFailed",
                            untyped(reason["Item"]) if reason.get("Item") else None,
                        )
                        for reason in reasons
                    ]
                if not codes & MET_ANOTHER:
                    raise self.refused(error) from error
                time.sleep(pause)
                continue
            return [Changed(True, None)] * len(writes)
        raise self.too_busy("writing", len(writes))

    def put_in(
        self, table: str, item: Item, condition: str | None = None, values: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return a put for `transact`."""
        asked = {"TableName": self.full_name(table), "Item": typed(item)}
        return {"Put": {**asked, **_expressions(None, condition, values), **_SHOW_REFUSED}}

    def update_in(
        self, table: str, key: Item, change: str, values: Mapping[str, Any], condition: str | None = None
    ) -> dict[str, Any]:
        """Return an update for `transact`."""
        asked = {"TableName": self.full_name(table), "Key": typed(key)}
        return {"Update": {**asked, **_expressions(change, condition, values), **_SHOW_REFUSED}}

    def delete_in(self, table: str, key: Item) -> dict[str, Any]:
        """Return a delete for `transact`."""
        return {"Delete": {"TableName": self.full_name(table), "Key": typed(key)}}

    def check_in(
        self, table: str, key: Item, condition: str, values: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return a check of an item that stays as it is, for `transact`."""
        asked = {"TableName": self.full_name(table), "Key": typed(key)}
        return {"ConditionCheck": {**asked, **_expressions(None, condition, values), **_SHOW_REFUSED}}

    def query(
        self,
        table: str,
        keys: str,
        values: Mapping[str, Any],
        index: str | None = None,
        newest_first: bool = False,
        page: int | None = None,
        only: Sequence[str] = (),
        may_lag: bool = False,
    ) -> Iterator[Item]:
        """Yield the items of one partition whose keys fulfil `keys`, in the order of their range key.

        Reads page by page, as far as the caller goes. An index may lag behind its table for a moment; so may
        the table itself with `may_lag`, for half the units.
        """
        asked: dict[str, Any] = {
            "TableName": self.full_name(table),
            "KeyConditionExpression": keys,
            "ExpressionAttributeValues": {f":{name}": typed_value(v) for name, v in values.items()},
            "ScanIndexForward": not newest_first,
            **({"IndexName": index} if index else {"ConsistentRead": not may_lag}),
            **({"Limit": page} if page else {}),
        }
        projection = _only(only)
        named = {**_names(keys), **projection.pop("ExpressionAttributeNames", {})}
        if named:
            asked["ExpressionAttributeNames"] = named
        yield from self._pages("query", {**asked, **projection})

    def count(self, table: str, keys: str, values: Mapping[str, Any], index: str | None = None) -> int:
        """Return how many items of one partition fulfil `keys`."""
        asked: dict[str, Any] = {
            "TableName": self.full_name(table),
            "KeyConditionExpression": keys,
            "ExpressionAttributeValues": {f":{name}": typed_value(v) for name, v in values.items()},
            "Select": "COUNT",
            **({"IndexName": index} if index else {"ConsistentRead": True}),
        }
        if named := _names(keys):
            asked["ExpressionAttributeNames"] = named
        total = 0
        while True:
            given = self.call("query", asked)
            total += int(given["Count"])
            if not (last := given.get("LastEvaluatedKey")):
                return total
            asked["ExclusiveStartKey"] = last

    def scan(self, table: str, prefix: str) -> Iterator[Item]:
        """Yield all items whose `pk` begins so; reads, and is billed for, the whole table."""
        asked: dict[str, Any] = {
            "TableName": self.full_name(table),
            "FilterExpression": "begins_with(pk, :prefix)",
            "ExpressionAttributeValues": {":prefix": typed_value(prefix)},
            "ConsistentRead": True,
        }
        yield from self._pages("scan", asked)

    def fits(self, item: Item, what: str) -> None:
        """See that an item is not larger than DynamoDB takes.

        Raises:
            StoreError: it is, with `what` it was.
        """
        if (bytes_ := size(item)) > MAX_ITEM:
            raise StoreError(
                f"{what} cannot be stored in {self.where}: it is {bytes_ // 1024:,} KB and DynamoDB takes "
                f"{MAX_ITEM // 1024} KB: make it smaller, or use a store on PostgreSQL or MySQL"
            )

    def _changed(
        self,
        operation: str,
        asked: dict[str, Any],
        change: str | None,
        condition: str | None,
        values: Mapping[str, Any] | None,
    ) -> Changed:
        whole = {**asked, **_expressions(change, condition, values)}
        if condition:
            whole |= _SHOW_REFUSED
        for pause in pauses():
            try:
                given = self.attempt(operation, whole)
            except ClientError as error:
                code = aws.error_code(error)
                if code == "ConditionalCheckFailedException":
                    there: Any = error.response.get("Item")
                    return Changed(False, untyped(there) if there else None)
                if code not in MET_ANOTHER:
                    raise self.refused(error) from error
                time.sleep(pause)
                continue
            attributes = given.get("Attributes")
            return Changed(True, untyped(attributes) if attributes else None)
        raise self.too_busy("writing", 1)

    def _pages(self, operation: str, asked: dict[str, Any]) -> Iterator[Item]:
        while True:
            given = self.call(operation, asked)
            for item in given["Items"]:
                yield untyped(item)
            if not (last := given.get("LastEvaluatedKey")):
                return
            asked["ExclusiveStartKey"] = last


_SHOW_REFUSED = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def chunks(values: Sequence[T], length: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces that fit into one call."""
    for start in range(0, len(values), length):
        yield values[start : start + length]


def _expressions(
    change: str | None, condition: str | None, values: Mapping[str, Any] | None
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if change:
        made["UpdateExpression"] = change
    if condition:
        made["ConditionExpression"] = condition
    if values:
        made["ExpressionAttributeValues"] = {f":{name}": typed_value(v) for name, v in values.items()}
    if named := _names(f"{change or ''} {condition or ''}"):
        made["ExpressionAttributeNames"] = named
    return made


def _only(attributes: Sequence[str]) -> dict[str, Any]:
    if not attributes:
        return {}
    return {
        "ProjectionExpression": ", ".join(f"#{name}" for name in attributes),
        "ExpressionAttributeNames": {f"#{name}": name for name in attributes},
    }


def _names(expression: str) -> dict[str, str]:
    return {f"#{name}": name for name in re.findall(r"#(\w+)", expression)}
