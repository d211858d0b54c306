"""What ReccoBeats, ListenBrainz and MusicBrainz have in common, over HTTP."""

import contextlib
import random

import pytest

from spotify_assets.core.catalog import NotOffered, Parked, Subject
from spotify_assets.core.catalog.listenbrainz import ListenBrainzSource
from spotify_assets.core.catalog.musicbrainz import MusicBrainzSource
from spotify_assets.core.catalog.reccobeats import ReccoBeatsSource
from spotify_assets.core.errors import CatalogError
from tests.core.catalog.open_sources import UNKNOWN_MBID, answering, fetched, subject
from tests.doubles import OutsideWorld, World
from tests.doubles.faults import bad_gateway, connection_reset, too_many_requests, truncated_json


@pytest.mark.parametrize("name", ["reccobeats", "listenbrainz", "musicbrainz"])
def test_faults_are_met_alike(
    name: str,
    outside_world: OutsideWorld,
    reccobeats: ReccoBeatsSource,
    listenbrainz: ListenBrainzSource,
    musicbrainz: MusicBrainzSource,
    world: World,
) -> None:
    source = {"reccobeats": reccobeats, "listenbrainz": listenbrainz, "musicbrainz": musicbrainz}[name]
    double, topic = outside_world.doubles[name], min(source.topics)
    queen = subject(world, "Queen")
    for fault in (
        bad_gateway(),
        bad_gateway(503),
        connection_reset(),
        truncated_json(),
        too_many_requests(1),
    ):
        double.faults.add(fault, nth=1)
        assert len(fetched(source, topic, queen)) == 1
        double.faults.clear()
    with double.faults.during(bad_gateway()), pytest.raises(CatalogError, match=f"{name} could not be asked"):
        fetched(source, topic, queen)
    with (
        double.faults.during(too_many_requests(3600)),
        pytest.raises(Parked, match=f"{name} is parked until"),
    ):
        fetched(source, topic, queen)
    double.forget_calls()
    with pytest.raises(Parked, match="Retry-After 3600 s"):
        fetched(source, topic, queen)
    assert double.count() == 0
    with pytest.raises(NotOffered):
        fetched(source, "tracks", queen)


NAMES = ("content", "href", "tempo", "artist_mbid", "score", "name", "data", "urls", "resource", "relations",
         "artist", "id", "aliases", "tags", "genres", "count", "artists", "url", "https://open.spotify.com/track/a")  # fmt: skip


def nonsense(dice: random.Random, depth: int = 0) -> object:
    """JSON that uses the words of the real answers in all the wrong places."""
    if depth > 3 or dice.random() < 0.3:
        return dice.choice([None, True, 0, -3, 10**400, 0.5, "", "x", "\ud83d", [], {}, *NAMES])
    if dice.random() < 0.4:
        return [nonsense(dice, depth + 1) for _ in range(dice.randrange(4))]
    return {name: nonsense(dice, depth + 1) for name in dice.sample(NAMES, 6)}


@pytest.mark.parametrize("seed", range(3))
def test_nonsense_is_an_error_or_rejected_and_never_a_crash(
    seed: int,
    outside_world: OutsideWorld,
    reccobeats: ReccoBeatsSource,
    listenbrainz: ListenBrainzSource,
    musicbrainz: MusicBrainzSource,
) -> None:
    dice = random.Random(seed)
    one = Subject("a", "A", UNKNOWN_MBID)
    for _ in range(60):
        body = nonsense(dice)
        if not isinstance(body, dict | list):
            continue
        for double in outside_world.doubles.values():
            double.faults.clear()
            double.faults.add(answering(body))
        for source in (reccobeats, listenbrainz, musicbrainz):
            for topic in source.topics:
                with contextlib.suppress(CatalogError):
                    for answer in fetched(source, topic, one):
                        assert all(rejected.item.encode() for rejected in answer.rejected)
        with contextlib.suppress(CatalogError):
            musicbrainz.find_artists("a")


def test_two_that_cannot_search_say_so(
    reccobeats: ReccoBeatsSource, listenbrainz: ListenBrainzSource
) -> None:
    for source in (reccobeats, listenbrainz):
        with pytest.raises(NotOffered, match="does not offer search"):
            source.find_artists("aespa")
