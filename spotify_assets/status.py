"""How the platform stands: where everything lies, who waits, what the sources allow."""

from datetime import UTC, datetime

from sqlalchemy import make_url

from spotify_assets.core.lake.lake import open_lake
from spotify_assets.core.lake.pointers import current_snapshot, model_versions
from spotify_assets.core.settings import Settings
from spotify_assets.core.store import ServingStore, open_store
from spotify_assets.core.store.documents import Kind

KINDS: tuple[tuple[Kind, str], ...] = (("artist", "artists"), ("track", "songs"))


def status(settings: Settings) -> dict[str, str]:
    """Return what there is to say, by name."""
    store, lake = open_store(settings), open_lake(settings)
    snapshot, models = current_snapshot(lake), model_versions(lake)
    queue = ", ".join(f"{count} {state.value}" for state, count in store.requests.counts().items() if count)
    roster = store.roster.counts()
    by_priority = ", ".join(f"{count} {priority.value}" for priority, count in roster.items())
    answers = ", ".join(f"{len(store.answers.versions(kind))} {name}" for kind, name in KINDS)
    return {
        "catalogue": f"{settings.catalog_source} {settings.catalog_dataset or ''}".strip(),
        "lake": settings.lake_uri,
        "warehouse": _warehouse(settings),
        "chat events": settings.events_url,
        "serving store": _without_password(settings.serving_url),
        "roster": f"{sum(roster.values())} artists ({by_priority})",
        "requests": queue or "none",
        "model": models[-1] if models else "none yet: spotify-assets materialize",
        "snapshot": f"{snapshot.snapshot} of {snapshot.published_at[:19]}" if snapshot else "none yet",
        "answers": answers,
        **_sources(settings, store, datetime.now(UTC)),
    }


def _warehouse(settings: Settings) -> str:
    if settings.dbt_target == "duckdb":
        return f"duckdb {settings.warehouse_path}"
    return f"athena, database {settings.athena_schema}, work group {settings.athena_work_group}"


def _sources(settings: Settings, store: ServingStore, now: datetime) -> dict[str, str]:
    """Return how the live sources that were called stand: parked or not, calls of today, closed endpoints."""
    said: dict[str, list[str]] = {}
    for cooldown in store.sources.cooldowns(now):
        parked = f"parked until {cooldown.until:%Y-%m-%d %H:%M} UTC ({cooldown.reason})"
        said.setdefault(cooldown.source, []).append(parked)
    for calls in store.sources.calls(now.date()):
        budget = f" of {settings.spotify_daily_budget}" if calls.source == "spotify" else ""
        said.setdefault(calls.source, []).append(f"{calls.family} {calls.total}{budget} calls today")
    for capability in store.sources.capabilities(now):
        if not capability.allowed:
            closed = f"{capability.endpoint} closed to this app (learnt {capability.learnt_at:%Y-%m-%d})"
            said.setdefault(capability.source, []).append(closed)
    return {source: ", ".join(lines) for source, lines in sorted(said.items())}


def _without_password(url: str) -> str:
    return url if url.startswith("dynamodb://") else make_url(url).render_as_string(hide_password=True)
