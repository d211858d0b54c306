"""Bars of how often a value is in a mart, counted in SQL: lists of a million songs are not carried here."""

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BARS = 50
"""Bars of a distribution between 0 and 1."""


def draw_shares(marts: duckdb.DuckDBPyConnection, mart: str, column: str, axis: "Axes") -> None:
    """Draw the distribution of a column between 0 and 1."""
    bar = f"least(cast(floor({column} * {BARS}) as integer), {BARS - 1})"
    counts = _counts(marts, mart, bar)
    axis.bar([(place + 0.5) / BARS for place in counts], list(counts.values()), 1 / BARS, color="#1db954")


def draw_counts(marts: duckdb.DuckDBPyConnection, mart: str, value: str, axis: "Axes") -> None:
    """Draw how many rows have each whole value of an SQL expression; `mart` may be a query in brackets."""
    counts = _counts(marts, mart, value)
    axis.bar(list(counts), list(counts.values()), color="#2d46b9")


def _counts(marts: duckdb.DuckDBPyConnection, mart: str, value: str) -> dict[int, int]:
    query = f"select {value} as value, count(*) from {mart} group by value order by value"  # noqa: S608 - expressions of our own
    return dict(marts.sql(query).fetchall())
