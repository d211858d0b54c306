"""When the fitted similarity model no longer fits: the catalogue has grown past what it was fitted on."""

import dagster as dg

from spotify_assets.defs.schedules import refit

MOST_DRIFT = 0.2
"""Share of the artists that the model may not have seen when it was fitted."""


@dg.sensor(
    job=refit,
    minimum_interval_seconds=3600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=f"Fits the similarity model anew once {MOST_DRIFT:.0%} of the artists came after the fit.",
)
def similarity_drift_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Request one refit for a model, if more artists came after it than it can stand for."""
    model = _metadata(context.instance, "similarity_model")
    artists = _metadata(context.instance, "dim_artists")
    if not {"artists", "model_version"} <= model.keys() or "dagster/row_count" not in artists:
        return dg.SkipReason("no model was fitted yet")
    fitted, present = int(model["artists"].value), int(artists["dagster/row_count"].value)
    drift = 1 - fitted / present if present > fitted else 0.0
    version = str(model["model_version"].value)
    if drift <= MOST_DRIFT:
        return dg.SkipReason(f"{version} has seen {1 - drift:.0%} of {present:,} artists")
    context.log.info("%s was fitted on %d artists, there are %d: refitting", version, fitted, present)
    return dg.RunRequest(run_key=version)


def _metadata(instance: dg.DagsterInstance, asset: str) -> dict[str, dg.MetadataValue]:
    """Return what the last run that made an asset told of it."""
    event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    made = event.asset_materialization if event else None
    return dict(made.metadata) if made else {}
