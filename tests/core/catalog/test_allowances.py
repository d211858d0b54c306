"""What an app may call, and how often: capabilities and budgets, shared by all processes."""

import multiprocessing
from datetime import datetime, timedelta

import pytest

from spotify_assets.core.catalog import NotOffered, Parked, Subject
from spotify_assets.core.catalog.access import Access
from spotify_assets.core.catalog.spotify import SpotifySource
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store import Urgency
from spotify_assets.core.store.sql import SqlStore
from tests.core.catalog.conftest import BRISK, Clock, Reach
from tests.core.catalog.polite_calls import ids_of
from tests.doubles import OutsideWorld
from tests.doubles.faults import (
    Fault,
    bad_gateway,
    premium_lapse,
    quota_exceeded,
)

pytestmark = pytest.mark.filterwarnings("ignore:You're using:DeprecationWarning")


def test_a_closed_endpoint_is_met_once_by_all_and_tried_again_after_a_week(
    outside_world: OutsideWorld, reach: Reach, clock: Clock
) -> None:
    subjects = ids_of(outside_world, 12)
    for _ in range(2):
        spotify = SpotifySource(reach(outside_world, workers=4))
        assert len(list(spotify.fetch("tracks", subjects))) == 12
        with pytest.raises(NotOffered, match="spotify does not offer audio_features to this app"):
            list(spotify.fetch("audio_features", subjects))
    refused = ("top_tracks", "audio_features_several")
    assert [outside_world.spotify.count(endpoint, status=403) for endpoint in refused] == [1, 1]
    clock.move(days=7, seconds=1)
    list(spotify.fetch("tracks", subjects))
    list(spotify.fetch("tracks", subjects))
    assert outside_world.spotify.count("top_tracks", status=403) == 2


def test_a_list_endpoint_that_is_gone_altogether_is_a_closed_one(
    outside_world: OutsideWorld, spotify: SpotifySource
) -> None:
    gone = Fault("gone", lambda service, genuine: service.refusal(404, "Service not found"))
    outside_world.spotify.faults.add(gone, endpoint="artists")
    for _ in range(2):
        assert len(list(spotify.fetch("artists", ids_of(outside_world, 3)))) == 3
    assert outside_world.spotify.count("artists") == 1


def test_what_the_app_may_call_is_known_to_whoever_looks(
    outside_world: OutsideWorld, spotify: SpotifySource, store: SqlStore, clock: Clock
) -> None:
    list(spotify.fetch("artists", ids_of(outside_world, 3)))
    list(spotify.fetch("tracks", ids_of(outside_world, 1)))
    known = [(c.source, c.endpoint, c.allowed) for c in store.sources.capabilities(clock.now)]
    assert known == [("spotify", "several artists", False), ("spotify", "top-tracks", False)]


def test_a_premium_lapse_teaches_nothing_about_endpoints(
    outside_world: OutsideWorld, spotify: SpotifySource, store: SqlStore, clock: Clock
) -> None:
    outside_world.spotify.faults.add(premium_lapse(), path="/v1/")
    with pytest.raises(Parked, match="premium"):
        list(spotify.fetch("tracks", ids_of(outside_world, 2)))
    assert store.sources.capabilities(clock.now) == []


def test_a_spent_budget_parks_until_midnight_and_spares_other_families(
    outside_world: OutsideWorld, reach: Reach, clock: Clock
) -> None:
    spotify = SpotifySource(reach(outside_world, spotify_daily_budget=10))
    subjects = ids_of(outside_world, 10)
    seen: list[str] = []
    with pytest.raises(
        Parked, match="the routine share of the daily budget, 7 calls to search, is spent"
    ) as p:
        for fetched in spotify.fetch("tracks", subjects):
            seen += fetched.subjects
    tomorrow = (clock.now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert p.value.until == tomorrow
    assert len(seen) == outside_world.spotify.count("search") == 7
    asked = SpotifySource(reach(outside_world, spotify_daily_budget=10, urgency=Urgency.ASKED))
    assert len(list(asked.fetch("tracks", subjects[7:]))) == 3
    with pytest.raises(Parked, match="the daily budget of 10 calls to search is spent"):
        asked.find_artists("aespa")
    assert len(list(spotify.fetch("artists", subjects[:1]))) == 1
    clock.now = tomorrow
    assert asked.find_artists("The Beatles")


def test_a_call_that_had_to_be_repeated_counts_twice(
    outside_world: OutsideWorld, spotify: SpotifySource, store: SqlStore, artist_id: str, clock: Clock
) -> None:
    outside_world.spotify.faults.add(bad_gateway(), endpoint="artist", nth=1)
    spotify.artist(artist_id)
    spent = {count.family: count.routine for count in store.sources.calls(clock.now.date())}
    assert spent == {"artists": 2, "token": 1}


def fetch_tracks(
    store_url: str, settings: dict, urgency: Urgency, now: datetime, subjects: list[Subject]
) -> tuple[int, str]:
    """What another process does: fetch until parked; return how many were answered, and why it ended."""
    store = SqlStore(store_url)
    access = Access(load_settings(**settings), store.sources, urgency, BRISK, workers=2, clock=lambda: now)
    answered = 0
    try:
        for fetched in SpotifySource(access).fetch("tracks", subjects):
            answered += len(fetched.subjects)
    except Parked as parked:
        return answered, parked.reason
    return answered, ""


def in_two_processes(
    store_url: str, outside: OutsideWorld, budget: int, now: datetime, *subjects: list[Subject]
) -> list:
    settings = {"catalog_source": "spotify", "spotify_daily_budget": budget, **outside.settings}
    runs = [
        (store_url, settings, urgency, now, mine)
        for urgency, mine in zip((Urgency.ROUTINE, Urgency.ASKED), subjects, strict=True)
    ]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return pool.starmap(fetch_tracks, runs)


def test_two_processes_share_a_budget_and_keep_their_shares(
    outside_world: OutsideWorld, tmp_path, store: SqlStore, clock: Clock
) -> None:
    store.sources.learn("spotify", "top-tracks", False, clock.now, clock.now + timedelta(days=1))
    url, subjects = f"sqlite:///{tmp_path / 'serving.db'}", ids_of(outside_world, 80)
    (routine, why_routine), (asked, why_asked) = in_two_processes(
        url, outside_world, 40, clock.now, subjects[:40], subjects[40:]
    )
    [spent] = [count for count in store.sources.calls(clock.now.date()) if count.family == "search"]
    assert spent.routine + spent.asked == outside_world.spotify.count("search") == 40
    assert 8 <= spent.routine <= 28
    assert 12 <= spent.asked <= 32
    assert (routine <= spent.routine, asked <= spent.asked) == (True, True)
    assert ["is spent" in why for why in (why_routine, why_asked)] == [True, True]


def test_two_processes_share_a_cooldown(
    outside_world: OutsideWorld, tmp_path, store: SqlStore, clock: Clock
) -> None:
    store.sources.learn("spotify", "top-tracks", False, clock.now, clock.now + timedelta(days=1))
    url, subjects = f"sqlite:///{tmp_path / 'serving.db'}", ids_of(outside_world, 80)
    outside_world.spotify.faults.add(quota_exceeded(), endpoint="search", after=10)
    ends = in_two_processes(url, outside_world, 1000, clock.now, subjects[:40], subjects[40:])
    assert [why for _, why in ends] == ["429: QUOTA_EXCEEDED: Quota exceeded"] * 2
    assert sum(answered for answered, _ in ends) == 10
    # Each of four threads may have had one call under way when the first was refused.
    assert outside_world.spotify.count("search", status=429) <= 4
