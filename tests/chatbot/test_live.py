"""An unknown artist is answered at once, as far as the sources allow, and nobody waits longer than they said."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

from chatbot.answer import Answer, Question
from chatbot.bot import Bot
from chatbot.live import live_of
from spotify_assets.core.catalog.handover import from_text
from spotify_assets.core.settings import Settings, load_settings
from spotify_assets.core.similarity import Model
from spotify_assets.core.store import State
from spotify_assets.core.store.sql import SqlStore
from spotify_assets.core.store.vectors import Part
from tests.chatbot.library import artist, artist_document, neighbours, song
from tests.chatbot.live_world import Say, bot, empty, now, outside_world, say, settings, world
from tests.doubles import OutsideWorld, World

__all__ = ["bot", "empty", "outside_world", "say", "settings", "world"]


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


def test_new_names_are_bounded_for_each_person_and_day(
    empty: SqlStore, settings: Settings, outside_world: OutsideWorld
) -> None:
    today = now()  # until the end: at midnight they are free to ask again
    bot = Bot(empty, lambda: today, live_of(settings, empty, lambda: today), new_names=2)

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
