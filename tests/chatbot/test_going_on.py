"""What goes on with the last answer is told from names: more, numbers, "비슷한 가수"."""

from __future__ import annotations

import pytest

from chatbot.going_on import LAST, is_more, picked, picked_within, wish


def test_more() -> None:
    assert all(
        map(
            is_more,
            ["more", "더 보기", "더보기", "Show me more!", "더 보여줘 ㅎㅎ", "give me one more", "하나 더"],
        )
    )
    assert not is_more("more like Muse")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1번", 1), ("1", 1), ("#2", 2), ("no. 3", 3), ("number 4", 4), ("2번 가수", 2), ("3번이요", 3), ("1번으로", 1),
        ("2번 보여줘", 2), ("첫 번째", 1), ("첫번째 거", 1), ("두 번째 노래", 2), ("일번", 1), ("the first one", 1),
        ("second", 2), ("3rd", 3), ("the second song", 2), ("10번", 10), ("마지막", LAST), ("마지막 거", LAST), ("the last one", LAST),
    ],
)  # fmt: skip
def test_an_entry_of_a_list_is_picked_by_its_number(text: str, place: int) -> None:
    assert picked(text) == place


@pytest.mark.parametrize(
    "text",
    ["일", "세", "10cm", "2NE1", "100", "0", "두번째달", "Third Eye Blind", "1415", "3 Doors Down", "Last"],
)
def test_a_name_with_a_number_is_no_pick(text: str) -> None:
    assert picked(text) is None


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        ("비슷한 가수", "artist", "alike"), ("비슷한 가수 보여줘", "artist", "alike"), ("비슷한 노래", "track", "alike"),
        ("similar artists", "artist", "alike"), ("similar songs", "track", "alike"), ("songs like this", "track", "alike"),
        ("이 가수랑 비슷한 가수", "artist", "alike"), ("이 노래랑 비슷한 노래", "track", "alike"),
        ("who sounds like them?", None, "alike"), ("비슷한 거", None, "alike"),
        ("이런 노래 더", "track", "others"), ("more songs like this", "track", "others"),
        ("more artists like them", "artist", "others"), ("다른 가수", "artist", "others"), ("이거 말고", None, "others"),
        ("다른 거 없어?", None, "others"), ("또 추천해줘", None, "others"), ("who else?", "artist", "others"),
        ("anything else?", None, "others"), ("not these", None, "others"), ("노래 추천해줘", "track", "others"),
        ("songs by them", "track", "shown"), ("any other songs?", "track", "others"), ("any other songs by them?", "track", "shown"), ("그 사람 다른 노래도 알려줘", "track", "shown"),
        ("2번 가수 말고 다른 거", "artist", "others"), ("whats her best song", "track", "shown"), ("who is she", None, "shown"),
        ("노래 들려줘 ㅎㅎ", "track", "shown"), ("their songs", "track", "shown"), ("대표곡", "track", "shown"),
        ("이 가수 누구야?", "artist", "shown"), ("who is this?", None, "shown"),
    ],
)  # fmt: skip
def test_what_goes_on_with_the_last_answer_is_told_from_a_request_with_a_name(
    text: str, kind: str | None, what: str
) -> None:
    wanted = wish(text)
    assert wanted
    assert (wanted.kind, wanted.what) == (kind, what)


@pytest.mark.parametrize(
    "text", ["아이유랑 비슷한 가수", "songs like Ditto", "신나는 노래", "Ditto", "아이유 말고"]
)
def test_a_request_with_a_name_goes_on_with_nothing(text: str) -> None:
    assert wish(text) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("2번이랑 비슷한 가수", 2), ("3번째 가수 노래 들려줘", 3), ("첫번째 꺼 노래", 1), ("1번이랑 3번", 1), ("1, 2", 1),
        ("2번은 누구야?", 2), ("i like the first one", 1), ("the third artist please", 3), ("number 2 looks good", 2),
        ("what about the second one?", 2), ("제일 비슷한 가수는?", 1), ("이 중에 누가 제일 비슷해?", 1), ("the most similar one", 1),
    ],
)  # fmt: skip
def test_an_entry_is_picked_in_a_sentence_of_everyday_words(text: str, place: int) -> None:
    assert picked_within(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "2번 가수 말고 다른 거",
        "10번 출구",
        "1번 국도",
        "the first song of aespa",
        "Number 1 Record",
        "두번째달",
        "First Aid Kit",
        "24/7 nights",
    ],
)
def test_a_name_beside_a_number_is_no_pick_either(text: str) -> None:
    assert picked_within(text) is None


@pytest.mark.parametrize(
    ("text", "what"),
    [("누가 불렀어?", "shown"), ("who sings this?", "shown"), ("이 노래 누구 노래야?", "shown"), ("다시 보여줘", "shown"), ("again", "shown"), ("another one", "others")],
)  # fmt: skip
def test_who_plays_it_and_what_was_shown_are_asked_again(text: str, what: str) -> None:
    wanted = wish(text)
    assert wanted
    assert wanted.what == what
