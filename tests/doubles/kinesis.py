"""Kinesis on loopback: moto's, which takes part of a call where the real one would.

Here: what a shard takes in a second, records that are left out by the test's will. Not here: the server (`aws.py`),
or the limits of one call, which moto keeps.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SERVICE = "Kinesis_20131202."
SHARD_RECORDS, SHARD_BYTES = 1000, 1024 * 1024
"""What a shard takes in a second."""

MAX_RECORDS, MAX_CALL, MAX_RECORD = 500, 5 * 1024 * 1024, 1024 * 1024
"""What one call takes: moto refuses more."""

TOO_FAST = "ProvisionedThroughputExceededException"


@dataclass(slots=True)
class LeftOut:
    """Records that are not taken, and why."""

    code: str
    which: Callable[[bytes], bool]
    times: int | None
    """How many records; None is for good."""
    met: int = 0

    def takes(self, data: bytes) -> bool:
        """Whether this record is left out; one fewer is then to come."""
        if (self.times is not None and self.met >= self.times) or not self.which(data):
            return False
        self.met += 1
        return True


@dataclass(slots=True)
class KinesisDouble:
    """What stands between the wire and moto."""

    shards: int = 1
    """Of every stream; their limits hold, each second by the clock."""
    shard_records: int = SHARD_RECORDS
    rules: list[LeftOut] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    """How many records each call brought."""
    held: threading.Event = field(default_factory=threading.Event)
    """Set: no call is answered until it is cleared, or for a minute."""
    _second: int = 0
    _records: Counter[int] = field(default_factory=Counter)
    _bytes: Counter[int] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def leave_out(
        self,
        code: str = TOO_FAST,
        which: Callable[[bytes], bool] = lambda _: True,
        times: int | None = None,
    ) -> LeftOut:
        """Take no record that `which` picks from now on."""
        rule = LeftOut(code, which, times)
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Take everything again, and forget what came."""
        self.shards, self.shard_records = 1, SHARD_RECORDS
        self.rules.clear()
        self.calls.clear()
        self.held.clear()

    def answer(
        self, moto: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one call."""
        if environ["HTTP_X_AMZ_TARGET"].removeprefix(SERVICE) != "PutRecords":
            return moto(environ, start_response)
        deadline = time.monotonic() + 60
        while self.held.is_set() and time.monotonic() < deadline:
            time.sleep(0.01)
        body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        with self._lock:
            self.calls.append(len(body["Records"]))
            refused = {place: code for place, r in enumerate(body["Records"]) if (code := self._why_not(r))}
        return _taken_in_part(body, refused, moto, environ, start_response)

    def _why_not(self, record: dict[str, str]) -> str | None:
        data = base64.b64decode(record["Data"])
        rule = next((one for one in self.rules if one.takes(data)), None)
        if rule is not None:
            return rule.code
        if (second := int(time.time())) != self._second:
            self._second = second
            self._records.clear()
            self._bytes.clear()
        key = int(hashlib.md5(record["PartitionKey"].encode()).hexdigest(), 16)
        shard, size = key * self.shards >> 128, len(data) + len(record["PartitionKey"])
        if self._records[shard] >= self.shard_records or self._bytes[shard] + size > SHARD_BYTES:
            return TOO_FAST
        self._records[shard] += 1
        self._bytes[shard] += size
        return None


def _taken_in_part(
    body: dict[str, Any],
    refused: dict[int, str],
    moto: WSGIApplication,
    environ: WSGIEnvironment,
    start_response: StartResponse,
) -> list[bytes]:
    """Have moto take what is not refused; whether a call is too large is judged by the whole of it."""
    asked = body["Records"]
    sizes = [len(base64.b64decode(record["Data"])) + len(record["PartitionKey"]) for record in asked]
    if len(asked) > MAX_RECORDS or sum(sizes) > MAX_CALL or max(sizes) > MAX_RECORD:
        refused = {}
    taken = [record for place, record in enumerate(asked) if place not in refused]
    sent = json.dumps({**body, "Records": taken}).encode()
    environ |= {"wsgi.input": BytesIO(sent), "CONTENT_LENGTH": str(len(sent))}
    said: dict[str, Any] = {}

    def begin(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        said.update(status=status, headers=headers)
        return lambda _: None

    answer = json.loads(b"".join(moto(environ, begin)))
    if said["status"].startswith("200"):
        results = iter(answer["Records"])
        answer["Records"] = [
            {"ErrorCode": refused[place], "ErrorMessage": "by the double"}
            if place in refused
            else next(results)
            for place in range(len(asked))
        ]
        answer["FailedRecordCount"] = len(refused)
    whole = json.dumps(answer).encode()
    headers = [(name, value) for name, value in said["headers"] if name.lower() != "content-length"]
    start_response(said["status"], [*headers, ("Content-Length", str(len(whole)))])
    return [whole]
