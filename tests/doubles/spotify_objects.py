"""How the Web API words an artist, an album, a track, to an app of either mode.

Here: objects. Not here: which endpoint answers with them (`spotify.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from tests.doubles.world import Album, Artist, Image, Track, World

Mode = Literal["development", "extended"]
MARKETS = [
    "AD",
    "AR",
    "AU",
    "BR",
    "CA",
    "DE",
    "ES",
    "FR",
    "GB",
    "JP",
    "KR",
    "MX",
    "NL",
    "PL",
    "SE",
    "TW",
    "US",
]

GONE_FROM_ARTISTS = ("followers", "popularity")
GONE_FROM_TRACKS = ("popularity", "available_markets", "linked_from")
GONE_FROM_ALBUMS = ("popularity", "label", "available_markets", "album_group")
"""What a development-mode app no longer gets."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The objects as one request gets them."""

    world: World
    api_url: str
    mode: Mode
    legacy: bool
    language: str
    """Of `Accept-Language`: names of Korean artists are in Hangul for `ko`."""
    market: str | None

    def artist(self, artist: Artist) -> dict[str, Any]:
        """Word a full artist."""
        content = {
            **self.artist_reference(artist),
            "followers": {"href": None, "total": artist.followers},
            "genres": list(artist.genres),
            "images": _images(artist.images),
            "popularity": artist.popularity,
        }
        if self.mode == "development":
            if artist.genres_shape == "absent":
                del content["genres"]
            elif artist.genres_shape != "list":
                content["genres"] = None if artist.genres_shape == "null" else []
        return self._without(content, GONE_FROM_ARTISTS)

    def artist_reference(self, artist: Artist) -> dict[str, Any]:
        """Word the short artist that albums and tracks carry."""
        name = artist.native_name if self.language.startswith("ko") and artist.native_name else artist.name
        return {**self._identity("artist", artist.id), "name": name}

    def album_reference(self, album: Album) -> dict[str, Any]:
        """Word the short album that tracks and lists carry."""
        content = {
            **self._identity("album", album.id),
            "album_type": album.type,
            "artists": [self.artist_reference(self.world.artists[album.artist_id])],
            **self._availability(),
            "images": _images(album.images),
            "name": album.name,
            "release_date": album.release_date,
            "release_date_precision": album.precision,
            "total_tracks": len(self.world.tracks_on(album.id)),
        }
        return self._without(content, GONE_FROM_ALBUMS)

    def listed_album(self, album: Album) -> dict[str, Any]:
        """Word an album in an artist's list, where it also says how the artist is on it."""
        return self._without({**self.album_reference(album), "album_group": album.type}, GONE_FROM_ALBUMS)

    def album(self, album: Album) -> dict[str, Any]:
        """Word a full album."""
        tracks = self.world.tracks_on(album.id)
        content = {
            **self.album_reference(album),
            "copyrights": [{"text": f"(P) {album.release_date[:4]} {album.name}", "type": "P"}],
            "external_ids": {"upc": album.upc},
            "genres": [],
            "label": "Doubles & Sons",
            "popularity": max((t.popularity for t in tracks), default=0),
            "tracks": self.page(
                f"/albums/{album.id}/tracks",
                {},
                [self.track_reference(t) for t in tracks[:50]],
                0,
                50,
                len(tracks),
            ),
        }
        return self._without(content, GONE_FROM_ALBUMS)

    def track_reference(self, track: Track) -> dict[str, Any]:
        """Word the short track that albums carry."""
        preview = f"https://p.scdn.co/mp3-preview/{track.id}" if self.legacy else None
        content = {
            **self._identity("track", track.id),
            "artists": [self.artist_reference(self.world.artists[i]) for i in track.artist_ids],
            **self._availability(),
            "disc_number": 1,
            "duration_ms": track.duration_ms,
            "explicit": track.explicit,
            "is_local": False,
            "name": track.name,
            "preview_url": preview,
            "track_number": track.number,
        }
        return self._without(content, GONE_FROM_TRACKS)

    def track(self, track: Track, asked: str | None = None) -> dict[str, Any]:
        """Word a full track; `asked` is the id it was asked for by, where that may be another."""
        content = {
            **self.track_reference(track),
            "album": self.album_reference(self.world.albums[track.album_id]),
            "external_ids": {"isrc": track.isrc},
            "popularity": track.popularity,
        }
        if asked not in (None, track.id) and self.market:
            content["linked_from"] = self._identity("track", str(asked))
        return self._without(content, GONE_FROM_TRACKS)

    def features(self, track: Track) -> dict[str, Any] | None:
        """Word a track's audio features; None where there are none."""
        if track.features is None:
            return None
        return {
            **track.features,
            "type": "audio_features",
            "id": track.id,
            "uri": f"spotify:track:{track.id}",
            "track_href": f"{self.api_url}/tracks/{track.id}",
            "analysis_url": f"{self.api_url}/audio-analysis/{track.id}",
            "duration_ms": track.duration_ms,
        }

    def page(
        self, path: str, query: dict[str, str], items: Sequence[Any], offset: int, limit: int, total: int
    ) -> dict[str, Any]:
        """Word one page of a list."""

        def address(start: int) -> str:
            return f"{self.api_url}{path}?" + urlencode({**query, "offset": start, "limit": limit})

        return {
            "href": address(offset),
            "items": list(items),
            "limit": limit,
            "next": address(offset + limit) if offset + limit < total else None,
            "offset": offset,
            "previous": address(max(offset - limit, 0)) if offset else None,
            "total": total,
        }

    def _identity(self, kind: str, id: str) -> dict[str, Any]:
        return {
            "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{id}"},
            "href": f"{self.api_url}/{kind}s/{id}",
            "id": id,
            "type": kind,
            "uri": f"spotify:{kind}:{id}",
        }

    def _availability(self) -> dict[str, Any]:
        """Whoever names a market is told whether, whoever does not is told where."""
        return {"is_playable": True} if self.market else {"available_markets": MARKETS}

    def _without(self, content: dict[str, Any], gone: Sequence[str]) -> dict[str, Any]:
        if self.mode == "development":
            for name in gone:
                content.pop(name, None)
        return content


def _images(images: Sequence[Image]) -> list[dict[str, Any]]:
    return [{"height": image.height, "url": image.url, "width": image.width} for image in images]
