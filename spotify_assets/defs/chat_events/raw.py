"""The raw asset of chat events: what the bot told of its conversations, as rows of the lake.

Here: the asset, its check and what people see of it. Not here: reading the stream
(`core/lake/chat_events.py`), or counting (dbt's `chat_demand`).
"""

from datetime import UTC, datetime

import dagster as dg
import pyarrow as pa
from pydantic import Field

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake.chat_events import STREAM, EventsRead, read_new_events
from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.records import CHAT_TURNS
from spotify_assets.defs import metadata
from spotify_assets.defs.resources import Platform

CONTRACT_CHECK = "contract"
SOURCE = "chat"
"""Who said it, in the stamp of every row."""


class ReadingConfig(dg.Config):
    """How to read the stream."""

    everything: bool = Field(
        default=False,
        description="Read all files of the stream anew, as after older ones were put there.",
    )


@dg.asset(
    group_name="ingestion",
    owners=["team:data-platform"],
    kinds={"python", "parquet"},
    metadata={"dagster/column_schema": metadata.column_schema(CHAT_TURNS), "lake tables": CHAT_TURNS.name},
    check_specs=[
        dg.AssetCheckSpec(
            CONTRACT_CHECK,
            asset="raw_chat_events",
            description="What is no event (broken JSON, a missing id, a time in the future) is no larger a "
            "share of what was read than MAX_BAD_SHARE.",
        )
    ],
    retry_policy=dg.RetryPolicy(
        max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL
    ),
)
def raw_chat_events(
    context: dg.AssetExecutionContext, config: ReadingConfig, platform: Platform
) -> dg.MaterializeResult:
    """Turns of conversations with the bot: the new files of its event stream, as rows. Append-only.

    An event that arrives twice may be there twice; staging takes the first. What is no event lies in
    `raw_quarantine/chat_turns/` with the reason.
    """
    kept_for = platform.settings.expire_after_days[CHAT_TURNS.name]
    stamp = Stamp(SOURCE, context.run.run_id, datetime.now(UTC), kept_for)
    try:
        found = read_new_events(platform.lake, stamp, everything=config.everything)
    except LakeError as error:
        raise dg.Failure(str(error)) from error
    context.log.info("%d events in %d files, %d set aside", found.events, found.files, found.set_aside)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": found.events,
            "dagster/uri": platform.lake.storage.uri_of(STREAM),
            "the bot writes to": platform.settings.events_url,
            "files": found.files,
            "events again": found.again,
            "late events": found.late,
            "newest event": found.newest.isoformat(timespec="seconds") if found.newest else "none",
            "set aside": found.set_aside,
            "set aside by reason": metadata.counts(found.reasons),
            "preview": metadata.preview(_shown(found)),
        },
        check_results=[_contract(found, platform.settings.max_bad_share)],
    )


def _shown(found: EventsRead) -> pa.Table:
    """Return the first events without who asked: not even a hash belongs into Dagster's history."""
    names = [name for name in record_schema(CHAT_TURNS.name).names if name != "user_hash"]
    return pa.table({name: [getattr(event, name) for event in found.sample] for name in names})


def _contract(found: EventsRead, limit: float) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=CONTRACT_CHECK,
        passed=found.bad_share <= limit,
        metadata={"set aside": found.set_aside, "share": found.bad_share, "allowed share": limit},
        description=f"{found.set_aside} pieces of the stream were set aside in raw_quarantine/",
    )
