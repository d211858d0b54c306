"""The bot on a real store: what is published is shown, whatever the words and letters it is asked with."""

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
        ("songs like !!!", "chk"),
        ("!!! 같은 노래", "chk"),
        ("Band 좋아해", "band"),
        ("I like Band", "band"),
        ("i love More", "more"),
        ("thanks aespa", AESPA),
        ("Thank you so much aespa!", AESPA),
        ("hello aespa", AESPA),
        ("고마워 에스파", AESPA),
        ("안녕 에스파", AESPA),
        ("and IU?", IU),
        ("그럼 아이유는?", IU),
        ("no, aespa", AESPA),
        ("에스파 아니고 아이유", IU),
        ("에스파 노래 추천 ㄱㄱ", AESPA),
        ("I like aespa", AESPA),
        ("play 에스파", AESPA),
        ("뉴진스와 비슷한 그룹", NEWJEANS),
    ],
)
def test_published_names_survive_the_words_around_them(
    ask: Ask, store: SqlStore, text: str, artist_id: str
) -> None:
    store.answers.put([artist_document(artist(name.lower(), name)) for name in ("Band", "More")])
    answer = ask(text)
    assert answer.artist
    assert answer.artist.artist_id == artist_id


@pytest.mark.parametrize(
    "name",
    ["The Songs", "추천", "Similar", "More", "Next", "1번", "비슷한 가수", "다른 사람들", "Others", "노래", "Thanks", "Stop", "Yes",
     "바보", "The Artist", "Someone Else", "나 너 좋아해", "I Love You", "What Else", "좋아"],
)  # fmt: skip
@pytest.mark.parametrize("words", ["{}", "{} 노래 추천해줘"])
def test_whoever_goes_by_words_of_a_request_is_found(
    ask: Ask, store: SqlStore, name: str, words: str
) -> None:
    store.answers.put([artist_document(artist("odd", name), [], neighbours(1))])
    card = ask(words.format(name)).artist
    assert card and card.artist_id == "odd"


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


def test_a_picture_without_words_is_asked_for_a_name(store: SqlStore, clock: Clock) -> None:
    bot = Bot(store, clock)
    answer = bot.answer(Question("somebody", "", "test", media=True, language="ko"))
    assert (answer.kind, "글자로" in answer.text) == ("help", True)
    assert bot.answer(Question("somebody", "에스파", "test", media=True)).kind == "artist"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "help"), ("   ", "help"), ("\u200b\u202e", "help"), ("?", "help"), ("Hi!", "help"),
        ("안녕하세요", "help"), ("help", "help"), ("thanks!", "help"), ("고마워", "help"), ("🎵🎶", "help"),
        ("노래 추천해줘", "help"), ("recommend me some songs", "help"),
        ("how are you?", "help"), ("뭐해", "help"), ("뭐 해?", "help"), ("you suck", "help"), ("바보야", "help"),
        ("hip hop", "help"), ("rap", "help"), ("lofi beats", "help"), ("힙합", "help"), ("random", "help"),
        ("아무거나", "help"), ("why?", "help"), ("왜?", "help"), ("하이루", "help"), ("노래 추천 ㄱㄱ", "help"),
        ("얘네 노래", "help"), ("bye!", "help"), ("잘 자", "help"), ("ㅋㅋㅋㅋ", "help"), ("ㅁㄴㅇㄹ", "help"),
        ("...", "help"), ("+/-", "help"), ("x" * 101, "not_found"), ("x" * 100_000, "not_found"),
        ("아" * 500, "not_found"), ("a b " * 200, "not_found"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_name_is_never_recorded(ask: Ask, store: SqlStore, text: str, kind: str) -> None:
    answer = ask(text)
    assert answer.kind == kind
    assert answer.text
    assert store.requests.all() == []


@pytest.mark.parametrize("text", ["hip hop", "random", "왜?", "why?", "rap"])
def test_whoever_goes_by_such_a_word_is_found(ask: Ask, store: SqlStore, text: str) -> None:
    store.answers.put([artist_document(artist("called", text.rstrip("?")))])
    answer = ask(text)
    assert answer.artist and answer.artist.artist_id == "called"


@pytest.mark.parametrize("text", ["에스파 싫어", "에스파가 싫어요", "i hate aespa", "I don't like aespa"])
def test_whoever_dislikes_an_artist_is_asked_for_another(ask: Ask, store: SqlStore, text: str) -> None:
    answer = ask(text)
    assert answer.kind == "help"
    assert "aespa" in answer.text
    assert store.requests.all() == []


@pytest.mark.parametrize(("text", "says"), [("sad songs", "Happy to!"), ("신나는 노래", "어떤 음악")])
def test_a_song_called_like_a_wish_for_some_is_offered_beside_the_question_which(
    ask: Ask, store: SqlStore, text: str, says: str
) -> None:
    store.answers.put([track_document(song("t-some", text.title(), ["Elton John"]), ["elton"])])
    answer = ask(text)
    assert answer.kind == "help" and answer.text.startswith(says)
    assert answer.quick_replies[0].text == "track:t-some"


def test_a_song_called_so_is_meant_where_it_is_written_like_a_title(ask: Ask, store: SqlStore) -> None:
    store.answers.put([track_document(song("t-some", "Sad Songs", ["Elton John"]), ["elton"])])
    assert ask("Sad Songs").track


@pytest.mark.parametrize("text", ["beatles", "songs like beatles"])
def test_a_name_without_its_article_is_that_artist_unless_another_is_called_so(
    ask: Ask, store: SqlStore, text: str
) -> None:
    store.answers.put([artist_document(artist("meant", "The Beatles"))])
    answer = ask(text)
    assert answer.artist and answer.artist.artist_id == "meant"
    assert ask(answer.quick_replies[-1].text).kind == "pending", "a way to somebody of exactly that name"
    exact = text.removeprefix("songs like ")
    store.answers.put([artist_document(artist("exact", exact))])
    assert (found := ask(text)).artist and found.artist.artist_id == "exact"


def test_who_is_called_so_without_an_article_is_offered(ask: Ask, store: SqlStore) -> None:
    store.answers.put([artist_document(artist("grace", "Grace"))])
    answer = ask("the grace")
    assert answer.kind == "pending", "there is a group of that name"
    assert answer.quick_replies[-1].text == "artist:grace"


def test_a_song_is_found_by_its_artist_without_the_article(ask: Ask, store: SqlStore) -> None:
    store.answers.put(
        [
            artist_document(artist("beatles", "The Beatles")),
            track_document(song("t-1", "Yesterday", ["The Beatles"]), ["beatles"]),
            track_document(song("t-2", "Yesterday", ["Others"]), ["others"]),
        ]
    )
    for text in ("beatles yesterday", "yesterday by beatles"):
        assert (answer := ask(text)).track and answer.track.track_id == "t-1", text


@pytest.mark.parametrize("text", ["Who", "a the"])
def test_a_short_word_is_nobody_with_an_article(ask: Ask, store: SqlStore, text: str) -> None:
    store.answers.put([artist_document(artist("who", "The Who"))])
    assert not ask(text).artist


@pytest.mark.parametrize("text", ["Hello Loner", "no loner", "loner hello", "I Hate Loner", "thanks Venus"])
def test_what_may_be_a_title_leads_to_no_artist_beside_a_saying(ask: Ask, text: str) -> None:
    assert ask(text).kind == "pending"


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
