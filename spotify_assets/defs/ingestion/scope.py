"""Which artists a run is about."""

import dagster as dg
from pydantic import Field

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
    return list(dict.fromkeys([*named, *asked]))
