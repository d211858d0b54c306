"""How sources are called when they ask for patience: short waits, long ones, breakages."""

import time
from datetime import timedelta
from itertools import pairwise

import pytest

from spotify_assets.core.catalog import Parked, Subject
from spotify_assets.core.catalog.spotify import SpotifySource
from spotify_assets.core.store import Urgency
from tests.core.catalog.conftest import BRISK, Clock, Reach
from tests.core.catalog.polite_calls import FAR_OFF, counts, ids_of
from tests.doubles import OutsideWorld
from tests.doubles.faults import (
    A_DAY,
    premium_lapse,
    quota_exceeded,
    too_many_requests,
)

pytestmark = pytest.mark.filterwarnings("ignore:You're using:DeprecationWarning")


@pytest.mark.parametrize("retry_after", [0, 1, timedelta(seconds=1), "1", None, "soon", "-3", "", "1e3"])
@pytest.mark.parametrize("plain", [False, True])
def test_a_short_or_unreadable_retry_after_is_waited_out(
    outside_world: OutsideWorld, spotify: SpotifySource, artist_id: str, retry_after, plain: bool
) -> None:
    outside_world.spotify.faults.add(too_many_requests(retry_after, plain=plain), endpoint="artist", nth=1)
    began = time.monotonic()
    assert spotify.artist(artist_id) is not None
    took = time.monotonic() - began
    assert counts(outside_world) == (2, 1)
    asked_to_wait = 0.9 if retry_after in (1, "1") else 0
    assert took >= asked_to_wait
    assert spotify.tally.waited < 2.5


def test_while_one_thread_waits_the_others_do_not_call(outside_world: OutsideWorld, reach: Reach) -> None:
    spotify = SpotifySource(reach(outside_world, workers=4))
    subjects = [Subject(subject.id) for subject in ids_of(outside_world, 30)]
    list(spotify.fetch("artists", subjects[:2]))  # learns that several at once are closed
    outside_world.spotify.faults.add(too_many_requests(1), endpoint="artist", nth=3)
    assert len(list(spotify.fetch("artists", subjects))) == 30
    calls = [call for call in outside_world.spotify.calls if call.endpoint == "artist"]
    [refused] = [call.at for call in calls if call.status == 429]
    at = sorted(call.at for call in calls if call.at >= refused)
    # Some were under way, and may have come late.
    pause, before = max((later - sooner, number) for number, (sooner, later) in enumerate(pairwise(at), 1))
    assert pause > 0.6
    assert len(at) - before >= 5


def test_a_source_that_stays_busy_is_parked_after_a_few_attempts(
    outside_world: OutsideWorld, spotify: SpotifySource, artist_id: str, clock: Clock
) -> None:
    outside_world.spotify.faults.add(too_many_requests(None), endpoint="artist")
    with pytest.raises(
        Parked, match=r"spotify is parked until .* UTC: 429: API rate limit exceeded"
    ) as parked:
        spotify.artist(artist_id)
    assert counts(outside_world) == (BRISK.attempts, 0)
    assert parked.value.until == clock.now + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("fault", "seconds", "reason"),
    [
        (too_many_requests(6), 6, r"429: API rate limit exceeded \(Retry-After 6 s\)"),
        (too_many_requests(FAR_OFF), FAR_OFF, r"Retry-After 85771 s"),
        (too_many_requests(FAR_OFF, plain=True), FAR_OFF, r"429: Too many requests"),
        (too_many_requests(timedelta(hours=3)), 10_800, r"Retry-After"),
        (too_many_requests("999999999"), 7 * 86_400, r"Retry-After"),
        (quota_exceeded(), A_DAY, r"429: QUOTA_EXCEEDED: Quota exceeded"),
        (quota_exceeded(2), 2, r"QUOTA_EXCEEDED"),
        (quota_exceeded(None), 3600, r"QUOTA_EXCEEDED"),
        (premium_lapse(), 3600, r"403: Active premium subscription required"),
    ],
)
def test_a_long_wait_parks_the_source_at_once(
    outside_world: OutsideWorld, spotify: SpotifySource, artist_id: str, clock: Clock, fault, seconds, reason
) -> None:
    outside_world.spotify.faults.add(fault, path="/v1/")
    began = time.monotonic()
    with pytest.raises(Parked, match=reason) as parked:
        spotify.artist(artist_id)
    assert spotify.tally.waited < 2
    assert time.monotonic() - began < 5
    assert outside_world.spotify.count("artist") == 1
    assert (parked.value.until - clock.now).total_seconds() == pytest.approx(seconds, abs=2)


def test_while_a_source_cools_down_nothing_calls_it_and_afterwards_it_is_called(
    outside_world: OutsideWorld, spotify: SpotifySource, reach: Reach, artist_id: str, clock: Clock
) -> None:
    day_long = too_many_requests(FAR_OFF)
    with outside_world.spotify.faults.during(day_long, path="/v1/"), pytest.raises(Parked):
        spotify.artist(artist_id)
    outside_world.spotify.forget_calls()
    another = SpotifySource(reach(outside_world, urgency=Urgency.ASKED))
    for source in (spotify, another):
        with pytest.raises(Parked, match="Retry-After 85771 s"):
            source.artist(artist_id)
        with pytest.raises(Parked):
            list(source.fetch("tracks", [Subject(artist_id, "The Beatles")]))
        with pytest.raises(Parked):
            source.find_artists("The Beatles")
    assert outside_world.spotify.count() == 0
    clock.move(seconds=FAR_OFF + 1)
    assert spotify.artist(artist_id) is not None


def test_what_arrived_before_a_source_was_parked_stands_and_the_rest_is_not_asked(
    outside_world: OutsideWorld, spotify: SpotifySource
) -> None:
    subjects = ids_of(outside_world, 10)
    outside_world.spotify.faults.add(quota_exceeded(), endpoint="search", after=4)
    seen: list[str] = []
    with pytest.raises(Parked):
        for fetched in spotify.fetch("tracks", subjects):
            seen += fetched.subjects
    assert seen == [subject.id for subject in subjects[:4]]
    assert outside_world.spotify.count("search") == 5


def test_a_day_long_429_in_the_middle_costs_exactly_the_missing_calls(
    outside_world: OutsideWorld, reach: Reach, clock: Clock
) -> None:
    spotify = SpotifySource(reach(outside_world, workers=4))
    left = {subject.id: subject for subject in ids_of(outside_world, 40)}
    rule = outside_world.spotify.faults.add(too_many_requests(FAR_OFF), endpoint="search", after=15)

    def fetch() -> None:
        for fetched in spotify.fetch("tracks", list(left.values())):
            for id in fetched.subjects:
                del left[id]

    began = time.monotonic()
    with pytest.raises(Parked):
        fetch()
    assert time.monotonic() - began < 20
    assert len(left) == 25  # every answer that came was handed out, those under way at the time too
    outside_world.spotify.faults.remove(rule)
    with pytest.raises(Parked):
        fetch()
    clock.move(seconds=FAR_OFF + 1)
    outside_world.spotify.forget_calls()
    fetch()
    assert left == {}
    assert outside_world.spotify.count("search") == 25
