"""Asking Athena: a statement is started, waited for, and its end told in a sentence with the query's id.

Here: states, time limits, what an end means and what to do about it. Not here: what is asked
(`defs/marts/mirror.py`), or dbt's statements, which its adapter sends by itself.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from spotify_assets.core.errors import LakeError, PlatformError
from spotify_assets.core.lake import aws

ATTEMPTS = 3
"""Times a statement is sent that failed for a reason within Athena."""

_SYSTEM = 1
"""The category of errors that are Athena's own and not the statement's."""

_SHORTEST_WAIT, _LONGEST_WAIT = 0.05, 1.0
"""Seconds between two looks at a statement's state; they double."""

_WHAT_TO_DO = (
    (
        r"(?i)bytes scanned limit",
        "the work group {group} lets a statement scan only so much: raise its limit "
        "(`aws athena update-work-group --work-group {group} --configuration-updates "
        "BytesScannedCutoffPerQuery=BYTES`), or name another in ATHENA_WORK_GROUP",
    ),
    (
        r"(?i)enforces a centralized output location",
        "let the work group {group} enforce no place for results "
        "(`aws athena update-work-group --work-group {group} --configuration-updates "
        "EnforceWorkGroupConfiguration=false`), or name another in ATHENA_WORK_GROUP",
    ),
    (
        r"(?i)work ?group .*is not found|no such work ?group",
        "make it (`aws athena create-work-group --name {group}`) or name another in ATHENA_WORK_GROUP",
    ),
    (
        r"SCHEMA_NOT_FOUND",
        "materialise everything once (`spotify-assets materialize`), which makes the databases that "
        "ATHENA_SCHEMA and ATHENA_RAW_SCHEMA name; by hand: "
        "`aws glue create-database --database-input Name=NAME`",
    ),
    (
        r"TABLE_NOT_FOUND",
        "materialise the model it names, and what that one depends on",
    ),
    (
        r"(?i)output (bucket|location)|NoSuchBucket",
        "LAKE_URI must name a bucket that is there: `aws s3 mb s3://<bucket>` makes one",
    ),
    (
        r"(?i)permission denied|access ?denied|insufficient permissions|not authorized",
        "allow it in the IAM policy of these credentials; docs/aws-lake.md says all that is needed",
    ),
    (
        r"(?i)exhausted resources|EXCEEDED_MEMORY|timeout",
        "try again later; if it stays so, the catalogue has outgrown the statement",
    ),
)


_REFUSED = re.compile(r"An error occurred \((\w+)\) when calling the (\w+) operation")


class QueryError(PlatformError):
    """A statement of Athena did not succeed."""

    def __init__(self, text: str, query_id: str | None = None, is_transient: bool = False) -> None:
        super().__init__(text)
        self.query_id = query_id
        """By which `aws athena get-query-execution` knows it; None if it was not taken."""
        self.is_transient = is_transient


class Athena:
    """One work group and database of Athena; threads may share it."""

    def __init__(self, database: str, work_group: str, timeout_seconds: float) -> None:
        """Ask in `work_group`, with `database` for bare names; a statement may take `timeout_seconds`."""
        self.database = database
        self.work_group = work_group
        self._timeout = timeout_seconds
        self._athena = aws.client(aws.session(), "athena")
        self._given_up = threading.Event()

    @contextmanager
    def while_waited_for(self) -> Iterator[None]:
        """Have what other threads ask stopped, when this is left by an error or an interrupt."""
        self._given_up.clear()
        try:
            yield
        except BaseException:
            self._given_up.set()
            raise

    def run(self, sql: str | Callable[[], str], output: str) -> str:
        """Run a statement to its success; return its id. Its result lies below `output`, `s3://…/`.

        A failure that Athena calls its own is tried again, since ours only read; a statement that must be
        another then is given as what makes it.

        Raises:
            QueryError: it failed, was cancelled, took too long or was not taken; with its id and the reason.
        """
        attempt = 1
        while True:
            try:
                return self._run_once(sql if isinstance(sql, str) else sql(), output)
            except QueryError as error:
                if not error.is_transient or attempt == ATTEMPTS:
                    raise
            time.sleep(random.uniform(0.5, 1.0) * 2**attempt * _SHORTEST_WAIT)
            attempt += 1

    def rows(self, sql: str, output: str) -> list[tuple[str | None, ...]]:
        """Return what a query answers, as texts; for answers of some thousand rows, page by page.

        Raises:
            QueryError: as `run`.
        """
        query_id = self.run(sql, output)
        pages = self._athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
        with aws.explained(f"The result of Athena query {query_id} cannot be read"):
            found = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
        # The first row of the first page holds the names.
        return [tuple(cell.get("VarCharValue") for cell in row) for row in found[1:]]

    def _run_once(self, sql: str, output: str) -> str:
        query_id = self._start(sql, output)
        try:
            execution = self._ended(query_id)
        except BaseException as error:
            # Nobody waits for it any more, and it is paid for by what it scans.
            try:
                self._stop(query_id)
            except LakeError as left:
                error.add_note(str(left))
            raise
        status = execution["Status"]
        if status["State"] != "SUCCEEDED":
            raise self._failure(query_id, status)
        return query_id

    def _start(self, sql: str, output: str) -> str:
        try:
            # boto3 adds a token by which a call that is tried again starts nothing twice.
            started = self._athena.start_query_execution(
                QueryString=sql,
                QueryExecutionContext={"Database": self.database},
                WorkGroup=self.work_group,
                ResultConfiguration={"OutputLocation": output},
            )
        except aws.AWS_ERRORS as error:
            reason = aws.explain(error)
            refused = isinstance(error, ClientError) and aws.error_code(error) == "InvalidRequestException"
            advice = self._advice(reason) if refused else ""
            raise QueryError(
                f"Athena did not take a statement in work group {self.work_group}: "
                f"{_ended_once(reason)}{advice}"
            ) from error
        return str(started["QueryExecutionId"])

    def _ended(self, query_id: str) -> dict[str, Any]:
        deadline, wait = time.monotonic() + self._timeout, _SHORTEST_WAIT
        while True:
            with aws.explained(f"The state of Athena query {query_id} cannot be asked"):
                execution: dict[str, Any] = self._athena.get_query_execution(QueryExecutionId=query_id)[
                    "QueryExecution"
                ]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            if time.monotonic() > deadline:
                state = execution["Status"]["State"].lower()
                raise QueryError(
                    f"Athena query {query_id} was still {state} after {self._timeout:g} s and was stopped: "
                    f"look at work group {self.work_group} in Athena's console, or raise "
                    "ATHENA_TIMEOUT_SECONDS",
                    query_id,
                )
            if self._given_up.wait(wait * random.uniform(0.7, 1.0)):
                raise QueryError(
                    f"Athena query {query_id} was stopped: what it was for failed or was interrupted",
                    query_id,
                )
            wait = min(2 * wait, _LONGEST_WAIT)

    def _stop(self, query_id: str) -> None:
        with aws.explained(f"Athena query {query_id} cannot be stopped"):
            self._athena.stop_query_execution(QueryExecutionId=query_id)

    def _failure(self, query_id: str, status: dict[str, Any]) -> QueryError:
        reason = str(status.get("StateChangeReason") or "it gave no reason")
        how = "was cancelled" if status["State"] == "CANCELLED" else "failed"
        told: dict[str, Any] = status.get("AthenaError") or {}
        is_transient = status["State"] == "FAILED" and (
            bool(told.get("Retryable")) or told.get("ErrorCategory") == _SYSTEM
        )
        return QueryError(
            f"Athena query {query_id} in work group {self.work_group} {how}: "
            f"{_ended_once(reason)}{self._advice(reason)}",
            query_id,
            is_transient,
        )

    def _advice(self, reason: str) -> str:
        advice = what_to_do(reason, self.work_group)
        return f": {advice}" if advice else ""


def what_to_do(reason: str, work_group: str) -> str:
    """Return what to do about a reason that Athena or boto3 gave, '' where nothing is to say beyond it."""
    if refused := _REFUSED.search(reason):
        # As boto3 tells it to dbt-athena.
        code, operation = refused.groups()
        if explained := aws.explain_code(code, operation, ""):
            return explained
    found: Callable[[str], Any] = lambda pattern: re.search(pattern, reason)  # noqa: E731
    return next((text.format(group=work_group) for pattern, text in _WHAT_TO_DO if found(pattern)), "")


def _ended_once(text: str) -> str:
    return text.strip().rstrip(".")
