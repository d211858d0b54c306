"""The roster: which artists are kept fresh."""

from datetime import UTC, datetime

import dagster as dg

from spotify_assets.core.store import Priority, RosterEntry
from spotify_assets.defs.resources import Platform


@dg.asset(group_name="ingestion", owners=["team:data-platform"], kinds={"python"})
def artist_roster(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """The artists kept fresh, most popular first, as the catalogue lists them.

    Adds what the catalogue lists (`ROSTER_SIZE` says how many) to the roster in the serving store; artists
    that people asked for are on it already and stay.
    """
    if platform.bulk is None:
        # A live source lists nobody: people ask, or `spotify-assets roster add` names them.
        return _materialised(platform, added=0)
    listed = platform.bulk.roster(platform.settings.roster_size)
    entries = (
        RosterEntry(artist_id, name or artist_id, Priority.LISTED)
        for artist_id, name in zip(listed["artist_id"].to_pylist(), listed["name"].to_pylist(), strict=True)
    )
    added = platform.store.roster.add(entries, datetime.now(UTC))
    context.log.info("roster: %d artists are new", added)
    return _materialised(platform, added)


def _materialised(platform: Platform, added: int) -> dg.MaterializeResult:
    counts = platform.store.roster.counts()
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(counts.values()),
            "new": added,
            "catalogue": platform.catalog.source,
            **{priority.value: count for priority, count in counts.items()},
        }
    )
