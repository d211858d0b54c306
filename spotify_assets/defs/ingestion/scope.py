"""Which artists a run is about."""

from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from spotify_assets.core.lake.observed import Observed
from spotify_assets.defs.resources import Platform


class Scope(dg.Config):
    """The artists to work on: the whole roster, or the ones named here.

    Artists whose requests this run holds are always among them.
    """

    artist_ids: list[str] | None = Field(
        default=None,
        description="Ids of the artists to work on. Leave it out for the whole roster.",
    )

    @property
    def is_full(self) -> bool:
        """The run is about the whole roster, not about a few artists."""
        return self.artist_ids is None


def request_holder(context: dg.AssetExecutionContext) -> str:
    """Return the id under which a run holds artist requests: its own, or that of the run it retries."""
    return context.run.root_run_id or context.run.run_id


def artists_in(scope: Scope, platform: Platform, holder: str) -> list[str]:
    """Return the ids a run works on, without repetition: named or roster, then those of its requests."""
    named = platform.store.roster.ids() if scope.artist_ids is None else scope.artist_ids
    asked = [artist for request in platform.store.requests.held_by(holder) for artist in request.artist_ids]
    # Those who wait come first: a budget may not reach to the end of the list.
    return list(dict.fromkeys([*asked, *named]))


def postpone_requests(platform: Platform, holder: str, observed: Observed) -> None:
    """Put requests that lack something off until the source that was parked may be called again.

    What was fetched for them is in the lake; the next refresh asks for the rest alone.
    """
    until = max(parked.until for parked in observed.parked)
    reason = "; ".join(map(str, observed.parked))
    left = set(observed.left)
    for request in platform.store.requests.held_by(holder):
        if left.isdisjoint(request.artist_ids):
            continue
        platform.store.requests.postpone(request.name_key, holder, datetime.now(UTC), until, reason)
