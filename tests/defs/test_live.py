"""The platform on live sources: a new Spotify app in development mode, and the open sources around it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from chatbot.answer import Question
from chatbot.bot import Bot
from chatbot.live import live_of
from spotify_assets.core.catalog.quota import utc_now
from spotify_assets.core.names import name_key
from spotify_assets.core.store import Priority, RosterEntry, State
from spotify_assets.defs.refresh.sensor import refresh_config
from tests.defs.conftest import Graph, metadata_of, sample_platform
from tests.doubles import OutsideWorld, World
from tests.doubles.faults import quota_exceeded

OBSERVED = ["artist_roster", "artist_requests", "raw_artists", "raw_tracks", "raw_audio_features",
            "raw_related_artists", "raw_artist_tags", "raw_artist_aliases", "artist_neighbours"]  # fmt: skip


@pytest.fixture(scope="module")
def sample_world() -> World:
    return World.from_sample()


@pytest.fixture
def outside(sample_world: World) -> Iterator[OutsideWorld]:
    with OutsideWorld(world=sample_world, musicbrainz_rate=None) as outside:
        yield outside


@pytest.fixture
def live(tmp_path: Path, outside: OutsideWorld, instance: dg.DagsterInstance) -> Graph:
    settings = {"catalog_source": "spotify", "musicbrainz_interval": "0.01", **outside.settings}
    return Graph(sample_platform(tmp_path / "live", **settings), instance)


def ask(graph: Graph, name: str) -> str:
    graph.platform.store.requests.ask(name_key(name), name, datetime.now(UTC))
    return name_key(name)


def observe(graph: Graph, *keys: str) -> dg.ExecuteInProcessResult:
    """Run a refresh of these requests, or without any the routine of the roster, as far as the lake."""
    config = None
    if keys:
        config = refresh_config(list(keys))
        config.ops = {op: value for op, value in config.ops.items() if op in OBSERVED}
    return graph.run("build", config, asset_selection=[dg.AssetKey(name) for name in OBSERVED])


def enlist(graph: Graph, outside: OutsideWorld, count: int) -> list[str]:
    """Put artists of the world on the roster."""
    alive = [a for a in outside.world.artists.values() if a.id not in outside.world.dead_artists][:count]
    entries = [RosterEntry(artist.id, artist.name, Priority.LISTED) for artist in alive]
    graph.platform.store.roster.add(entries, datetime.now(UTC))
    return [artist.id for artist in alive]


def test_a_new_name_costs_few_calls_and_fills_the_lake(live: Graph, outside: OutsideWorld) -> None:
    assert observe(live, ask(live, "에스파")).success
    spotify = [call for call in outside.spotify.calls if call.endpoint != "token"]
    assert len(spotify) <= 4
    assert outside.reccobeats.count("audio_features") == 1
    lake = live.platform.lake
    (artist,) = lake.read("artists").to_pylist()
    assert artist["followers"] is None and artist["popularity"] is None, (
        "gone in development mode, never zero"
    )
    assert lake.row_count("tracks") > 3
    assert set(lake.read("audio_features")["source"].to_pylist()) == {"reccobeats"}
    assert set(lake.read("artist_tags")["source"].to_pylist()) == {"musicbrainz"}
    assert set(lake.read("related_artists")["source"].to_pylist()) == {"listenbrainz"}


def test_the_second_new_name_costs_just_what_the_docs_say(live: Graph, outside: OutsideWorld) -> None:
    assert observe(live, ask(live, "에스파")).success
    for double in (outside.spotify, outside.reccobeats, outside.listenbrainz, outside.musicbrainz):
        double.forget_calls()
    assert observe(live, ask(live, "샤이니")).success
    # Closed endpoints were met by the first: what is left is the search for the name and for the tracks.
    assert [call.endpoint for call in outside.spotify.calls if call.endpoint != "token"] == [
        "search",
        "search",
    ]
    assert outside.reccobeats.count("audio_features") == 1
    assert outside.listenbrainz.count("similar_artists") == 1
    lookups_of_neighbours = 3
    assert 2 <= len(outside.musicbrainz.calls) - lookups_of_neighbours <= 4


def test_what_is_fresh_is_not_asked_for_again(live: Graph, outside: OutsideWorld) -> None:
    enlist(live, outside, 12)
    assert observe(live).success
    outside.spotify.forget_calls()
    outside.reccobeats.forget_calls()
    result = observe(live)
    assert result.success
    # Neighbours joined in between: only they are new.
    assert metadata_of(result, "raw_artists")["skipped, still fresh"] == 12
    asked = [call for call in outside.spotify.calls if call.endpoint == "artist"]
    assert len(asked) == metadata_of(result, "raw_artists")["fetched"]


def test_related_artists_join_the_roster_at_the_lowest_priority(live: Graph, outside: OutsideWorld) -> None:
    assert observe(live, ask(live, "에스파")).success
    counts = live.platform.store.roster.counts()
    assert counts[Priority.ASKED] == 1
    assert 1 <= counts[Priority.NEIGHBOUR] <= 100


def test_a_day_long_quota_parks_the_run_and_the_next_fetches_exactly_what_is_missing(
    live: Graph, outside: OutsideWorld
) -> None:
    ids = enlist(live, outside, 30)
    rule = outside.spotify.faults.add(quota_exceeded(85_771), path="^/v1/artists/", after=10)
    first = observe(live)
    assert first.success, "parked, not failed"
    artists = metadata_of(first, "raw_artists")
    assert "parked until" in artists["parked"]
    assert 0 < artists["fetched"] < len(ids)
    assert artists["left for later"] == len(ids) - artists["fetched"]
    (check,) = [
        c for c in first.get_asset_check_evaluations() if not c.passed and c.asset_key.path == ["raw_artists"]
    ]
    assert (check.check_name, check.severity) == ("complete", dg.AssetCheckSeverity.WARN)

    outside.spotify.forget_calls()
    assert observe(live).success
    assert outside.spotify.calls == [], "while a source cools down nothing calls it"

    outside.spotify.faults.remove(rule)
    assert live.platform.store.sources.lift("spotify")
    assert observe(live).success
    asked = {call.path for call in outside.spotify.calls if call.endpoint == "artist" and call.status == 200}
    committed = live.platform.lake.read("artists", ["artist_id"])["artist_id"].to_pylist()
    assert len(asked) == artists["left for later"] + len(set(committed) - set(ids))
    assert set(ids) <= set(committed)
    assert len(committed) == len(set(committed)), "nothing was fetched twice"
    assert outside.spotify.duplicates() == {}


def test_a_request_whose_source_is_parked_waits_and_is_answered_afterwards(
    live: Graph, outside: OutsideWorld
) -> None:
    rule = outside.spotify.faults.add(quota_exceeded(48_925), path="^/v1/search", after=1)
    key = ask(live, "샤이니")
    assert observe(live, key).success
    (request,) = live.platform.store.requests.all()
    assert request.state is State.PENDING
    assert request.attempts == 0, "nothing went wrong"
    assert request.next_attempt_at and request.next_attempt_at > datetime.now(UTC) + timedelta(hours=12)
    assert "QUOTA_EXCEEDED" in (request.error or "")

    outside.spotify.faults.remove(rule)
    live.platform.store.sources.lift("spotify")
    later = datetime.now(UTC) + timedelta(days=1)
    assert [due.name_key for due in live.platform.store.requests.due(later, 10)] == [key]


def test_an_old_app_with_everything_gives_more_from_the_same_code(
    sample_world: World, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    with OutsideWorld(world=sample_world, musicbrainz_rate=None, mode="extended", legacy=True) as outside:
        live = Graph(
            sample_platform(
                tmp_path / "old", catalog_source="spotify", musicbrainz_interval="0.01", **outside.settings
            ),
            instance,
        )
        enlist(live, outside, 5)
        assert observe(live).success
        lake = live.platform.lake
        assert all(row["followers"] is not None for row in lake.read("artists").to_pylist())
        assert "spotify" in lake.read("audio_features")["source"].to_pylist()


def test_the_whole_loop_answers_from_live_sources(live: Graph, outside: OutsideWorld) -> None:
    for name in ("에스파", "샤이니", "The  Beatles"):
        ask(live, name)
    assert live.run("build").success
    states = {request.query: request.state for request in live.platform.store.requests.all()}
    assert set(states.values()) == {State.DONE}
    (match,) = [m for m in live.platform.store.answers.find("에스파") if m.kind == "artist"]
    document = live.platform.store.answers.artist(match.target_id)
    assert document and document.top_tracks and document.similar

    # The next unknown artist is placed among them at once, by the model that the build fitted.
    store = live.platform.store
    bot = Bot(store, utc_now, live_of(live.platform.settings, store, utc_now))
    guess = bot.answer(Question("somebody", "뉴진스", "test", budget=60))
    assert (guess.kind, guess.provisional) == ("artist", True)
    assert guess.similar
    assert guess.model_version == store.vectors.version() == document.model_version


def test_what_the_bot_fetched_for_a_request_is_taken_over_not_fetched_again(
    live: Graph, outside: OutsideWorld
) -> None:
    store, settings = live.platform.store, live.platform.settings
    bot = Bot(store, utc_now, live_of(settings, store, utc_now))
    shown = bot.answer(Question("somebody", "샤이니", "test", budget=20))
    assert (shown.kind, shown.provisional) == ("artist", True)
    (request,) = store.requests.all()
    for double in (outside.spotify, outside.reccobeats):
        double.forget_calls()
    assert observe(live, request.name_key).success
    assert [call.endpoint for call in outside.spotify.calls if "search" in call.endpoint] == ["search"], (
        "the name alone"
    )
    assert outside.spotify.count("artist") == 0
    assert outside.reccobeats.calls == []
    tracks = {track.track_id for track in shown.top_tracks}
    assert tracks == set(live.platform.lake.read("tracks", ["track_id"])["track_id"].to_pylist())


def test_a_handover_that_is_damaged_is_fetched_again(live: Graph, outside: OutsideWorld) -> None:
    key = ask(live, "샤이니")
    live.platform.store.requests.attach(key, "spotify", '[{"subjects": ["x"], "records": {"tracks": [{}]}}]')
    assert observe(live, key).success
    assert live.platform.lake.row_count("tracks") > 0


def test_close_names_found_by_a_refresh_become_choices_of_the_bot(live: Graph, outside: OutsideWorld) -> None:
    bot = Bot(live.platform.store, lambda: datetime.now(UTC))
    name = "NCT"
    key = ask(live, name)
    assert observe(live, key).success
    answer = bot.answer(Question("somebody", name, "test"))
    assert answer.kind == "choices"
    (dream,) = [choice for choice in answer.choices if "드림" in choice.label]

    tapped = bot.answer(Question("somebody", dream.text, "test"))
    assert tapped.kind == "pending"
    (request,) = [r for r in live.platform.store.requests.all() if r.state is State.PENDING]
    assert observe(live, request.name_key).success
    (resolved,) = live.platform.store.requests.get(request.name_key).artist_ids
    assert dream.text == f"artist:{resolved}"


def test_an_artist_that_moved_to_a_new_id_is_kept_fresh_under_it(live: Graph, outside: OutsideWorld) -> None:
    old, new = next(
        (old, new) for old, new in outside.world.redirects.items() if new in outside.world.artists
    )
    live.platform.store.roster.add([RosterEntry(old, "Moved", Priority.LISTED)], datetime.now(UTC))
    assert observe(live).success
    assert new in live.platform.store.roster.ids()
    rows = live.platform.lake.read("artists", ["artist_id", "name"]).to_pylist()
    assert {"artist_id": old, "name": None} in rows, "the old id is dead"
    assert new in {row["artist_id"] for row in rows}
