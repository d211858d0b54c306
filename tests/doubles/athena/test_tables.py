"""Tables of Hive and Iceberg hold what was written, and are swapped, partitioned and dropped as Athena's are."""

from __future__ import annotations

import datetime as dt
import json

import pytest

pytest.importorskip("moto.server")
pytest.importorskip("pyiceberg.catalog")

from . import fixture_lake
from .client import Client, Failed


def iceberg(client: Client, place: str, query: str, more: str = "") -> None:
    """Make an Iceberg table from a query."""
    client.run(
        f"create table raw.{place} with (table_type='iceberg', is_external=false, location='s3://lake/{place}', "
        f"format='parquet'{more}) as {query}"
    )


def objects(client: Client, prefix: str) -> list[str]:
    """The keys below a prefix."""
    found = client.s3.list_objects_v2(Bucket="lake", Prefix=prefix)
    return [entry["Key"] for entry in found.get("Contents", [])]


def test_a_projected_table_shows_a_new_day_at_once_and_no_day_beyond_its_range(client: Client) -> None:
    days = [dt.date(2019, 12, 31), dt.date(2020, 1, 1), dt.date(2020, 1, 2)]
    for day in days:
        fixture_lake.put_day(client, day)
    seen = client.rows("select dt, count(*) from plays where dt < '2021-01-01' group by dt order by dt")
    assert seen == [("2020-01-01", "200"), ("2020-01-02", "200")]


def test_a_registered_partition_is_seen_and_another_is_not(client: Client, place: str) -> None:
    for day in ("a", "b"):
        line = json.dumps({"n": 1})
        client.s3.put_object(Bucket="lake", Key=f"{place}/day={day}/x.json", Body=line.encode())
    client.run(
        f"create external table raw.{place} (n int) partitioned by (day string) "
        f"row format serde 'org.openx.data.jsonserde.JsonSerDe' location 's3://lake/{place}/'"
    )
    assert client.rows(f"select day from {place}") == []
    client.run(f"alter table raw.{place} add partition (day = 'a')")
    assert client.rows(f"select day from {place}") == [("a",)]
    client.run(f"msck repair table raw.{place}")
    assert client.rows(f"select day from {place} order by day") == [("a",), ("b",)]


def test_a_hive_table_takes_inserts_and_keeps_its_objects_when_dropped(client: Client, place: str) -> None:
    client.run(
        f"create table raw.{place} with (external_location='s3://lake/{place}', format='parquet', "
        f"write_compression='zstd', partitioned_by=array['part']) as select 1 as n, 'a b' as part"
    )
    client.run(f"insert into raw.{place} values (2, 'c')")
    assert client.rows(f"select n, part from {place} order by n") == [("1", "a b"), ("2", "c")]
    with pytest.raises(Failed, match=r"TYPE_MISMATCH: .*mismatched column types"):
        client.run(f"insert into raw.{place} values ('x', 'c')")
    client.run(f"drop table raw.{place}")
    assert len(objects(client, place)) == 2


@pytest.mark.parametrize("kind", ["hive", "iceberg"])
def test_a_hundred_partitions_are_written_at_once_and_not_one_more(
    client: Client, place: str, kind: str
) -> None:
    def create(name: str, count: int) -> None:
        query = f"select n, n as part from unnest(sequence(1, {count})) as t(n)"
        if kind == "iceberg":
            iceberg(client, name, query, ", partitioning=array['part']")
        else:
            client.run(
                f"create table raw.{name} with (external_location='s3://lake/{name}', "
                f"partitioned_by=array['part']) as {query}"
            )

    create(place, 100)
    assert client.rows(f"select count(*), sum(n) from {place}") == [("100", "5050")]
    with pytest.raises(Failed, match="TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers"):
        create(f"{place}x", 101)
    with pytest.raises(Failed, match="TABLE_NOT_FOUND"):
        client.rows(f"select * from {place}x")


def test_an_iceberg_table_is_appended_merged_and_deleted_from(client: Client, place: str) -> None:
    iceberg(client, place, "select 1 as id, 'one' as word union all select 2, 'two'")
    client.run(f"insert into raw.{place} values (3, 'three')")
    client.run(
        f"merge into raw.{place} as target using (select 2 as id, 'zwei' as word union all select 4, 'vier') as source "
        "on target.id = source.id when matched then update set word = source.word "
        "when not matched then insert (id, word) values (source.id, source.word)"
    )
    client.run(f"delete from raw.{place} where id = 1")
    assert client.rows(f"select id, word from {place} order by id") == [
        ("2", "zwei"),
        ("3", "three"),
        ("4", "vier"),
    ]


def test_a_row_that_two_rows_merge_into_is_refused(client: Client, place: str) -> None:
    iceberg(client, place, "select 1 as id, 'one' as word")
    with pytest.raises(Failed, match="MERGE_TARGET_ROW_MULTIPLE_MATCHES"):
        client.run(
            f"merge into raw.{place} as t using (select 1 as id, 'a' as word union all select 1, 'b') as s "
            "on t.id = s.id when matched then update set word = s.word"
        )
    assert client.rows(f"select word from {place}") == [("one",)]


def test_an_iceberg_table_is_swapped_by_renaming_and_emptied_when_dropped(client: Client, place: str) -> None:
    iceberg(client, place, "select 1 as n")
    iceberg(client, f"{place}new", "select 2 as n")
    client.run(f"alter table raw.{place} rename to raw.{place}old")
    client.run(f"alter table raw.{place}new rename to raw.{place}")
    client.run(f"drop table raw.{place}old")
    assert client.rows(f"select n from {place}") == [("2",)]
    assert objects(client, f"{place}/") == []


def test_iceberg_keeps_microseconds_and_hive_milliseconds(client: Client, place: str) -> None:
    moment = "timestamp '2024-01-02 03:04:05.123456'"
    iceberg(client, place, f"select cast({moment} as timestamp(6)) as t")
    assert client.rows(f"select t from {place}") == [("2024-01-02 03:04:05.123456",)]
    hive = f"create table raw.{place}h with (external_location='s3://lake/{place}h') as select"
    client.run(f"{hive} cast(t as timestamp(3)) as t from raw.{place}")
    assert client.rows(f"select t from {place}h") == [("2024-01-02 03:04:05.123",)]
    with pytest.raises(
        Failed, match=r'Timestamp precision \(3\) not supported for Iceberg. Use "timestamp\(6\)"'
    ):
        iceberg(client, f"{place}i", f"select t from raw.{place}h")


def test_columns_are_added_to_both_kinds(client: Client, place: str) -> None:
    iceberg(client, place, "select 1 as n")
    client.run(f"create table raw.{place}h with (external_location='s3://lake/{place}h') as select 1 as n")
    for name in (place, f"{place}h"):
        client.run(f"alter table raw.{name} add columns (word string)")
        client.run(f"insert into raw.{name} values (2, 'two')")
        assert client.rows(f"select n, word from {name} order by n") == [("1", None), ("2", "two")]


def test_a_file_of_another_type_than_its_table_is_bad_data(client: Client, place: str) -> None:
    client.run(f"create table raw.{place} with (external_location='s3://lake/{place}') as select 'x' as n")
    client.run(
        f"create external table raw.{place}b (n bigint) stored as parquet location 's3://lake/{place}/'"
    )
    with pytest.raises(Failed, match="HIVE_BAD_DATA: Field n's type VARCHAR in parquet file is incompatible"):
        client.rows(f"select n from {place}b")


def test_a_view_is_stale_when_its_table_has_lost_a_column(client: Client, place: str) -> None:
    client.run(
        f"create external table raw.{place} (a int, b int) stored as parquet location 's3://lake/{place}/'"
    )
    client.run(f"create view raw.{place}v as select * from raw.{place}")
    assert client.rows(f"select * from {place}v") == []
    client.run(f"alter table raw.{place} replace columns (a int)")
    with pytest.raises(Failed, match="VIEW_IS_STALE"):
        client.rows(f"select * from {place}v")


def test_unload_writes_objects_that_a_table_reads(client: Client, place: str) -> None:
    client.run(f"unload (select 1 as n union all select 2) to 's3://lake/{place}/' with (format = 'PARQUET')")
    client.run(f"create external table raw.{place} (n int) stored as parquet location 's3://lake/{place}/'")
    assert client.rows(f"select sum(n) from {place}") == [("3",)]
    with pytest.raises(Failed, match="HIVE_PATH_ALREADY_EXISTS"):
        client.run(f"unload (select 1 as n) to 's3://lake/{place}/' with (format = 'PARQUET')")


def test_what_is_made_of_a_plain_timestamp_keeps_its_three_digits(client: Client, place: str) -> None:
    plain = "with s as (select cast('2024-01-02 03:04:05.123456' as timestamp) as t) select {} as t from s"
    made = ("t", "date_trunc('minute', t)", "t + interval '1' day", "date_add('day', 1, t)")
    for number, column in enumerate(made):
        query = plain.format(column)
        client.run(f"unload ({query}) to 's3://lake/{place}/{number}/' with (format = 'PARQUET')")


def test_hive_and_unload_write_no_microseconds(client: Client, place: str) -> None:
    query = "select cast(timestamp '2024-01-02 03:04:05.123456' as timestamp(6)) as t"
    refused = r"Incorrect timestamp precision for timestamp\(6\); the configured precision is MILLISECONDS"
    with pytest.raises(Failed, match=rf"{refused}; column name: t"):
        client.run(f"unload ({query}) to 's3://lake/{place}/' with (format = 'PARQUET')")
    with pytest.raises(Failed, match=refused):
        client.run(f"create table raw.{place} with (external_location='s3://lake/{place}') as {query}")
    with pytest.raises(Failed, match=refused):
        client.run(
            f"unload (select array[t] as t from ({query})) to 's3://lake/{place}/' with (format = 'PARQUET')"
        )


def test_where_a_work_group_enforces_a_place_icebergs_tables_alone_name_their_own(
    client: Client, place: str
) -> None:
    client.athena.create_work_group(
        Name=place,
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "ResultConfiguration": {"OutputLocation": "s3://lake/enforced/"},
        },
    )
    with pytest.raises(Failed, match="enforces a centralized output location"):
        client.run(
            f"create table raw.{place} with (external_location='s3://lake/{place}') as select 1 as n",
            work_group=place,
        )
    client.run(
        f"create table raw.{place} with (table_type='iceberg', is_external=false, "
        f"location='s3://lake/{place}/') as select 1 as n",
        work_group=place,
    )
    assert client.rows(f"select n from raw.{place}") == [("1",)]
