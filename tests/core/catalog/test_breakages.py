"""What a source's breakages cost: over HTTP, against a Spotify that has scripted faults."""

import time
from datetime import timedelta

import pytest

from spotify_assets.core.catalog import Parked
from spotify_assets.core.catalog.http import Patience
from spotify_assets.core.catalog.spotify import SpotifySource
from spotify_assets.core.errors import CatalogError
from tests.core.catalog.conftest import BRISK, HASTY, Clock, Reach
from tests.core.catalog.polite_calls import ids_of
from tests.doubles import OutsideWorld
from tests.doubles.exchange import Response
from tests.doubles.faults import (
    Fault,
    bad_gateway,
    connection_reset,
    cut_off,
    html_page,
    slow_body,
    stall,
    too_many_requests,
    truncated_json,
    wrong_content_type,
)

pytestmark = pytest.mark.filterwarnings("ignore:You're using:DeprecationWarning")


@pytest.mark.parametrize(
    "fault",
    [
        bad_gateway(),
        bad_gateway(500),
        bad_gateway(504),
        connection_reset(),
        connection_reset(after=20),
        truncated_json(),
        cut_off(),
        html_page(),
        stall(30),
    ],
    ids=lambda fault: fault.name,
)
def test_a_breakage_that_passes_costs_one_more_call(
    outside_world: OutsideWorld, reach: Reach, artist_id: str, fault: Fault
) -> None:
    spotify = SpotifySource(reach(outside_world, patience=HASTY if fault.name == "stall" else BRISK))
    outside_world.spotify.faults.add(fault, endpoint="artist", nth=1)
    artist = spotify.artist(artist_id)
    assert artist is not None
    assert artist.name == "The Beatles"
    assert outside_world.spotify.count("artist") == 2
    assert (spotify.tally.calls, spotify.tally.repeated) == (2, 1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (bad_gateway(), "502: 502 upstream error"),
        (connection_reset(), "the connection failed or broke off"),
        (truncated_json(), "it answered .* bytes of application/json that are not JSON"),
        (cut_off(), "the connection failed or broke off"),
        (html_page(), "it answered 71 bytes of text/html that are not JSON"),
        (stall(30), "it did not answer in time"),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_a_breakage_that_stays_is_an_error_in_words_after_a_few_attempts(
    outside_world: OutsideWorld, reach: Reach, artist_id: str, fault: Fault, reason: str
) -> None:
    spotify = SpotifySource(reach(outside_world, patience=HASTY if fault.name == "stall" else BRISK))
    outside_world.spotify.faults.add(fault, endpoint="artist")
    began = time.monotonic()
    with pytest.raises(
        CatalogError, match=rf"for artist after 4 attempts \({reason}.*\): try again"
    ) as error:
        spotify.artist(artist_id)
    assert not isinstance(error.value, Parked)
    assert time.monotonic() - began < 20
    assert outside_world.spotify.count("artist") == BRISK.attempts


def test_a_body_under_a_wrong_type_is_read_all_the_same(
    outside_world: OutsideWorld, spotify: SpotifySource, artist_id: str
) -> None:
    outside_world.spotify.faults.add(wrong_content_type(), endpoint="artist")
    assert spotify.artist(artist_id) is not None


@pytest.mark.parametrize("fault", [slow_body(30), stall(30), too_many_requests(3)], ids=lambda f: f.name)
def test_a_deadline_ends_a_question_whatever_happens(
    outside_world: OutsideWorld, reach: Reach, artist_id: str, fault: Fault
) -> None:
    in_a_hurry = Patience(deadline=3.0, connect=3, read=60, backoff=0.02)
    spotify = SpotifySource(reach(outside_world, patience=in_a_hurry))
    assert spotify.artist(artist_id) is not None
    outside_world.spotify.faults.add(fault, endpoint="artist")
    began = time.monotonic()
    with pytest.raises(CatalogError):
        spotify.artist(artist_id)
    # A body that drips is looked at when a piece comes, here every three seconds.
    assert time.monotonic() - began < 15


def test_a_short_wait_that_the_caller_cannot_afford_parks_no_longer_than_asked(
    outside_world: OutsideWorld, reach: Reach, artist_id: str, clock: Clock
) -> None:
    spotify = SpotifySource(reach(outside_world, patience=Patience(deadline=1.0)))
    outside_world.spotify.faults.add(too_many_requests(4), endpoint="artist")
    with pytest.raises(Parked) as parked:
        spotify.artist(artist_id)
    assert parked.value.until == clock.now + timedelta(seconds=4)


def test_one_question_that_fails_does_not_hold_up_the_others(
    outside_world: OutsideWorld, reach: Reach
) -> None:
    for workers in (1, 4):
        spotify = SpotifySource(reach(outside_world, workers=workers))
        subjects = ids_of(outside_world, 9)
        poisoned = subjects[0].id
        rule = outside_world.spotify.faults.add(bad_gateway(), path=f"/artists/{poisoned}")
        seen: list[str] = []
        with pytest.raises(CatalogError, match="spotify could not be asked for artist after 4 attempts"):
            for fetched in spotify.fetch("artists", subjects):
                seen += fetched.subjects
        assert sorted(seen) == [subject.id for subject in subjects[1:]]
        outside_world.spotify.faults.remove(rule)


@pytest.mark.parametrize("workers", [1, 4])
def test_a_source_that_fails_throughout_is_not_asked_for_everything(
    outside_world: OutsideWorld, reach: Reach, workers: int
) -> None:
    spotify = SpotifySource(reach(outside_world, workers=workers))
    outside_world.spotify.faults.add(bad_gateway(), endpoint="artist")
    with pytest.raises(CatalogError, match=r"\d questions failed; the first: spotify could not be asked"):
        list(spotify.fetch("artists", ids_of(outside_world, 30)))
    # Three, and those that were under way by then.
    assert outside_world.spotify.count("artist") <= (3 + workers - 1) * BRISK.attempts


def test_a_redirect_is_not_followed_lest_it_learn_the_token(
    outside_world: OutsideWorld, spotify: SpotifySource, artist_id: str
) -> None:
    elsewhere = {"Location": f"{outside_world.reccobeats.url}/v1/audio-features?ids=a"}
    moved = Fault("moved", lambda service, genuine: Response(302, b"", elsewhere))
    outside_world.spotify.faults.add(moved, endpoint="artist")
    with pytest.raises(CatalogError, match=r"spotify refuses a call to artist \(302\)"):
        spotify.artist(artist_id)
    assert outside_world.reccobeats.count() == 0
