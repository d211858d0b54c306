"""A bare client of the double for its tests: run a statement, wait for its end."""

from __future__ import annotations

import time
from typing import Any

import boto3

from .server import REGION, AthenaDouble

RESULTS = "s3://lake/athena-results/"


class Failed(Exception):
    """A statement that did not succeed: its state and the reason given."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(f"{state} {reason}")
        self.state = state
        self.reason = reason


class Client:
    """boto3 clients of one double, and the bucket `lake`."""

    def __init__(self, double: AthenaDouble) -> None:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.s3, self.glue, self.athena = (
            boto3.client(service, endpoint_url=double.endpoint, region_name=REGION, **keys)
            for service in ("s3", "glue", "athena")
        )

    def start(self, sql: str, work_group: str = "primary", database: str = "raw") -> str:
        """Start a statement; its id."""
        started = self.athena.start_query_execution(
            QueryString=sql,
            WorkGroup=work_group,
            QueryExecutionContext={"Database": database},
            ResultConfiguration={"OutputLocation": RESULTS},
        )
        return str(started["QueryExecutionId"])

    def ended(self, statement: str) -> dict[str, Any]:
        """The execution of a statement, when it has ended."""
        for _ in range(3000):
            execution: dict[str, Any] = self.athena.get_query_execution(QueryExecutionId=statement)[
                "QueryExecution"
            ]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            time.sleep(0.01)
        raise TimeoutError(f"statement {statement} has not ended after 30 seconds")

    def run(self, sql: str, **where: str) -> dict[str, Any]:
        """Run a statement to its success; its execution."""
        execution = self.ended(self.start(sql, **where))
        status = execution["Status"]
        if status["State"] != "SUCCEEDED":
            raise Failed(status["State"], status.get("StateChangeReason", ""))
        return execution

    def rows(self, sql: str, **where: str) -> list[tuple[str | None, ...]]:
        """All rows that a query answers, as texts."""
        statement = self.run(sql, **where)["QueryExecutionId"]
        pages = self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=statement)
        rows = [row["Data"] for answer in pages for row in answer["ResultSet"]["Rows"]]
        return [tuple(value.get("VarCharValue") for value in row) for row in rows[1:]]
