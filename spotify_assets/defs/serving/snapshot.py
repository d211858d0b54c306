"""The marts as Parquet, for any tool: whole snapshots, and one pointer that is swapped last."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import duckdb
import pyarrow.parquet as pq

from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.pointers import (
    Snapshot,
    current_snapshot,
    id_time,
    manifest_path,
    new_id,
    point_to,
    read_manifest,
    snapshots,
    write_manifest,
)
from spotify_assets.core.settings import Settings
from spotify_assets.defs.marts.models import BUILD_STATE
from spotify_assets.defs.marts.warehouse import EXPORTED, MARTS, MOOD_MARTS, Marts
from spotify_assets.defs.resources import Platform


def require_whole(lake: Lake) -> None:
    """Refuse to publish marts that dbt is building or failed to build.

    Raises:
        dagster.Failure: they are not whole, or not there.
    """
    state = lake.read_json(BUILD_STATE)
    if state is None:
        raise dg.Failure(
            "There are no marts yet, so nothing was published: materialise everything once.",
            allow_retries=False,
        )
    if state["state"] == "refused":
        raise dg.Failure(
            f"The marts of run {state['run_id']} were refused: {state['why']}. Nothing was "
            "published. The next refresh goes on with the published model; docs/similarity.md says more.",
            allow_retries=False,
        )
    if state["state"] != "whole":
        raise dg.Failure(
            f"The marts are not whole: the last dbt build (run {state['run_id']}) did not finish. "
            "Nothing was published. Repair it and materialise the marts again.",
            allow_retries=False,
        )


def export(marts: Marts, lake: Lake, snapshot: str) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Write every mart below `marts/<mart>/snapshot=<id>/`; return paths below `marts/`, and row counts.

    A mart of chat events or moods that was never built is left out.
    """
    paths: dict[str, list[str]] = {}
    rows: dict[str, int] = {}
    for mart in EXPORTED:
        path = f"{mart}/snapshot={snapshot}/part-0.parquet"
        try:
            reader = marts.sql(f"select * from {mart}").to_arrow_reader(50_000)  # noqa: S608 - names of our own
        except duckdb.CatalogException:
            if mart in MARTS:
                raise
            continue
        rows[mart] = 0

        def write(file, reader=reader, mart=mart) -> None:  # type: ignore[no-untyped-def]
            with pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
                for batch in reader:
                    writer.write_batch(batch)
                    rows[mart] += batch.num_rows

        lake.storage.write_whole(f"marts/{path}", write)
        paths[mart] = [path]
    return paths, rows


def drop_old(lake: Lake, settings: Settings, now: datetime) -> list[str]:
    """Delete snapshots past `SNAPSHOTS_KEPT_DAYS`, never the current one; return their ids."""
    current = current_snapshot(lake)
    oldest = now - timedelta(days=settings.snapshots_kept_days)
    dropped = [
        s for s in snapshots(lake) if id_time(s) < oldest and (current is None or s != current.snapshot)
    ]
    for snapshot in dropped:
        drop(lake, snapshot)
    drop_unlisted(lake, oldest)
    return dropped


def drop(lake: Lake, snapshot: str) -> None:
    """Delete a snapshot: its list of files first, so that nobody rolls back to half of one."""
    paths = read_manifest(lake, snapshot).marts
    lake.storage.delete(manifest_path(snapshot))
    for path in (p for files in paths.values() for p in files):
        lake.storage.delete(f"marts/{path}")


def drop_unlisted(lake: Lake, before: datetime) -> list[str]:
    """Delete the files of snapshots begun before then that no manifest lists; return their paths.

    An export that was killed half-way leaves such files.
    """
    kept = set(snapshots(lake))
    unlisted = [
        path
        for mart in EXPORTED
        for path in lake.storage.list(f"marts/{mart}", suffix=".parquet")
        if (snapshot := path.split("/")[2].removeprefix("snapshot=")) not in kept
        and id_time(snapshot) < before
    ]
    for path in unlisted:
        lake.storage.delete(path)
    return unlisted


@dg.asset(
    group_name="serving",
    owners=["team:data-platform"],
    kinds={"python", "parquet"},
    deps=[*MARTS, *MOOD_MARTS, "similarity_evaluation"],
)
def mart_snapshot(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """The marts as Parquet under a new snapshot id, and `marts/CURRENT.json` pointing to it.

    Readers follow the pointer, so they see the old marts or the new ones. Older snapshots stay for a few
    days; `spotify-assets rollback` goes back to one.
    """
    lake, now = platform.lake, datetime.now(UTC)
    identifier = new_id("s", now)
    with platform.sole_use_of_warehouse(context) as turn:
        require_whole(lake)
        with platform.warehouse.connect() as marts:
            versions = marts.sql("select distinct model_version from artist_similarity").fetchall()
            paths, rows = export(marts, lake, identifier)
        snapshot = Snapshot(identifier, now.isoformat(), versions[0][0] if versions else None, paths)
        turn.confirm()
        write_manifest(lake, snapshot)
        point_to(lake, snapshot)
    dropped = drop_old(lake, platform.settings, now)
    context.log.info("published snapshot %s, dropped %d old ones", identifier, len(dropped))
    return dg.MaterializeResult(
        metadata={
            "snapshot": identifier,
            "model_version": snapshot.model_version or "none",
            "dagster/uri": lake.storage.uri_of("marts/CURRENT.json"),
            "snapshots kept": len(snapshots(lake)),
            **{f"rows in {mart}": count for mart, count in rows.items()},
        }
    )
