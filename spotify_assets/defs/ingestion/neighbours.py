"""The neighbours: related artists join the roster, so that whoever is asked for soon has company."""

from datetime import UTC, datetime

import dagster as dg

from spotify_assets.core.store import Urgency
from spotify_assets.defs.ingestion.scope import Scope
from spotify_assets.defs.resources import Platform

LOOKUPS_IN_BUILD, LOOKUPS_IN_REFRESH = 30, 3
"""Artists whose Spotify id is looked up in a run; MusicBrainz takes one call a second."""


@dg.asset(
    group_name="ingestion",
    owners=["team:data-platform"],
    kinds={"python"},
    deps=["raw_related_artists"],
)
def artist_neighbours(
    context: dg.AssetExecutionContext, config: Scope, platform: Platform
) -> dg.MaterializeResult:
    """Related artists of live sources, on the roster at the lowest priority; the next build observes them.

    A bulk catalogue lists its artists itself, and nobody joins.
    """
    if platform.bulk:
        return dg.MaterializeResult(metadata={"dagster/row_count": 0, "new": 0})
    lookups, urgency = (
        (LOOKUPS_IN_BUILD, Urgency.ROUTINE) if config.is_full else (LOOKUPS_IN_REFRESH, Urgency.ASKED)
    )
    observer = platform.live_observer(urgency, context.run.run_id, context.log.info)
    found = observer.neighbours(lookups)
    added = platform.store.roster.add(found, datetime.now(UTC))
    context.log.info("%d related artists are known by id, %d of them new on the roster", len(found), added)
    return dg.MaterializeResult(metadata={"dagster/row_count": len(found), "new": added})
