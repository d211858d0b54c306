"""What people see of similar songs in Dagster: how alike they are, and what made them so."""

from typing import TYPE_CHECKING

import duckdb

from spotify_assets.defs import metadata
from spotify_assets.defs.marts.bars import draw_counts, draw_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_similar_songs(marts: duckdb.DuckDBPyConnection) -> "Figure":
    """Draw scores, likeness of sound, whose songs are named, and years apart, of every pair in the lists."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 6))
    (scores, sound), (artists, years) = figure.subplots(2, 2, gridspec_kw=metadata.MARGINS)
    draw_shares(marts, "track_similarity", "score", scores)
    draw_shares(marts, "track_similarity", "sound_score", sound)
    scores.set_title("score", fontsize=9)
    sound.set_title("likeness of the sound", fontsize=9)
    draw_counts(marts, "track_similarity", "coalesce(artist_rank, 21)", artists)
    artists.set_title("place of the artist among the similar ones: 0 the same, 21 anybody else", fontsize=9)
    draw_counts(marts, "track_similarity", "coalesce(least(years_apart, 31), -1)", years)
    years.set_title("years apart: -1 unknown, 31 more than thirty", fontsize=9)
    for axis in (scores, sound, artists, years):
        axis.tick_params(labelsize=7)
    ((pairs, songs),) = marts.sql(
        "select count(*), count(distinct track_id) from track_similarity"
    ).fetchall()
    figure.suptitle(f"{pairs:,} similar songs of {songs:,}")
    return figure
