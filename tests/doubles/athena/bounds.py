"""What statistics rule out: row groups whose least and greatest values a comparison with constants contradicts.

Here: the bounds of a column's chunk, and the comparisons in DuckDB's text of a scan's filters. What is not understood,
and what has no statistics, rules nothing out. Not here: how many bytes that spares.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

Bounds = tuple[Any, Any]
"""The least and the greatest value, or what lies beyond them where a writer cut a long text short."""

ORDERED = (int, str, dt.date, dt.datetime)
MILLISECOND = 1000

_CONSTANT = r"(?:-?\d+|'(?:[^']|'')*'(?:::(?:TIMESTAMP|TIMESTAMP_MS|DATE))?)"
_COMPARED = rf"\((\w+) (=|<=?|>=?) ({_CONSTANT})\)"
_AMONG = rf"(?:optional: )?\((\w+) IN \(({_CONSTANT}(?:, {_CONSTANT})*)\)\)"


@dataclass(frozen=True)
class Comparison:
    """A column that must compare with one of some constants."""

    column: str
    sign: str
    constants: Sequence[Any]
    in_milliseconds: bool = False
    """Whether the table has the column in milliseconds, whatever its files have."""

    def may_hold(self, bounds: Mapping[str, Bounds]) -> bool:
        """Whether a value within a column's bounds can satisfy it."""
        if self.column not in bounds:
            return True
        least, most = bounds[self.column]
        if self.in_milliseconds and type(least) is dt.datetime:
            least -= dt.timedelta(microseconds=least.microsecond % MILLISECOND)
            most += dt.timedelta(microseconds=-most.microsecond % MILLISECOND)
        return any(type(one) is not type(least) or self._holds(one, least, most) for one in self.constants)

    def _holds(self, constant: Any, least: Any, most: Any) -> bool:
        above = most >= constant if "=" in self.sign else most > constant
        below = least <= constant if "=" in self.sign else least < constant
        return bool((above or self.sign[0] == "<") and (below or self.sign[0] == ">"))


def bounds_of(chunk: pq.ColumnChunkMetaData) -> Bounds | None:
    """The bounds of a chunk's values, where its statistics have them and they are of a kind that is compared."""
    statistics = chunk.statistics if chunk.is_stats_set else None
    least, most = (statistics.min, statistics.max) if statistics else (None, None)
    if type(least) not in ORDERED:
        return None
    if type(least) is dt.datetime and least.tzinfo:
        # An instant is read as the clock in UTC.
        return tuple(moment.astimezone(dt.UTC).replace(tzinfo=None) for moment in (least, most))
    return least, most


def comparisons(filters: Sequence[str]) -> Iterator[Comparison]:
    """The comparisons that all rows of a scan satisfy, of those filters that are nothing else."""
    # A constant with an end of line in it comes in two texts, the second of which could be anything.
    if any(text.count("'") % 2 for text in filters):
        return
    for text in filters:
        if re.fullmatch(rf"{_COMPARED}|\({_COMPARED}(?: AND {_COMPARED})+\)", text):
            for name, sign, constant in re.findall(_COMPARED, text):
                yield _comparison(name, sign, constant)
        elif among := re.fullmatch(_AMONG, text):
            yield _comparison(among[1], "=", *re.findall(_CONSTANT, among[2]))


def _comparison(name: str, sign: str, *constants: str) -> Comparison:
    in_milliseconds = constants[0].endswith("TIMESTAMP_MS")
    return Comparison(name.lower(), sign, [_value(one) for one in constants], in_milliseconds)


def _value(constant: str) -> Any:
    """A constant's value; None for a moment that Python has not, such as infinity."""
    if not constant.startswith("'"):
        return int(constant)
    text, kind = constant[1:].rsplit("'", 1)
    if not kind:
        return text.replace("''", "'")
    try:
        return (dt.date if kind == "::DATE" else dt.datetime).fromisoformat(text)
    except ValueError:
        return None
