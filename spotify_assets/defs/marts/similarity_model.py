"""The fitted similarity model: what a distance depends on, fixed until the next full build.

Fitted here are the breakpoints by which each audio feature is quantile-normalised, and where genres, tags,
years, popularities and cells lie among artists (`similarity_fit.py`). A refresh only reads them, so that a
new artist does not move everybody else.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
import pyarrow as pa

from spotify_assets.core.lake.pointers import delete_model, model_path, model_versions, new_id
from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.defs import metadata
from spotify_assets.defs.marts.similarity_fit import (
    EXACT_PROBES,
    PROBES,
    Artists,
    Floats,
    Places,
    fit_cells,
    fit_terms,
    parameters,
    points,
    vectors,
)
from spotify_assets.defs.marts.similarity_lists import CELLS, Cells, Points, place, recall
from spotify_assets.defs.resources import Platform

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUANTILES = 101
"""Breakpoints a feature has: its minimum, its percentiles and its maximum."""

VERSIONS_KEPT = 5

RECALL_SAMPLE, LISTED = 1000, 20
"""Artists by whose lists of so many the recall of cells is measured."""


def fit_breakpoints(features: pa.Table) -> pa.Table:
    """Return the quantiles of every feature: columns feature, quantile (0 to 1), breakpoint.

    `features` has one row per track and one double column per feature. Quantiles are interpolated linearly
    between the order statistics (Hyndman and Fan 1996, definition 7; numpy's default).

    Raises:
        ValueError: there is no track to fit on.
    """
    import numpy as np

    if not features.num_rows:
        raise ValueError("there is no track with audio features to fit the similarity model on")
    at = np.linspace(0.0, 1.0, QUANTILES)
    values = np.column_stack([features[name].to_numpy() for name in SIMILARITY_FEATURES])
    breakpoints = np.quantile(values, at, axis=0)
    return pa.table(
        {
            "feature": pa.array(np.repeat(SIMILARITY_FEATURES, QUANTILES), pa.string()),
            "quantile": np.tile(at, len(SIMILARITY_FEATURES)),
            "breakpoint": breakpoints.T.ravel(),
        }
    )


def _distributions(features: pa.Table) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6))
    axes = figure.subplots(3, 4, gridspec_kw=metadata.MARGINS).ravel()
    for axis, name in zip(axes, SIMILARITY_FEATURES, strict=False):
        axis.hist(features[name].to_numpy(), bins=40, histtype="stepfilled", color="#1db954")
        axis.set_title(name, fontsize=9)
        axis.tick_params(labelsize=7)
    for axis in axes[len(SIMILARITY_FEATURES) :]:
        axis.set_visible(False)
    figure.suptitle(f"Audio features of {features.num_rows:,} tracks")
    return figure


def quantiles(features: pa.Table, breakpoints: pa.Table) -> "Floats":
    """Return tracks x features as quantiles, 0 to 1; a value that many tracks share has their middle."""
    import numpy as np

    at = np.linspace(0.0, 1.0, QUANTILES)
    columns = []
    for number, name in enumerate(SIMILARITY_FEATURES):
        values = features[name].to_numpy()
        known = breakpoints["breakpoint"].slice(number * QUANTILES, QUANTILES).to_numpy()
        # From the left and from the right: they differ where quantiles share a value.
        upper, lower = np.interp(values, known, at), -np.interp(-values, -known[::-1], -at[::-1])
        columns.append((upper + lower) / 2)
    return np.column_stack(columns)


def read_artists(marts: duckdb.DuckDBPyConnection, features: pa.Table, breakpoints: pa.Table) -> Artists:
    """Return what the artists' part of the model is fitted on; `features` is in the order of track ids."""
    import numpy as np

    facts = marts.sql(
        "select popularity, release_year, n_tracks from int_artist_facts order by artist_id"
    ).to_arrow_table()
    artists = "(select artist_id, row_number() over (order by artist_id) - 1 as number from int_artist_facts)"
    tracks = "(select track_id, row_number() over (order by track_id) - 1 as number from int_track_features)"
    terms = marts.sql(
        f"with artists as {artists} select a.number, t.term, t.weight from int_artist_terms as t"  # noqa: S608
        " inner join artists as a on t.artist_id = a.artist_id order by a.number, t.term"
    ).to_arrow_table()
    credits = marts.sql(
        f"with artists as {artists}, tracks as {tracks}"  # noqa: S608
        " select a.number as artist, t.number as track from stg_track_artists as c"
        " inner join artists as a on c.artist_id = a.artist_id"
        " inner join tracks as t on c.track_id = t.track_id order by artist, track"
    ).to_arrow_table()
    artist, track = credits["artist"].to_numpy(), credits["track"].to_numpy()
    placed, n = quantiles(features, breakpoints), facts.num_rows
    count = np.bincount(artist, minlength=n)
    numbers = terms["number"].to_numpy()
    sums = [np.bincount(artist, column[track], minlength=n) for column in placed.T]
    with np.errstate(invalid="ignore"):
        sound = np.column_stack(sums) / count[:, None]
    return Artists(
        popularity=_floats(facts["popularity"]),
        year=_floats(facts["release_year"]),
        sound=sound,
        is_listed=(facts["n_tracks"].to_numpy() > 0) | (np.bincount(numbers, minlength=n) > 0),
        term_artist=numbers,
        term=terms["term"].to_pylist(),
        term_weight=terms["weight"].to_numpy() / 100,
    )


def _floats(column: pa.ChunkedArray) -> "Floats":
    values: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def recall_of_cells(artists: Artists, placed: Places, lacking: Places, cells: Places) -> float:
    """Return the share of the exact lists that `PROBES` cells find, of `RECALL_SAMPLE` artists."""
    import numpy as np

    if not len(cells):
        return 1.0
    vectors = placed.astype(np.float32)
    sound = placed[:, -len(SIMILARITY_FEATURES) :]
    everybody = np.ones(len(placed), bool)
    spans = parameters(PROBES)["complete"][0] + (sound**2).sum(axis=1)
    own, nearest = place(vectors, lacking, cells, PROBES)
    sample = np.random.default_rng(3).permutation(np.flatnonzero(artists.is_listed))[:RECALL_SAMPLE]
    seen = Points(vectors, spans, artists.is_listed, everybody)
    return recall(seen, Cells(own, nearest % CELLS), np.sort(sample), LISTED)


@dg.asset(
    group_name="marts",
    owners=["team:analytics"],
    kinds={"python", "numpy", "parquet"},
    deps=["int_track_features", "int_artist_terms", "int_artist_facts", "stg_track_artists"],
)
def similarity_model(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """What a distance depends on, under a new version: breakpoints, places of terms and eras, cells.

    Materialise it only together with everything behind it: a new version changes every distance.
    """
    columns = ", ".join(f"cast({name} as double) as {name}" for name in SIMILARITY_FEATURES)
    try:
        with platform.sole_use_of_warehouse(context), platform.warehouse.connect() as marts:
            features = marts.sql(
                f"select {columns} from int_track_features order by track_id"  # noqa: S608 - our own columns
            ).to_arrow_table()
            breakpoints = fit_breakpoints(features)
            artists = read_artists(marts, features, breakpoints)
    except ValueError as error:
        raise dg.Failure(
            f"The similarity model cannot be fitted: {error}. Materialise raw_audio_features first, "
            "and look at raw_quarantine/audio_features/ if it set everything aside.",
            allow_retries=False,
        ) from error
    terms = fit_terms(artists)
    placed, lacking = points(artists, terms)
    cells = fit_cells(placed[artists.is_listed], lacking[artists.is_listed])
    is_exact = len(placed) <= platform.settings.similarity_exact_up_to
    version = new_id("m", datetime.now(UTC))
    rows = vectors(terms, cells, EXACT_PROBES if is_exact else PROBES)
    # A refresh that is at it now ends with the model that it began with.
    with platform.sole_use_of_warehouse(context):
        platform.lake.write_table(model_path(version, "vectors"), rows, grouped_by="kind")
        platform.lake.write_table(model_path(version), breakpoints)
        for old in model_versions(platform.lake)[:-VERSIONS_KEPT]:
            delete_model(platform.lake, old)
        platform.warehouse.register(platform.lake)
    context.log.info("fitted %s on %d tracks and %d artists", version, features.num_rows, len(placed))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": breakpoints.num_rows + rows.num_rows,
            "dagster/uri": platform.lake.storage.uri_of(model_path(version)),
            "model_version": version,
            "tracks": features.num_rows,
            "artists": len(placed),
            "terms": len(terms.names),
            "cells": len(cells),
            "candidates": "every artist" if is_exact else f"the {PROBES} nearest cells",
            "recall": recall_of_cells(artists, placed, lacking, cells),
            "preview": metadata.preview(breakpoints),
            "distributions": metadata.plot(_distributions(features)),
        },
        data_version=dg.DataVersion(version),
    )
