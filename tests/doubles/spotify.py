"""Spotify's Web API, in development or extended mode, exact about what it refuses.

Here: which call is answered with what, and every limit and refusal. Not here: tokens (`spotify_accounts.py`)
or how an object is worded (`spotify_objects.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from tests.doubles.exchange import Call, Request, Response
from tests.doubles.server import Double, Pace, Route
from tests.doubles.spotify_accounts import Accounts
from tests.doubles.spotify_objects import Mode, Wording
from tests.doubles.world import Artist, Track, World

SEARCH_REACH = 1000
"""How far a search can be paged: offset and limit together."""

IDS_AT_ONCE = {"artists": 50, "tracks": 50, "audio_features_several": 100}
TAKES_MARKET = {"search", "top_tracks", "artist_albums", "album", "album_tracks", "track", "tracks"}
SPEAKS_NAMES = TAKES_MARKET | {"artist", "artists", "related_artists"}
CLOSED_IN_DEVELOPMENT = {"artists", "tracks", "top_tracks"}
LEGACY_ONLY = {"audio_features", "audio_features_several", "related_artists"}

Refused = Response
_ID = "([^/]+)"


class SpotifyDouble(Double):
    """Spotify on loopback.

    Endpoints by name: token, search, artist, artists, top_tracks, artist_albums, related_artists, album,
    album_tracks, track, tracks, audio_features, audio_features_several.
    """

    def __init__(
        self,
        world: World,
        *,
        mode: Mode = "development",
        legacy: bool = False,
        client_id: str = "0123456789abcdef0123456789abcdef",
        client_secret: str = "fedcba9876543210fedcba9876543210",
        expires_in: int = 3600,
        token_lifetime: float | None = None,
        related_artists_status: Literal[403, 404] = 403,
        pace: Pace | None = None,
        port: int = 0,
        latency: float = 0.0,
    ) -> None:
        """Open for business.

        `legacy` apps keep audio features, related artists and previews; others are refused with 403, at
        related artists with `related_artists_status` (apps have met both 403 and 404 "Not Found"). A token is announced to live
        `expires_in` seconds and does live `token_lifetime` (default: the same). `pace` is the rate limit,
        none by default.
        """
        self.mode = mode
        self.legacy = legacy
        self.client_id = client_id
        self.client_secret = client_secret
        self.related_artists_status = related_artists_status
        self.pace = pace
        lifetime = expires_in if token_lifetime is None else token_lifetime
        self._accounts = Accounts(client_id, client_secret, expires_in, lifetime)
        super().__init__(world, port=port, latency=latency)
        self.api_url = f"{self.url}/v1"
        self.token_url = f"{self.url}/api/token"

    def routes(self) -> tuple[Route, ...]:
        """Return what Spotify offers."""
        return (
            Route("token", "/api/token", self._accounts.token, "POST"),
            Route("search", "/v1/search/?", self._search),
            Route("artist", f"/v1/artists/{_ID}", self._artist),
            Route("artists", "/v1/artists/?", self._artists),
            Route("top_tracks", f"/v1/artists/{_ID}/top-tracks", self._top_tracks),
            Route("artist_albums", f"/v1/artists/{_ID}/albums", self._artist_albums),
            Route("related_artists", f"/v1/artists/{_ID}/related-artists", self._related_artists),
            Route("album", f"/v1/albums/{_ID}", self._album),
            Route("album_tracks", f"/v1/albums/{_ID}/tracks", self._album_tracks),
            Route("track", f"/v1/tracks/{_ID}", self._track),
            Route("tracks", "/v1/tracks/?", self._tracks),
            Route("audio_features", f"/v1/audio-features/{_ID}", self._features),
            Route("audio_features_several", "/v1/audio-features/?", self._features_several),
        )

    def refusal(self, status: int, message: str, reason: str | None = None) -> Response:
        """Return a Web API error."""
        error: dict[str, Any] = {"status": status, "message": message}
        return Response.json({"error": error | ({"reason": reason} if reason else {})}, status)

    def unknown(self, request: Request) -> Response:
        """Return the answer to an address that the Web API does not have."""
        return self._unauthorised(request) or self.refusal(404, "Service not found")

    def expire_tokens(self) -> None:
        """Let every token given out so far expire now."""
        self._accounts.expire_all()

    @property
    def without_market(self) -> list[Call]:
        """The calls that could have named a market and did not."""
        return [
            call
            for call in self.calls
            if call.endpoint in TAKES_MARKET and not call.query.keys() & {"market", "country"}
        ]

    @property
    def without_language(self) -> list[Call]:
        """The calls that got names and did not say in which language."""
        return [
            call
            for call in self.calls
            if call.endpoint in SPEAKS_NAMES and "accept-language" not in call.headers
        ]

    def admission(self, request: Request, endpoint: str) -> Response | None:
        """Turn away who has no token, whose app may not call this, who calls too often or from nowhere."""
        if endpoint == "token":
            return None
        if (refused := self._unauthorised(request)) is not None:
            return refused
        if self.pace and (wait := self.pace.excess()):
            answer = self.refusal(429, "API rate limit exceeded")
            return Response(429, answer.body, {**answer.headers, "Retry-After": str(int(wait) + 1)})
        if endpoint in LEGACY_ONLY and not self.legacy:
            if endpoint == "related_artists" and self.related_artists_status == 404:
                return self.refusal(404, "Not Found")
            return Response.json({"error": {"status": 403}}, 403)
        if endpoint in CLOSED_IN_DEVELOPMENT and self.mode == "development":
            return self.refusal(403, "Forbidden")
        market = request.first("market", "country")
        if endpoint in TAKES_MARKET and market is not None and not re.fullmatch("[A-Z]{2}", market):
            return self.refusal(400, "Invalid market code")
        return None

    def _unauthorised(self, request: Request) -> Response | None:
        fault = self._accounts.fault_of(request.headers.get("authorization", ""))
        return self.refusal(*fault) if fault else None

    def _search(self, request: Request) -> Response:
        text = (request.first("q", "query") or "").strip()
        if not text:
            return self.refusal(400, "No search query")
        types = request.values("type")
        if not types:
            return self.refusal(400, "Missing parameter type")
        if odd := [kind for kind in types if kind not in ("artist", "track")]:
            return self.refusal(400, f"Bad search type field {odd[0]}")
        bounds = self._bounds(request, most=10 if self.mode == "development" else 50)
        if isinstance(bounds, Response):
            return bounds
        limit, offset = bounds
        if offset + limit > SEARCH_REACH:
            return self.refusal(400, "Invalid offset")
        words = self._wording(request)
        answer: dict[str, Any] = {}
        for kind in types:
            found: list[Any] = (
                self.world.find_artists(text) if kind == "artist" else self.world.find_tracks(text)
            )
            word: Callable[[Any], Any] = words.artist if kind == "artist" else words.track
            items = [word(thing) for thing in found[offset : offset + limit]]
            query = {"query": text, "type": kind} | ({"market": words.market} if words.market else {})
            answer[f"{kind}s"] = words.page("/search", query, items, offset, limit, len(found))
        return Response.json(answer)

    def _artist(self, request: Request, artist_id: str) -> Response:
        artist = self._found_artist(artist_id)
        return (
            artist if isinstance(artist, Response) else Response.json(self._wording(request).artist(artist))
        )

    def _artists(self, request: Request) -> Response:
        ids = self._ids(request, "artists")
        if isinstance(ids, Response):
            return ids
        words, found = self._wording(request), map(self.world.artist, ids)
        return Response.json({"artists": [words.artist(artist) if artist else None for artist in found]})

    def _top_tracks(self, request: Request, artist_id: str) -> Response:
        artist = self._found_artist(artist_id)
        if isinstance(artist, Response):
            return artist
        words = self._wording(request)
        return Response.json({"tracks": [words.track(t) for t in self.world.tracks_of(artist.id)[:10]]})

    def _artist_albums(self, request: Request, artist_id: str) -> Response:
        artist = self._found_artist(artist_id)
        if isinstance(artist, Response):
            return artist
        bounds = self._bounds(request, most=10 if self.mode == "development" else 50)
        if isinstance(bounds, Response):
            return bounds
        limit, offset = bounds
        groups = request.values("include_groups") or ["album", "single", "appears_on", "compilation"]
        if set(groups) - {"album", "single", "appears_on", "compilation"}:
            return self.refusal(400, "Invalid value for include_groups")
        albums = [album for album in self.world.albums_of(artist.id) if album.type in groups]
        words = self._wording(request)
        items = [words.listed_album(album) for album in albums[offset : offset + limit]]
        query = {"include_groups": ",".join(groups)} | ({"market": words.market} if words.market else {})
        path = f"/artists/{artist.id}/albums"
        return Response.json(words.page(path, query, items, offset, limit, len(albums)))

    def _related_artists(self, request: Request, artist_id: str) -> Response:
        artist = self._found_artist(artist_id)
        if isinstance(artist, Response):
            return artist
        words = self._wording(request)
        mbids = [mbid for mbid, _ in self.world.related(artist.id) if mbid in self.world.by_mbid]
        return Response.json({"artists": [words.artist(self.world.by_mbid[mbid]) for mbid in mbids[:20]]})

    def _album(self, request: Request, album_id: str) -> Response:
        if (refused := self._malformed(album_id)) is not None:
            return refused
        album = self.world.albums.get(album_id)
        if album is None:
            return self.refusal(404, "Resource not found")
        return Response.json(self._wording(request).album(album))

    def _album_tracks(self, request: Request, album_id: str) -> Response:
        if (refused := self._malformed(album_id)) is not None:
            return refused
        if album_id not in self.world.albums:
            return self.refusal(404, "Resource not found")
        bounds = self._bounds(request, most=50, usual=20)
        if isinstance(bounds, Response):
            return bounds
        limit, offset = bounds
        tracks, words = self.world.tracks_on(album_id), self._wording(request)
        items = [words.track_reference(track) for track in tracks[offset : offset + limit]]
        query = {"market": words.market} if words.market else {}
        return Response.json(
            words.page(f"/albums/{album_id}/tracks", query, items, offset, limit, len(tracks))
        )

    def _track(self, request: Request, track_id: str) -> Response:
        track = self._found_track(track_id)
        if isinstance(track, Response):
            return track
        return Response.json(self._wording(request).track(track, track_id))

    def _tracks(self, request: Request) -> Response:
        ids = self._ids(request, "tracks")
        if isinstance(ids, Response):
            return ids
        words, found = self._wording(request), ((i, self.world.track(i)) for i in ids)
        return Response.json({"tracks": [words.track(track, i) if track else None for i, track in found]})

    def _features(self, request: Request, track_id: str) -> Response:
        track = self._found_track(track_id)
        if isinstance(track, Response):
            return track
        features = self._wording(request).features(track)
        return Response.json(features) if features else self.refusal(404, "analysis not found")

    def _features_several(self, request: Request) -> Response:
        ids = self._ids(request, "audio_features_several")
        if isinstance(ids, Response):
            return ids
        words, found = self._wording(request), map(self.world.track, ids)
        return Response.json(
            {"audio_features": [words.features(track) if track else None for track in found]}
        )

    def _wording(self, request: Request) -> Wording:
        language = request.headers.get("accept-language", "en").strip().lower()
        market = request.first("market", "country")
        return Wording(self.world, self.api_url, self.mode, self.legacy, language, market)

    def _bounds(self, request: Request, *, most: int, usual: int | None = None) -> tuple[int, int] | Refused:
        if usual is None:
            usual = 5 if self.mode == "development" else 20
        limit, offset = request.first("limit") or str(usual), request.first("offset") or "0"
        if not limit.isdigit() or not 1 <= int(limit) <= most:
            return self.refusal(400, "Invalid limit")
        if not offset.isdigit():
            return self.refusal(400, "Invalid offset")
        return int(limit), int(offset)

    def _ids(self, request: Request, endpoint: str) -> list[str] | Refused:
        ids = request.values("ids")
        if not ids:
            return self.refusal(400, "Missing required field: ids")
        if len(ids) > IDS_AT_ONCE[endpoint]:
            return self.refusal(400, "Too many ids requested")
        refused = next(filter(None, map(self._malformed, ids)), None)
        return ids if refused is None else refused

    def _malformed(self, id: str) -> Response | None:
        return None if re.fullmatch("[0-9A-Za-z]{22}", id) else self.refusal(400, "Invalid base62 id")

    def _found_artist(self, artist_id: str) -> Artist | Refused:
        missing = self._malformed(artist_id) or self.refusal(404, "Resource not found")
        return self.world.artist(artist_id) or missing

    def _found_track(self, track_id: str) -> Track | Refused:
        missing = self._malformed(track_id) or self.refusal(404, "Resource not found")
        return self.world.track(track_id) or missing
