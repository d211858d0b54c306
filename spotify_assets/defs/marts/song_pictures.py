"""What people see of similar songs in Dagster: how alike they are, and what made them so."""

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BARS = 50
"""Bars of a distribution between 0 and 1."""


def draw_similar_songs(marts: duckdb.DuckDBPyConnection) -> "Figure":
    """Draw scores, likeness of sound, whose songs are named, and years apart, of every pair in the lists."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 6), layout="constrained")
    (scores, sound), (artists, years) = figure.subplots(2, 2)
    _distribution(marts, "score", scores)
    _distribution(marts, "sound_score", sound)
    scores.set_title("score", fontsize=9)
    sound.set_title("likeness of the sound", fontsize=9)
    _bars(marts, "coalesce(artist_rank, 21)", artists)
    artists.set_title("place of the artist among the similar ones: 0 the same, 21 anybody else", fontsize=9)
    _bars(marts, "coalesce(least(years_apart, 31), -1)", years)
    years.set_title("years apart: -1 unknown, 31 more than thirty", fontsize=9)
    for axis in (scores, sound, artists, years):
        axis.tick_params(labelsize=7)
    ((pairs, songs),) = marts.sql(
        "select count(*), count(distinct track_id) from track_similarity"
    ).fetchall()
    figure.suptitle(f"{pairs:,} similar songs of {songs:,}")
    return figure


def _distribution(marts: duckdb.DuckDBPyConnection, column: str, axis: "Axes") -> None:
    # Counted in SQL: the lists of a million songs are not carried here to be drawn.
    bar = f"least(cast(floor({column} * {BARS}) as integer), {BARS - 1})"
    counts = _counts(marts, bar)
    axis.bar([(place + 0.5) / BARS for place in counts], list(counts.values()), 1 / BARS, color="#1db954")


def _bars(marts: duckdb.DuckDBPyConnection, value: str, axis: "Axes") -> None:
    counts = _counts(marts, value)
    axis.bar(list(counts), list(counts.values()), color="#2d46b9")


def _counts(marts: duckdb.DuckDBPyConnection, value: str) -> dict[int, int]:
    """Return how many pairs have each value of an SQL expression."""
    query = f"select {value} as value, count(*) from track_similarity group by value order by value"  # noqa: S608 - expressions of our own
    return dict(marts.sql(query).fetchall())
