"""Calls to DynamoDB on behalf of one store: where it lies, how often a call is tried, errors as sentences.

Not here: what is asked (`dynamodb_tables.py`).
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from botocore.exceptions import ClientError, ParamValidationError

from spotify_assets.core import aws
from spotify_assets.core.errors import StoreError

T = TypeVar("T")
R = TypeVar("R")

THREADS = 8
"""Calls of one store that are under way at once."""

TRIES_OF_BATCH = 10
"""How often what is left of a batch, or a write that met a transaction, is tried again."""

_LONGEST_WAIT = 5.0
_OPTIONS = ("region", "endpoint", "profile", "create")
MET_ANOTHER = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ThrottlingError",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Codes of a write that met another's transaction, or too many; it is worth another try."""


class TableMissing(StoreError):
    """A table of the store is not there."""


@dataclass(frozen=True, slots=True)
class Address:
    """`dynamodb://<prefix>?region=…&profile=…&endpoint=…&create=true`, taken apart."""

    prefix: str
    region: str | None = None
    endpoint: str | None = None
    profile: str | None = None
    create: bool = False


def parse(url: str) -> Address:
    """Take an address of a store on DynamoDB apart.

    Raises:
        StoreError: it is not one.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    prefix = url.removeprefix("dynamodb://").partition("?")[0]
    unknown = sorted(set(options) - set(_OPTIONS))
    create = options.pop("create", "false")
    if not re.fullmatch("[A-Za-z0-9_.-]{3,200}", prefix) or unknown or create not in ("true", "false"):
        raise StoreError(
            "SERVING_URL is not an address of a store on DynamoDB: write dynamodb://<table-prefix>, of 3 to "
            "200 letters, digits, '_', '.' and '-'; the options are region, profile, endpoint, create=true"
        )
    return Address(prefix, create=create == "true", **{key: value for key, value in options.items() if value})


class Calls:
    """Calls for the tables of one prefix; threads may share it.

    Raises:
        StoreError: the address or its profile cannot be used.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        session = aws.session(StoreError, address.region, address.profile)
        # Its debug log quotes whole requests, and with them what people typed.
        logging.getLogger("botocore").setLevel(logging.INFO)
        self._client = aws.client(
            session, "dynamodb", address.endpoint, connect_timeout=3, read_timeout=10,
            max_pool_connections=2 * THREADS,
        )  # fmt: skip
        self.where = f"DynamoDB tables {address.prefix}-* in {self._client.meta.region_name}"
        self.is_aws = self._client.meta.endpoint_url.endswith((".amazonaws.com", ".amazonaws.com.cn"))
        self._threads = ThreadPoolExecutor(THREADS, "dynamodb")

    def full_name(self, table: str) -> str:
        """Return a table's name with the prefix."""
        return f"{self.address.prefix}-{table}"

    def at_once(self, work: Callable[[T], R], parts: Iterable[T]) -> list[R]:
        """Do the same to several parts, up to `THREADS` at a time; return what each gave, in that order."""
        given = list(parts)
        return [work(given[0])] if len(given) == 1 else list(self._threads.map(work, given))

    def close(self) -> None:
        """Give back connections and threads."""
        self._threads.shutdown(wait=True)
        self._client.close()

    def call(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Make one call.

        Raises:
            StoreError: DynamoDB cannot be reached, or refused.
        """
        try:
            return self.attempt(operation, asked)
        except ClientError as error:
            raise self.refused(error) from error

    def attempt(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Make one call whose refusal the caller reads.

        Raises:
            ClientError: DynamoDB refused.
            StoreError: it cannot be reached.
        """
        try:
            given: dict[str, Any] = getattr(self._client, operation)(**asked)
        except ClientError:
            raise
        except ParamValidationError:
            # Without the cause: it quotes what was to be stored.
            raise StoreError(
                f"The serving store, {self.where}, cannot take {operation} as it was asked: this is a "
                "mistake of the program, report it"
            ) from None
        except aws.AWS_ERRORS as error:
            raise StoreError(
                f"The serving store, {self.where}, cannot be used ({aws.explain(error)})"
            ) from error
        return given

    def refused(self, error: ClientError) -> StoreError:
        """Return a refusal as a sentence."""
        code = aws.error_code(error)
        if code == "ResourceNotFoundException":
            return TableMissing(
                f"The serving store, {self.where}, refused an operation (a table is not there: "
                f"{error.operation_name}): deploy the template that makes the tables (docs/dynamodb.md), or "
                "name another prefix or region in SERVING_URL"
            )
        return StoreError(f"The serving store, {self.where}, refused an operation ({aws.explain(error)})")

    def too_busy(self, doing: str, left: int) -> StoreError:
        """Return what is said when the last try is over."""
        return StoreError(
            f"The serving store, {self.where}, was too busy in {TRIES_OF_BATCH} attempts at {doing} ({left} "
            "items are left): try again later, or raise the tables' limits"
        )


def pauses() -> Iterator[float]:
    """Yield how long to wait after each try, in seconds: doubling up to a bound, anywhere below it."""
    for attempt in range(TRIES_OF_BATCH):
        yield random.uniform(0, min(_LONGEST_WAIT, 0.05 * 2**attempt))
