"""What people see of moods in Dagster: where they lie, how many tracks each has, and how they changed."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_moods(moods: pa.Table, years: pa.Table) -> "Figure":
    """Draw the moods by valence and energy, their shares of all tracks, and of each year's tracks.

    `moods` and `years` are those parts of one version, as the lake has them.
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    rows = moods.sort_by("mood").to_pylist()
    colours = dict(zip((row["mood"] for row in rows), colormaps["tab10"].colors, strict=False))  # type: ignore[attr-defined]
    figure = Figure(figsize=(12, 7), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=(3, 2))
    _draw_places(rows, colours, figure.add_subplot(grid[0, 0]))
    _draw_shares(rows, colours, figure.add_subplot(grid[0, 1]))
    _draw_years(years, rows, colours, figure.add_subplot(grid[1, :]))
    for axis in figure.axes:
        axis.tick_params(labelsize=7)
    figure.suptitle(f"Moods of {sum(row['n_tracks'] for row in rows):,} tracks")
    return figure


def _draw_places(rows: list[dict[str, Any]], colours: dict[str, Any], axis: "Axes") -> None:
    for row in rows:
        place = row["valence"], row["energy"]
        axis.scatter(*place, s=4000 * row["share"] + 20, color=colours[row["mood"]], alpha=0.6)
        axis.annotate(row["name_en"], place, fontsize=8, ha="center", va="center")
    axis.margins(0.2)
    axis.set_xlabel("valence", fontsize=8)
    axis.set_ylabel("energy", fontsize=8)
    axis.set_title("average track of each mood", fontsize=9)


def _draw_shares(rows: list[dict[str, Any]], colours: dict[str, Any], axis: "Axes") -> None:
    ordered = sorted(rows, key=lambda row: (row["share"], row["mood"]))
    names = [row["name_en"] for row in ordered]
    axis.barh(names, [row["share"] for row in ordered], color=[colours[row["mood"]] for row in ordered])
    axis.set_title("share of all tracks", fontsize=9)


def _draw_years(years: pa.Table, rows: list[dict[str, Any]], colours: dict[str, Any], axis: "Axes") -> None:
    share = {(row["year"], row["mood"]): row["share"] for row in years.to_pylist()}
    axis.set_title("share of the tracks of a year", fontsize=9)
    if not share:
        return
    every_year = sorted({year for year, _ in share})
    moods = [row["mood"] for row in rows]
    axis.stackplot(
        every_year,
        [[share.get((year, mood), 0.0) for year in every_year] for mood in moods],
        colors=[colours[mood] for mood in moods],
        labels=[row["name_en"] for row in rows],
    )
    axis.set_ylim(0, 1)
    axis.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
