"""The fitted similarity model: what a distance depends on, fixed until the next full build.

Fitted here are the breakpoints by which each audio feature is quantile-normalised. A refresh only reads
them, so that a new artist does not move everybody else.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg
import pyarrow as pa

from spotify_assets.core.lake.pointers import model_path, model_versions, new_id
from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.defs import metadata
from spotify_assets.defs.resources import Platform

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUANTILES = 101
"""Breakpoints a feature has: its minimum, its percentiles and its maximum."""

VERSIONS_KEPT = 5


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

    figure = Figure(figsize=(12, 6), layout="constrained")
    axes = figure.subplots(3, 4).ravel()
    for axis, name in zip(axes, SIMILARITY_FEATURES, strict=False):
        axis.hist(features[name].to_numpy(), bins=40, color="#1db954")
        axis.set_title(name, fontsize=9)
        axis.tick_params(labelsize=7)
    for axis in axes[len(SIMILARITY_FEATURES) :]:
        axis.set_visible(False)
    figure.suptitle(f"Audio features of {features.num_rows:,} tracks")
    return figure


@dg.asset(
    group_name="marts",
    owners=["team:analytics"],
    kinds={"python", "numpy", "parquet"},
    deps=["int_track_features"],
)
def similarity_model(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """Breakpoints of the quantile normalisation, one per feature and percentile, under a new version.

    Materialise it only together with everything behind it: a new version changes every distance.
    """
    with platform.sole_use_of_warehouse(context), platform.warehouse.connect() as marts:
        columns = ", ".join(f"cast({name} as double) as {name}" for name in SIMILARITY_FEATURES)
        features = marts.sql(f"select {columns} from int_track_features").to_arrow_table()  # noqa: S608 - column names of our own
    try:
        breakpoints = fit_breakpoints(features)
    except ValueError as error:
        raise dg.Failure(
            f"The similarity model cannot be fitted: {error}. Materialise raw_audio_features first, "
            "and look at raw_quarantine/audio_features/ if it set everything aside.",
            allow_retries=False,
        ) from error
    version = new_id("m", datetime.now(UTC))
    platform.lake.write_table(model_path(version), breakpoints)
    for old in model_versions(platform.lake)[:-VERSIONS_KEPT]:
        platform.lake.storage.delete(model_path(old))
    platform.warehouse.register(platform.lake)
    context.log.info("fitted %s on %d tracks", version, features.num_rows)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": breakpoints.num_rows,
            "dagster/uri": platform.lake.storage.uri_of(model_path(version)),
            "model_version": version,
            "tracks": features.num_rows,
            "preview": metadata.preview(breakpoints),
            "distributions": metadata.plot(_distributions(features)),
        },
        data_version=dg.DataVersion(version),
    )
