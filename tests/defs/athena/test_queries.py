"""A statement's end is told with its id, the reason and what to do; what AWS was too busy for is tried again."""

import json
import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake.athena import Athena, QueryError, what_to_do
from spotify_assets.core.lake.files import write_parquet
from spotify_assets.core.lake.storage import Storage
from spotify_assets.core.settings import Settings
from tests.defs.athena.conftest import Built

if TYPE_CHECKING:
    from tests.doubles.aws import AwsCall, AwsDouble

ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"
ENDLESS = (
    "select count(*) from unnest(sequence(1, 10000)) as a (x) cross join unnest(sequence(1, 10000)) as b (y) "
    "cross join unnest(sequence(1, 10000)) as c (z) where x * y * z = 7"
)


def calls(operation: str):
    """Pick the calls of one of Athena's operations."""

    def picks(call: "AwsCall") -> bool:
        return call.target == f"AmazonAthena.{operation}"

    return picks


def failure_of(built: Built, sql: str) -> QueryError:
    with pytest.raises(QueryError) as raised:
        built.run(sql)
    return raised.value


def test_answers_of_several_pages_come_whole(built: Built) -> None:
    rows = built.athena.rows("select x, null from unnest(sequence(1, 2500)) as t (x)", built.results)
    assert sorted((int(x or 0), n) for x, n in rows) == [(n, None) for n in range(1, 2501)]


def test_a_failed_statement_is_told_by_its_id_and_reason(built: Built) -> None:
    error = failure_of(built, "select 1 / 0 from unnest(sequence(1, 1)) as t (x)")
    assert re.search(rf"^Athena query {ID} in work group primary failed: DIVISION_BY_ZERO", str(error))
    assert error.query_id in str(error)


@pytest.mark.parametrize(
    ("sql", "advice"),
    [
        ("select * from nowhere.to_be_found", "aws glue create-database --database-input Name=NAME"),
        ("select * from not_built_yet", "materialise the model it names"),
    ],
    ids=["database", "table"],
)
def test_what_is_missing_is_said_with_how_to_make_it(built: Built, sql: str, advice: str) -> None:
    error = failure_of(built, sql)
    assert "does not exist" in str(error)
    assert advice in str(error)


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        (
            "An error occurred (ExpiredTokenException) when calling the StartQueryExecution operation: The security "
            "token included in the request is expired",
            "credentials have expired (ExpiredTokenException): sign in anew",
        ),
        (
            "An error occurred (AccessDeniedException) when calling the GetTables operation: no",
            "AWS denies GetTables to these credentials (AccessDeniedException): allow it in their IAM policy",
        ),
        (
            "An error occurred (InvalidRequestException) when calling the StartQueryExecution operation: WorkGroup "
            "music is not found.",
            "`aws athena create-work-group --name music`",
        ),
        (
            "The Create Table As Select query failed because it was submitted with an 'external_location' property to "
            "an Athena Workgroup that enforces a centralized output location for all queries.",
            "--work-group music --configuration-updates EnforceWorkGroupConfiguration=false",
        ),
        (
            "HIVE_FILESYSTEM_ERROR: Permission denied on S3 path: s3://lake/music",
            "allow it in the IAM policy",
        ),
        ("DIVISION_BY_ZERO: / by zero", ""),
    ],
)
def test_what_dbt_says_is_told_with_what_to_do(reason: str, advice: str) -> None:
    said = what_to_do(reason, "music")
    assert advice in said
    assert bool(advice) == bool(said)


def test_a_missing_work_group_is_said_with_how_to_make_it(built: Built) -> None:
    lost = Athena(built.settings.athena_schema, "nobodys", 60)
    with pytest.raises(QueryError, match=r"work group nobodys: .*not found.*ATHENA_WORK_GROUP") as raised:
        lost.run("select 1", built.results)
    assert "`aws athena create-work-group --name nobodys`" in str(raised.value)


def test_a_statement_over_the_scan_limit_is_told_with_the_limit(built: Built, storage: Storage) -> None:
    large = pa.table({"noise": [os.urandom(2**20) for _ in range(12)]})
    write_parquet(storage, "large/one.parquet", large)
    place = storage.uri_of("large")
    built.run(f"create external table large (noise binary) stored as parquet location '{place}/'")
    group = built.bounded_work_group()
    bounded = Athena(built.settings.athena_schema, group, 60)
    with pytest.raises(
        QueryError, match=rf"Athena query {ID} .* was cancelled: Bytes scanned limit"
    ) as raised:
        bounded.run("select count(noise) from large", built.results)
    assert f"aws athena update-work-group --work-group {group}" in str(raised.value)


def test_a_statement_that_takes_too_long_is_stopped(built: Built) -> None:
    hasty = Athena(built.settings.athena_schema, "primary", 1)
    with pytest.raises(
        QueryError, match=rf"{ID} was still running after 1 s.*ATHENA_TIMEOUT_SECONDS"
    ) as raised:
        hasty.run(ENDLESS, built.results)
    ended = state_of(built.aws, raised.value.query_id)
    assert ended == "CANCELLED"


def test_a_statement_that_somebody_stops_is_told_as_cancelled(built: Built) -> None:
    athena = built.aws.client("athena")
    sql = f"{ENDLESS} /* {built.settings.athena_schema} */"

    def stop() -> None:
        for _ in range(300):
            for query_id in athena.list_query_executions()["QueryExecutionIds"]:
                found = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
                if found["Query"] == sql and found["Status"]["State"] == "RUNNING":
                    athena.stop_query_execution(QueryExecutionId=query_id)
                    return
            time.sleep(0.1)

    stopper = threading.Thread(target=stop)
    stopper.start()
    error = failure_of(built, sql)
    stopper.join()
    assert re.search(rf"^Athena query {ID} in work group primary was cancelled", str(error))


def test_statements_of_other_threads_end_with_what_they_were_for(built: Built) -> None:
    with (
        ThreadPoolExecutor() as workers,
        pytest.raises(KeyboardInterrupt),
        built.athena.while_waited_for(),
    ):
        asked = workers.submit(built.athena.run, ENDLESS, built.results)
        raise KeyboardInterrupt
    error = asked.exception()
    assert isinstance(error, QueryError)
    assert "was stopped: what it was for failed or was interrupted" in str(error)
    assert state_of(built.aws, error.query_id) == "CANCELLED"
    with built.athena.while_waited_for():
        assert built.athena.rows("select 7", built.results) == [("7",)]


def state_of(aws: "AwsDouble", query_id: str | None) -> str:
    """The state of a statement, once it is an end or for half a minute."""
    for _ in range(300):
        execution = aws.client("athena").get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.1)
    return execution["Status"]["State"]


@pytest.mark.parametrize("operation", ["StartQueryExecution", "GetQueryExecution", "GetQueryResults"])
@pytest.mark.parametrize(("status", "code"), [(400, "ThrottlingException"), (503, "ServiceUnavailable")])
def test_what_athena_is_too_busy_for_is_tried_again(
    built: Built, operation: str, status: int, code: str
) -> None:
    fault = built.aws.fail(status, code, calls(operation), times=2)
    assert built.athena.rows("select 7", built.results) == [("7",)]
    assert fault.met == 2


def test_athena_that_stays_too_busy_is_given_up_with_a_sentence(built: Built) -> None:
    fault = built.aws.fail(400, "TooManyRequestsException", calls("StartQueryExecution"))
    error = failure_of(built, "select 7")
    assert "too busy in 4 attempts at StartQueryExecution (TooManyRequestsException)" in str(error)
    assert fault.met == 4


def test_expired_credentials_are_told_at_once(built: Built) -> None:
    fault = built.aws.fail(400, "ExpiredTokenException", calls("StartQueryExecution"))
    assert "credentials have expired (ExpiredTokenException): sign in anew" in str(
        failure_of(built, "select 7")
    )
    assert fault.met == 1


def test_losing_sight_of_a_statement_is_told_by_its_id(built: Built) -> None:
    built.aws.fail(500, "InternalServerException", calls("GetQueryExecution"))
    with pytest.raises(LakeError, match=rf"state of Athena query {ID} cannot be asked"):
        built.run("select 7")


def test_a_statement_that_cannot_be_stopped_leaves_the_reason_as_it_was(built: Built) -> None:
    for operation in ("GetQueryExecution", "StopQueryExecution"):
        built.aws.fail(400, "ExpiredTokenException", calls(operation))
    with pytest.raises(LakeError, match=rf"state of Athena query {ID} cannot be asked: .*expired") as raised:
        built.run("select 7")
    assert "cannot be stopped" in raised.value.__notes__[0]


def failed_within_athena(retryable: bool) -> str:
    told = {"ErrorCategory": 1 if retryable else 2, "Retryable": retryable}
    reason = "GENERIC_INTERNAL_ERROR: Query exhausted resources at this scale factor"
    status = {"State": "FAILED", "StateChangeReason": reason, "AthenaError": told}
    return json.dumps({"QueryExecution": {"Status": status}})


def test_a_failure_within_athena_is_tried_again(built: Built) -> None:
    fault = built.aws.fail(200, "", calls("GetQueryExecution"), times=2, body=failed_within_athena(True))
    assert built.athena.rows("select 7", built.results) == [("7",)]
    assert fault.met == 2


def test_a_failure_of_the_statement_is_not_tried_again(built: Built) -> None:
    fault = built.aws.fail(200, "", calls("GetQueryExecution"), body=failed_within_athena(False))
    assert "try again later" in str(failure_of(built, "select 7"))
    assert fault.met == 1


def test_a_place_for_results_that_is_not_there_is_named(settings: Settings, built: Built) -> None:
    gone = replace(settings, lake_uri="s3://no-such-bucket-here/music")
    with pytest.raises(LakeError, match="`aws s3 mb s3://no-such-bucket-here` makes it"):
        from spotify_assets.defs.marts.warehouse import open_warehouse

        open_warehouse(gone).forget()
