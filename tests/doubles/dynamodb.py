"""DynamoDB on loopback: moto's, made as strict and as moody as AWS's.

Here: writes that happen one at a time, batches that are taken in part. Not here: the server (`aws.py`), or
what DynamoDB does with an expression (moto).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from inspect import signature
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

SERVICE = "DynamoDB_20120810."
_COUNTING = threading.Lock()


@dataclass(slots=True)
class PartOfBatch:
    """Of each batch only the first few are done; the rest comes back as unprocessed."""

    taken: int
    times: int | None
    """How many batches; None is all."""
    met: int = 0


@dataclass(slots=True)
class DynamoDouble:
    """What stands between the wire and moto."""

    parts: list[PartOfBatch] = field(default_factory=list)

    def take_only(self, taken: int, times: int | None = None) -> PartOfBatch:
        """Do only so many items of each batch from now on."""
        part = PartOfBatch(taken, times)
        self.parts.append(part)
        return part

    def answer(
        self, moto: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one call."""
        operation = environ["HTTP_X_AMZ_TARGET"].removeprefix(SERVICE)
        with _COUNTING:
            part = next((one for one in self.parts if one.times is None or one.met < one.times), None)
            if part is None or operation not in ("BatchWriteItem", "BatchGetItem"):
                part = None
            else:
                part.met += 1
        if part is None:
            return moto(environ, start_response)
        return _in_part(operation, part.taken, moto, environ, start_response)


def _in_part(
    operation: str, taken: int, moto: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
) -> list[bytes]:
    body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    [(table, asked)] = body["RequestItems"].items()
    if operation == "BatchWriteItem":
        now, later = asked[:taken], asked[taken:]
        left = later
    else:
        now, later = {**asked, "Keys": asked["Keys"][:taken]}, asked["Keys"][taken:]
        left = {**asked, "Keys": later}
    sent = json.dumps({**body, "RequestItems": {table: now}}).encode()
    environ |= {"wsgi.input": BytesIO(sent), "CONTENT_LENGTH": str(len(sent))}
    said: dict[str, Any] = {}

    def begin(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        said.update(status=status, headers=headers)
        return lambda _: None

    answer = json.loads(b"".join(moto(environ, begin)))
    if later and said["status"].startswith("200"):
        answer["UnprocessedItems" if operation == "BatchWriteItem" else "UnprocessedKeys"] = {table: left}
    whole = json.dumps(answer).encode()
    changed = ("content-length", "x-amz-crc32")
    headers = [(name, value) for name, value in said["headers"] if name.lower() not in changed]
    start_response(said["status"], [*headers, ("Content-Length", str(len(whole)))])
    return [whole]


@cache
def one_call_at_a_time() -> None:
    """Have moto do what it is asked in one step, as DynamoDB does; for good, whichever double asks first.

    moto looks at an item and then writes it, in as many threads as there are calls.
    """
    whole, lock = DynamoHandler.call_action, threading.Lock()

    def call_action(self: DynamoHandler) -> Any:
        with lock, quick_queries():
            return whole(self)

    DynamoHandler.call_action = call_action  # type: ignore[method-assign]


@contextmanager
def quick_queries() -> Iterator[None]:
    """Have moto look at one partition where it would sort the whole table for every query."""
    whole_query, whole_table = Table.query, Table.all_items
    wanted: list[tuple[str | None, Any]] = []

    def query(self: Table, *args: Any, **kwargs: Any) -> Any:
        given = signature(whole_query).bind(self, *args, **kwargs).arguments
        wanted.append((given.get("index_name"), given["hash_key"]))
        try:
            return whole_query(self, *args, **kwargs)
        finally:
            wanted.clear()

    def all_items(self: Table) -> list[Any]:
        if not wanted:
            return whole_table(self)
        [(index_name, hash_key)] = wanted
        if index_name is None:
            found: Any = self.items.get(hash_key)
            return list(found.values()) if self.range_key_attr and found else [found] if found else []
        [index] = [one for one in self.all_indexes() if one.name == index_name]
        name = index.schema[0]["AttributeName"]
        rows = self.items.values()
        items = [i for row in rows for i in row.values()] if self.range_key_attr else list(rows)
        return [i for i in items if name in i.attrs and i.attrs[name].value == hash_key.value]

    Table.query, Table.all_items = query, all_items  # type: ignore[method-assign]
    try:
        yield
    finally:
        Table.query, Table.all_items = whole_query, whole_table  # type: ignore[method-assign]
