"""The Spotify double answers and refuses as the Web API does."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.doubles.conftest import Client
from tests.doubles.spotify import SpotifyDouble
from tests.doubles.world import World


def error(answer: requests.Response) -> tuple[int, str | None]:
    """Return an error's status and message, which the body repeats."""
    content = answer.json()["error"]
    assert content["status"] == answer.status_code
    return answer.status_code, content.get("message")


# Tokens


@pytest.mark.parametrize(
    ("auth", "grant", "name"),
    [
        (("nobody", "x"), "client_credentials", "invalid_client"),
        (("0123456789abcdef0123456789abcdef", "wrong"), "client_credentials", "invalid_client"),
        (None, "client_credentials", "invalid_client"),
        (("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"), "password",
         "unsupported_grant_type"),
    ],
)  # fmt: skip
def test_token_errors_are_flat(
    development: Client, auth: tuple[str, str] | None, grant: str, name: str
) -> None:
    answer = requests.post(development.spotify.token_url, data={"grant_type": grant}, auth=auth, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"] == name
    assert isinstance(answer.json()["error_description"], str)


def test_web_api_wants_a_good_token(development: Client, world: World) -> None:
    url = f"{development.spotify.api_url}/artists/{world.named('BTS').id}"
    assert error(requests.get(url, timeout=60)) == (401, "No token provided")
    wrong = {"Authorization": "Bearer wrong"}
    assert error(requests.get(url, headers=wrong, timeout=60)) == (401, "Invalid access token")
    basic = requests.get(url, auth=("a", "b"), timeout=60)
    assert error(basic) == (400, "Only valid bearer authentication supported")


def test_a_token_expires_for_real(world: World) -> None:
    with SpotifyDouble(world, expires_in=3600, token_lifetime=0.0) as spotify:
        assert error(Client(spotify).get("/search", q="x", type="artist")) == (
            401,
            "The access token expired",
        )


# Search


def test_search_pages_are_smaller_in_development_mode(development: Client, extended: Client) -> None:
    ask = {"q": "k-pop", "type": "artist,track", "market": "KR"}
    assert development.get("/search", **ask).json()["artists"]["limit"] == 5
    assert extended.get("/search", **ask).json()["tracks"]["limit"] == 20
    assert development.get("/search", **ask, limit=10).status_code == 200
    assert extended.get("/search", **ask, limit=50).status_code == 200
    assert error(development.get("/search", **ask, limit=11)) == (400, "Invalid limit")
    assert error(extended.get("/search", **ask, limit=51)) == (400, "Invalid limit")


@pytest.mark.parametrize(
    "ask",
    [
        {"type": "artist"},
        {"q": "", "type": "artist"},
        {"q": "x"},
        {"q": "x", "type": "song"},
        {"q": "x", "type": "artist", "limit": 0},
        {"q": "x", "type": "artist", "limit": "many"},
        {"q": "x", "type": "artist", "offset": -1},
        {"q": "x", "type": "artist", "offset": 996},
        {"q": "x", "type": "artist", "market": "Korea"},
    ],
)
def test_search_refuses_what_it_cannot_read(development: Client, ask: dict[str, Any]) -> None:
    assert error(development.get("/search", **ask))[0] == 400


def test_search_is_paged_by_its_next_link(development: Client) -> None:
    page = development.get("/search", q='artist:"BTS"', type="track", limit=4, market="KR").json()["tracks"]
    total, seen = page["total"], [track["id"] for track in page["items"]]
    while page["next"]:
        page = development.session.get(page["next"], timeout=60).json()["tracks"]
        seen += [track["id"] for track in page["items"]]
    assert len(seen) == len(set(seen)) == total > 8
    assert development.spotify.without_market == []


def test_artist_filter_finds_same_named_artists_too(development: Client, world: World) -> None:
    items = []
    for offset in range(0, 30, 10):
        page = development.get("/search", q='artist:"Nirvana"', type="track", limit=10, offset=offset).json()
        items += page["tracks"]["items"]
    assert len({track["artists"][0]["id"] for track in items}) == 2


def test_names_depend_on_the_language_not_on_the_market(development: Client, world: World) -> None:
    artist = world.named("BTS")

    def name(language: str) -> str:
        headers = {"Accept-Language": language}
        url = f"{development.spotify.api_url}/artists/{artist.id}"
        return str(development.session.get(url, headers=headers, timeout=60).json()["name"])

    assert (name("en"), name("ko"), name("ko-KR,ko;q=0.9")) == ("BTS", "방탄소년단", "방탄소년단")
    found = development.get("/search", q="방탄소년단", type="artist", market="KR").json()
    assert found["artists"]["items"][0]["name"] == "BTS"
    assert len(development.spotify.without_language) == 1


# What an app of which mode may call, and gets


CLOSED = {
    "/artists?ids={artist}": "Forbidden",
    "/tracks?ids={track}": "Forbidden",
    "/artists/{artist}/top-tracks?market=KR": "Forbidden",
    "/artists/{artist}/related-artists": None,
    "/audio-features/{track}": None,
    "/audio-features?ids={track}": None,
}


@pytest.mark.parametrize("path", CLOSED)
def test_development_mode_closes_endpoints(
    development: Client, extended: Client, world: World, path: str
) -> None:
    artist = world.named("BTS").id
    track = next(t.id for t in world.tracks_of(artist) if t.features)
    asked = path.format(artist=artist, track=track)
    assert error(development.get(asked)) == (403, CLOSED[path])
    assert extended.get(asked).status_code == 200


def test_an_extended_app_that_is_not_old_has_no_audio_features(world: World) -> None:
    with SpotifyDouble(world, mode="extended", related_artists_status=404) as spotify:
        client = Client(spotify)
        assert client.get(f"/artists?ids={world.named('BTS').id}").status_code == 200
        assert client.get("/audio-features?ids=x").status_code == 403
        assert client.get(f"/artists/{world.named('BTS').id}/related-artists").status_code == 404


def test_development_mode_drops_fields(development: Client, extended: Client, world: World) -> None:
    artist = world.named("BTS")
    track = world.tracks_of(artist.id)[0]

    def lost(path: str) -> set[str]:
        return set(extended.get(path).json()) - set(development.get(path).json())

    assert lost(f"/artists/{artist.id}") - {"genres"} == {"followers", "popularity"}
    assert lost(f"/tracks/{track.id}") == {"popularity", "available_markets"}
    assert lost(f"/albums/{track.album_id}") == {"popularity", "label", "available_markets"}
    assert development.get(f"/tracks/{track.id}").json()["external_ids"] == {"isrc": track.isrc}
    listed = f"/artists/{artist.id}/albums?limit=1"
    assert "album_group" in extended.get(listed).json()["items"][0]
    assert "album_group" not in development.get(listed).json()["items"][0]


def test_genres_come_in_every_shape_in_development_mode(development: Client, world: World) -> None:
    shapes = {}
    for artist in list(world.artists.values())[:8]:
        shapes[artist.genres_shape] = development.get(f"/artists/{artist.id}").json().get("genres", "absent")
    assert shapes["absent"] == "absent"
    assert shapes["null"] is None
    assert shapes["empty"] == []
    assert shapes["list"]


def test_album_lists_hold_ten_at_most_in_development_mode(
    development: Client, extended: Client, world: World
) -> None:
    path = f"/artists/{world.named('BTS').id}/albums"
    assert development.get(path, limit=10).status_code == 200
    assert error(development.get(path, limit=20)) == (400, "Invalid limit")
    assert extended.get(path, limit=50).status_code == 200
    singles = extended.get(path, include_groups="single").json()
    assert {album["album_type"] for album in singles["items"]} <= {"single"}
    assert development.get(
        f"/albums/{world.tracks_of(world.named('BTS').id)[0].album_id}/tracks", limit=50
    ).ok


# Ids


@pytest.mark.parametrize(
    "path", ["/artists/{}", "/tracks/{}", "/albums/{}", "/albums/{}/tracks", "/artists/{}/albums"]
)
def test_ids_that_are_malformed_or_dead(development: Client, world: World, path: str) -> None:
    assert error(development.get(path.format("sample-artist-bts"))) == (400, "Invalid base62 id")
    assert error(development.get(path.format(world.dead_artists[0]))) == (404, "Resource not found")


def test_an_old_id_answers_under_its_new_one(development: Client, extended: Client, world: World) -> None:
    old_artist = next(old for old, new in world.redirects.items() if new in world.artists)
    old_track = next(old for old, new in world.redirects.items() if new in world.tracks)
    assert development.get(f"/artists/{old_artist}").json()["id"] == world.redirects[old_artist]
    answer = extended.get(f"/tracks/{old_track}", market="KR").json()
    assert answer["id"] == world.redirects[old_track]
    assert answer["linked_from"]["id"] == old_track
    assert "linked_from" not in development.get(f"/tracks/{old_track}", market="KR").json()


def test_batches_hold_nulls_and_have_a_size(extended: Client, world: World) -> None:
    known = world.named("BTS").id
    artists = extended.get("/artists", ids=f"{known},{world.dead_artists[0]}").json()["artists"]
    assert [artist and artist["id"] for artist in artists] == [known, None]
    mute = next(t.id for t in world.tracks.values() if t.features is None)
    features = extended.get("/audio-features", ids=f"{mute},{world.dead_tracks[0]}").json()
    assert features == {"audio_features": [None, None]}
    assert extended.get(f"/audio-features/{mute}").status_code == 404
    many = list(world.tracks)[:101]
    assert error(extended.get("/tracks", ids=",".join(many[:51]))) == (400, "Too many ids requested")
    assert len(extended.get("/tracks", ids=",".join(many[:50])).json()["tracks"]) == 50
    assert error(extended.get("/audio-features", ids=",".join(many))) == (400, "Too many ids requested")
    assert len(extended.get("/audio-features", ids=",".join(many[:100])).json()["audio_features"]) == 100
    assert error(extended.get("/artists", ids=f"{known},short")) == (400, "Invalid base62 id")


def test_top_tracks_are_ten_with_the_best_known_first(extended: Client, world: World) -> None:
    artist = world.named("BTS")
    tracks = extended.get(f"/artists/{artist.id}/top-tracks", market="KR").json()["tracks"]
    assert [t["id"] for t in tracks] == [t.id for t in world.tracks_of(artist.id)[:10]]
    silent = world.named("Quiet Hours").id
    assert extended.get(f"/artists/{silent}/top-tracks", market="KR").json() == {"tracks": []}


def test_the_log_tells_calls_duplicates_and_a_missing_market(development: Client, world: World) -> None:
    path = f"/tracks/{world.tracks_of(world.named('BTS').id)[0].id}"
    development.get(path, market="KR")
    development.get(path)
    development.get(path)
    spotify = development.spotify
    assert (spotify.count("track"), spotify.count("token"), spotify.count(status=200)) == (3, 1, 4)
    assert list(spotify.duplicates().values()) == [2]
    assert len(spotify.without_market) == 2
    assert spotify.calls[1].headers["authorization"].startswith("Bearer ")
    assert error(development.get("/me")) == (404, "Service not found")
    assert spotify.count("unknown") == 1
