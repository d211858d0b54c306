"""The bot on a real store: what is published is shown, what is not is recorded once and never lost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chatbot.answer import Answer, Question
from chatbot.bot import Bot
from chatbot.cursor import Cursor
from spotify_assets.core.store import Choice, State
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


@pytest.mark.parametrize(
    "text",
    ["aespa", "AESPA", "aespa ", "ａｅｓｐａ", "에스파", "에스파 노래 추천해줘", "who sounds like aespa?"],
)
def test_every_spelling_finds_the_same_artist(ask: Ask, text: str) -> None:
    answer = ask(text)
    assert answer.kind == "artist"
    assert answer.artist
    assert answer.artist.artist_id == AESPA


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
    assert first.why == "same scene: k-pop girl group, dance pop · close in energy and tempo"
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
    ("text", "artist_id"),
    [
        ("The The", "the-the"),
        ("who sounds like The The?", "the-the"),
        ("Like", "like"),
        ("like", "like"),
        ("who sounds like Like?", "like"),
        ("The Like", "the-like"),
        ("노래를 찾는 사람들", "nochatsa"),
        ("노래를 찾는 사람들 노래 추천해줘", "nochatsa"),
        ("이랑", "lang-lee"),
        ("이랑 비슷한 가수", "lang-lee"),
        ("이랑이랑 비슷한 가수", "lang-lee"),
        ("!!!", "chk"),
        ("I like aespa", AESPA),
        ("play 에스파", AESPA),
        ("뉴진스와 비슷한 그룹", NEWJEANS),
    ],
)
def test_published_names_survive_the_words_around_them(ask: Ask, text: str, artist_id: str) -> None:
    answer = ask(text)
    assert answer.artist
    assert answer.artist.artist_id == artist_id


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


@pytest.mark.parametrize(
    "text",
    [AESPA, f"https://open.spotify.com/artist/{AESPA}?si=1", f"spotify:artist:{AESPA}", f"artist:{AESPA}"],
)
def test_an_id_or_a_link_selects_exactly_it(ask: Ask, text: str) -> None:
    card = ask(text).artist
    assert card
    assert card.artist_id == AESPA


@pytest.mark.parametrize(
    "text",
    [
        "https://open.spotify.com/album/6YVMFz59CuY7ngCxTxjpxE",
        "https://example.org/x",
        "artist:nobody",
    ],
)
def test_a_link_to_nothing_known_is_never_recorded(ask: Ask, store: SqlStore, text: str) -> None:
    answer = ask(text)
    assert answer.kind == "not_found"
    assert "name" in answer.text
    assert store.requests.all() == []


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


def test_an_unknown_name_is_recorded_once_however_often_it_is_asked(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    first = ask("Unknown Band 노래 추천해줘")
    clock.advance(seconds=5)
    second = ask("unknown band")
    assert (first.kind, second.kind) == ("pending", "pending")
    [request] = store.requests.all()
    assert (request.name_key, request.query, request.state) == ("unknownband", "Unknown Band", State.PENDING)
    assert request.ask_count == 2
    assert [reply.text for reply in first.quick_replies] == ["Unknown Band"]
    assert "‘Unknown Band’" in first.text
    assert "“unknown band”" in second.text


def test_the_next_question_after_a_refresh_gets_the_full_answer(ask: Ask, store: SqlStore) -> None:
    assert ask("Newcomer").kind == "pending"
    store.answers.put([artist_document(artist("newcomer", "Newcomer"), [], neighbours(1))])
    assert ask("Newcomer").kind == "artist"
    assert store.requests.all()[0].ask_count == 1


def _run(store: SqlStore, clock: Clock, key: str, state: State | None) -> None:
    store.requests.claim([key], "run-1", clock.now, clock.now + timedelta(minutes=5))
    if state:
        store.requests.finish(key, "run-1", state, clock.now, "why", clock.now + timedelta(hours=1))


def test_a_running_request_says_so(ask: Ask, store: SqlStore, clock: Clock) -> None:
    ask("Nobody")
    _run(store, clock, "nobody", None)
    answer = ask("Nobody")
    assert answer.kind == "pending"
    assert "right now" in answer.text


def test_a_name_no_source_knows_is_said_and_may_be_tried_again_later(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    ask("Nobody")
    _run(store, clock, "nobody", State.NOT_FOUND)
    answer = ask("Nobody")
    assert answer.kind == "not_found"
    assert "check the spelling" in answer.text
    assert "철자를 확인" in Bot(store, clock).answer(Question("u", "Nobody 노래", "test")).text
    clock.advance(hours=2)
    assert ask("Nobody").kind == "pending"


def test_close_names_become_choices_and_a_tap_asks_for_that_artist(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    ask("샤이니즈")
    store.requests.claim(["샤이니즈"], "run-1", clock.now, clock.now + timedelta(minutes=5))
    shinee, other = "2hRQKC0gqlZGPrmUKbcchR", "0OdUWJ0sBjDrqHygGUXeCF"
    close = [Choice(shinee, "SHINee · k-pop"), Choice(other, "SHINee")]
    again_at = clock.now + timedelta(days=1)
    store.requests.finish("샤이니즈", "run-1", State.NOT_FOUND, clock.now, "unknown", again_at, close)
    answer = ask("샤이니즈")
    assert answer.kind == "choices"
    assert "이 중에 있나요?" in answer.text
    assert [choice.label for choice in answer.choices] == ["SHINee · k-pop", "SHINee"]
    assert ask(answer.choices[0].text).kind == "pending"
    assert shinee in [request.query for request in store.requests.all()]
    store.answers.put([artist_document(artist(shinee, "SHINee"))])
    card = ask(answer.choices[0].text).artist
    assert card and card.name == "SHINee"


def test_a_picture_without_words_is_asked_for_a_name(store: SqlStore, clock: Clock) -> None:
    bot = Bot(store, clock)
    answer = bot.answer(Question("somebody", "", "test", media=True, language="ko"))
    assert (answer.kind, "글자로" in answer.text) == ("help", True)
    assert bot.answer(Question("somebody", "에스파", "test", media=True)).kind == "artist"


def test_a_failed_request_is_admitted(ask: Ask, store: SqlStore, clock: Clock) -> None:
    ask("Nobody")
    _run(store, clock, "nobody", State.FAILED)
    answer = ask("Nobody")
    assert answer.kind == "error"
    assert "went wrong" in answer.text


def test_a_postponed_request_says_how_long(ask: Ask, store: SqlStore, clock: Clock) -> None:
    ask("Nobody")
    _run(store, clock, "nobody", None)
    store.requests.give_back("run-1", clock.now, "source cools down", 3, clock.now + timedelta(minutes=30))
    answer = ask("Nobody")
    assert answer.kind == "pending"
    assert "about 30 minutes" in answer.text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "help"), ("   ", "help"), ("\u200b\u202e", "help"), ("?", "help"), ("Hi!", "help"),
        ("안녕하세요", "help"), ("help", "help"), ("thanks!", "help"), ("고마워", "help"), ("🎵🎶", "help"),
        ("노래 추천해줘", "help"), ("recommend me some songs", "help"),
        ("how are you?", "help"), ("뭐해", "help"), ("뭐 해?", "help"), ("you suck", "help"), ("바보야", "help"),
        ("bye!", "help"), ("잘 자", "help"), ("ㅋㅋㅋㅋ", "help"), ("ㅁㄴㅇㄹ", "help"),
        ("...", "help"), ("+/-", "help"), ("x" * 101, "not_found"), ("x" * 100_000, "not_found"),
        ("아" * 500, "not_found"), ("a b " * 200, "not_found"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_name_is_never_recorded(ask: Ask, store: SqlStore, text: str, kind: str) -> None:
    answer = ask(text)
    assert answer.kind == kind
    assert answer.text
    assert store.requests.all() == []


def test_a_greeting_offers_the_song_of_that_name(ask: Ask) -> None:
    answer = ask("Hello")
    assert answer.kind == "help"
    assert answer.quick_replies[0].label == "Song: Hello – Adele"
    assert ask(answer.quick_replies[0].text).kind == "track"


def test_an_unknown_name_is_not_cut_down_to_a_known_song(ask: Ask, store: SqlStore) -> None:
    assert ask("Hello Venus").kind == "pending"
    assert ask("Venus music").kind == "pending"
    assert {request.query for request in store.requests.all()} == {"Venus music", "Hello Venus"}


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


def test_looking_whether_an_answer_is_there_by_now_does_not_count_as_asking(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    ask("혁오")
    looked = Bot(store, clock).answer(Question(user="somebody", text="혁오", channel="web", again=True))
    assert looked.kind == "pending"
    (request,) = store.requests.all()
    assert request.ask_count == 1


@pytest.mark.parametrize("text", ["https://open.spotify.com/artist/{id}?si=1", "spotify:artist:{id}", "{id}"])
def test_a_pasted_artist_nobody_knows_yet_is_looked_for_by_its_id(
    ask: Ask, store: SqlStore, text: str
) -> None:
    unknown = "0OdUWJ0sBjDrqHygGUXeCF"
    assert ask(text.format(id=unknown)).kind == "pending"
    (request,) = store.requests.all()
    assert request.query == unknown
