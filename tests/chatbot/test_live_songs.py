"""A song that nobody published is answered at once, and its artist is asked for."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

from chatbot.answer import Answer, Question
from chatbot.bot import Bot
from spotify_assets.core.names import name_key
from spotify_assets.core.store import State
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.library import artist, artist_document, neighbours, song
from tests.chatbot.live_world import STALLED, Say, bot, empty, outside_world, say, settings, settled, world
from tests.doubles import OutsideWorld, World
from tests.doubles.exchange import Response
from tests.doubles.faults import Fault, stall
from tests.doubles.world import Track

__all__ = ["bot", "empty", "outside_world", "say", "settings", "world"]


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


def test_who_asks_for_a_song_while_its_artist_is_looked_up_gets_the_song_as_well(
    bot: Bot, say: Say, empty: SqlStore, world: World, outside_world: OutsideWorld
) -> None:
    title = a_song_of(world, "샤이니").name
    outside_world.spotify.faults.add(stall(STALLED), endpoint="artist")
    answers: list[Answer] = []
    first = threading.Thread(
        target=lambda: answers.append(bot.answer(Question("ann", title, "test", budget=20)))
    )
    first.start()
    while (request := empty.requests.get(name_key(title))) is None or request.state is not State.NOT_FOUND:
        time.sleep(0.01)
    hurried, meanwhile = say(title, "dan", budget=0.0), say(title, "bob")
    first.join()
    answers += [hurried, meanwhile]
    assert [answer.track.name if answer.track else None for answer in answers] == [title] * 3
    settled(bot)
    outside_world.spotify.forget_calls()
    began = time.monotonic()
    assert say(title, "cid") == meanwhile
    assert time.monotonic() - began < 10, "nobody waits for more than the lookup found"
    assert outside_world.spotify.calls == []
