"""MusicBrainz' web service: one call a second, from somebody who says who they are.

Here: which call is answered with what. Not here: how an entity is worded (`musicbrainz_objects.py`).
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from tests.doubles.exchange import Request, Response
from tests.doubles.musicbrainz_objects import Wording, relations_of, searched_fields
from tests.doubles.server import Double, Pace, Route
from tests.doubles.world import Artist, World, squeezed, words
from tests.doubles.world_making import minted_uuid

RESOURCES_AT_ONCE = 100
SPOTIFY_ARTIST = "https://open.spotify.com/artist/"
RELATIONS = {
    f"{kind}-rels" for kind in ("artist", "label", "recording", "release", "release-group", "url", "work")
}
INCLUDES = {
    "artist": {"aliases", "annotation", "tags", "genres", "ratings", "recordings", "releases"} | RELATIONS,
    "url": RELATIONS,
}
HELP = "For usage, please see: https://musicbrainz.org/development/mmd"
_MBID = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


class MusicBrainzDouble(Double):
    """MusicBrainz on loopback. Endpoints by name: url, artist, artist_search."""

    def __init__(
        self, world: World, *, rate: float | None = 1.0, port: int = 0, latency: float = 0.0
    ) -> None:
        """Open for business; `rate` is how many calls a second are served, None for any number."""
        self.pace = Pace(max(int(rate), 1), max(int(rate), 1) / rate) if rate else None
        super().__init__(world, port=port, latency=latency)
        self._words = Wording(world)

    def routes(self) -> tuple[Route, ...]:
        """Return what MusicBrainz offers here."""
        return (
            Route("url", "/ws/2/url/?", self._url),
            Route("artist", f"/ws/2/artist/{_MBID}", self._artist),
            Route("artist_search", "/ws/2/artist/?", self._search),
        )

    def refusal(self, status: int, message: str, reason: str | None = None) -> Response:
        """Return an error in MusicBrainz' shape."""
        return Response.json({"error": message, "help": HELP}, status)

    def admission(self, request: Request, endpoint: str) -> Response | None:
        """Turn away who does not say who they are, who calls too often, who does not ask for JSON."""
        if not _meaningful(request.headers.get("user-agent", "")):
            return self.refusal(403, "Please set a meaningful User-Agent: Application/version ( contact )")
        if self.pace and self.pace.excess():
            answer = self.refusal(
                503,
                "Your requests are exceeding the allowable rate limit. Please see "
                "https://wiki.musicbrainz.org/XMLWebService for more information.",
            )
            limits = {
                "Retry-After": str(max(int(self.pace.seconds), 1)),
                "X-RateLimit-Limit": str(self.pace.calls),
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(int(time.time()) + 1),
            }
            return Response(503, answer.body, {**answer.headers, **limits})
        wanted = request.first("fmt") or request.headers.get("accept", "")
        if "json" not in wanted:
            return Response.text("<metadata/>", 200, kind="application/xml")
        kind = "url" if endpoint == "url" else "artist"
        if odd := sorted(self._included(request) - INCLUDES[kind]):
            return self.refusal(400, f"{odd[0]} is not a valid inc parameter for the {kind} resource.")
        return None

    def _url(self, request: Request) -> Response:
        resources = request.query.get("resource", [])
        if not 1 <= len(resources) <= RESOURCES_AT_ONCE:
            return self.refusal(400, f"Between 1 and {RESOURCES_AT_ONCE} resource parameters may be given.")
        artists_too = "artist-rels" in self._included(request)
        urls = [
            {"id": minted_uuid("url", resource), "resource": resource}
            | ({"relations": relations_of(self._words, holders)} if artists_too else {})
            for resource in dict.fromkeys(resources)
            if (holders := self._holders(resource))
        ]
        if len(resources) > 1:
            # In the order of MusicBrainz' own ids, not of the question.
            urls.sort(key=lambda url: str(url["id"]))
            return Response.json({"url-count": len(urls), "url-offset": 0, "urls": urls})
        return Response.json(urls[0]) if urls else self.refusal(404, "Not Found")

    def _holders(self, resource: str) -> list[Artist]:
        """Return whose Spotify page an address is; one in twenty-five is filed under two artists."""
        if not resource.startswith(SPOTIFY_ARTIST):
            return []
        artist = self.world.artists.get(resource.removeprefix(SPOTIFY_ARTIST))
        if artist is None or not artist.in_musicbrainz:
            return []
        if sum(artist.id.encode()) % 25:
            return [artist]
        near = [self.world.by_mbid[m] for m, _ in self.world.related(artist.id) if m in self.world.by_mbid]
        return [artist, *near[:1]]

    def _artist(self, request: Request, mbid: str) -> Response:
        mbid = self.world.redirects.get(mbid, mbid)
        known = self.world.by_mbid.get(mbid) or self.world.outsiders.get(mbid)
        if known is None:
            return self.refusal(404, "Not Found")
        return Response.json(self._words.artist(known, self._included(request)))

    def _search(self, request: Request) -> Response:
        text = (request.first("query") or "").strip()
        if not text:
            return self.refusal(400, "Must specify a query parameter.")
        limit, offset = request.first("limit") or "25", request.first("offset") or "0"
        if not limit.isdigit() or not offset.isdigit():
            return self.refusal(400, "limit and offset must be numbers.")
        scored = [(self._score(artist, text), artist) for artist in self.world.artists.values()]
        found = sorted((-score, a.mbid, a) for score, a in scored if score)
        page = found[int(offset) : int(offset) + min(int(limit), 100)]
        artists = [self._words.hit(artist, -score) for score, _, artist in page]
        return Response.json(
            {
                "created": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "count": len(found),
                "offset": int(offset),
                "artists": artists,
            }
        )

    def _score(self, artist: Artist, text: str) -> int:
        """Return 100 for the very name, less for all its words; aliases count little less."""
        best = 0
        for field, wanted in searched_fields(text):
            names = [(artist.name, 0)] if field in ("artist", "") else []
            if field in ("alias", ""):
                names += [(alias.name, 5) for alias in artist.aliases]
            for name, less in names:
                if squeezed(name) == squeezed(wanted):
                    best = max(best, 100 - less)
                elif words(wanted) and set(words(wanted)) <= set(words(name)):
                    best = max(best, 70 - less)
        return best

    def _included(self, request: Request) -> set[str]:
        return set(re.split(r"[ +]", request.first("inc") or "")) - {""}


def _meaningful(user_agent: str) -> bool:
    """Say whether a User-Agent names an application, its version and where its maker is reached."""
    return re.fullmatch(r"[^/\s]+/\S+ .*\(.*(@|https?://).*\).*", user_agent) is not None
