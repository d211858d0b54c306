"""The comparison sees what it is to see, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from .parity import compare

ROWS: list[dict[str, Any]] = [
    {"id": "a", "rank": 1, "score": 0.5, "why": ["x"], "at": datetime(2026, 11, 1, tzinfo=UTC)},
    {"id": "b", "rank": 1, "score": None, "why": None, "at": None},
]


def changed(**values: Any) -> pa.Table:
    return pa.Table.from_pylist([{**ROWS[0], **values}, ROWS[1]])


def test_order_types_and_zones_are_no_difference() -> None:
    other = pa.Table.from_pylist([ROWS[1], {**ROWS[0], "at": datetime(2026, 11, 1)}])
    other = other.set_column(1, "rank", other["rank"].cast(pa.int32()))
    compared = compare("t", other, pa.Table.from_pylist(ROWS))
    assert (compared.rows, compared.largest_float_difference, compared.differences) == (2, 0.0, ())


def test_floats_may_be_a_billionth_apart() -> None:
    compared = compare("t", changed(score=0.5 + 9e-10), pa.Table.from_pylist(ROWS))
    assert compared.largest_float_difference == pytest.approx(9e-10)
    assert compared.differences == ()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"score": 0.5 + 2e-9}, "t.score: 0.500000002, wanted 0.5"),
        ({"score": None}, "t.score: None, wanted 0.5"),
        ({"score": float("nan")}, "t.score: nan"),
        ({"rank": 2}, "t.rank: 2, wanted 1"),
        ({"why": ["y"]}, "t.why: ['y'], wanted ['x']"),
        ({"why": []}, "t.why: []"),
        ({"at": datetime(2026, 11, 2)}, "t.at"),
    ],
)
def test_anything_else_is_told(values: dict[str, Any], told: str) -> None:
    (first, *_) = compare("t", changed(**values), pa.Table.from_pylist(ROWS)).differences
    assert first.startswith(told)


def test_missing_rows_and_columns_are_told() -> None:
    wanted = pa.Table.from_pylist(ROWS)
    assert compare("t", wanted.slice(0, 1), wanted).differences[0] == "t: 1 rows, wanted 2"
    assert compare("t", pa.table({}), wanted).differences[0].startswith("t: ")
    assert "columns" in compare("t", wanted.drop_columns("why"), wanted).differences[0]
