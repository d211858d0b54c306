"""An unknown artist is answered at once, as far as the sources allow, and nobody waits longer than they said."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatbot.answer import Answer, Question
from chatbot.bot import Bot
from chatbot.live import AT_ONCE, live_of
from spotify_assets.core.catalog.handover import from_text
from spotify_assets.core.names import name_key
from spotify_assets.core.settings import Settings, load_settings
from spotify_assets.core.similarity import Model
from spotify_assets.core.store import State
from spotify_assets.core.store.sql import SqlStore
from spotify_assets.core.store.vectors import Part
from tests.chatbot.library import artist, artist_document, neighbours, song
from tests.doubles import OutsideWorld, World
from tests.doubles.exchange import Response
from tests.doubles.faults import Fault, connection_reset, quota_exceeded, stall
from tests.doubles.fixtures import outside_world, world
from tests.doubles.world import Track

__all__ = ["outside_world", "world"]

STALLED = 60.0
"""Seconds for which a source is silent."""

HELD = STALLED / 3
"""Seconds by which an answer that waited for no source is there, however busy the machine.

How soon it really is there is a figure of `make bench`.
"""


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def settings(tmp_path: Path, outside_world: OutsideWorld) -> Settings:
    return load_settings(
        platform_home=tmp_path, catalog_source="spotify", musicbrainz_interval=0, **outside_world.settings
    )


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[SqlStore]:
    """A store in which nothing is published."""
    store = SqlStore(f"sqlite:///{tmp_path / 'live.db'}")
    yield store
    for thread in threading.enumerate():
        if thread.name == "lookup":
            thread.join(20)
            assert not thread.is_alive(), "a lookup outlived its time limits"
    store.close()


@pytest.fixture
def bot(empty: SqlStore, settings: Settings) -> Bot:
    return Bot(empty, now, live_of(settings, empty, now), new_names=settings.new_names_per_day)


Say = Callable[..., Answer]


@pytest.fixture
def say(bot: Bot) -> Say:
    def say(text: str, who: str = "ann", budget: float = 20.0, again: bool = False) -> Answer:
        return bot.answer(Question(who, text, "test", budget=budget, again=again))

    return say


def settled(bot: Bot) -> None:
    """Wait until no lookup is under way."""
    for thread in threading.enumerate():
        if thread.name == "lookup":
            thread.join(20)


def test_an_unknown_artist_is_shown_at_once_with_songs(say: Say, empty: SqlStore) -> None:
    answer = say("샤이니 노래 추천해줘")
    assert (answer.kind, answer.provisional) == ("artist", True)
    assert answer.artist and answer.artist.name == "샤이니"
    assert answer.artist.url.startswith("https://open.spotify.com/artist/")
    assert len(answer.top_tracks) > 3
    assert answer.text.startswith("샤이니를 방금 찾았어요!")
    assert "정보 제공: Spotify" in answer.text
    assert "샤이니" in [reply.text for reply in answer.quick_replies], "to ask again"
    (request,) = empty.requests.all()
    assert (request.query, request.state) == ("샤이니", State.PENDING)


def test_what_was_fetched_is_handed_to_the_refresh(say: Say, empty: SqlStore) -> None:
    shown = say("샤이니")
    handed = {source: from_text(body) for source, body in empty.requests.attached(["샤이니"])}
    tables = {source: {t for answer in said for t in answer.records} for source, said in handed.items()}
    assert tables["spotify"] == {"artists", "tracks", "track_artists", "artist_top_tracks"}
    assert tables["reccobeats"] == {"audio_features"}
    assert {"artist_ids", "artist_tags"} <= tables["musicbrainz"]
    tracks = {one.track_id for answer in handed["spotify"] for one in answer.records.get("tracks", ())}
    assert {track.track_id for track in shown.top_tracks} == tracks


def test_asking_again_costs_no_call(say: Say, outside_world: OutsideWorld) -> None:
    first = say("샤이니")
    outside_world.spotify.forget_calls()
    assert say("샤이니", "bob") == first
    assert say("샤이니", "ann", again=True) == first
    assert outside_world.spotify.calls == []


def test_many_who_ask_at_once_cost_one_lookup(
    bot: Bot, settings: Settings, empty: SqlStore, outside_world: OutsideWorld
) -> None:
    other = Bot(empty, now, live_of(settings, empty, now))  # as in another process
    outside_world.spotify.latency = 0.1
    answers: list[Answer] = []

    def ask(number: int) -> None:
        question = Question(f"p{number}", "샤이니", "test", budget=20)
        answers.append((bot if number % 2 else other).answer(question))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.kind for answer in answers} == {"artist"}
    searched = [call.page for call in outside_world.spotify.calls if call.endpoint == "search"]
    assert len(searched) == len(set(searched)) == 2, "for the name, and for the tracks"
    assert empty.requests.all()[0].ask_count == 8


def test_published_artists_that_a_source_relates_come_as_a_first_guess(
    say: Say, empty: SqlStore, world: World
) -> None:
    shinee = next(a for a in world.artists.values() if a.name == "SHINee")
    related = [world.by_mbid[mbid] for mbid, _ in world.related(shinee.id) if mbid in world.by_mbid][:3]
    for other in related:
        document = artist_document(artist(other.id, other.name), [song("t", "Song", [other.name])])
        empty.answers.put([document])
    answer = say("SHINee")
    assert answer.provisional
    assert {s.artist.artist_id for s in answer.similar} == {other.id for other in related}
    assert all(s.tracks and "often picked together" in s.why for s in answer.similar)
    assert "first guess" in answer.text


def test_the_published_model_places_a_newcomer_among_its_neighbours(
    say: Say, empty: SqlStore, world: World
) -> None:
    shinee = next(a for a in world.artists.values() if a.name == "SHINee")
    model = Model(
        version="m1", features=("energy",), breakpoints={"energy": [0.0, 1.0]}, genre_length=374,
        sound_scale=0, complete=220_000, related=0, first_year=2000, eras=[[0]], popularities=[[0]] * 101,
        cells=[[374, 0, 0, 0, 0, 374**2], [0, 374, 0, 0, 0, 374**2]], genre_dimensions=2,
    )  # fmt: skip
    near = [[f"near-{n}", 220_000, [374 - n, n, 0, 0, 0]] for n in range(12)]
    far = [["far", 220_000, [0, 374, 0, 0, 0]]]
    parts = [
        Part("model", "-", model.to_text()), Part("term", shinee.genres[0], "[1000, 0]"),
        Part("cell", "1", json.dumps(near)), Part("cell", "2", json.dumps(far)),
    ]  # fmt: skip
    empty.vectors.put("m1", parts)
    empty.vectors.make_current("m1")
    empty.answers.put([artist_document(artist(f"near-{n}", f"Near {n}"), [], []) for n in range(12)])
    answer = say("SHINee")
    assert [s.artist.artist_id for s in answer.similar] == [f"near-{n}" for n in range(10)]
    assert answer.similar[0].score > answer.similar[9].score > 0.5
    assert answer.model_version == "m1"


def test_a_name_nobody_goes_by_is_said_at_once_and_not_looked_for_again(
    say: Say, empty: SqlStore, outside_world: OutsideWorld
) -> None:
    assert say("Zzyzx Qwrtl").kind == "not_found"
    (request,) = empty.requests.all()
    assert request.state is State.NOT_FOUND
    assert empty.requests.due(now(), 10) == [], "no run is launched for it"
    outside_world.spotify.forget_calls()
    outside_world.musicbrainz.forget_calls()
    assert say("zzyzx qwrtl", "bob").kind == "not_found"
    assert outside_world.spotify.calls == outside_world.musicbrainz.calls == []


def test_somebody_who_goes_by_a_short_name_comes_before_who_is_close_to_it(say: Say, empty: SqlStore) -> None:
    empty.answers.put([artist_document(artist("boi", "보이"), [], neighbours(1))])
    answer = say("보아")
    assert (answer.kind, answer.provisional) == ("artist", True)
    assert answer.artist and answer.artist.name == "보아"
    close = say("보에", "bob")
    assert (close.kind, close.choices[0].text) == ("choices", "artist:boi")


def test_several_plausible_artists_are_choices_at_once(say: Say, empty: SqlStore) -> None:
    answer = say("NCT")
    assert answer.kind == "choices"
    assert len(answer.choices) == 2
    picked = say("2번")
    assert (picked.kind, picked.provisional) == ("artist", True)
    assert picked.artist and f"artist:{picked.artist.artist_id}" == answer.choices[1].text
    assert say("NCT", "bob").choices == answer.choices, "as the request ended"


def a_song_of(world: World, native_name: str) -> Track:
    """A song whose title nobody else has, and no artist."""
    player = next(one for one in world.artists.values() if one.native_name == native_name)
    titles = Counter(name_key(track.name) for track in world.tracks.values())
    names = {name_key(spelling) for one in world.artists.values() for spelling in one.spellings}
    return next(
        track
        for track in world.tracks_of(player.id)
        if titles[name_key(track.name)] == 1
        and track.artist_ids[0] == player.id
        and name_key(track.name) not in names
    )


def test_a_song_nobody_published_is_shown_at_once_and_its_artist_asked_for(
    say: Say, empty: SqlStore, world: World
) -> None:
    asked = a_song_of(world, "샤이니")
    shinee = asked.artist_ids[0]
    for mbid, _ in world.related(shinee):
        if other := world.by_mbid.get(mbid):
            empty.answers.put(
                [
                    artist_document(
                        artist(other.id, other.name), [song(f"song-of-{other.id}", "Song", [other.name])]
                    )
                ]
            )
    answer = say(f"songs like {asked.name}")
    assert (answer.kind, answer.provisional) == ("track", True)
    assert answer.track
    assert (answer.track.name, answer.track.artists[0]) == (asked.name, "샤이니")
    assert answer.track.url == f"https://open.spotify.com/track/{asked.id}"
    assert answer.artist and answer.artist.artist_id == shinee
    assert answer.similar and all(one.tracks[0].name == "Song" for one in answer.similar)
    assert "방금 찾았어요" in answer.text and "임시로" in answer.text
    requests = {request.query: request for request in empty.requests.all()}
    assert requests[shinee].state is State.PENDING, "the artist is asked for"
    assert requests[asked.name].state is State.NOT_FOUND, "no artist goes by the title"
    handed = {source for source, _ in empty.requests.attached([name_key(shinee)])}
    assert {"spotify", "reccobeats", "musicbrainz"} <= handed


def test_asking_for_that_song_again_costs_no_call(
    say: Say, world: World, outside_world: OutsideWorld
) -> None:
    title = a_song_of(world, "샤이니").name
    first = say(title)
    outside_world.spotify.forget_calls()
    assert say(title, "bob") == first
    assert say(title, "ann", again=True) == first
    [its_artist] = [reply.text for reply in first.quick_replies if reply.text.startswith("artist:")]
    assert say(its_artist).kind == "artist"
    assert outside_world.spotify.calls == []


def test_a_new_song_of_a_published_artist_is_like_the_songs_of_who_is_like_them(
    say: Say, empty: SqlStore, world: World, outside_world: OutsideWorld
) -> None:
    asked = a_song_of(world, "샤이니")
    empty.answers.put([artist_document(artist(asked.artist_ids[0], "SHINee"), [], neighbours(2))])
    answer = say(asked.name)
    assert (answer.kind, len(answer.similar)) == ("track", 2)
    assert [request.query for request in empty.requests.all()] == [asked.name]
    assert outside_world.spotify.count("artist") == 0


def test_songs_of_one_title_are_told_apart_by_who_plays_them(
    say: Say, outside_world: OutsideWorld, world: World
) -> None:
    def item(number: int, player: str) -> dict[str, Any]:
        credit = {"id": str(number) * 22, "name": player}
        return {"id": f"{number}" * 21 + "t", "name": "Dynamite (feat. X)", "artists": [credit]}

    found = {
        "tracks": {"items": [item(1, "Nobody Known"), item(2, "Somebody Else"), item(2, "Somebody Else")]}
    }
    as_told = Fault("as told", lambda service, genuine: Response.json(found))
    outside_world.spotify.faults.add(as_told, endpoint="search", query="type=track")
    answer = say("dynamite")
    assert answer.track and answer.track.artists == ["Nobody Known"]
    other = "Dynamite (feat. X) – Somebody Else"
    assert other in [reply.text for reply in answer.quick_replies]
    picked = say(other, "bob").track
    assert picked and picked.artists == ["Somebody Else"]


def test_a_pasted_link_is_shown_at_once(say: Say, world: World) -> None:
    shinee = next(a for a in world.artists.values() if a.name == "SHINee")
    answer = say(f"https://open.spotify.com/artist/{shinee.id}?si=1")
    assert answer.artist and answer.artist.artist_id == shinee.id


def test_the_published_answer_takes_the_place_of_the_first_guess(say: Say, empty: SqlStore) -> None:
    provisional = say("샤이니")
    assert provisional.artist
    card = artist(provisional.artist.artist_id, "SHINee")
    empty.answers.put([artist_document(card, [], neighbours(2), aliases=["샤이니"])])
    answer = say("샤이니")
    assert (answer.provisional, len(answer.similar)) == (False, 2)


def test_whatever_is_asked_while_spotify_stalls_is_answered_in_time(
    bot: Bot, outside_world: OutsideWorld, empty: SqlStore
) -> None:
    outside_world.spotify.faults.add(stall(STALLED))
    took: list[float] = []
    kinds: list[str] = []

    def ask(number: int) -> None:
        started = time.monotonic()
        kinds.append(bot.answer(Question(f"p{number}", f"Unknown Band {number}", "test", budget=1.5)).kind)
        took.append(time.monotonic() - started)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3 * AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(kinds) == {"pending"}
    assert max(took) < HELD
    assert len(empty.requests.all()) == 3 * AT_ONCE, "nothing asked is lost"
    settled(bot)
    assert empty.lookups.get("unknownband1", now()) is None, "the next who asks may look again"


def test_what_comes_too_late_for_the_first_is_there_for_the_next(
    say: Say, bot: Bot, outside_world: OutsideWorld
) -> None:
    outside_world.spotify.latency = 0.6
    assert say("샤이니", budget=0.4).kind == "pending"
    settled(bot)
    outside_world.spotify.forget_calls()
    answer = say("샤이니", again=True)
    assert (answer.kind, answer.provisional) == ("artist", True)
    assert outside_world.spotify.calls == []


def test_a_source_that_is_parked_is_not_called_and_the_request_waits(
    say: Say, empty: SqlStore, outside_world: OutsideWorld
) -> None:
    outside_world.spotify.faults.add(quota_exceeded(48_925), path="^/v1/")
    assert say("샤이니").kind == "pending"
    outside_world.spotify.forget_calls()
    assert say("혁오").kind == "pending"
    assert outside_world.spotify.calls == []
    assert {request.state for request in empty.requests.all()} == {State.PENDING}


def test_a_source_that_breaks_leaves_the_rest(say: Say, outside_world: OutsideWorld) -> None:
    outside_world.reccobeats.faults.add(connection_reset())
    outside_world.musicbrainz.faults.add(connection_reset())
    answer = say("샤이니")
    assert answer.kind == "artist"
    assert answer.top_tracks


def test_new_names_are_bounded_for_each_person_and_day(
    empty: SqlStore, settings: Settings, outside_world: OutsideWorld
) -> None:
    bot = Bot(empty, now, live_of(settings, empty, now), new_names=2)

    def say(text: str, who: str) -> Answer:
        return bot.answer(Question(who, text, "test", budget=20))

    assert say("샤이니", "ann").kind == "artist"
    assert say("BoA", "ann").kind == "artist"
    refused = say("태민", "ann")
    assert (refused.kind, "내일" in refused.text) == ("error", True)
    assert say("샤이니", "ann").kind == "artist", "what is under way is not new"
    assert say("태민", "bob").kind != "error"
    assert len(empty.requests.all()) == 3


def test_without_a_live_catalogue_nothing_is_looked_up(empty: SqlStore, tmp_path: Path) -> None:
    sample = load_settings(platform_home=tmp_path, catalog_source="sample")
    assert live_of(sample, empty, now) is None


def test_a_bot_loads_no_source_before_it_looks_something_up() -> None:
    code = (
        "import sys, chatbot.bot, chatbot.live; "
        "print([m for m in ('spotipy', 'requests', 'pyarrow', 'rapidfuzz', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
