"""A conversation goes on where it stood: typed text works as well as a tap, on whichever server it arrives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from chatbot.answer import Answer, Question
from chatbot.bot import Bot
from chatbot.conversation import Memory, as_kept, person
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot.conftest import Ask, Clock
from tests.chatbot.library import (
    AESPA,
    DITTO,
    DYNAMITE_BY_BTS,
    DYNAMITE_BY_TAIO_CRUZ,
    NEWJEANS,
    artist,
    artist_document,
    neighbours,
    song,
    track_document,
)

Say = Callable[..., Answer]

MORE = ("More", "더 보기")


@pytest.fixture
def say(store: SqlStore, clock: Clock) -> Say:
    """Say something as somebody; every question meets a bot that has seen none before."""

    def say(text: str, who: str = "ann") -> Answer:
        return Bot(store, clock).answer(Question(who, text, "test", vouched_by=who))

    return say


def shown(answer: Answer) -> str:
    assert answer.artist, answer.text
    return answer.artist.artist_id


@pytest.mark.parametrize("more", ["더 보기", "more", "더", "Show me more!"])
def test_more_shows_the_next_page_until_there_is_none(say: Say, more: str) -> None:
    say("에스파")
    assert [s.artist.name for s in say(more).similar] == [f"Neighbour {n}" for n in range(11, 21)]
    assert say(more).kind == "help"


@pytest.mark.parametrize("more", ["more", "MORE", "더 보기"])
def test_what_the_button_says_is_the_next_page_whatever_song_is_called_so(
    say: Say, store: SqlStore, more: str
) -> None:
    store.answers.put([track_document(song(f"t-{n}", title, ["A"]), ["a"]) for n, title in enumerate(MORE)])
    say("에스파")
    assert [s.artist.name for s in say(more).similar] == [f"Neighbour {n}" for n in range(11, 21)]
    assert say(more, "bob").kind == "track", "who was shown nothing means the song"


def test_the_end_of_a_list_is_told(say: Say, store: SqlStore) -> None:
    say("아이유")
    assert say("더 보여줘요").text.startswith("지금 아는 건 여기까지예요")
    assert say("다른 가수").text.startswith("지금 아는 건 여기까지예요")
    assert say("who else?").text.startswith("That's all")
    assert store.requests.all() == []


@pytest.mark.parametrize(
    "more", ["다른 가수 추천해줘", "이거 말고", "또 추천해줘", "anyone else?", "more artists like them"]
)
def test_others_are_the_next_page(say: Say, more: str) -> None:
    say("에스파")
    assert say(more).similar[0].artist.name == "Neighbour 11"


@pytest.mark.parametrize("songs", ["노래 들려줘", "their songs", "이 가수 누구야?", "얘네 노래", "다른 노래"])
def test_songs_of_whom_was_shown_are_on_the_card(say: Say, songs: str) -> None:
    say("에스파")
    say("more")
    assert [song.name for song in say(songs).top_tracks] == ["Supernova"]


@pytest.mark.parametrize("songs", ["다른 노래", "비슷한 노래", "similar songs"])
def test_songs_that_are_not_published_by_themselves_are_on_the_card(say: Say, songs: str) -> None:
    say("Loner")
    answer = say(songs)
    assert (shown(answer), [song.name for song in answer.top_tracks]) == ("loner", ["Alone"])


def test_who_is_called_like_a_wish_is_meant(say: Say, store: SqlStore) -> None:
    store.answers.put([artist_document(artist("songs", "More Songs"), [], neighbours(1))])
    say("에스파")
    assert shown(say("more songs")) == "songs"
    store.answers.put([artist_document(artist("next", "Next"), [], neighbours(1))])
    say("에스파")
    assert shown(say("next")) == "next"


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("songs like The Who", True), ("who sounds like the who?", True), ("The Who songs", True),
        ("more artists like Them", True), ("more artists like them", False), ("Similar artists", False),
        ("songs by them ㅋㅋ", False), ("other songs by this band 🙏", False),
    ],
)  # fmt: skip
def test_who_is_named_within_a_wish_is_meant(say: Say, store: SqlStore, text: str, is_named: bool) -> None:
    names = ("The Who", "Them", "Similar", "This Band")
    store.answers.put([artist_document(artist(f"odd-{name}", name)) for name in names])
    say("뉴진스")
    answer = say(text)
    assert store.requests.all() == []
    assert bool(answer.artist and answer.artist.artist_id.startswith("odd-")) == is_named


def test_what_has_no_letters_is_answered_in_the_language_spoken_before(say: Say) -> None:
    assert say("?").text.startswith("Hi!")
    say("에스파")
    assert say("?").text.startswith("안녕하세요")
    assert "아직 모르는 이름" in say("1").text
    say("aespa")
    assert say("?").text.startswith("Hi!")


def test_more_is_about_what_that_person_saw_last(say: Say) -> None:
    say("에스파", "ann")
    say("아이유", "bob")
    assert say("more", "bob").kind == "help"
    assert say("more", "carl").kind == "help"
    assert shown(say("more", "ann")) == AESPA


def test_an_hour_later_a_conversation_is_over(say: Say, clock: Clock) -> None:
    say("에스파")
    clock.advance(minutes=61)
    assert say("더 보기").kind == "help"


def test_an_entry_of_the_list_is_picked_by_its_number(say: Say, store: SqlStore) -> None:
    store.answers.put([artist_document(artist("neighbour-2", "Neighbour 2"), [], neighbours(1))])
    say("에스파")
    assert shown(say("2번")) == "neighbour-2"
    assert say("9번").text.startswith("방금 보여 드린 목록은 1번까지")
    for text in ("2번이랑 비슷한 가수", "2번 같은 노래 추천해줘", "something like the second one"):
        say("에스파")
        assert shown(say(text)) == "neighbour-2"
    say("뉴진스")
    assert shown(say("마지막 거")) == "neighbour-2"
    say("에스파")
    assert shown(say("the second one")) == "neighbour-2"
    assert store.requests.all() == []


def test_a_number_without_a_list_names_nobody(say: Say, store: SqlStore) -> None:
    assert say("1번").kind == "help"
    assert store.requests.all() == []


def test_an_entry_that_is_not_published_is_asked_for_by_its_id(say: Say, store: SqlStore) -> None:
    say("에스파")
    answer = say("3번")
    assert answer.kind == "pending"
    assert "Neighbour 3" in answer.text
    assert [request.query for request in store.requests.all()] == ["neighbour-3"]


def test_similar_artists_and_songs_are_about_what_was_shown(say: Say) -> None:
    say("Ditto")
    assert shown(say("비슷한 가수")) == NEWJEANS
    answer = say("similar songs")
    assert answer.track and answer.track.name == "Ditto"
    assert [s.tracks[0].name for s in answer.similar] == ["OMG"]


def test_what_is_similar_to_nothing_is_asked_back(say: Say, store: SqlStore) -> None:
    assert say("비슷한 가수").kind == "help"
    assert store.requests.all() == []


def test_a_choice_is_made_by_a_tap_a_number_or_its_label(say: Say) -> None:
    for pick in ("artist:eve-us", "두 번째", "Eve · hip hop"):
        who = f"somebody who says {pick}"
        assert say("Eve", who).kind == "choices"
        assert shown(say(pick, who)) == "eve-us"


def test_a_choice_is_remembered_for_that_person_and_the_others_stay_on_offer(say: Say) -> None:
    say("Eve")
    say("2번")
    answer = say("Eve")
    assert shown(answer) == "eve-us"
    assert "Eve · j-pop · anime" in [reply.label for reply in answer.quick_replies]
    assert say("Eve", "bob").kind == "choices", "bob has chosen nothing"


def test_what_three_people_chose_is_what_everybody_means(say: Say) -> None:
    for who in ("ann", "bob", "carl"):
        assert say("Eve", who).kind == "choices"
        say("1번", who)
    assert shown(say("Eve", "zoe")) == "eve-jp"
    assert shown(say("songs by Eve", "zoe")) == "eve-jp"


def test_a_song_that_was_picked_is_what_one_means_and_by_three_everybody(say: Say) -> None:
    for who in ("ann", "bob", "carl"):
        assert say("Dynamite", who).kind == "choices"
        say("2번", who)
        song = say("Dynamite 같은 노래", who).track
        assert song and song.artists == ["Taio Cruz"]
    answer = say("Dynamite", "zoe")
    assert answer.track and answer.track.track_id == DYNAMITE_BY_TAIO_CRUZ
    assert "Dynamite – BTS" in [reply.label for reply in answer.quick_replies]
    song = say("Dynamite by BTS", "zoe").track
    assert song and song.track_id == DYNAMITE_BY_BTS, "who says whose gets it"


def test_a_song_that_was_meant_by_a_slip_is_understood_from_then_on(say: Say) -> None:
    assert say("Dytto").kind == "choices"
    say("1번")
    song = say("Dytto").track
    assert song and song.track_id == DITTO


def test_who_is_looked_up_without_being_asked_for_confirms_nothing(say: Say, store: SqlStore) -> None:
    for who in ("ann", "bob", "carl"):
        say("artist:eve-jp", who)
        say("에스파", who)
        say("1번", who)
    assert say("Eve", "zoe").kind == "choices"


def test_taps_work_across_servers_that_write_behind(store: SqlStore, clock: Clock) -> None:
    one = Bot(store, clock, behind=True)
    one.answer(Question("ann", "에스파", "test"))
    assert shown(one.answer(Question("ann", "more", "test"))) == AESPA, "before it is written"
    one.close()
    one.close()
    assert Bot(store, clock).answer(Question("ann", "비슷한 가수", "test")).kind == "artist"


def test_what_is_just_being_written_is_remembered(store: SqlStore, clock: Clock) -> None:
    writing, go_on = threading.Event(), threading.Event()

    class Slow:
        recall = store.conversations.recall

        def remember(self, *_: object) -> None:
            writing.set()
            go_on.wait(60)

    memory = Memory(Slow(), clock, behind=True)
    memory.keep("ann", as_kept(Answer("choices", "which?", asked="eve"), "en") or "")
    assert writing.wait(60)
    assert memory.recall("ann").asked == "eve"
    go_on.set()
    memory.close()


def test_a_store_that_takes_no_notes_costs_no_answer(
    store: SqlStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    class Full:
        def __init__(self) -> None:
            self.recall = store.conversations.recall

        def remember(self, *_: object) -> None:
            raise StoreError("the disk is full")

    from spotify_assets.core.errors import StoreError

    answer = Answer("choices", "which?", asked="eve")
    Memory(Full(), clock).keep(person("web", "ann"), as_kept(answer, "en") or "")
    assert "the disk is full" in caplog.text


def test_hostile_users_are_people_like_any_other(say: Say) -> None:
    for who in ("", "x" * 10_000, "'; DROP TABLE conversations; --", "\ud800", "a\x00b"):
        assert say("에스파", who).kind == "artist"
        assert say("more", who).similar[0].artist.name == "Neighbour 11"


def test_conversations_are_kept_apart_by_channel() -> None:
    assert person("kakao", "1") != person("web", "1")
    assert timedelta(minutes=1) < timedelta(hours=1)


def test_the_names_of_a_list_can_be_typed(ask: Ask, store: SqlStore) -> None:
    ask("에스파")
    assert "Neighbour 4" in ask("Neighbour 4").text
    assert [request.query for request in store.requests.all()] == ["neighbour-4"]
