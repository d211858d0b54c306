"""Bytes scanned are those of the columns that a statement uses, in the partitions it does not rule out."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("moto.server")
pytest.importorskip("pyiceberg.catalog")

from .client import Client
from .scans import FOOTER_END_BYTES

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
        total = 0
        for day in days:
            file = self.files[day]
            chunks: list[Any] = [file.row_group(0).column(n) for n in range(file.num_columns)]
            total += file.serialized_size + FOOTER_END_BYTES
            total += sum(c.total_compressed_size for c in chunks if c.path_in_schema.split(".")[0] in columns)
        return total

    def scanned(self, sql: str) -> int:
        statistics = self.client.run(sql.format(t=self.name))["Statistics"]
        return int(statistics["DataScannedInBytes"])


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
