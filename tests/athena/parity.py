"""Two engines' rows of one table, compared: everything equal, floats within 1e-9."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Compared:
    """How many rows there were, how far floats were apart at most, and the first differences in words."""

    rows: int
    largest_float_difference: float
    differences: tuple[str, ...]


def compare(table: str, found: pa.Table, wanted: pa.Table, shown: int = 5) -> Compared:
    """Compare the rows of `table`, whatever order they are in and whatever types hold equal values."""
    if wanted.num_rows and sorted(found.column_names) != sorted(wanted.column_names):
        columns = f"columns {sorted(found.column_names)}, wanted {sorted(wanted.column_names)}"
        return Compared(0, 0.0, (f"{table}: {columns}",))
    names = sorted(wanted.column_names)
    ours, theirs = _ordered(wanted, names), _ordered(found, names) if found.num_rows else []
    differences = []
    if len(ours) != len(theirs):
        differences.append(f"{table}: {len(theirs)} rows, wanted {len(ours)}")
    largest = 0.0
    for one, other in zip(theirs, ours, strict=False):
        for name, a, b in zip(names, one, other, strict=True):
            gap = distance(a, b)
            largest = max(largest, gap if math.isfinite(gap) else 0.0)
            if gap > TOLERANCE and len(differences) < shown:
                differences.append(
                    f"{table}.{name}: {a!r}, wanted {b!r}, in {dict(zip(names, other, strict=True))}"
                )
    return Compared(len(ours), largest, tuple(differences))


def distance(one: Any, other: Any) -> float:
    """How far two values are apart: of floats and of what holds floats a number, of all else 0 or infinity."""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return max(map(distance, one, other), default=0.0)
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return max((distance(one[key], other[key]) for key in one), default=0.0)
    if isinstance(one, float) and isinstance(other, float):
        if math.isnan(one) or math.isnan(other):
            return 0.0 if math.isnan(one) and math.isnan(other) else math.inf
        return abs(one - other) if one != other else 0.0
    return 0.0 if one == other and isinstance(one, bool) == isinstance(other, bool) else math.inf


def _ordered(table: pa.Table, names: list[str]) -> list[tuple[Any, ...]]:
    """Rows sorted by all that is no float, so that both engines' come in one order."""
    columns = [[_plain(value) for value in table[name].to_pylist()] for name in names]
    exact = [i for i, name in enumerate(names) if not _holds_floats(table.schema.field(name).type)]
    rows = list(zip(*columns, strict=True))
    return sorted(rows, key=lambda row: [repr(row[i]) for i in exact])


def _holds_floats(kind: pa.DataType) -> bool:
    if pa.types.is_nested(kind):
        return any(_holds_floats(kind.field(i).type) for i in range(kind.num_fields))
    return bool(pa.types.is_floating(kind))


def _plain(value: Any) -> Any:
    """A value as any engine has it: moments in UTC, without a zone."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value
