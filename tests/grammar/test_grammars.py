"""The gate itself lets Athena's statements through and no others; then every compiled model goes through it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.dbt.compiled import compiled_for_athena
from tests.dbt.platform import PROJECT

from .grammars import NO_NODE, NODE, asked, parse, refusals

pytestmark = pytest.mark.skipif(NODE is None, reason=NO_NODE)

TAKEN = [
    "select a, count(*) filter (where b > 1) from t cross join unnest(x) as u (a) group by a",
    "select transform(filter(x, y -> y > 1), y -> y + 1)[1], cast(null as array(row(a varchar))) from t",
    'create table "c"."d"."t" with (table_type=\'iceberg\', partitioning=ARRAY[\'day(x)\']) as select 1 as a',
    "-- a comment\ncreate table t as\n-- another\nwith a as (select 1 as b) select b from a",
    'create or replace view "c"."d"."v" as select 1 as a',
    "merge into t using s on (t.a = s.a) when matched then update set b = s.b when not matched then insert (a) values (s.a)",
    "insert into t (a) values (1)",
    "unload (select lower(a) from t) to 's3://b/c/' with (format = 'PARQUET', compression = 'zstd')",
    "optimize d.t rewrite data using bin_pack where dt > '2026-01-01'",
    "vacuum d.t",
    "alter table `d`.`t` drop column `a`",
    "create schema if not exists `a`",
    "create external table `d`.`t` (a int comment 'as select', b array<string>) partitioned by (dt string) "
    "stored as parquet location 's3://b/c/' tblproperties ('projection.enabled'='true')",
    "drop table if exists `d`.`t`",
    "alter table `d`.`t` rename to `d`.`u`",
    "msck repair table d.t",
]

REFUSED = {
    "select ['a'] as a": "1:7",
    "select a::varchar from t": "1:8",
    "select a from t where b ilike 'x'": "1:24",
    "select a, from t": "1:10",
    "select {'a': 1}": "1:7",
    "select a from t qualify row_number() over (order by a) = 1": "1:24",
    "select * exclude (a) from t": "1:9",
    "select 5 // 2": "1:9",
    "select list_transform(x, y -> y + 1) from t": "Athena has no list_transform",
    "select `a` from t": "1:7",
    'drop table "d"."t"': "1:11",
    "selekt 1": "1:0",
    "select 1 select 2": "1:9",
    "unload (select a from) to 's3://b/c/' with (format = 'PARQUET')": "1:13",
    "optimize d.t": "1:0",
    "alter table d.t drop columns (a)": "1:21",
    "select strftime(a, '%Y') from t": "Athena has no strftime",
    "select array_last(a) from t": "Athena has no array_last",
}  # fmt: skip


def test_statements_of_athena_pass() -> None:
    assert refusals({sql: sql for sql in TAKEN}) == []


def test_others_are_refused_where_they_go_wrong() -> None:
    found = dict(line.split("\0: ", 1) for line in refusals({f"{sql}\0": sql for sql in REFUSED}))
    assert {sql: found.get(sql, "taken")[: len(where)] for sql, where in REFUSED.items()} == REFUSED


def test_ddl_is_hives_and_the_rest_trinos() -> None:
    hive = [sql for sql in TAKEN if (asked(sql) or ("", ""))[0] == "hive"]
    assert hive == TAKEN[11:]


def test_functions_are_found_wherever_they_are_called() -> None:
    sql = "select Sum(x) over (order by abs(y)), trim(z) from t where coalesce(ROUND(w), 1) > 0 and try(1 / v) = 2"
    assert parse([sql])[sql].functions == {"sum", "abs", "coalesce", "round", "try"}


def test_files_can_be_read_by_hand(tmp_path: Path) -> None:
    for name, sql, told, code in (
        ("good", "select 1 as a", "1 statements: nothing wrong", 0),
        ("bad", "select ['a'] as a", "1:7", 1),
    ):
        file = tmp_path / f"{name}.sql"
        file.write_text(sql, encoding="utf-8")
        command = [sys.executable, "-m", "tests.grammar", str(file)]
        done = subprocess.run(command, cwd=PROJECT.parent, capture_output=True, text=True, timeout=120)
        assert told in done.stdout
        assert done.returncode == code


def test_every_compiled_model_and_test_passes(tmp_path_factory: pytest.TempPathFactory) -> None:
    compiled = {path.stem: sql for path, sql in compiled_for_athena(tmp_path_factory).items()}
    assert compiled.keys() >= {path.stem for path in PROJECT.glob("models/*/*.sql")}
    assert refusals(compiled) == []
