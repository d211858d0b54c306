"""ReccoBeats: audio features by Spotify id, without a key.

Unknown ids are left out, the rest comes in another order under ReccoBeats' own ids; `href` alone tells which
is which.
"""

from __future__ import annotations

import random

from tests.doubles.exchange import Request, Response
from tests.doubles.server import Double, Pace, Route
from tests.doubles.world import Track, World
from tests.doubles.world_making import minted_uuid

IDS_AT_ONCE = 40
MEASURES = (
    "acousticness", "danceability", "energy", "instrumentalness", "key", "liveness", "loudness", "mode",
    "speechiness", "tempo", "valence",
)  # fmt: skip


class ReccoBeatsDouble(Double):
    """ReccoBeats on loopback. Endpoint by name: audio_features."""

    def __init__(
        self, world: World, *, pace: Pace | None = None, port: int = 0, latency: float = 0.0
    ) -> None:
        """Open for business; `pace` is the rate limit, none by default."""
        self.pace = pace
        super().__init__(world, port=port, latency=latency)

    def routes(self) -> tuple[Route, ...]:
        """Return what ReccoBeats offers here."""
        return (Route("audio_features", "/v1/audio-features", self._features),)

    def refusal(self, status: int, message: str, reason: str | None = None) -> Response:
        """Return an error in ReccoBeats' shape; its status 4004 is a list of the wrong size."""
        code = 4004 if status == 400 else status
        return Response.json({"status": code, "errors": [{"message": message}]}, status)

    def admission(self, request: Request, endpoint: str) -> Response | None:
        """Turn away who calls too often."""
        if self.pace and (wait := self.pace.excess()):
            answer = self.refusal(429, "Too many requests")
            return Response(429, answer.body, {**answer.headers, "Retry-After": str(int(wait) + 1)})
        return None

    def knows(self, track: Track) -> bool:
        """Say whether ReccoBeats has analysed a track: those with features, but one in ten."""
        return track.features is not None and sum(track.id.encode()) % 10 != 0

    def _features(self, request: Request) -> Response:
        ids = request.values("ids")
        if not 1 <= len(ids) <= IDS_AT_ONCE:
            return self.refusal(400, f"size must be between 1 and {IDS_AT_ONCE}")
        tracks = {i: track for i in ids if (track := self.world.tracks.get(i)) and self.knows(track)}
        content = [self._measured(track) for track in tracks.values()]
        random.Random(request.page).shuffle(content)
        return Response.json({"content": content})

    def _measured(self, track: Track) -> dict[str, object]:
        measures = track.features or {}
        return {
            "id": minted_uuid("reccobeats", track.id),
            "href": f"https://open.spotify.com/track/{track.id}",
            "isrc": track.isrc,
            **{name: measures[name] for name in MEASURES},
        }
