"""The raw assets: what a source said about the artists in scope, appended to the lake.

Every asset here does the same for its tables: have them observed, and show what that came to. What differs
(which tables) is in `RAW_ASSETS`. Not here: who is asked, how rows are checked and written (`core/lake`),
what is believed of them (dbt's staging).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from spotify_assets.core.errors import CatalogError
from spotify_assets.core.lake.bulk_observer import BulkObserver
from spotify_assets.core.lake.live_observer import Say
from spotify_assets.core.lake.observed import Observed
from spotify_assets.core.records import TABLES
from spotify_assets.core.store import Urgency
from spotify_assets.defs import metadata
from spotify_assets.defs.ingestion.scope import Scope, artists_in, postpone_requests, request_holder
from spotify_assets.defs.resources import Platform

CONTRACT_CHECK = "contract"
COMPLETE_CHECK = "complete"

OBSERVED_DAILY = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(hours=26), fail_window=timedelta(days=3)
)
"""Shown in Dagster once the nightly schedule is on: one missed night warns, three fail."""


@dataclass(frozen=True)
class RawAsset:
    """A raw asset and the lake tables it writes, the one it is named after first."""

    name: str
    tables: tuple[str, ...]
    description: str
    after: tuple[str, ...] = ()
    """Assets whose rows tell whom, or what, to ask about where the catalogue is live, or share its table."""
    is_needed_for_an_answer: bool = False
    """A request waits for this asset where its source is parked."""


RAW_ASSETS = (
    RawAsset(
        "raw_artists",
        ("artists", "artist_ids"),
        "Artists and their ids elsewhere, as observed.",
        is_needed_for_an_answer=True,
    ),
    RawAsset(
        "raw_tracks",
        ("tracks", "track_artists", "artist_top_tracks"),
        "Tracks of the artists in scope with their complete credits, and top tracks where a source has them.",
        after=("raw_artists",),
        is_needed_for_an_answer=True,
    ),
    RawAsset(
        "raw_audio_features",
        ("audio_features",),
        "How those tracks sound, as observed.",
        after=("raw_tracks",),
        is_needed_for_an_answer=True,
    ),
    RawAsset(
        "raw_related_artists",
        ("related_artists",),
        "Artists that a source relates to each other.",
        after=("raw_artists", "artist_companions"),
    ),
    RawAsset(
        "raw_artist_tags",
        ("artist_tags",),
        "Words that listeners and editors put on artists.",
        after=("raw_artists",),
    ),
    RawAsset(
        "raw_artist_aliases",
        ("artist_aliases",),
        "Other names of artists, Korean spellings among them.",
        after=("raw_artist_tags",),
    ),
)


def observe(
    asset: RawAsset, artist_ids: list[str], is_full: bool, run_id: str, platform: Platform, say: Say
) -> Observed:
    """Observe an asset's tables for these artists, in bulk or piece by piece as the catalogue is.

    Raises:
        CatalogError: the source cannot be read, or returned nothing where something must be.
    """
    if platform.bulk:
        observer = BulkObserver(platform.bulk, platform.lake, platform.stamps(run_id))
        return observer.observe(asset.tables, artist_ids, is_full)
    urgency = Urgency.ROUTINE if is_full else Urgency.ASKED
    return platform.live_observer(urgency, run_id, say).observe(asset.tables, artist_ids)


def _result(observed: Observed, platform: Platform) -> dg.MaterializeResult:
    main, *others = observed.tables
    bad = sum(table.bad for table in observed.tables)
    reasons = {f"{t.table}: {why}": count for t in observed.tables for why, count in t.reasons.items()}
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": main.rows,
            "dagster/uri": platform.lake.storage.uri_of(main.path or f"raw/{main.table}"),
            "offered": "yes" if main.offered else f"not offered by {platform.catalog.source}",
            "quarantined": bad,
            "quarantined by reason": metadata.counts(reasons),
            "dead ids and empty lists": sum(table.markers for table in observed.tables),
            **{f"rows in {table.table}": table.rows for table in others if table.offered},
            **{f"{table.table} offered": "not offered" for table in others if not table.offered},
            "preview": metadata.preview(main.preview),
            **({} if platform.bulk else _effort(observed, platform)),
        },
        check_results=[_contract(observed, bad, platform.settings.max_bad_share), _complete(observed)],
    )


def _effort(observed: Observed, platform: Platform) -> dict[str, Any]:
    """Return what asking live sources took, and what is left of today's calls."""
    limit = platform.settings.spotify_daily_budget
    calls = platform.store.sources.calls(datetime.now(UTC).date())
    spent = {f"{count.source} {count.family}": count.total for count in calls}
    left = {f"{c.source} {c.family}": max(limit - c.total, 0) for c in calls if c.source == "spotify"}
    capabilities = platform.store.sources.capabilities(datetime.now(UTC))
    closed = [f"{known.source} {known.endpoint}" for known in capabilities if not known.allowed]
    return {
        "subjects": observed.subjects,
        "fetched": observed.fetched,
        "skipped, still fresh": observed.fresh,
        "left for later": len(observed.left),
        "parked": "; ".join(map(str, observed.parked)) or "no",
        "notes": "; ".join(observed.notes) or "none",
        "calls today": metadata.counts(spent),
        "calls left today": metadata.counts(left),
        "endpoints closed to this app": ", ".join(closed) or "none known",
    }


def _contract(observed: Observed, bad: int, limit: float) -> dg.AssetCheckResult:
    worst = max(table.bad_share for table in observed.tables)
    return dg.AssetCheckResult(
        check_name=CONTRACT_CHECK,
        passed=worst <= limit,
        metadata={"bad rows": bad, "worst share of a table": worst, "allowed share": limit},
        description=f"{bad} rows were set aside in raw_quarantine/",
    )


def _complete(observed: Observed) -> dg.AssetCheckResult:
    parked = "; ".join(map(str, observed.parked))
    return dg.AssetCheckResult(
        check_name=COMPLETE_CHECK,
        passed=not observed.parked,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"left for later": len(observed.left)},
        description=f"{parked}; the next run goes on with what is left"
        if parked
        else "all that was due was asked",
    )


def _asset(spec: RawAsset) -> dg.AssetsDefinition:
    main = TABLES[spec.tables[0]]

    @dg.asset(
        name=spec.name,
        description=f"{spec.description} {main.description} Append-only: every run adds an observation.",
        group_name="ingestion",
        owners=["team:data-platform"],
        kinds={"python", "parquet"},
        deps=["artist_roster", "artist_requests", *spec.after],
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
            ),
            dg.AssetCheckSpec(
                COMPLETE_CHECK,
                asset=spec.name,
                description="Every artist that was due was asked about: no source was parked on the way.",
            ),
        ],
        freshness_policy=OBSERVED_DAILY,
        retry_policy=dg.RetryPolicy(
            max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL
        ),
    )
    def raw(context: dg.AssetExecutionContext, config: Scope, platform: Platform) -> dg.MaterializeResult:
        holder = request_holder(context)
        artist_ids = artists_in(config, platform, holder)
        say = context.log.info
        try:
            observed = observe(spec, artist_ids, config.is_full, context.run.run_id, platform, say)
        except CatalogError as error:
            raise dg.Failure(str(error), allow_retries=not platform.bulk) from error
        for table in observed.tables:
            offered = "" if table.offered else f"; {platform.catalog.source} does not offer it"
            say(f"{table.table}: {table.rows} rows taken in, {table.bad} set aside{offered}")
        if observed.parked and spec.is_needed_for_an_answer:
            postpone_requests(platform, holder, observed)
        return _result(observed, platform)

    return raw


raw_assets = [_asset(spec) for spec in RAW_ASSETS]
