"""The companions: artists whom people ask the bot for in one session, or put on one playlist, are related.

Here: the asset, and where such groups come from. Not here: whom they tie, or how closely
(`core/lake/companions.py`).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pyarrow as pa

from spotify_assets.core.errors import CatalogError, LakeError
from spotify_assets.core.lake.companions import RELATED, companions, compare, known_artists, sessions, write
from spotify_assets.core.records import TABLES
from spotify_assets.defs import metadata
from spotify_assets.defs.chat_events.raw import SOURCE as CHAT
from spotify_assets.defs.resources import Platform

PLAYLISTS = "playlists"
"""Who said it, in the stamp of rows that a dataset's playlists make."""


@dg.asset(
    group_name="ingestion",
    owners=["team:data-platform"],
    kinds={"python", "parquet"},
    # Not on raw_chat_events: a stream that cannot be read must not keep a build from publishing.
    deps=["raw_artists"],
    metadata={"dagster/column_schema": metadata.column_schema(TABLES[RELATED]), "lake tables": RELATED},
)
def artist_companions(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """Artists whom people ask for in one session, or put on one playlist, as related artists of each other.

    Worked out anew from all turns that `raw_chat_events` has read so far and all playlists of a dataset;
    written are the lists that differ from the newest ones in the lake. Their sources are `chat` and
    `playlists`.
    """
    try:
        groups = _groups(platform)
        known = known_artists(platform.lake)
        found = {source: companions(rows, known) for source, rows in groups.items()}
        written = {
            source: _written(source, rows, context.run.run_id, platform) for source, rows in found.items()
        }
    except (CatalogError, LakeError) as error:
        raise dg.Failure(str(error)) from error
    for source, counts in written.items():
        context.log.info("%s: %s", source, ", ".join(f"{count} {name}" for name, count in counts.items()))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(rows.num_rows for rows in found.values()),
            "dagster/uri": platform.lake.storage.uri_of(f"raw/{RELATED}"),
            "playlists": "offered" if PLAYLISTS in groups else f"not offered by {platform.catalog.source}",
            **{f"{source}: {name}": n for source, counts in written.items() for name, n in counts.items()},
            "preview": metadata.preview(pa.concat_tables(found.values())),
        }
    )


def _groups(platform: Platform) -> dict[str, pa.Table]:
    """Return person, group and artist_id by source; where there are no playlists, what they said stands."""
    groups = {CHAT: sessions(platform.lake, datetime.now(UTC))}
    playlists = platform.bulk.playlist_artists() if platform.bulk else None
    if playlists is not None:
        names = ["playlist_id", "playlist_id", "artist_id"]
        groups[PLAYLISTS] = playlists.select(names).rename_columns(["person", "group", "artist_id"])
    return groups


def _written(source: str, rows: pa.Table, run_id: str, platform: Platform) -> dict[str, Any]:
    """Write what is new of a source's lists, and return what that came to."""
    stamp = platform.stamps(run_id)(source, RELATED)
    age = timedelta(days=platform.settings.refresh_after_days[RELATED])
    compared = compare(platform.lake, rows, source, stamp.fetched_at, age)
    write(platform.lake, compared, stamp)
    return {
        "pairs": rows.num_rows,
        "lists": len(rows["artist_id"].unique()),
        "lists written": len(compared.changed["artist_id"].unique()),
        "lists withdrawn": len(compared.withdrawn),
    }
