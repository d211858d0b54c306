"""What Athena refuses is refused, with Athena's code; what it takes is taken."""

from __future__ import annotations

import pytest

pytest.importorskip("moto.server")
pytest.importorskip("pyiceberg.catalog")

from .client import Client, Failed

REFUSED = [
    ("select strftime(played_at, '%Y') from plays", "FUNCTION_NOT_FOUND: line 1:8: Function 'strftime' not registered"),
    ("select list_value(1)", "FUNCTION_NOT_FOUND"),
    ("select concat(track_id, ms_played) from plays", "FUNCTION_NOT_FOUND: .*for function concat"),
    ("select length(ms_played) from plays", "FUNCTION_NOT_FOUND: .*for function length"),
    ("select * from plays where ms_played = '0'", "TYPE_MISMATCH: .*Cannot apply operator: integer = varchar"),
    ("select * from plays where played_at > '2024-01-01'", "TYPE_MISMATCH"),
    ("select * from plays where dt = date '2024-01-01'", "TYPE_MISMATCH"),
    ("select coalesce(ms_played, 'x') from plays", "TYPE_MISMATCH"),
    ("select '5' + 1", "TYPE_MISMATCH"),
    ("select if(1, 2, 3)", "TYPE_MISMATCH"),
    ("select case when true then 1 else 'x' end", "TYPE_MISMATCH"),
    ("select track_id::varchar from plays", "SYNTAX_ERROR: .*mismatched input '::'"),
    ("select a from (select 1 as a) qualify row_number() over (order by a) = 1", "SYNTAX_ERROR"),
    ("select * exclude (dt) from plays", "SYNTAX_ERROR"),
    ("select track_id from plays group by all", "SYNTAX_ERROR"),
    ("select track_id ilike 'a' from plays", "SYNTAX_ERROR"),
    ("select distinct on (track_id) track_id from plays", "SYNTAX_ERROR"),
    ("select `track_id` from plays", "SYNTAX_ERROR: .*backquoted identifiers are not supported"),
    ("create temp table x as select 1 as a", "SYNTAX_ERROR"),
    ("select 1; select 2", "FAILED: Only one sql statement is allowed"),
    ("select ['a'] as a", "SYNTAX_ERROR: .*mismatched input '\\['"),
    ("select cardinality(['a', 'b'])", "SYNTAX_ERROR: .*mismatched input '\\['"),
    ("select cast(null as array(struct<a:varchar>))", "SYNTAX_ERROR: .*mismatched input 'struct'"),
    ("select nope from plays", "COLUMN_NOT_FOUND"),
    ("select ms_played as ms from plays where ms > 1", "COLUMN_NOT_FOUND: .*Column 'ms' cannot be resolved"),
    ("select track_id, count(*) from plays", "EXPRESSION_NOT_AGGREGATE"),
    ("select 1 from nope", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.raw.nope' does not exist"),
    ("select 1 from nowhere.nope", "SCHEMA_NOT_FOUND: line 1:1: Schema 'nowhere' does not exist"),
    ("select 1 / (id - id) from events_json", "DIVISION_BY_ZERO"),
    ("select array[1, 2][-1]", "INVALID_FUNCTION_ARGUMENT: Array subscript is negative: -1"),
    ("select array[1, 2][0]", "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1"),
    ("select array[1][5]", "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 5 > 1"),
    ("select cast('1.5' as integer)", "INVALID_CAST_ARGUMENT"),
    ('drop table "raw"."nope"', "FAILED: ParseException"),
    ("drop table raw.nope", "FAILED: SemanticException Table not found"),
    ("create table raw.q (a int) location 's3://lake/q'", "FAILED: SemanticException"),
    ("create external table raw.q (a int) stored as parquet", "FAILED: .*LOCATION"),
    ("create table raw.q with (external_location='s3://lake/q') as select 1", "COLUMN_NAME_NOT_SPECIFIED"),
    ("create table raw.q with (external_location='s3://lake/q') as select 1 as a, 2 as a", "DUPLICATE_COLUMN_NAME"),
    ("create table raw.plays with (external_location='s3://lake/q') as select 1 as a", "TABLE_ALREADY_EXISTS"),
    ("create table raw.q with (external_location='s3://lake/raw/events_json') as select 1 as a", "HIVE_PATH_ALREADY_EXISTS"),
    ("create table raw.q with (external_location='s3://lake/q', partitioned_by=array['a']) as select 1 as a, 2 as b", "HIVE_COLUMN_ORDER_MISMATCH"),
    ("create table raw.q with (external_location='s3://lake/q') as select now() as t", "NOT_SUPPORTED: Unsupported Hive type: timestamp with time zone"),
    ("delete from raw.plays where dt = 'x'", "NOT_SUPPORTED: Modifying Hive table rows"),
    ("alter table raw.plays rename to raw.played", "NOT_SUPPORTED"),
    ("selekt 1", "SYNTAX_ERROR"),
]  # fmt: skip

TAKEN = [
    ("select cardinality(transform(filter(array[1, 2, 3], x -> x > 1), x -> x + 1))", "2"),
    ("select sum(x) filter (where x > 1) from (values 1, 2, 3) t(x)", "5"),
    ("select count(*) from raw.events_json where json_extract_scalar(payload, '$.device.name') = 'phone'", "5"),
    ("select json_extract_scalar(payload, '$.device.name') as d from events_json order by id limit 1", "desk"),
    ("with a as (select 1 as n union all select 2) select max(n) from a", "2"),
    ("select e.b from (select array[cast(row(1, 'q') as row(a integer, b varchar))] as r) cross join unnest(r) as e (a, b)", "q"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "reason"), REFUSED, ids=[sql for sql, _ in REFUSED])
def test_what_athena_refuses_fails_with_its_code(client: Client, sql: str, reason: str) -> None:
    with pytest.raises(Failed, match=f"FAILED {reason}"):
        client.run(sql)


@pytest.mark.parametrize(("sql", "answer"), TAKEN, ids=[sql for sql, _ in TAKEN])
def test_what_athena_takes_is_answered(client: Client, sql: str, answer: str) -> None:
    assert client.rows(sql) == [(answer,)]
