"""The doubles of ReccoBeats, ListenBrainz and MusicBrainz answer and refuse as the real ones do."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import requests

from tests.doubles.listenbrainz import ALGORITHMS, ListenBrainzDouble, Shape
from tests.doubles.musicbrainz import SPOTIFY_ARTIST, MusicBrainzDouble
from tests.doubles.outside import OutsideWorld
from tests.doubles.reccobeats import ReccoBeatsDouble
from tests.doubles.server import Pace
from tests.doubles.world import World

AGENT = {"User-Agent": "spotify-assets/0.1 (https://example.org/spotify-assets)"}


# ReccoBeats


def test_reccobeats_omits_the_unknown_and_keeps_no_order(outside_world: OutsideWorld) -> None:
    double, world = outside_world.reccobeats, outside_world.world
    ids = [*list(world.tracks)[100:139], world.dead_tracks[0]]
    answer = requests.get(f"{double.url}/v1/audio-features", params={"ids": ",".join(ids)}, timeout=60).json()
    found = [row["href"].rsplit("/", 1)[-1] for row in answer["content"]]
    assert set(found) == {i for i in ids if i in world.tracks and double.knows(world.tracks[i])}
    assert 0 < len(found) < 39
    assert found != [i for i in ids if i in found]
    row = answer["content"][0]
    assert uuid.UUID(row["id"])
    assert not {"duration_ms", "time_signature", "track_id"} & set(row)
    repeated = requests.get(f"{double.url}/v1/audio-features", params={"ids": ids[:5]}, timeout=60).json()
    assert {r["href"] for r in repeated["content"]} <= {r["href"] for r in answer["content"]}


@pytest.mark.parametrize("count", [0, 41])
def test_reccobeats_takes_one_to_forty_ids(outside_world: OutsideWorld, count: int) -> None:
    ids = ",".join(list(outside_world.world.tracks)[:count])
    answer = requests.get(
        f"{outside_world.reccobeats.url}/v1/audio-features", params={"ids": ids}, timeout=60
    )
    assert answer.status_code == 400
    assert answer.json() == {"status": 4004, "errors": [{"message": "size must be between 1 and 40"}]}


def test_reccobeats_has_a_pace(world: World) -> None:
    with ReccoBeatsDouble(world, pace=Pace(2, 30)) as double:
        answers = [requests.get(f"{double.url}/v1/audio-features?ids=x", timeout=60) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 29 <= int(answers[2].headers["Retry-After"]) <= 31


# ListenBrainz


def similar(double: ListenBrainzDouble, **params: str) -> requests.Response:
    return requests.get(f"{double.url}/similar-artists/json", params=params, timeout=60)


@pytest.mark.parametrize("shape", ["bare", "data", "sections"])
def test_listenbrainz_has_told_the_same_in_several_shapes(world: World, shape: Shape) -> None:
    artist = world.named("aespa")
    with ListenBrainzDouble(world, shape=shape) as double:
        answer = similar(double, artist_mbids=artist.mbid, algorithm=ALGORITHMS[0]).json()
    rows: list[dict[str, Any]] = answer if shape == "bare" else answer[-1]["data"]
    assert [(row["artist_mbid"], row["score"]) for row in rows] == world.related(artist.id)
    assert {row["reference_mbid"] for row in rows} == {artist.mbid}
    assert all(isinstance(row["score"], int) and row["score"] > 1 for row in rows)


def test_listenbrainz_wants_mbids_and_an_algorithm_it_has(outside_world: OutsideWorld) -> None:
    double, mbid = outside_world.listenbrainz, outside_world.world.named("aespa").mbid
    assert similar(double, artist_mbids=mbid).status_code == 400
    assert similar(double, algorithm=ALGORITHMS[0]).status_code == 400
    assert ALGORITHMS[0] in similar(double, artist_mbids=mbid, algorithm="best").json()["error"]
    assert similar(double, artist_mbids="aespa", algorithm=ALGORITHMS[0]).status_code == 400
    unknown = similar(double, artist_mbids=str(uuid.UUID(int=1, version=4)), algorithm=ALGORITHMS[0])
    assert unknown.json() == []


# MusicBrainz


def brainz(double: MusicBrainzDouble, path: str, **params: Any) -> requests.Response:
    return requests.get(
        f"{double.url}/ws/2{path}", params={"fmt": "json"} | params, headers=AGENT, timeout=60
    )


@pytest.mark.parametrize(
    "agent", ["", "python-requests/2.32.3", "Mozilla/5.0", "spotify-assets", "spotify-assets/0.1 (none)"]
)
def test_musicbrainz_wants_to_know_who_calls(outside_world: OutsideWorld, agent: str) -> None:
    url = f"{outside_world.musicbrainz.url}/ws/2/artist?query=aespa&fmt=json"
    assert requests.get(url, headers={"User-Agent": agent}, timeout=60).status_code == 403


def test_musicbrainz_serves_one_call_a_second(world: World) -> None:
    with MusicBrainzDouble(world) as double:
        answers = [brainz(double, "/artist", query="aespa") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 503]
    assert "exceeding the allowable rate limit" in answers[1].json()["error"]


def test_musicbrainz_maps_many_spotify_pages_in_its_own_order(outside_world: OutsideWorld) -> None:
    double, world = outside_world.musicbrainz, outside_world.world
    artists = list(world.artists.values())[:60]
    pages = [SPOTIFY_ARTIST + artist.id for artist in artists]
    answer = brainz(double, "/url", resource=pages, inc="artist-rels").json()
    mapped = {url["resource"]: [r["artist"]["id"] for r in url["relations"]] for url in answer["urls"]}
    assert answer["url-count"] == len(answer["urls"]) == sum(a.in_musicbrainz for a in artists) < 60
    assert all(a.mbid in mapped[SPOTIFY_ARTIST + a.id] for a in artists if a.in_musicbrainz)
    assert any(len(mbids) == 2 for mbids in mapped.values())
    assert list(mapped) != [page for page in pages if page in mapped]


def test_musicbrainz_words_a_single_page_differently(outside_world: OutsideWorld) -> None:
    double, world = outside_world.musicbrainz, outside_world.world
    known = next(a for a in world.artists.values() if a.in_musicbrainz)
    absent = next(a for a in world.artists.values() if not a.in_musicbrainz)
    answer = brainz(double, "/url", resource=SPOTIFY_ARTIST + known.id, inc="artist-rels").json()
    assert answer["relations"][0]["artist"]["id"] == known.mbid
    assert "relations" not in brainz(double, "/url", resource=SPOTIFY_ARTIST + known.id).json()
    missing = brainz(double, "/url", resource=SPOTIFY_ARTIST + absent.id, inc="artist-rels")
    assert (missing.status_code, missing.json()["error"]) == (404, "Not Found")
    none = brainz(double, "/url", resource=[SPOTIFY_ARTIST + absent.id, "https://example.org/"]).json()
    assert none == {"url-count": 0, "url-offset": 0, "urls": []}
    many = brainz(double, "/url", resource=[f"{SPOTIFY_ARTIST}{n}" for n in range(101)])
    assert many.status_code == 400


def test_musicbrainz_looks_an_artist_up_with_what_is_included(outside_world: OutsideWorld) -> None:
    double, world = outside_world.musicbrainz, outside_world.world
    artist = world.named("BLACKPINK")
    content = brainz(double, f"/artist/{artist.mbid}", inc="aliases tags genres url-rels").json()
    aliases = {alias["name"]: alias for alias in content["aliases"]}
    assert (aliases["블랙핑크"]["locale"], aliases["블랙핑크"]["primary"]) == ("ko", True)
    assert aliases["블핑"]["type"] == "Search hint"
    votes = [tag["count"] for tag in content["tags"]]
    assert min(votes) == 0 < max(votes)
    assert {genre["name"] for genre in content["genres"]} == set(artist.genres)
    resources = {relation["url"]["resource"] for relation in content["relations"]}
    assert SPOTIFY_ARTIST + artist.id in resources
    assert not {"aliases", "tags", "relations"} & set(brainz(double, f"/artist/{artist.mbid}").json())
    plus = requests.get(
        f"{double.url}/ws/2/artist/{artist.mbid}?inc=aliases+tags&fmt=json", headers=AGENT, timeout=60
    )
    assert len(plus.json()["aliases"]) == len(aliases)
    bad = brainz(double, f"/artist/{artist.mbid}", inc="coffee")
    assert bad.json()["error"] == "coffee is not a valid inc parameter for the artist resource."
    assert brainz(double, f"/artist/{uuid.UUID(int=1, version=4)}").status_code == 404
    old = next(old for old, new in world.redirects.items() if new in world.by_mbid)
    assert brainz(double, f"/artist/{old}").json()["id"] == world.redirects[old]


def test_musicbrainz_answers_xml_unless_asked_for_json(outside_world: OutsideWorld) -> None:
    url = f"{outside_world.musicbrainz.url}/ws/2/artist?query=aespa"
    answer = requests.get(url, headers=AGENT, timeout=60)
    assert answer.headers["Content-Type"].startswith("application/xml")


@pytest.mark.parametrize(
    ("query", "name", "score"),
    [
        ("aespa", "aespa", 100),
        ('artist:"BLACKPINK"', "BLACKPINK", 100),
        ('artist:"블핑" OR alias:"블핑"', "BLACKPINK", 95),
        ("블랙핑크", "BLACKPINK", 95),
        ("arctic", "Arctic Monkeys", 70),
    ],
)
def test_musicbrainz_searches_names_and_aliases(
    outside_world: OutsideWorld, query: str, name: str, score: int
) -> None:
    content = brainz(outside_world.musicbrainz, "/artist", query=query, limit=5).json()
    first = content["artists"][0]
    assert (first["name"], first["score"]) == (name, score)
    assert content["count"] >= len(content["artists"]) >= 1
    assert brainz(outside_world.musicbrainz, "/artist").status_code == 400
