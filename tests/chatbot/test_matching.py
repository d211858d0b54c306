"""A name that is nearly right is offered, never taken for granted."""

from __future__ import annotations

import pytest

from spotify_assets.core.names import name_key
from spotify_assets.core.spelling import letters
from spotify_assets.core.store import State
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.conftest import Ask, Clock
from tests.chatbot.library import (
    AESPA,
    DITTO,
    DYNAMITE_BY_BTS,
    DYNAMITE_BY_TAIO_CRUZ,
    artist,
    artist_document,
    neighbours,
)


@pytest.fixture(autouse=True)
def more_artists(store: SqlStore) -> None:
    store.answers.put(
        [
            artist_document(
                artist("bp", "BLACKPINK"), [], neighbours(1), aliases=["블랙핑크"], popularity=88
            ),
            artist_document(artist("drake", "Drake"), [], neighbours(1), aliases=["드레이크"], popularity=95),
            artist_document(artist("jennie", "JENNIE"), [], neighbours(1), aliases=["제니"]),
            artist_document(artist("jinjun", "Jin Jun Xiu")),
            artist_document(artist("stars", "The Stars"), popularity=10),
            artist_document(artist("stark", "The Stark"), popularity=20),
        ]
    )


@pytest.mark.parametrize(
    ("text", "artist_id"),
    [
        ("에스빠", AESPA), ("에스빠 노래 추천해줘", AESPA), ("balckpink", "bp"), ("who sounds like blakpink?", "bp"),
        ("블랙핑그", "bp"), ("블핑크", "bp"), ("BLACKPINKK", "bp"),
    ],
)  # fmt: skip
def test_a_mistyped_name_offers_who_is_close(ask: Ask, store: SqlStore, text: str, artist_id: str) -> None:
    answer = ask(text)
    assert answer.kind == "choices"
    assert answer.choices[0].text == f"artist:{artist_id}"
    assert store.requests.all() == [], "a slip of the finger asks for nobody"
    card = ask(answer.choices[0].text).artist
    assert card and card.artist_id == artist_id


@pytest.mark.parametrize(
    ("text", "track_id"),
    [
        ("Dytto", DITTO), ("Dytto 같은 노래", DITTO), ("songs like dinamite", DYNAMITE_BY_BTS),
        ("조은 날 노래", "t-good-day"), ("Hollo", "t-hello"), ("아이유 조은 날", "t-good-day"),
        ("Dytto - NewJeans", DITTO),
    ],
)  # fmt: skip
def test_a_mistyped_title_offers_the_song_and_is_looked_for(
    ask: Ask, store: SqlStore, text: str, track_id: str
) -> None:
    answer = ask(text)
    assert (answer.kind, answer.choices[0].text) == ("choices", f"track:{track_id}")
    assert " – " in answer.choices[0].label
    assert len(store.requests.all()) == 1, "an artist may go by that name"
    song = ask("1번").track
    assert song and song.track_id == track_id
    again = ask(text).track
    assert again and again.track_id == track_id, "understood from then on"


def test_artists_that_are_as_close_come_before_songs(ask: Ask, store: SqlStore) -> None:
    store.answers.put([artist_document(artist("dynamita", "Dynamita"), [], neighbours(1))])
    assert [choice.text for choice in ask("Dynamito").choices] == [
        "artist:dynamita",
        f"track:{DYNAMITE_BY_BTS}",
        f"track:{DYNAMITE_BY_TAIO_CRUZ}",
    ]
    assert store.requests.all() == []


@pytest.mark.parametrize(
    ("text", "artist_id"),
    [("dptmvk", AESPA), ("qmfforvldzm", "bp"), ("ㅁㄷㄴㅔㅁ", AESPA), ("ㅠㅣㅁ차ㅔㅑㅜㅏ", "bp")],
)
def test_a_name_typed_with_the_other_keyboard_is_offered(
    ask: Ask, store: SqlStore, text: str, artist_id: str
) -> None:
    answer = ask(text)
    assert (answer.kind, answer.choices[0].text) == ("choices", f"artist:{artist_id}")
    assert store.requests.all() == []
    ask("1번")
    card = ask(text).artist
    assert card and card.artist_id == artist_id


def test_the_nearest_comes_first_and_then_the_more_popular(ask: Ask) -> None:
    assert [choice.text for choice in ask("The Starr").choices] == ["artist:stark", "artist:stars"]
    assert [choice.text for choice in ask("The Starks").choices] == ["artist:stark", "artist:stars"]


def test_a_confirmed_misspelling_is_understood_from_then_on(ask: Ask) -> None:
    ask("에스빠")
    ask("1번")
    card = ask("에스빠").artist
    assert card and card.artist_id == AESPA


@pytest.mark.parametrize("how", ["tap", "again"])
def test_who_meant_it_as_it_was_typed_gets_it_looked_for(ask: Ask, store: SqlStore, how: str) -> None:
    answer = ask("balckpink")
    [reply] = answer.quick_replies
    assert "balckpink" in reply.label
    assert ask(reply.text if how == "tap" else "balckpink").kind == "pending"
    assert [request.query for request in store.requests.all()] == ["balckpink"]
    assert ask("balckpink").kind == "pending"


def test_a_short_name_close_to_a_known_one_is_offered_and_looked_for(ask: Ask, store: SqlStore) -> None:
    answer = ask("제이")
    assert (answer.kind, answer.choices[0].text) == ("choices", "artist:jennie")
    assert [request.query for request in store.requests.all()] == ["제이"]


@pytest.mark.parametrize(
    ("text", "artist_id"),
    [
        ("EXOO", "exo"),
        ("XEO", "exo"),
        ("Eexo", "exo"),
        ("엑소소", "exo"),
        ("소엑", "exo"),
        ("제니니", "jennie"),
    ],
)
def test_a_short_name_typed_twice_or_the_wrong_way_round_is_offered(
    ask: Ask, store: SqlStore, text: str, artist_id: str
) -> None:
    store.answers.put([artist_document(artist("exo", "EXO"), [], neighbours(1), aliases=["엑소"])])
    answer = ask(text)
    assert (answer.kind, [choice.text for choice in answer.choices]) == ("choices", [f"artist:{artist_id}"])
    assert len(store.requests.all()) == (len(letters(name_key(text))) < 6), (
        "what is short is looked for as well"
    )


@pytest.mark.parametrize(
    "text",
    ["IU2", "Xiu", "Jun", "닉 드레이크", "Drake Bell", "aes", "Eva", "Evi", "UI", "Radiohead"],
)
def test_another_name_is_another_artist(ask: Ask, text: str) -> None:
    assert ask(text).kind == "pending"
    assert ask(f"{text} 노래 추천해줘").kind == "pending"


@pytest.mark.parametrize(
    ("text", "artist_id"),
    [
        ("우리 언니가 에스파 노래에 푹 빠져서 난리인데 비슷한 거 없을까요?", AESPA),
        ("my sister is into BLACKPINK so what should i get her", "bp"),
    ],
)
def test_who_is_named_in_a_sentence_is_offered(ask: Ask, store: SqlStore, text: str, artist_id: str) -> None:
    answer = ask(text)
    assert (answer.kind, [choice.text for choice in answer.choices]) == ("choices", [f"artist:{artist_id}"])
    assert store.requests.all() == []
    card = ask("1번").artist
    assert card and card.artist_id == artist_id


@pytest.mark.parametrize(
    ("text", "artist_id"),
    [
        ("요즘 에스파 노래에 푹 빠졌는데 비슷한 거 없을까요?", AESPA),
        ("나 블랙핑크 좋아해", "bp"),
        ("블랙핑크처럼 춤 잘 추는 그룹 추천해줘", "bp"),
        ("recommend something for drake fans", "drake"),
        ("제니 말고 비슷한 사람", "jennie"),
        ("드레이크는?", "drake"),
        ("블랙핑크 ❤️", "bp"),
        ("블랙핑크노래추천", "bp"),
        ("i have been listening to drake a lot lately, what else is good", "drake"),
        ("I love BLACKPINK, what else should I listen to?", "bp"),
    ],
)
def test_a_request_in_plain_words_is_answered_at_once(
    ask: Ask, store: SqlStore, text: str, artist_id: str
) -> None:
    card = ask(text).artist
    assert card and card.artist_id == artist_id
    assert store.requests.all() == []


def test_a_word_of_a_known_name_is_looked_for_and_who_has_it_is_offered(ask: Ask, store: SqlStore) -> None:
    known = [("lamar", "Kendrick Lamar", 90), ("scott", "Kendrick Scott", 30), ("lee", "Lee", 99)]
    store.answers.put([artist_document(artist(i, name), popularity=fame) for i, name, fame in known])
    answer = ask("kendrick")
    assert answer.kind == "pending" and answer.artist is None
    assert [(one.label, one.text) for one in answer.quick_replies[1:]] == [
        ("Artist: Kendrick Lamar", "artist:lamar"),
        ("Artist: Kendrick Scott", "artist:scott"),
    ]
    assert [request.name_key for request in store.requests.all()] == ["kendrick"]
    assert len(ask("lam").quick_replies) == 1, "not a word of a name"
    assert ask("Kendrick*").kind == "pending", "nobody goes by a part"


def test_a_title_nobody_knows_is_told_and_its_artist_shown(ask: Ask, store: SqlStore) -> None:
    answer = ask("Zero Hour by BLACKPINK")
    assert answer.artist and answer.artist.artist_id == "bp"
    assert answer.text.startswith("I don't know “Zero Hour” yet, but I do know BLACKPINK.")
    assert store.requests.all() == []
    answer = ask("블랙핑크 영시")
    assert answer.kind == "pending"
    assert ("가수: BLACKPINK", "artist:bp") in [(one.label, one.text) for one in answer.quick_replies]


@pytest.mark.parametrize(
    "text",
    [
        "블랙핑크 제니",
        "블랙핑크랑 제니",
        "BLACKPINK and JENNIE",
        "블랙핑크, 제니",
        "블랙핑크, 제니 중에 누가 좋아?",
    ],
)
def test_two_known_artists_are_offered_side_by_side(ask: Ask, store: SqlStore, text: str) -> None:
    answer = ask(text)
    assert [choice.text for choice in answer.choices] == ["artist:bp", "artist:jennie"]
    assert store.requests.all() == []
    assert ask(text).kind == "pending", "typed again it is a name"


def test_yes_takes_the_one_that_was_offered_and_no_takes_none(ask: Ask, store: SqlStore) -> None:
    ask("balckpink")
    card = ask("네 맞아요").artist
    assert card and card.artist_id == "bp"
    ask("blakcpink")
    assert ask("아니요").kind == "help"
    ask("The Starr")
    assert ask("yes").kind == "help", "two were offered"
    assert store.requests.all() == []


def test_an_alias_is_a_whole_word(ask: Ask) -> None:
    card = ask("Jin Jun Xiu").artist
    assert card and card.artist_id == "jinjun"


def test_what_was_found_under_another_name_is_answered_once_it_is_published(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    assert ask("Agust D").kind == "pending"
    store.requests.claim(["agustd"], "run-1", clock.now, clock.now)
    store.requests.resolve("agustd", "run-1", ["suga"])
    store.requests.finish("agustd", "run-1", State.DONE, clock.now)
    store.answers.put([artist_document(artist("suga", "SUGA"), [], neighbours(1))])
    card = ask("Agust D").artist
    assert card and card.artist_id == "suga"
    (request,) = store.requests.all()
    assert request.generation == 1
