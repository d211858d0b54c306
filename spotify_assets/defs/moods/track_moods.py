"""The asset `track_moods`: every track in a mood, worked out on Spark.

Here: the asset and what people see of it. Not here: the program that Spark runs (`spark/track_moods.py`),
where it runs (`launch.py`), or what the bot says of moods.
"""

from datetime import UTC, datetime

import dagster as dg

from spotify_assets.core.lake.moods import (
    DESCRIPTIONS,
    PARTS,
    ROOT,
    SCHEMAS,
    MoodPart,
    delete_moods,
    directory,
    read_moods,
)
from spotify_assets.core.lake.pointers import new_id
from spotify_assets.defs import metadata
from spotify_assets.defs.moods.launch import run_track_moods
from spotify_assets.defs.moods.pictures import draw_moods
from spotify_assets.defs.resources import Platform

VERSIONS_KEPT = 2


def column_schema(part: MoodPart) -> dg.TableSchema:
    """Return the columns of a part as Dagster shows them."""
    return dg.TableSchema(
        [dg.TableColumn(field.name, str(field.type), DESCRIPTIONS[field.name]) for field in SCHEMAS[part]]
    )


@dg.asset(
    group_name="moods",
    owners=["team:analytics"],
    kinds={"pyspark", "parquet"},
    deps=["raw_tracks", "raw_audio_features"],
    metadata={
        "dagster/column_schema": column_schema("tracks"),
        **{f"columns of {part}": column_schema(part) for part in PARTS if part != "tracks"},
    },
)
def track_moods(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """The mood of every track with audio features, and the share of each mood per artist and year.

    MLlib's k-means sorts the tracks, and the clusters get names by where their centres lie. It needs Spark
    (`pip install 'spotify-assets[spark]'` and Java), or EMR Serverless; nothing else does.
    """
    version = new_id("t", datetime.now(UTC))
    figures = run_track_moods(context, platform.settings, platform.lake, version)
    parts = {part: read_moods(platform.lake, part, version) for part in PARTS}
    if parts["tracks"].num_rows != figures["tracks"]:
        raise dg.Failure(
            f"Spark sorted {figures['tracks']:,} tracks into moods, but {parts['tracks'].num_rows:,} are in "
            f"{platform.lake.storage.uri_of(directory('tracks', version))}.",
        )
    dropped = delete_moods(platform.lake, kept=VERSIONS_KEPT)
    platform.warehouse.register(platform.lake)
    context.log.info("sorted %d tracks into moods, dropped %d old versions", figures["tracks"], len(dropped))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": parts["tracks"].num_rows,
            "dagster/uri": platform.lake.storage.uri_of(ROOT),
            "mood_version": version,
            **{f"rows of {part}": rows.num_rows for part, rows in parts.items() if part != "tracks"},
            "ran on": platform.settings.spark_master,
            **{name: value for name, value in figures.items() if name != "tracks"},
            "moods of all tracks": metadata.preview(parts["moods"].sort_by([("n_tracks", "descending")])),
            "preview": metadata.preview(
                parts["artists"].sort_by([("artist_id", "ascending"), ("share", "descending")])
            ),
            "picture": metadata.plot(draw_moods(parts["moods"], parts["years"])),
        },
        data_version=dg.DataVersion(version),
    )
