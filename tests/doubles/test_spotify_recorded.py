"""The Spotify double's answers have the structure of recorded ones, and spotipy works against it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import spotipy
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyClientCredentials

from tests.doubles.conftest import Client
from tests.doubles.world import World

NEWER = {
    "release_date",
    "release_date_precision",
    "total_tracks",
    "is_local",
    "is_playable",
    "artists",
    "followers",
}
"""Keys that Spotify added after some of the responses were recorded."""

TOLD_BY_MARKET = {"available_markets", "linked_from", "restrictions", "is_playable"}
"""Keys that come and go with the market asked for and the rights there."""


def key_paths(content: Any, prefix: str = "") -> Iterator[str]:
    """Yield the path of every key, lists as `[]`."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield f"{prefix}.{key}"
            yield from key_paths(value, f"{prefix}.{key}")
    elif isinstance(content, list):
        for item in content:
            yield from key_paths(item, f"{prefix}[]")


@pytest.fixture(scope="session")
def recorded(shared_data: Path) -> dict[str, set[str]]:
    """The key paths of the recorded 200 responses, by kind and whether one or several were asked for."""
    paths: dict[str, set[str]] = defaultdict(set)
    for file in (shared_data / "api_fixtures").glob("*.json"):
        fixture = json.loads(file.read_text())
        if fixture["status"] in (200, None):
            body, kind = fixture["body"], fixture["kind"]
            kind += "-several" if kind == "audio-features" and "audio_features" in body else ""
            kind += "-" + next(iter(body)) if kind == "search" else ""
            paths[kind] |= set(key_paths(body))
    return paths


PAGES = {
    "artists": "/artists/{artist}",
    "artists-several": "/artists?ids={artist}",
    "related-artists": "/artists/{artist}/related-artists",
    "top-tracks": "/artists/{artist}/top-tracks?country=KR",
    "artist-albums": "/artists/{artist}/albums",
    "albums": "/albums/{album}",
    "tracks": "/tracks/{track}",
    "tracks-several": "/tracks?ids={track}",
    "search-artists": "/search?q=BTS&type=artist",
    "search-tracks": "/search?q=BTS&type=track",
    "audio-features": "/audio-features/{track}",
    "audio-features-several": "/audio-features?ids={track}",
}


@pytest.mark.parametrize("kind", PAGES)
def test_answers_have_the_recorded_structure(
    extended: Client, world: World, recorded: dict[str, set[str]], kind: str
) -> None:
    artist = world.named("BTS").id
    track = next(t for t in world.tracks_of(artist) if t.features and world.albums[t.album_id].images)
    path = PAGES[kind].format(artist=artist, track=track.id, album=track.album_id)
    answered = set(key_paths(extended.get(path).json()))

    def unexplained(paths: set[str], explained: set[str]) -> set[str]:
        return {path for path in paths if not explained & set(path.replace("[]", "").split("."))}

    assert unexplained(recorded[kind] - answered, TOLD_BY_MARKET) == set()
    album_group = {"album_group"} if kind == "artist-albums" else set()
    assert unexplained(answered - recorded[kind], TOLD_BY_MARKET | NEWER | album_group) == set()


def test_an_expired_token_is_answered_as_recorded(extended: Client, shared_data: Path) -> None:
    (file,) = (shared_data / "api_fixtures").glob("*401.json")
    extended.spotify.expire_tokens()
    answer = extended.get("/search", q="x", type="artist")
    assert answer.status_code == 401
    assert answer.json() == json.loads(file.read_text())["body"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_spotipy_works_against_it(extended: Client, world: World) -> None:
    double = extended.spotify
    auth = SpotifyClientCredentials(
        double.client_id, double.client_secret, cache_handler=MemoryCacheHandler()
    )
    auth.OAUTH_TOKEN_URL = double.token_url
    client = spotipy.Spotify(auth_manager=auth, language="ko", retries=0)
    client.prefix = double.api_url + "/"
    artist = world.named("aespa")
    page = client.search(q="에스파", type="artist", limit=10, market="KR")
    assert page["artists"]["items"][0]["name"] == "에스파"
    assert client.artist(artist.id)["id"] == artist.id
    assert len(client.artist_top_tracks(artist.id, country="KR")["tracks"]) == 10
    albums = client.artist_albums(artist.id, limit=2)
    assert client.next(albums)["offset"] == 2
    assert client.audio_features([world.dead_tracks[0]]) == [None]
    with pytest.raises(spotipy.SpotifyException) as refused:
        client.artist(world.dead_artists[0])
    assert refused.value.http_status == 404
    assert double.count("token") == 2  # one of the plain client, one of spotipy
