"""The life of a statement: QUEUED, RUNNING, then SUCCEEDED, FAILED or CANCELLED; and what is told of it."""

from __future__ import annotations

import json
import threading
import time
import traceback
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .engine import Engine
from .errors import AthenaFailure, Cancelled, NotSupportedByDouble
from .result import Result
from .session import Session

LONGEST_PAGE = 1000


@dataclass
class Statement:
    """One statement and what became of it."""

    sql: str
    context: dict[str, str]
    work_group: str
    output: str
    session: Session
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "QUEUED"
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    ended: float | None = None
    result: Result | None = None
    reason: str | None = None
    failure: AthenaFailure | None = None
    unsupported: str | None = None
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the state is an end."""
    asked_about: bool = False

    @property
    def location(self) -> str:
        """Where the result lies, or will."""
        plain = self.result is not None and self.result.plain
        return f"{self.output.rstrip('/')}/{self.id}.{'txt' if plain else 'csv'}"


class Statements:
    """Runs statements, a few at a time, and keeps what became of them."""

    def __init__(self, engine: Engine, queued_seconds: float = 0.01, log: Path | None = None) -> None:
        self.engine = engine
        self.queued_seconds = queued_seconds
        self.log = log
        self.all: dict[str, Statement] = {}
        self.workers = ThreadPoolExecutor(4, thread_name_prefix="athena")

    def start(self, statement: Statement) -> str:
        """Put a statement in the queue; its id."""
        self.all[statement.id] = statement
        self.workers.submit(self._run, statement)
        return statement.id

    def stop(self, statement: Statement) -> None:
        """Cancel a statement that has not ended."""
        statement.session.stop()

    def _run(self, statement: Statement) -> None:
        try:
            statement.session.stopped.wait(self.queued_seconds)
            statement.session.go_on()
            statement.started = time.time()
            statement.state = "RUNNING"
            database = (statement.context.get("Database") or "default").lower()
            with statement.session.open():
                statement.result = self.engine.run(statement.session, statement.sql, database)
            self.engine.storage.put(statement.location, statement.result.file())
            self.engine.storage.put(statement.location + ".metadata", b"")
            state = "SUCCEEDED"
        except AthenaFailure as failure:
            statement.failure, statement.reason, state = failure, str(failure), "FAILED"
        except Cancelled as cancelled:
            statement.reason, state = str(cancelled), "CANCELLED"
        except NotSupportedByDouble as lack:
            statement.unsupported, state = str(lack), "UNSUPPORTED"
        except Exception as error:  # noqa: BLE001 - whatever the double does wrong is told, never taken for Athena's
            traceback.print_exc()
            statement.unsupported, state = f"double is broken: {type(error).__name__}: {error}", "UNSUPPORTED"
        statement.ended = time.time()
        self._note(statement, state)
        statement.state = state
        statement.over.set()

    def _note(self, statement: Statement, state: str) -> None:
        if self.log is None:
            return
        entry = {
            "sql": statement.sql,
            "state": state,
            "reason": statement.reason or statement.unsupported,
            "kind": statement.result.kind if statement.result else None,
            "milliseconds": milliseconds(statement),
            "scanned": statement.session.scanned,
            "read": statement.session.read,
            "whole": statement.session.whole,
            "stages": statement.session.stages,
        }
        with self.log.open("a") as log:
            log.write(json.dumps(entry) + "\n")


def milliseconds(statement: Statement) -> int:
    """How long a statement ran."""
    if statement.started is None:
        return 0
    return int(((statement.ended or time.time()) - statement.started) * 1000)


def described(statement: Statement) -> dict[str, Any]:
    """What GetQueryExecution tells."""
    status: dict[str, Any] = {"State": statement.state, "SubmissionDateTime": statement.submitted}
    if statement.ended is not None:
        status["CompletionDateTime"] = statement.ended
    if statement.reason:
        status["StateChangeReason"] = statement.reason
    if statement.failure:
        status["AthenaError"] = {
            "ErrorCategory": statement.failure.category,
            "ErrorType": statement.failure.error_type,
            "Retryable": False,
            "ErrorMessage": statement.reason,
        }
    took = milliseconds(statement)
    engine = "Athena engine version 3"
    execution = {
        "QueryExecutionId": statement.id,
        "Query": statement.sql,
        "WorkGroup": statement.work_group,
        "QueryExecutionContext": statement.context,
        "ResultConfiguration": {"OutputLocation": statement.location},
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
        "Status": status,
        "EngineVersion": {"SelectedEngineVersion": engine, "EffectiveEngineVersion": engine},
        "Statistics": {
            "EngineExecutionTimeInMillis": took,
            "DataScannedInBytes": statement.session.scanned,
            "TotalExecutionTimeInMillis": took,
            "QueryQueueTimeInMillis": int(((statement.started or time.time()) - statement.submitted) * 1000),
        },
    }
    if statement.result:
        execution["StatementType"] = statement.result.statement_type
        execution["SubstatementType"] = statement.result.kind
    return {"QueryExecution": execution}


def page(statement: Statement, first: int, size: int) -> dict[str, Any]:
    """What GetQueryResults answers: rows from `first` on, at most `size`, the header among them."""
    result = statement.result
    if result is None:
        raise ValueError(f"statement {statement.id} has no result")
    rows = result.header + result.rows
    columns = [
        {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": name,
            "Label": name,
            "Type": kind,
            "Precision": precision,
            "Scale": scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": kind == "varchar",
        }
        for name, kind, precision, scale in result.columns
    ]
    data = [
        {"Data": [{} if v is None else {"VarCharValue": v} for v in row]}
        for row in rows[first : first + size]
    ]
    answer: dict[str, Any] = {
        "ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": columns}},
        "UpdateCount": result.updated or 0,
    }
    if first + size < len(rows):
        answer["NextToken"] = str(first + size)
    return answer
