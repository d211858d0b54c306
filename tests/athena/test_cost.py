"""The arithmetic of docs/athena-cost.md."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.athena_scan import DOLLARS_PER_TB, MB, TB, Bytes, count


def statement(kind: str, read: dict[str, int], node: str = "model.x.y") -> dict[str, Any]:
    return {
        "sql": f'-- /* {{"node_id": "{node}"}} */ select',
        "kind": kind,
        "scanned": sum(read.values()),
        "read": read,
        "whole": 2 * sum(read.values()),
    }


def test_bytes_are_told_apart_by_what_they_are_of() -> None:
    counted = count(
        [
            statement("CREATE_TABLE_AS_SELECT", {"raw.artists": 3 * MB, "marts.dim": 4 * MB}),
            statement("MERGE", {"raw.similarity_vectors": 2 * MB}),
            statement("SELECT", {"raw.artists": 5 * MB, "marts.dim": 1 * MB}, "test.x.unique"),
            {**statement("SELECT", {"marts.dim": 7 * MB}), "sql": "select 'test.x.unique' as test_id"},
        ],
        "raw",
    )
    assert (counted.raw, counted.model, counted.tables, counted.checks) == (3 * MB, 2 * MB, 4 * MB, 13 * MB)
    assert counted.whole == 2 * counted.scanned


@pytest.mark.parametrize(
    ("kind", "size", "billed"),
    [
        ("SELECT", 1, 10),
        ("SELECT", 10 * MB, 10),
        ("SELECT", 10 * MB + 1, 11),
        ("MERGE", 25 * MB, 25),
        ("CREATE_VIEW", 25 * MB, 0),
    ],
)
def test_whole_megabytes_are_billed_ten_at_least_and_ddl_is_free(kind: str, size: int, billed: int) -> None:
    assert count([statement(kind, {"raw.artists": size})], "raw").billed == billed * MB


def test_a_statement_that_reads_no_table_is_free() -> None:
    assert count([statement("SELECT", {})], "raw").billed == 0


def test_more_rows_cost_more_only_beyond_what_is_billed_at_least() -> None:
    small = Bytes(2, 0, 0, 2 * MB, 20 * MB, 90 * MB, (2 * MB, 20 * MB))
    assert small.billed == 30 * MB
    assert small.times(10).billed == 20 * MB + 200 * MB
    assert (small.times(10).checks, small.times(10).whole) == (200 * MB, 900 * MB)


def test_the_price_of_a_terabyte() -> None:
    assert f"${DOLLARS_PER_TB:.4f}" in str(Bytes(1, 0, 0, TB, 0, TB, (TB,)))
