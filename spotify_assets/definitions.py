"""The table of contents of the code location: one `build_defs()`, one `defs`."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from spotify_assets.core.settings import settings
from spotify_assets.defs import schedules
from spotify_assets.defs.chat_events.raw import raw_chat_events
from spotify_assets.defs.evaluation.similarity import similarity_evaluation
from spotify_assets.defs.ingestion.companions import artist_companions
from spotify_assets.defs.ingestion.neighbours import artist_neighbours
from spotify_assets.defs.ingestion.observations import raw_assets
from spotify_assets.defs.ingestion.roster import artist_roster
from spotify_assets.defs.marts.dbt_run import prepared_manifest
from spotify_assets.defs.marts.drift import similarity_drift_sensor
from spotify_assets.defs.marts.models import build_dbt_models
from spotify_assets.defs.marts.similarity_model import similarity_model
from spotify_assets.defs.moods.track_moods import track_moods
from spotify_assets.defs.refresh.alerts import run_failure_alert
from spotify_assets.defs.refresh.requests import answered_requests, artist_requests
from spotify_assets.defs.refresh.sensor import unknown_artist_sensor
from spotify_assets.defs.resources import Platform
from spotify_assets.defs.serving.publish import serving_documents
from spotify_assets.defs.serving.snapshot import mart_snapshot


def build_defs(resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Return the definitions, with some resources replaced (in tests, or to look at another platform)."""
    return dg.Definitions(
        assets=[
            artist_roster,
            artist_requests,
            *raw_assets,
            artist_neighbours,
            raw_chat_events,
            artist_companions,
            *build_dbt_models(prepared_manifest(settings())),
            similarity_model,
            similarity_evaluation,
            track_moods,
            mart_snapshot,
            serving_documents,
            answered_requests,
        ],
        jobs=[
            schedules.build,
            schedules.refit,
            schedules.refresh,
            schedules.moods,
            schedules.chat_events,
        ],
        schedules=[schedules.daily_build, schedules.weekly_moods, schedules.hourly_chat_events],
        sensors=[unknown_artist_sensor, similarity_drift_sensor, run_failure_alert],
        resources={"platform": Platform(), **(resource_overrides or {})},
        # One process a run: a refresh is short, and every further process would import everything anew.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` and `dg` load."""
    return build_defs()
