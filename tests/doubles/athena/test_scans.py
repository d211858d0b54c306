"""Bytes scanned are those of the columns that a statement uses, in partitions and row groups it does not rule out."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot

pytest.importorskip("moto.server")
pytest.importorskip("pyiceberg.catalog")

from .client import Client
from .errors import AthenaFailure
from .iceberg import Iceberg
from .scans import FOOTER_END_BYTES, Part, Planner, Relation, parquet_sizes_of
from .server import REGION, AthenaDouble

DAYS = {"2026-11-01": 1000, "2026-11-02": 3000}


class Days:
    """A table of a partition for each day, and its files."""

    def __init__(self, client: Client, name: str) -> None:
        self.client, self.name = client, f"raw.{name}"
        self.files = {}
        for day, rows in DAYS.items():
            table = pa.table(
                {
                    "id": [f"{day}-{n}" for n in range(rows)],
                    "score": [n / 7 for n in range(rows)],
                    "genres": [["a", f"b{n}"] for n in range(rows)],
                }
            )
            body = io.BytesIO()
            pq.write_table(table, body)
            client.s3.put_object(Bucket="lake", Key=f"{name}/day={day}/x.parquet", Body=body.getvalue())
            self.files[day] = pq.read_metadata(body)
        client.run(
            f"create external table {self.name} (id string, score double, genres array<string>) "
            f"partitioned by (day string) stored as parquet location 's3://lake/{name}/'"
        )
        client.run(f"msck repair table {self.name}")

    def size(self, columns: list[str], days: list[str]) -> int:
        """The bytes of columns in the files of days, footers among them."""
        return sum(size(self.files[day], columns) for day in days)

    def scanned(self, sql: str) -> int:
        return scanned(self.client, sql.format(t=self.name))


def scanned(client: Client, sql: str) -> int:
    """The bytes that a statement scanned."""
    return int(client.run(sql)["Statistics"]["DataScannedInBytes"])


def size(file: Any, columns: list[str], groups: list[int] | None = None) -> int:
    """The bytes of columns in some row groups of a file, or in all of them, with its footer."""
    total = int(file.serialized_size) + FOOTER_END_BYTES
    for number in range(file.num_row_groups) if groups is None else groups:
        chunks = [file.row_group(number).column(place) for place in range(file.num_columns)]
        total += sum(c.total_compressed_size for c in chunks if c.path_in_schema.split(".")[0] in columns)
    return total


@pytest.fixture
def days(client: Client, place: str) -> Days:
    return Days(client, place)


BOTH = list(DAYS)


@pytest.mark.parametrize(
    ("sql", "columns", "of_days"),
    [
        ("select sum(score) from {t}", ["score"], BOTH),
        ("select id, genres[1] from {t} where score > 3", ["id", "score", "genres"], BOTH),
        ("select sum(score) from {t} where day >= '2026-11-02'", ["score"], ["2026-11-02"]),
        ("select sum(score) from {t} where day > '2027'", [], []),
        ("select t.id from {t} as t cross join unnest(t.genres) as g (genre) where genre = 'a'", ["id", "genres"], BOTH),
        ("with all_of as (select * from {t}) select max(id) from all_of where day = '2026-11-01'", ["id"], ["2026-11-01"]),
    ],
)  # fmt: skip
def test_columns_and_partitions_count(days: Days, sql: str, columns: list[str], of_days: list[str]) -> None:
    assert days.scanned(sql) == days.size(columns, of_days)


def test_what_is_named_twice_is_read_twice(days: Days) -> None:
    twice = "with s as (select id, score from {t}) select id from s where score = (select max(score) from s)"
    assert days.scanned(twice) == days.size(["id", "score"], BOTH) + days.size(["score"], BOTH)


def test_what_reading_tables_whole_would_take_is_told_too(tmp_path: Path) -> None:
    rows = pa.table({"id": [f"{n}" for n in range(1000)], "score": [n / 7 for n in range(1000)]})
    sizes = []
    for day in DAYS:
        pq.write_table(rows, tmp_path / f"{day}.parquet")
        sizes.append(parquet_sizes_of(tmp_path / f"{day}.parquet"))
    columns = {"id": "VARCHAR", "score": "DOUBLE", "day": "VARCHAR"}
    parts = [Part([size], {"day": f"'{day}'"}) for day, size in zip(DAYS, sizes, strict=True)]
    days = Relation("lake", "days", columns, parts)
    sql = f"select max(d.score) from {days.name} as d inner join {days.name} as e using (id) where d.day > '2026-11-01'"
    planned = Planner().planned([days], sqlglot.parse_one(sql, dialect="duckdb"))
    assert planned.whole == 2 * sum(size.whole for size in sizes)
    assert sum(size.whole for size in sizes) < sum(file.stat().st_size for file in tmp_path.iterdir())
    assert 0 < planned.read["lake.days"] < planned.whole


def test_a_view_is_read_through_and_free_to_make(days: Days, place: str) -> None:
    view = f"create or replace view raw.{place}_v as select id, score, day from {{t}}"
    assert days.scanned(view) == 0
    assert days.client.rows(f"select sum(score) from raw.{place}_v where day = '2026-11-01'")
    read = days.client.run(f"select sum(score) from raw.{place}_v where day = '2026-11-01'")["Statistics"]
    assert read["DataScannedInBytes"] == days.size(["score"], ["2026-11-01"])


def test_iceberg_is_read_by_columns_and_a_merge_reads_its_condition(days: Days, place: str) -> None:
    def made(name: str, query: str) -> None:
        days.client.run(
            f"create table raw.{name} with (table_type='iceberg', is_external=false, location='s3://lake/{name}', "
            f"format='parquet') as {query}"
        )

    made(f"{place}_i", f"select id, score from {days.name}")
    made(f"{place}_s", f"select id, score from {days.name} where day = '2026-11-01'")
    whole, ids = (days.scanned(f"select {columns} from raw.{place}_i") for columns in ("id, score", "id"))
    assert 0 < ids < whole
    merged = days.scanned(
        f"merge into raw.{place}_i t using raw.{place}_s s on (t.id = s.id) "
        "when matched then update set score = s.score when not matched then insert (id, score) values (s.id, s.score)"
    )
    assert merged == days.scanned(f"select * from raw.{place}_s") + ids


class Groups:
    """A table of one file, which has a row group for each of the kinds a, b and c."""

    rows = 400

    def __init__(self, client: Client, name: str) -> None:
        self.client, self.name = client, f"raw.{name}"
        every = range(3 * self.rows)
        noon = dt.datetime(2026, 9, 1, 12)
        table = pa.table(
            {
                "kind": ["abc"[n // self.rows] for n in every],
                "kind.old": ["z" for _ in every],
                "title": ["abc"[n // self.rows] + "'s" for n in every],
                "n": list(every),
                "at": pa.array([noon + dt.timedelta(days=n // self.rows) for n in every], pa.timestamp("ms")),
                "fine": pa.array(
                    [noon + dt.timedelta(days=n // self.rows, microseconds=600) for n in every],
                    pa.timestamp("us"),
                ),
                "day": [noon.date() + dt.timedelta(days=n // self.rows) for n in every],
                "note": pa.array([None for _ in every], pa.string()),
                "long": [chr(97 + n // self.rows) * 5000 for n in every],
                "tags": [["abc"[n // self.rows]] for n in every],
            }
        )
        body = io.BytesIO()
        pq.write_table(table, body, row_group_size=self.rows)
        client.s3.put_object(Bucket="lake", Key=f"{name}/x.parquet", Body=body.getvalue())
        self.file = pq.read_metadata(body)
        client.run(
            f"create external table {self.name} (kind string, title string, n bigint, at timestamp, fine timestamp, day date, note string, "
            f"long string, tags array<string>) stored as parquet location 's3://lake/{name}/'"
        )

    def size(self, columns: list[str], groups: list[int]) -> int:
        return size(self.file, columns, groups)


@pytest.fixture(scope="module")
def groups(client: Client) -> Groups:
    return Groups(client, "row_groups")


ALL = [0, 1, 2]
OF_KINDS = {
    "kind = 'b'": [1],
    "kind < 'b'": [0],
    "kind <= 'b'": [0, 1],
    "kind > 'b'": [2],
    "'b' <= kind": [1, 2],
    "kind between 'aa' and 'bb'": [1],
    "kind in ('a', 'c')": [0, 2],
    "kind = 'B'": [],
    "title = 'b''s'": [1],
    "n < 400": [0],
    "n = 799": [1],
    "n > 799": [2],
    "n > -1": ALL,
    "at = timestamp '2026-09-02 12:00:00'": [1],
    "at > timestamp '2026-09-02 12:00:00'": [2],
    "at >= timestamp '2026-09-02 12:00:00'": [1, 2],
    "at < timestamp '2026-09-02 12:00:00.001'": [0, 1],
    "fine = timestamp '2026-09-02 12:00:00'": [1],
    "fine >= timestamp '2026-09-02 12:00:00.001'": [1, 2],
    "fine > timestamp '2026-09-02 12:00:00.001'": [2],
    "day < date '2026-09-02'": [0],
    "day = date '2026-09-02'": [1],
    "n < 500 and kind > 'a'": [1],
}
NOT_UNDERSTOOD = [
    "kind <> 'b'",
    "kind like '%b'",
    "length(kind) = 7",
    "kind = 'b' and length(kind) = 1",
    "kind = 'b' or n = 1199",
    "kind = 'x\n(n = 0)\ny'",
    "n + 0.5 > 2000",
    "note = 'b'",
    "long = 'b'",
    "contains(tags, 'b')",
]


@pytest.mark.parametrize(("where", "of_groups"), [*OF_KINDS.items(), *((one, ALL) for one in NOT_UNDERSTOOD)])
def test_statistics_rule_out_row_groups(groups: Groups, where: str, of_groups: list[int]) -> None:
    named = re.findall(r"\b(?:kind|title|n|at|fine|day|note|long|tags)\b", where)
    read = scanned(groups.client, f"select {', '.join(named)} from {groups.name} where {where}")
    assert read == groups.size(named, of_groups)


def test_a_comparison_is_seen_through_a_view_a_union_and_a_join(groups: Groups) -> None:
    groups.client.run(
        f"create or replace view {groups.name}_v as select n, kind from {groups.name} "
        f"union all select n + 1, kind from {groups.name}"
    )
    read = scanned(
        groups.client,
        f"with named as (select * from {groups.name}_v) select sum(named.n) from named "
        f"join {groups.name} as other on other.n = named.n where named.kind = 'b'",
    )
    assert read == 2 * groups.size(["n", "kind"], [1]) + groups.size(["n"], ALL)


class Changed:
    """An Iceberg table of a thousand rows of one day, which statements change on the next."""

    def __init__(self, client: Client, name: str) -> None:
        self.client, self.name, self.place = client, f"raw.{name}", name
        self.run(
            f"create table {{t}} with (table_type='iceberg', is_external=false, location='s3://lake/{name}', "
            "format='parquet') as select n as id, concat('word ', cast(n as varchar)) as word, "
            "cast(timestamp '2026-09-01 00:00:00.000001' as timestamp(6)) as changed_at "
            "from unnest(sequence(1, 1000)) as t(n)"
        )
        self.before = self.files()

    def run(self, sql: str) -> None:
        self.client.run(sql.format(t=self.name))

    def files(self) -> dict[str, Any]:
        """What the footers of all data files say, by key."""
        listed = self.client.s3.list_objects_v2(Bucket="lake", Prefix=f"{self.place}/data/")["Contents"]
        bodies = {
            entry["Key"]: self.client.s3.get_object(Bucket="lake", Key=entry["Key"])["Body"]
            for entry in listed
        }
        return {key: pq.read_metadata(io.BytesIO(body.read())) for key, body in bodies.items()}

    def new(self) -> list[Any]:
        """The data files that were written since the first, small ones first."""
        new = [file for key, file in self.files().items() if key not in self.before]
        return sorted(new, key=lambda file: file.num_rows)

    def words_since(self, sign: str) -> int:
        """The bytes scanned for the words of rows that changed after the first day, or from then on."""
        moment = "timestamp '2026-09-01 00:00:00.000001'"
        return scanned(self.client, f"select word from {self.name} where changed_at {sign} {moment}")


@pytest.fixture
def changed(client: Client, place: str) -> Changed:
    return Changed(client, place)


NEXT_DAY = "cast(timestamp '2026-09-02 00:00:00' as timestamp(6))"
MERGE = (
    "merge into {{t}} as t using (select n as id, 'new' as word, {at} as changed_at "
    "from unnest(sequence({first}, {last})) as s(n)) as s on t.id = s.id "
    "when matched and s.id = 1000 then delete "
    "when matched then update set word = s.word, changed_at = s.changed_at "
    "when not matched then insert {named} values (s.id, s.word, s.changed_at)"
)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (MERGE.format(first=998, last=1003, named="(id, word, changed_at)", at=NEXT_DAY), [5, 997]),
        (MERGE.format(first=998, last=1003, named="", at=NEXT_DAY), [5, 997]),
        (MERGE.format(first=1001, last=1002, named="", at=NEXT_DAY), [2, 1000]),
        (f"update {{t}} set word = 'new', changed_at = {NEXT_DAY} where id in (7, 8)", [2, 998]),
    ],
)
def test_what_a_change_writes_lies_apart_and_is_read_alone(
    changed: Changed, sql: str, rows: list[int]
) -> None:
    changed.run(sql)
    written, kept = changed.new()
    assert [written.num_rows, kept.num_rows] == rows
    used = ["word", "changed_at"]
    assert changed.words_since(">") == size(written, used) + size(kept, used, [])
    assert changed.words_since(">=") == size(written, used) + size(kept, used)
    assert changed.client.rows(f"select count(*), sum(if(word = 'new', 1, 0)) from {changed.name}") == [
        (str(sum(rows)), str(rows[0]))
    ]


def test_a_delete_writes_no_row_and_what_touches_none_writes_no_file(changed: Changed) -> None:
    for untouching in (
        "delete from {t} where id < 0",
        "update {t} set word = 'new' where id < 0",
        "merge into {t} as t using (select -1 as id) as s on t.id = s.id when matched then delete",
    ):
        changed.run(untouching)
    assert changed.new() == []
    changed.run("delete from {t} where id <= 300")
    (kept,) = changed.new()
    assert kept.num_rows == 700
    assert changed.client.rows(f"select count(*), min(id) from {changed.name}") == [("700", "301")]


@pytest.mark.parametrize("empty", [True, False])
def test_a_change_fails_where_another_wrote_since_it_read(
    double: AthenaDouble, changed: Changed, empty: bool
) -> None:
    tables = Iceberg(double.endpoint, REGION)
    read_at = tables.snapshot("raw", changed.place)
    rows = tables.catalog.load_table(("raw", changed.place)).scan().to_arrow()
    changed.run(f"insert into {{t}} values (0, 'other', {NEXT_DAY})")
    with pytest.raises(AthenaFailure, match="Failed to commit Iceberg update"):
        tables.replace("raw", changed.place, [] if empty else [rows, rows.slice(0, 1)], read_at)
    assert changed.client.rows(f"select count(*) from {changed.name}") == [("1001",)]


def test_statistics_of_a_column_that_had_another_type_rule_nothing_out(changed: Changed) -> None:
    changed.run("alter table {t} drop column word")
    changed.run("alter table {t} add columns (word bigint)")
    (file,) = changed.before.values()
    assert scanned(changed.client, f"select id from {changed.name} where word = 3") == size(
        file, ["id", "word"]
    )
