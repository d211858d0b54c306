"""How sources are called when things go wrong: over HTTP, against a Spotify that has scripted faults."""

import multiprocessing
import time
from datetime import timedelta

import pytest

from spotify_assets.core.catalog import NotOffered, Parked, Subject
from spotify_assets.core.catalog.access import Access
from spotify_assets.core.catalog.http import Patience
from spotify_assets.core.catalog.spotify import SpotifySource
from spotify_assets.core.errors import CatalogError
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store import Urgency
from spotify_assets.core.store.sql import SqlStore
from tests.core.catalog.conftest import BRISK, Clock, Reach
from tests.doubles import OutsideWorld
from tests.doubles.exchange import Response
from tests.doubles.faults import (
    A_DAY,
    Fault,
    bad_gateway,
    connection_reset,
    cut_off,
    html_page,
    premium_lapse,
    quota_exceeded,
    slow_body,
    stall,
    token_expiry,
    too_many_requests,
    truncated_json,
    wrong_content_type,
)

pytestmark = pytest.mark.filterwarnings("ignore:You're using:DeprecationWarning")

FAR_OFF = 85_771


@pytest.fixture
def artist_id(outside_world: OutsideWorld) -> str:
    return outside_world.world.named("The Beatles").id


def ids_of(outside: OutsideWorld, number: int) -> list[Subject]:
    """So many artists of the world, with their names."""
    artists = sorted(outside.world.artists.values(), key=lambda artist: artist.id)[:number]
    return [Subject(artist.id, artist.name) for artist in artists]


def counts(outside: OutsideWorld) -> tuple[int, int]:
    """How often artists were asked for, and how often that was answered well."""
    return outside.spotify.count("artist"), outside.spotify.count("artist", status=200)


# Short waits


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
    assert asked_to_wait <= took < 2.5


def test_while_one_thread_waits_the_others_do_not_call(outside_world: OutsideWorld, reach: Reach) -> None:
    spotify = SpotifySource(reach(outside_world, workers=4))
    subjects = [Subject(subject.id) for subject in ids_of(outside_world, 12)]
    list(spotify.fetch("artists", subjects[:2]))  # learns that several at once are closed
    outside_world.spotify.faults.add(too_many_requests(1), endpoint="artist", nth=3)
    assert len(list(spotify.fetch("artists", subjects))) == 12
    calls = [call for call in outside_world.spotify.calls if call.endpoint == "artist"]
    [refused] = [call.at for call in calls if call.status == 429]
    waits = [call.at - refused for call in calls if call.at > refused + 0.2]  # some were under way
    assert len(waits) >= 5
    assert min(waits) > 0.9


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


# Long waits


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
    assert time.monotonic() - began < 2
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
    assert time.monotonic() - began < 5
    assert len(left) == 25  # every answer that came was handed out, those under way at the time too
    outside_world.spotify.faults.remove(rule)
    with pytest.raises(Parked):
        fetch()
    clock.move(seconds=FAR_OFF + 1)
    outside_world.spotify.forget_calls()
    fetch()
    assert left == {}
    assert outside_world.spotify.count("search") == 25


# Breakages


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
    outside_world: OutsideWorld, spotify: SpotifySource, artist_id: str, fault: Fault
) -> None:
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
    outside_world: OutsideWorld, spotify: SpotifySource, artist_id: str, fault: Fault, reason: str
) -> None:
    outside_world.spotify.faults.add(fault, endpoint="artist")
    began = time.monotonic()
    with pytest.raises(
        CatalogError, match=rf"for artist after 4 attempts \({reason}.*\): try again"
    ) as error:
        spotify.artist(artist_id)
    assert not isinstance(error.value, Parked)
    assert time.monotonic() - began < 5
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
    in_a_hurry = Patience(deadline=1.0, connect=1, read=10, backoff=0.02)
    spotify = SpotifySource(reach(outside_world, patience=in_a_hurry))
    assert spotify.artist(artist_id) is not None
    outside_world.spotify.faults.add(fault, endpoint="artist")
    began = time.monotonic()
    with pytest.raises(CatalogError):
        spotify.artist(artist_id)
    # A body that drips is looked at when a piece comes, here every three seconds.
    assert time.monotonic() - began < (3.5 if fault.name == "slow body" else 1.5)


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


# Tokens


@pytest.mark.parametrize("workers", [1, 4])
def test_a_token_that_expires_in_mid_run_is_renewed_once(
    outside_world: OutsideWorld, reach: Reach, workers: int
) -> None:
    spotify = SpotifySource(reach(outside_world, workers=workers))
    outside_world.spotify.faults.add(token_expiry(outside_world.spotify), endpoint="artist", nth=5)
    assert len(list(spotify.fetch("artists", ids_of(outside_world, 12)))) == 12
    assert outside_world.spotify.count("token") == 2
    assert 1 <= outside_world.spotify.count("artist", status=401) <= workers
    assert outside_world.spotify.duplicates() == {}


def test_a_token_is_fetched_once_for_all_threads(outside_world: OutsideWorld, reach: Reach) -> None:
    spotify = SpotifySource(reach(outside_world, workers=8))
    spotify._quota.learn("several artists", False)
    assert len(list(spotify.fetch("artists", ids_of(outside_world, 16)))) == 16
    assert outside_world.spotify.count("token") == 1


def test_tokens_that_are_never_good_are_an_error_and_no_endless_loop(
    outside_world: OutsideWorld, spotify: SpotifySource, artist_id: str
) -> None:
    outside_world.spotify.faults.add(token_expiry(outside_world.spotify), endpoint="artist")
    with pytest.raises(
        CatalogError, match=r"spotify refuses a call to artist \(401: The access token expired"
    ):
        spotify.artist(artist_id)
    assert (outside_world.spotify.count("artist"), outside_world.spotify.count("token")) == (3, 3)


def test_a_wrong_secret_is_told_by_the_names_of_the_settings(
    outside_world: OutsideWorld, reach: Reach, artist_id: str
) -> None:
    spotify = SpotifySource(reach(outside_world, spotify_client_secret="wrong-s3cret"))
    with pytest.raises(CatalogError, match=r"SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET .*Invalid") as error:
        spotify.artist(artist_id)
    assert "wrong-s3cret" not in str(error.value)


def test_a_token_endpoint_that_is_busy_parks_the_source(
    outside_world: OutsideWorld, spotify: SpotifySource, artist_id: str
) -> None:
    outside_world.spotify.faults.add(too_many_requests(FAR_OFF), endpoint="token")
    with pytest.raises(Parked, match="Retry-After 85771 s"):
        spotify.artist(artist_id)


# Capabilities


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


# Budgets


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


# Several processes


def fetch_tracks(
    store_url: str, settings: dict, urgency: Urgency, subjects: list[Subject]
) -> tuple[int, str]:
    """What another process does: fetch until parked; return how many were answered, and why it ended."""
    store = SqlStore(store_url)
    access = Access(load_settings(**settings), store.sources, urgency, BRISK, workers=2)
    answered = 0
    try:
        for fetched in SpotifySource(access).fetch("tracks", subjects):
            answered += len(fetched.subjects)
    except Parked as parked:
        return answered, parked.reason
    return answered, ""


def in_two_processes(store_url: str, outside: OutsideWorld, budget: int, *subjects: list[Subject]) -> list:
    settings = {"catalog_source": "spotify", "spotify_daily_budget": budget, **outside.settings}
    runs = [
        (store_url, settings, urgency, mine)
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
        url, outside_world, 40, subjects[:40], subjects[40:]
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
    ends = in_two_processes(url, outside_world, 1000, subjects[:40], subjects[40:])
    assert [why for _, why in ends] == ["429: QUOTA_EXCEEDED: Quota exceeded"] * 2
    assert sum(answered for answered, _ in ends) == 10
    # Each of four threads may have had one call under way when the first was refused.
    assert outside_world.spotify.count("search", status=429) <= 4
