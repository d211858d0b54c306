"""ListenBrainz' Labs: similar artists by MBID, under the name of a known algorithm.

Scores are raw counts. The answer has had several shapes; `shape` chooses one.
"""

from __future__ import annotations

import uuid
from typing import Any, Literal

from tests.doubles.exchange import Request, Response
from tests.doubles.server import Double, Route
from tests.doubles.world import World

ALGORITHMS = (
    "session_based_days_7500_session_300_contribution_5_threshold_10_limit_100_filter_True_skip_30",
    "session_based_days_7500_session_300_contribution_3_threshold_10_limit_100_filter_True_skip_30",
    "session_based_days_9000_session_300_contribution_5_threshold_15_limit_50_skip_30",
)

Shape = Literal["bare", "data", "sections"]


class ListenBrainzDouble(Double):
    """ListenBrainz' Labs on loopback. Endpoint by name: similar_artists."""

    def __init__(self, world: World, *, shape: Shape = "bare", port: int = 0, latency: float = 0.0) -> None:
        """Open for business.

        `shape`: `bare` is the array of rows, `data` that array as `[{"data": […]}]`, `sections` the older
        answer in which headings, the artist asked about (without a score) and the rows follow each other.
        """
        self.shape = shape
        super().__init__(world, port=port, latency=latency)

    def routes(self) -> tuple[Route, ...]:
        """Return what Labs offers here."""
        return (Route("similar_artists", "/similar-artists/json", self._similar),)

    def refusal(self, status: int, message: str, reason: str | None = None) -> Response:
        """Return an error in Labs' shape."""
        return Response.json({"code": status, "error": message}, status)

    def _similar(self, request: Request) -> Response:
        mbids, algorithm = request.values("artist_mbids"), request.first("algorithm")
        if not mbids:
            return self.refusal(400, "artist_mbids: field required")
        if algorithm not in ALGORITHMS:
            return self.refusal(400, f"algorithm: permitted values are {', '.join(ALGORITHMS)}")
        if odd := [mbid for mbid in mbids if not _is_uuid(mbid)]:
            return self.refusal(400, f"artist_mbids: {odd[0]} is not a valid uuid")
        rows = [row for mbid in mbids for row in self._rows(mbid)]
        if self.shape == "bare":
            return Response.json(rows)
        columns = list(rows[0]) if rows else []
        section = {"type": "dataset", "columns": columns, "data": rows}
        if self.shape == "data":
            return Response.json([section])
        asked = [self._row(mbid) for mbid in mbids]
        return Response.json(
            [
                {"type": "markup", "data": "<p><b>Reference artists</b></p>"},
                {"type": "dataset", "columns": list(asked[0]), "data": asked},
                {"type": "markup", "data": "<p><b>Similar artists</b></p>"},
                section,
            ]
        )

    def _rows(self, asked: str) -> list[dict[str, Any]]:
        artist = self.world.by_mbid.get(self.world.redirects.get(asked, asked))
        related = self.world.related(artist.id) if artist else []
        return [{**self._row(mbid), "score": score, "reference_mbid": asked} for mbid, score in related]

    def _row(self, mbid: str) -> dict[str, Any]:
        known = self.world.by_mbid.get(mbid) or self.world.outsiders.get(mbid)
        name = known.name if known else None
        kind = "Group" if name else None
        return {"artist_mbid": mbid, "name": name, "comment": "", "type": kind, "gender": None}


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
