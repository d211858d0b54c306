"""The bot on a real store: what is published is shown, with songs, choices and pages, and any text is answered."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chatbot.answer import Answer, Question
from chatbot.bot import Bot
from chatbot.cursor import Cursor
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.conftest import Ask, Clock
from tests.chatbot.library import (
    AESPA,
    DITTO,
    DYNAMITE_BY_BTS,
    DYNAMITE_BY_TAIO_CRUZ,
    IU,
    NEWJEANS,
    artist,
    artist_document,
    neighbours,
    song,
    track_document,
)


def names(answer: Answer) -> list[str]:
    return [similar.artist.name for similar in answer.similar]


def test_an_artist_comes_with_card_songs_and_similar_artists(ask: Ask) -> None:
    answer = ask("aespa")
    assert answer.artist
    assert answer.artist.url == f"https://open.spotify.com/artist/{AESPA}"
    assert answer.artist.image_url == "https://i.scdn.co/image/aespa"
    assert [s.name for s in answer.top_tracks] == ["Supernova"]
    assert answer.top_tracks[0].url == "https://open.spotify.com/search/Supernova%20aespa"
    assert answer.top_tracks[0].album_name == "Armageddon"
    assert names(answer) == [f"Neighbour {n}" for n in range(1, 11)]
    first = answer.similar[0]
    assert first.why == "same scene: k-pop girl group, dance pop · similar energy and tempo"
    assert first.score == 0.99
    assert [s.name for s in first.tracks] == ["Song 1"]
    assert answer.text == "If you like aespa, you may enjoy these artists too.\nData from Spotify"
    assert not answer.provisional


def test_a_korean_question_gets_a_korean_answer(ask: Ask) -> None:
    answer = ask("아이유")
    assert answer.artist
    assert answer.artist.artist_id == IU
    assert answer.text.startswith("IU를 좋아하신다면")
    assert "샘플 데이터" in answer.text
    assert answer.similar[0].why == "같은 장르: k-pop girl group, dance pop · 에너지와 템포가 비슷해요"
    assert answer.artist.url == "https://open.spotify.com/search/IU"


@pytest.mark.parametrize(
    "text",
    ["Ditto", "Ditto 같은 노래", "songs like Ditto", "ditto by 뉴진스", "뉴진스 Ditto", "뉴진스의 Ditto"],
)
def test_a_song_is_answered_with_similar_songs(ask: Ask, text: str) -> None:
    answer = ask(text)
    assert answer.kind == "track"
    assert answer.track
    assert (answer.track.track_id, answer.track.name, answer.track.artists) == (DITTO, "Ditto", ["NewJeans"])
    assert answer.track.url == f"https://open.spotify.com/track/{DITTO}"
    assert answer.artist
    assert answer.artist.name == "NewJeans"
    [similar] = answer.similar
    assert (similar.artist.artist_id, similar.artist.name) == (NEWJEANS, "NewJeans, Guest")
    assert [s.name for s in similar.tracks] == ["OMG"]
    assert f"artist:{NEWJEANS}" in [reply.text for reply in answer.quick_replies]


def test_several_artists_of_a_name_are_told_apart_and_each_can_be_chosen(ask: Ask) -> None:
    answer = ask("Eve")
    assert answer.kind == "choices"
    assert [choice.label for choice in answer.choices] == ["Eve · j-pop · anime", "Eve · hip hop"]
    chosen = [ask(choice.text).artist for choice in answer.choices]
    assert [card and card.artist_id for card in chosen] == ["eve-jp", "eve-us"]


def test_choices_that_look_alike_still_differ(ask: Ask) -> None:
    labels = [choice.label for choice in ask("Zion").choices]
    assert labels == ["Zion · “Hola”", "Zion (1)", "Zion (2)"]


def test_several_songs_of_a_title_are_choices_unless_the_artist_is_named(ask: Ask) -> None:
    answer = ask("Dynamite")
    assert answer.kind == "choices"
    assert [choice.label for choice in answer.choices] == ["Dynamite – BTS", "Dynamite – Taio Cruz"]
    chosen = [ask(choice.text).track for choice in answer.choices]
    assert [card and card.track_id for card in chosen] == [DYNAMITE_BY_BTS, DYNAMITE_BY_TAIO_CRUZ]
    for text in ("Dynamite by Taio Cruz", "Taio Cruz - Dynamite", "Dynamite Taio Cruz"):
        track = ask(text).track
        assert track
        assert track.track_id == DYNAMITE_BY_TAIO_CRUZ


def test_an_artist_beats_a_song_of_the_same_name_and_the_song_is_offered(ask: Ask) -> None:
    answer = ask("Heize")
    assert answer.kind == "artist"
    [offer] = [reply for reply in answer.quick_replies if reply.label.startswith("Song:")]
    track = ask(offer.text).track
    assert track
    assert track.name == "Heize"


def test_similar_artists_come_in_pages(ask: Ask) -> None:
    first = ask("aespa")
    assert first.cursor
    assert "More" in [reply.label for reply in first.quick_replies]
    second = ask("More", first.cursor)
    assert names(second) == [f"Neighbour {n}" for n in range(11, 21)]
    assert second.cursor is None
    assert second.top_tracks == []
    assert "More" not in [reply.label for reply in second.quick_replies]
    assert ask("더 보기", first.cursor).text.startswith("aespa와 비슷한 아티스트를 더")


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "💥", "=", "e30", "bnVsbA", "W10", "[" * 5000, "/../", "AAAA" * 1000,
        Cursor("artist", "nobody", 10).encode(),
        Cursor("artist", AESPA, 10).encode()[:-3],
        Cursor("artist", AESPA, 10**9).encode(),
        Cursor("artist", AESPA, -1).encode(),
    ],
)  # fmt: skip
def test_a_broken_cursor_is_answered_from_the_beginning(ask: Ask, cursor: str) -> None:
    assert names(ask("aespa", cursor))[0] == "Neighbour 1"


def test_a_cursor_past_a_list_that_shrank_starts_over(ask: Ask, store: SqlStore) -> None:
    cursor = ask("aespa").cursor
    store.answers.put([artist_document(artist(AESPA, "aespa"), [], neighbours(4))])
    assert names(ask("more", cursor)) == [f"Neighbour {n}" for n in range(1, 5)]


def test_more_of_nothing_asks_of_what(ask: Ask, store: SqlStore) -> None:
    assert ask("더 보기").kind == "help"
    assert ask("More", "broken").kind == "help"
    assert store.requests.all() == []


def test_an_artist_without_similar_artists_still_gets_a_card(ask: Ask) -> None:
    answer = ask("Loner")
    assert answer.kind == "artist"
    assert answer.similar == []
    assert [s.name for s in answer.top_tracks] == ["Alone"]
    assert "haven't found anyone" in answer.text
    assert "any of their songs" in ask("Silent").text


def test_a_picture_without_words_is_asked_for_a_name(store: SqlStore, clock: Clock) -> None:
    bot = Bot(store, clock)
    answer = bot.answer(Question("somebody", "", "test", media=True, language="ko"))
    assert (answer.kind, "글자로" in answer.text) == ("help", True)
    assert bot.answer(Question("somebody", "에스파", "test", media=True)).kind == "artist"


def test_a_greeting_offers_the_song_of_that_name(ask: Ask) -> None:
    answer = ask("Hello")
    assert answer.kind == "help"
    assert answer.quick_replies[0].label == "Song: Hello – Adele"
    assert ask(answer.quick_replies[0].text).kind == "track"


HOSTILE = [
    "'; DROP TABLE answers; --", '" OR 1=1', "%_%", "\\", "{{7*7}}", "${jndi:ldap://x}", "../../etc/passwd",
    "<script>alert(1)</script>", "\ud83d", "a\x00b", "A\u0301" * 60, "\u202eevil", "é" * 99, "🎵 aespa2 🎵",
    "name\r\nSet-Cookie: x",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_a_name_like_any_other(ask: Ask, store: SqlStore, text: str) -> None:
    answer = ask(text)
    assert answer.kind in ("pending", "help", "not_found", "choices")
    json.dumps(answer.to_json()).encode()
    assert "\x00" not in answer.text
    assert "\u202e" not in answer.text
    assert ask("aespa").kind == "artist"
    assert all(request.query.isprintable() for request in store.requests.all())


@given(st.text(max_size=150))
@hypothesis_settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_is_answered(ask: Ask, text: str) -> None:
    answer = ask(text)
    assert answer.text
    json.dumps(answer.to_json(), ensure_ascii=False).encode()


def test_names_from_the_catalogue_may_hold_anything(ask: Ask, store: SqlStore) -> None:
    wild = "Wild \"'\n\t<b>🎵" + "x" * 10_000
    card = artist("wild", wild)
    store.answers.put(
        [
            artist_document(card, [song("t", wild, [wild])], aliases=["wild one"]),
            track_document(song("t-wild", "wild song", [wild]), []),
        ]
    )
    answer = ask("wild one")
    assert answer.artist
    assert answer.artist.name == wild
    assert len(answer.text) < 300
    assert len(answer.artist.url) < 2000
    assert len(ask("wild song").text) < 300
