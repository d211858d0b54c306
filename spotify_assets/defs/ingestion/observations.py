"""The raw assets: what a source said about the artists in scope, appended to the lake.

Every asset here does the same for its tables: read in bulk, check the contract, set bad rows aside, append
the good ones. What differs (which tables) is in `RAW_ASSETS`. Not here: how rows are checked and written
(`core/lake`), what is believed of them (dbt's staging).
"""

from dataclasses import dataclass

import dagster as dg
import pyarrow as pa

from spotify_assets.core.lake.contract import Checked, check
from spotify_assets.core.lake.lake import Written
from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.records import TABLES
from spotify_assets.defs import metadata
from spotify_assets.defs.ingestion.scope import Scope, artists_in, request_holder
from spotify_assets.defs.resources import Platform

CONTRACT_CHECK = "contract"


@dataclass(frozen=True)
class RawAsset:
    """A raw asset and the lake tables it writes, the one it is named after first."""

    name: str
    tables: tuple[str, ...]
    description: str


RAW_ASSETS = (
    RawAsset("raw_artists", ("artists", "artist_ids"), "Artists and their ids elsewhere, as observed."),
    RawAsset(
        "raw_tracks",
        ("tracks", "track_artists", "artist_top_tracks"),
        "Tracks of the artists in scope with their complete credits, and top tracks where a source has them.",
    ),
    RawAsset("raw_audio_features", ("audio_features",), "How those tracks sound, as observed."),
    RawAsset("raw_related_artists", ("related_artists",), "Artists that a source relates to each other."),
    RawAsset("raw_artist_tags", ("artist_tags",), "Words that listeners and editors put on artists."),
    RawAsset(
        "raw_artist_aliases", ("artist_aliases",), "Other names of artists, Korean spellings among them."
    ),
)


@dataclass(frozen=True)
class Part:
    """What one table of one run came to."""

    table: str
    offered: bool
    checked: Checked
    written: Written


def observe(table: str, artist_ids: list[str], is_full: bool, run_id: str, platform: Platform) -> Part:
    """Read a table for these artists, check it, and append it to the lake.

    Raises:
        dagster.Failure: the source offers the table but returned nothing for a whole roster (or knows none
            of the artists), which is never taken for success.
        CatalogError: the source cannot be read, or lacks a column.
    """
    catalog, lake, stamp = platform.catalog, platform.lake, platform.stamp(table, run_id)
    if table not in catalog.offers:
        nothing = check(table, record_schema(table).empty_table())
        return Part(table, False, nothing, lake.append(table, nothing.good, stamp))

    ids = pa.array(artist_ids, pa.string())
    found = catalog.read(table, ids)
    if artist_ids and not found.num_rows and (is_full or table == "artists"):
        raise dg.Failure(
            f"The catalogue {catalog.source!r} offers {table} but gave no row for {len(artist_ids)} artists. "
            "Nothing was written; look at the source, then materialise again.",
            allow_retries=False,
        )
    observation = lake.observe(table, found, stamp, catalog.observed_ids(table, ids))
    return Part(table, True, observation.checked, observation.written)


def _result(parts: list[Part], limit: float, platform: Platform) -> dg.MaterializeResult:
    main, *others = parts
    bad = sum(part.checked.bad.num_rows for part in parts)
    worst = max(part.checked.bad_share for part in parts)
    reasons = {
        f"{part.table}: {why}": count for part in parts for why, count in part.checked.reasons().items()
    }
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": main.written.rows,
            "dagster/uri": platform.lake.storage.uri_of(main.written.path or f"raw/{main.table}"),
            "offered": "yes" if main.offered else f"not offered by {platform.catalog.source}",
            "quarantined": bad,
            "quarantined by reason": metadata.counts(reasons),
            "dead ids and empty lists": sum(part.written.marker_rows for part in parts),
            **{f"rows in {part.table}": part.written.rows for part in others if part.offered},
            **{f"{part.table} offered": "not offered" for part in others if not part.offered},
            "preview": metadata.preview(main.checked.good),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=CONTRACT_CHECK,
                passed=worst <= limit,
                metadata={"bad rows": bad, "worst share of a table": worst, "allowed share": limit},
                description=f"{bad} rows were set aside in raw_quarantine/",
            )
        ],
    )


def _asset(spec: RawAsset) -> dg.AssetsDefinition:
    main = TABLES[spec.tables[0]]

    @dg.asset(
        name=spec.name,
        description=f"{spec.description} {main.description} Append-only: every run adds an observation.",
        group_name="ingestion",
        owners=["team:data-platform"],
        kinds={"python", "parquet"},
        deps=["artist_roster", "artist_requests"],
        metadata={
            "dagster/column_schema": metadata.column_schema(main),
            "lake tables": ", ".join(spec.tables),
        },
        check_specs=[
            dg.AssetCheckSpec(
                CONTRACT_CHECK,
                asset=spec.name,
                blocking=True,
                description="No table has more rows that break the contract (a missing id, a value out of "
                "range or of the wrong type, a duplicate) than MAX_BAD_SHARE.",
            )
        ],
        retry_policy=dg.RetryPolicy(
            max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL
        ),
    )
    def raw(context: dg.AssetExecutionContext, config: Scope, platform: Platform) -> dg.MaterializeResult:
        artist_ids = artists_in(config, platform, request_holder(context))
        parts = []
        for table in spec.tables:
            part = observe(table, artist_ids, config.is_full, context.run.run_id, platform)
            offered = "" if part.offered else f" (not offered by {platform.catalog.source})"
            context.log.info(
                "%s: %d rows for %d artists, %d set aside%s",
                table, part.written.rows, len(artist_ids), part.checked.bad.num_rows, offered,
            )  # fmt: skip
            parts.append(part)
        return _result(parts, platform.settings.max_bad_share, platform)

    return raw


raw_assets = [_asset(spec) for spec in RAW_ASSETS]
