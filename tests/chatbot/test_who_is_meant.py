"""Which artist or song a text means, whatever the words and letters around the name; and what can be no name."""

from __future__ import annotations

import pytest

from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.conftest import Ask
from tests.chatbot.library import (
    AESPA,
    IU,
    NEWJEANS,
    artist,
    artist_document,
    neighbours,
    song,
    track_document,
)


@pytest.mark.parametrize(
    "text",
    ["aespa", "AESPA", "aespa ", "ａｅｓｐａ", "에스파", "에스파 노래 추천해줘", "who sounds like aespa?"],
)
def test_every_spelling_finds_the_same_artist(ask: Ask, text: str) -> None:
    answer = ask(text)
    assert answer.kind == "artist"
    assert answer.artist
    assert answer.artist.artist_id == AESPA


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
