"""Kinesis as the destination of chat events: `EVENTS_URL=kinesis://<stream>`.

Here: the limits of PutRecords, and records that Kinesis left out of a call that it took. Not here: the queue
before it (`event_stream.py`), or Firehose, which carries the stream into the lake.
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.exceptions import ClientError

from spotify_assets.core import aws
from spotify_assets.core.errors import SettingsError
from spotify_assets.core.event_stream import StreamError

MAX_RECORDS = 500
MAX_CALL = 5 * 1024 * 1024
MAX_RECORD = 1024 * 1024
"""Limits of PutRecords: records, bytes in all, bytes of one record; keys count with the data."""

TRIES = 5
"""How often records are tried that Kinesis left out, before the stream is told of them."""

_KEY_LENGTH = 16
_LONGEST_WAIT = 2.0
_OPTIONS = ("region", "endpoint", "profile")


@dataclass(frozen=True, slots=True)
class Address:
    """`kinesis://<stream>?region=…&profile=…&endpoint=…`, taken apart."""

    stream: str
    region: str | None = None
    endpoint: str | None = None
    profile: str | None = None


def parse(url: str) -> Address:
    """Take the address of a stream apart.

    Raises:
        SettingsError: it is none.
    """
    stream = url.removeprefix("kinesis://").partition("?")[0]
    options = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    if not re.fullmatch("[A-Za-z0-9_.-]{1,128}", stream) or set(options) - set(_OPTIONS):
        raise SettingsError(
            "EVENTS_URL is not an address of a stream of Kinesis: write kinesis://<stream>, of 1 to 128 "
            "letters, digits, '_', '.' and '-'; the options are region, profile, endpoint"
        )
    return Address(stream, **{name: value for name, value in options.items() if value})


class KinesisDestination:
    """A stream of Kinesis; an event is a record, under a key that spreads them over the shards."""

    def __init__(self, url: str) -> None:
        address = parse(url)
        session = aws.session(SettingsError, address.region, address.profile)
        # Its debug log quotes whole requests, and with them who asked for what.
        logging.getLogger("botocore").setLevel(logging.INFO)
        self._client = aws.client(session, "kinesis", address.endpoint, connect_timeout=2, read_timeout=5)
        self._stream = address.stream
        self._where = f"the stream {address.stream} of Kinesis in {self._client.meta.region_name}"

    def put(self, lines: Sequence[bytes]) -> None:
        """Put a record for each line; what Kinesis leaves out of a call is tried again by itself.

        Raises:
            StreamError: some are not stored; `left` says which.
        """
        stored: set[int] = set()
        for places in _calls(lines):
            try:
                self._put(lines, places, stored)
            except aws.AWS_ERRORS as error:
                raise StreamError(
                    f"{self._where} cannot be written ({_explained(error)})", _others(lines, stored)
                ) from error
            except StreamError as error:
                raise StreamError(str(error), _others(lines, stored)) from None

    def _put(self, lines: Sequence[bytes], places: Sequence[int], stored: set[int]) -> None:
        """Make one call, and further ones for what it left out; note in `stored` what is."""
        left = list(places)
        for attempt in range(TRIES):
            if attempt:
                time.sleep(random.uniform(0, min(_LONGEST_WAIT, 0.1 * 2**attempt)))
            records = [{"Data": lines[place], "PartitionKey": _key()} for place in left]
            answer: dict[str, Any] = self._client.put_records(StreamName=self._stream, Records=records)
            refused = {
                place: str(result["ErrorCode"])
                for place, result in zip(left, answer["Records"], strict=True)
                if "ErrorCode" in result
            }
            stored.update(place for place in left if place not in refused)
            left = list(refused)
            if not left:
                return
        codes = ", ".join(f"{count} of {code}" for code, count in Counter(refused.values()).most_common())
        raise StreamError(
            f"{self._where} left out {len(left)} events in {TRIES} attempts ({codes}): give the stream more "
            "shards, or look whether AWS has trouble"
        )


def _key() -> str:
    """Return a key that no other record has: the next try may then fall to another shard."""
    return f"{random.getrandbits(4 * _KEY_LENGTH):0{_KEY_LENGTH}x}"


def _calls(lines: Sequence[bytes]) -> Iterator[list[int]]:
    """Deal the places of lines into calls within the limits.

    Raises:
        ValueError: a line is longer than Kinesis takes; an event never is (`events.py`).
    """
    places: list[int] = []
    size = 0
    for place, line in enumerate(lines):
        length = len(line) + _KEY_LENGTH
        if length > MAX_RECORD:
            raise ValueError(f"a line of {len(line):,} bytes is no chat event")
        if len(places) == MAX_RECORDS or size + length > MAX_CALL:
            yield places
            places, size = [], 0
        places.append(place)
        size += length
    if places:
        yield places


def _explained(error: Exception) -> str:
    if isinstance(error, ClientError) and aws.error_code(error) == "ResourceNotFoundException":
        return "there is no such stream: deploy the template that makes it, or name another in EVENTS_URL"
    return aws.explain(error)


def _others(lines: Sequence[bytes], stored: set[int]) -> list[int]:
    return [place for place in range(len(lines)) if place not in stored]
