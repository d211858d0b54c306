"""The two ends of a refresh: taking requests up, and settling them.

`artist_requests` claims what people asked for and finds out which artists they mean; everything between
works on those artists; `answered_requests` ends a request once its answer is published. What happens to a
request when a run dies in between is in `sensor.py` and `alerts.py`.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
from pydantic import Field

from spotify_assets.core.catalog import ArtistMatch, Fetched, Parked, choices, closest
from spotify_assets.core.catalog.from_json import Malformed
from spotify_assets.core.catalog.handover import from_text
from spotify_assets.core.records import Artist
from spotify_assets.core.store import ArtistRequest, Priority, RosterEntry, State, Urgency
from spotify_assets.defs.ingestion.scope import request_holder
from spotify_assets.defs.resources import Platform

LEASE = timedelta(minutes=15)
"""A run that holds a request longer than this counts as dead."""

ASK_AGAIN_AFTER = timedelta(days=1)
"""A name no source knew may be looked for again after this."""

NAMESAKES = 5
"""At most so many artists of one name are refreshed for it."""


class Claim(dg.Config):
    """Which requests to take up."""

    name_keys: list[str] | None = Field(
        default=None,
        description="Normalised names of the requests to take up. Leave it out for all that are due.",
    )


@dg.asset(
    group_name="refresh",
    owners=["team:data-platform"],
    kinds={"python"},
    deps=["artist_roster"],
    output_required=False,
)
def artist_requests(context: dg.AssetExecutionContext, config: Claim, platform: Platform):
    """The requests this run takes up, and the artists they mean.

    Claims due requests (one run gets each), asks the catalogue for the name, and notes every artist that
    goes by exactly that name. A name that no artist goes by ends as not found. When none is left the assets
    behind are skipped, unless the run is about the whole roster.
    """
    holder, now = request_holder(context), datetime.now(UTC)
    requests = platform.store.requests
    keys = config.name_keys
    if keys is None:
        keys = [request.name_key for request in requests.due(now, limit=1000)]
    claimed = requests.claim(keys, holder, now, now + LEASE)
    _take_over(context, claimed, platform)
    resolved = [request for request in claimed if _resolve(context, request, platform, holder)]
    if config.name_keys is not None and not resolved:
        context.log.info("no artist to refresh: %d requests taken up, none could be resolved", len(claimed))
        return
    yield dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(claimed),
            "resolved": len(resolved),
            "not found, or waiting for a source": len(claimed) - len(resolved),
            "names": ", ".join(request.query for request in resolved[:20]),
        }
    )


def _take_over(context: dg.AssetExecutionContext, claimed: list[ArtistRequest], platform: Platform) -> None:
    """Commit what the bot fetched for these requests when they were asked; it is not fetched again."""
    attached = platform.store.requests.attached([request.name_key for request in claimed])
    if not attached or platform.bulk:
        return
    observer = platform.live_observer(Urgency.ASKED, context.run.run_id, context.log.info)
    for source, body in attached:
        try:
            observer.take_over(source, from_text(body))
        except Malformed as fault:
            context.log.warning("what was fetched live from %s is fetched again: %s", source, fault)


def _resolve(
    context: dg.AssetExecutionContext, request: ArtistRequest, platform: Platform, holder: str
) -> bool:
    now, requests = datetime.now(UTC), platform.store.requests
    try:
        matches = platform.catalog.find_artists(request.query)
    except Parked as parked:
        requests.postpone(request.name_key, holder, now, parked.until, str(parked))
        context.log.warning("%r waits: %s", request.query, parked)
        return False
    exact = [match for match in matches if match.exact][:NAMESAKES]
    if not exact:
        # Several plausible artists are for a person to choose from, never a guess.
        close = f"; close to it: {closest(matches)}" if matches else ""
        message = f"{platform.catalog.source} knows no artist called {request.query!r}{close}"
        plausible = choices(matches)
        again_at = now + ASK_AGAIN_AFTER
        requests.finish(request.name_key, holder, State.NOT_FOUND, now, message, again_at, plausible)
        context.log.info("%s", message)
        return False
    requests.resolve(request.name_key, holder, [match.artist.artist_id for match in exact])
    platform.store.roster.add(_asked(exact), now)
    if platform.bulk is None:
        # The search has told all that asking for the artist would.
        observer = platform.live_observer(Urgency.ASKED, context.run.run_id, context.log.info)
        observer.take_over(platform.catalog.source, [_as_fetched(match.artist) for match in exact])
    named = ", ".join(f"{match.artist.name} ({match.artist.artist_id})" for match in exact)
    context.log.info("%r is %s", request.query, named)
    return True


def _as_fetched(artist: Artist) -> Fetched:
    return Fetched((artist.artist_id,), {"artists": [artist]})


def _asked(matches: list[ArtistMatch]) -> list[RosterEntry]:
    return [RosterEntry(match.artist.artist_id, match.artist.name, Priority.ASKED) for match in matches]


@dg.asset(
    group_name="refresh",
    owners=["team:data-platform"],
    kinds={"python"},
    deps=["artist_requests", "serving_documents"],
)
def answered_requests(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """The requests of this run that are answered now: their artists' documents are in the serving store."""
    holder, now = request_holder(context), datetime.now(UTC)
    requests = platform.store.requests
    held = requests.held_by(holder)
    answered, unanswered = [], []
    for request in held:
        published = platform.store.answers.versions("artist", request.artist_ids)
        if published:
            requests.finish(request.name_key, holder, State.DONE, now)
            answered.append(request)
        else:
            unanswered.append(request)
    if unanswered:
        names = ", ".join(repr(request.query) for request in unanswered)
        raise dg.Failure(
            f"{len(unanswered)} of {len(held)} requests have no published answer after the refresh: {names}. "
            "Look at raw_quarantine/ and at dim_artists for their artist ids.",
            allow_retries=False,
        )
    waits = [(now - request.last_asked_at).total_seconds() for request in answered]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(answered),
            "longest wait (s)": round(max(waits, default=0.0), 1),
            "names": ", ".join(request.query for request in answered[:20]),
        }
    )
