"""What people see of similar artists in Dagster: a map of them, their scores, and who is in many lists."""

from typing import TYPE_CHECKING, Any

import duckdb

from spotify_assets.defs import metadata
from spotify_assets.defs.marts.bars import draw_counts, draw_shares

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAPPED = 3000
"""Artists on the map, the most popular."""

GENRES_COLOURED = 9
"""The genres that most of them have; the others are grey."""

_HUBS = """(
    select count(lists.artist_id) as n_lists
    from dim_artists as artists
    inner join int_artist_points as points on artists.artist_id = points.artist_id and points.is_listed
    inner join int_artist_cells as cells on points.artist_id = cells.artist_id
    left join artist_similarity as lists on artists.artist_id = lists.related_id and lists.rank <= 10
    group by artists.artist_id
)"""

_MAPPED = f"""
    select points.vector, artists.genres
    from int_artist_points as points
    inner join dim_artists as artists on points.artist_id = artists.artist_id
    inner join int_artist_cells as cells on points.artist_id = cells.artist_id
    where points.is_listed
    order by artists.popularity desc nulls last, artists.artist_id
    limit {MAPPED}
"""  # noqa: S608 - a number of our own


def draw_similar_artists(marts: duckdb.DuckDBPyConnection) -> "Figure":
    """Draw artists on two principal axes of their points, scores, and in how many lists of ten each is."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6))
    grid = figure.add_gridspec(2, 2, width_ratios=(3, 2), **metadata.MARGINS)
    scores, hubs = figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 1])
    _draw_map(marts, figure.add_subplot(grid[:, 0]))
    draw_shares(marts, "artist_similarity", "score", scores)
    scores.set_title("score", fontsize=9)
    draw_counts(marts, _HUBS, "least(n_lists, 60)", hubs)
    hubs.set_yscale("log")
    hubs.set_title("artists by the lists of ten they are in (60: 60 and more)", fontsize=9)
    for axis in (scores, hubs):
        axis.tick_params(labelsize=7)
    ((pairs, artists),) = marts.sql(
        "select count(*), count(distinct artist_id) from artist_similarity"
    ).fetchall()
    figure.suptitle(f"{pairs:,} similar artists of {artists:,}")
    return figure


def _draw_map(marts: duckdb.DuckDBPyConnection, axis: "Axes") -> None:
    import numpy as np

    rows = marts.sql(_MAPPED).fetchall()
    axis.set_title(f"{len(rows):,} artists on the principal axes of their points", fontsize=9)
    axis.set_xticks([])
    axis.set_yticks([])
    if len(rows) < 3:
        return
    places = _principal_plane(np.array([vector for vector, _ in rows], dtype=float))
    firsts = [genres[0] if genres else "" for _, genres in rows]
    common = sorted({*firsts} - {""}, key=lambda genre: (-firsts.count(genre), genre))[:GENRES_COLOURED]
    for colour, genre in [("#d0d0d0", None), *zip(_palette(), common, strict=False)]:
        of_it = np.array([first == genre if genre else first not in common for first in firsts])
        axis.scatter(*places[of_it].T, s=5, color=colour, label=genre or "others")
    axis.legend(fontsize=7, markerscale=3, loc="best")


def _principal_plane(points: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return rows x 2: the points on the two axes on which they vary most."""
    import numpy as np

    centred = points - points.mean(axis=0)
    # The axes come from the small square matrix: as many rows and columns as a point has numbers.
    _, axes = np.linalg.eigh(centred.T @ centred)
    plane: np.ndarray[Any, Any] = centred @ axes[:, :-3:-1]
    return plane


def _palette() -> list[Any]:
    from matplotlib import colormaps

    return list(colormaps["tab10"].colors)  # type: ignore[attr-defined]
