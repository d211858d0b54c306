"""A statement has the states, results, files and limits that Athena's have."""

from __future__ import annotations

import os
import time

import pytest
from botocore.exceptions import ClientError

pytest.importorskip("moto.server")
pytest.importorskip("pyiceberg.catalog")

from .client import RESULTS, Client, Failed


def wait_for(client: Client, statement: str, *states: str) -> str:
    """The first of the states that a statement is seen in."""
    for _ in range(2000):
        state = client.athena.get_query_execution(QueryExecutionId=statement)["QueryExecution"]["Status"][
            "State"
        ]
        if state in states:
            return str(state)
        time.sleep(0.005)
    raise TimeoutError(states)


ENDLESS = (
    "select count(*) from unnest(sequence(1, 10000)) as a (x) cross join unnest(sequence(1, 10000)) as b (y) "
    "cross join unnest(sequence(1, 10000)) as c (z) where x * y * z = 7"
)


def test_a_statement_is_queued_and_runs_before_it_succeeds(client: Client) -> None:
    started = client.start(ENDLESS)
    first = client.athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]["State"]
    assert first in ("QUEUED", "RUNNING")
    client.athena.stop_query_execution(QueryExecutionId=started)
    ended = client.run("select 1 as one")
    assert ended["Status"]["State"] == "SUCCEEDED"
    assert ended["StatementType"] == "DML"
    assert ended["Status"]["CompletionDateTime"] >= ended["Status"]["SubmissionDateTime"]


def test_a_result_is_paged_with_its_header_in_the_first_row(client: Client) -> None:
    statement = client.run("select n from unnest(sequence(1, 2500)) as t(n)")["QueryExecutionId"]
    pages = list(client.athena.get_paginator("get_query_results").paginate(QueryExecutionId=statement))
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]
    assert pages[0]["ResultSet"]["Rows"][0] == {"Data": [{"VarCharValue": "n"}]}
    assert pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0]["Type"] in ("integer", "bigint")


def test_a_result_lies_in_s3_as_csv_with_nulls_unquoted(client: Client) -> None:
    ended = client.run(
        "select 'a\"b' as text, null as nothing, timestamp '2024-01-02 03:04:05' as moment, 1e10 as x"
    )
    location = ended["ResultConfiguration"]["OutputLocation"]
    assert location == f"{RESULTS}{ended['QueryExecutionId']}.csv"
    body = (
        client.s3.get_object(Bucket="lake", Key=location.removeprefix("s3://lake/"))["Body"].read().decode()
    )
    assert body == '"text","nothing","moment","x"\n"a""b",,"2024-01-02 03:04:05.000","1.0E10"\n'


def test_results_of_a_statement_that_has_not_succeeded_are_refused(client: Client) -> None:
    statement = client.start("select nope")
    client.ended(statement)
    with pytest.raises(ClientError, match=r"Query has not yet finished. Current state: FAILED"):
        client.athena.get_query_results(QueryExecutionId=statement)
    with pytest.raises(ClientError, match="was not found"):
        client.athena.get_query_execution(QueryExecutionId="00000000-0000-0000-0000-000000000000")


def test_a_stopped_statement_is_cancelled_with_the_reason(client: Client) -> None:
    statement = client.start(ENDLESS)
    wait_for(client, statement, "RUNNING")
    client.athena.stop_query_execution(QueryExecutionId=statement)
    status = client.ended(statement)["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")


def test_a_statement_over_the_limit_of_its_work_group_is_cancelled(client: Client, place: str) -> None:
    client.athena.create_work_group(
        Name="small",
        Configuration={
            "BytesScannedCutoffPerQuery": 10_000_000,
            "ResultConfiguration": {"OutputLocation": RESULTS},
        },
    )
    client.s3.put_object(
        Bucket="lake",
        Key=f"{place}/a.txt",
        Body=os.urandom(4_000_000).hex().encode() + b"\n" + b"x" * 3_000_000,
    )
    client.run(
        f"create external table raw.{place} (line string) stored as textfile location 's3://lake/{place}/'"
    )
    with pytest.raises(Failed, match="CANCELLED Bytes scanned limit was exceeded"):
        client.run(f"select count(*) from raw.{place}", work_group="small")


def test_what_starts_no_statement_is_refused_at_once(client: Client) -> None:
    with pytest.raises(ClientError, match=r"InvalidRequestException.*WorkGroup is not found"):
        client.start("select 1", work_group="nowhere")
    with pytest.raises(ClientError, match="No output location provided"):
        client.athena.start_query_execution(QueryString="select 1")
    with pytest.raises(ClientError, match="length less than or equal to 262144"):
        client.start("select '" + "x" * 262_144 + "'")
    with pytest.raises(ClientError, match="WorkGroup nowhere is not found"):
        client.athena.get_work_group(WorkGroup="nowhere")


def test_what_the_double_cannot_do_is_told_by_no_error_of_athenas(client: Client) -> None:
    statement = client.start("select array_sort(array[1, 2], (x, y) -> 1)")
    with pytest.raises(ClientError) as caught:
        client.ended(statement)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert caught.value.response["Error"]["Code"] == "NotSupportedByDouble"
    assert "double does not support array_sort with a comparator" in str(caught.value)
