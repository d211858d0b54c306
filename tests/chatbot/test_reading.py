"""The words around a name are taken away, and the name is not."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.going_on import is_more, likeness_wanted, picked
from chatbot.reading import (
    MAX_TEXT,
    Reference,
    clean,
    has_name,
    is_farewell,
    is_greeting,
    is_insult,
    is_link_or_id,
    is_small_talk,
    is_thanks,
    names_within,
    read,
    reference,
)
from spotify_assets.core.names import name_key

PHRASES = {
    "아이유": "아이유",
    "아이유 노래": "아이유",
    "아이유 노래 추천해줘": "아이유",
    "아이유의 노래 들려줘": "아이유",
    "아이유 노래를 듣고 싶어": "아이유",
    "아이유랑 비슷한 가수": "아이유",
    "아이유랑 비슷한 가수 추천해 주세요": "아이유",
    "아이유처럼 노래하는 가수": "아이유",
    "방탄소년단이랑 비슷한 그룹 알려줘": "방탄소년단",
    "뉴진스와 비슷한 아티스트는?": "뉴진스",
    "블랙핑크하고 비슷한 걸그룹": "블랙핑크",
    "비투비랑 비슷한 그룹 있나요": "비투비",
    "Ditto 같은 노래": "Ditto",
    "Ditto 같은 노래 있어?": "Ditto",
    "‘좋은 날’ 같은 노래": "좋은 날",
    "에스파 비슷한 가수": "에스파",
    "에스파에 대해 알려줘": "에스파",
    "에스파는 어때?": "에스파",
    "샤이니 좋아하는데 비슷한 가수 있어?": "샤이니",
    "샤이니를 좋아하는데 비슷한 가수 있을까요?": "샤이니",
    "혹시 잔나비 알려줄 수 있어?": "잔나비",
    "잔나비를 추천해줘": "잔나비",
    "검정치마 노래 좀 들려줘": "검정치마",
    "이랑이랑 비슷한 가수": "이랑",
    "하이랑 비슷한 가수": "하이",
    "10cm랑 비슷한 밴드": "10cm",
    "10cm 노래 추천 좀 해줘": "10cm",
    "BTS 노래 뭐 있어?": "BTS",
    "BTS 같은 가수 또 있어?": "BTS",
    "(여자)아이들 노래": "(여자)아이들",
    "who sounds like SHINee?": "SHINee",
    "Who is similar to Red Velvet?": "Red Velvet",
    "songs like Dynamite": "Dynamite",
    'songs like "Spring Day"': "Spring Day",
    "artists similar to IU": "IU",
    "similar artists to IU": "IU",
    "IU's similar artists": "IU",
    "IU songs": "IU",
    "who is IU?": "IU",
    "hi who is IU": "IU",
    "recommend me some songs like Ditto please": "Ditto",
    "can you recommend artists like Radiohead?": "Radiohead",
    "could you please suggest bands like The Who?": "The Who",
    "do you know Big Bang?": "Big Bang",
    "hey, who sounds like NewJeans?": "NewJeans",
    "show me more artists like EXO, thanks": "EXO",
    "I want to hear something similar to TXT": "TXT",
    "find artists like Heize": "Heize",
    "more like Muse": "Muse",
    "bands that sound like Oasis": "Oasis",
    "music similar to Sigur Rós": "Sigur Rós",
    "play some Oasis songs": "Oasis",
    "tell me about aespa": "aespa",
    "Roxy Music songs": "Roxy Music",
}


@pytest.mark.parametrize(("text", "name"), PHRASES.items())
def test_the_name_is_found_in_a_request(text: str, name: str) -> None:
    reading = read(clean(text))
    assert reading.name == name
    assert name in [candidate.name for candidate in reading.candidates if candidate.sure]


@pytest.mark.parametrize(
    "name",
    [
        "The The", "The Like", "The Who", "노래를 찾는 사람들", "Roxy Music", "Hello Venus", "Now United",
        "Thank You Scientist", "Like Moths to Flames", "Please Please Me", "Songs: Ohia", "김창완 밴드",
        "Wham!", "Someone Somewhere", "More Than Words", "Some Girls", "Any Man of Mine", "The Band", "싸이",
        "가을방학", "Drive-By Truckers", "Somebody New", "Death by Stereo",
        "I Love You But I've Chosen Darkness", "(G)I-DLE",
    ],
)  # fmt: skip
def test_a_name_that_holds_such_words_stays_whole(name: str) -> None:
    reading = read(clean(name))
    assert reading.name == name
    assert reading.candidates[0].name == name


@pytest.mark.parametrize(
    "text", ["Like", "노래를 찾는 사람들 노래 추천해줘", "who sounds like The The?", "이랑 비슷한 가수"]
)
def test_the_whole_text_is_tried_first(text: str) -> None:
    assert read(text).candidates[0].name == text


@pytest.mark.parametrize(
    "text",
    [
        "노래 추천해줘",
        "비슷한 가수",
        "recommend me some songs",
        "좋은 노래 추천해줘",
        "some music please",
        "가수",
    ],
)
def test_a_request_without_a_name_has_no_name(text: str) -> None:
    assert read(text).name == ""


def test_real_artists_keep_their_names(shared_data: Path) -> None:
    names = pq.read_table(shared_data / "catalog_musicoset" / "artists.parquet").column("name").to_pylist()
    cut = {name for name in names if name_key(read(clean(name)).name) != name_key(name)}
    assert len(names) > 11_000
    assert len(cut) <= 10, cut


def test_marks_around_a_name_are_not_recorded() -> None:
    assert read("AESPA!!!").name == read("“AESPA”?").name == "AESPA"


def test_a_song_and_its_artist_are_told_apart() -> None:
    assert ("Dynamite", "BTS") in read("Dynamite by BTS").splits
    assert ("BTS", "Dynamite") in read("BTS - Dynamite").splits
    assert ("Ditto", "뉴진스") in read("뉴진스의 Ditto").splits
    assert ("아이유", "좋은 날") in read("아이유 좋은 날 들려줘").splits


@pytest.mark.parametrize(
    ("text", "kind", "id_"),
    [
        ("https://open.spotify.com/artist/6YVMFz59CuY7ngCxTxjpxE?si=x", "artist", "6YVMFz59CuY7ngCxTxjpxE"),
        ("open.spotify.com/intl-ko/track/3r8RuvgbX9s7ammBn07D3W", "track", "3r8RuvgbX9s7ammBn07D3W"),
        ("이거 https://open.spotify.com/track/3r8RuvgbX9s7ammBn07D3W", "track", "3r8RuvgbX9s7ammBn07D3W"),
        ("spotify:artist:6YVMFz59CuY7ngCxTxjpxE", "artist", "6YVMFz59CuY7ngCxTxjpxE"),
        ("artist:sample-artist-iu", "artist", "sample-artist-iu"),
    ],
)
def test_links_and_uris_are_references(text: str, kind: str, id_: str) -> None:
    found = reference(text)
    assert found is not None
    assert (found.kind, found.id) == (kind, id_)
    assert isinstance(found, Reference)


@pytest.mark.parametrize(
    "text", ["aespa", "artist: the movie", "https://open.spotify.com/album/6YVMFz59CuY7ngCxTxjpxE"]
)
def test_other_texts_are_no_references(text: str) -> None:
    assert reference(text) is None


def test_addresses_and_ids_are_nobodys_name() -> None:
    assert is_link_or_id("https://example.org/aespa")
    assert is_link_or_id("6YVMFz59CuY7ngCxTxjpxE")
    assert not is_link_or_id("Electroencephalography")
    assert not is_link_or_id("aespa")


def test_greetings_and_more() -> None:
    assert all(map(is_greeting, ["", "  ", "?", "Hi!", "HELP", "안녕하세요~", "도움말"]))
    assert all(map(is_more, ["more", "더 보기", "더보기", "Show me more!"]))
    assert not is_greeting("Hello Venus")
    assert not is_more("more like Muse")


@pytest.mark.parametrize(
    "text",
    [
        "how are you?",
        "How's it going",
        "뭐해",
        "뭐 해?",
        "뭐하니?",
        "심심해",
        "who are you?",
        "너 누구야?",
        "ㅇㅇ",
        "ok",
    ],
)
def test_small_talk_is_no_name(text: str) -> None:
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text", ["How Are You Stranger", "놀면 뭐하니", "OK Go", "심심한 위로", "Awesome Dre"]
)
def test_a_name_that_begins_like_small_talk_is_a_name(text: str) -> None:
    assert not is_small_talk(text)
    assert read(text).name == text


@pytest.mark.parametrize(
    "text",
    [
        "you suck",
        "stupid bot!",
        "You're so useless",
        "shut up",
        "바보",
        "이 바보야",
        "멍청아",
        "꺼져",
        "씨발",
        "ㅅㅂ",
        "야 이 병신아",
    ],
)
def test_an_insult_is_no_name(text: str) -> None:
    assert is_insult(text)


@pytest.mark.parametrize(
    "text",
    [
        "Fucked Up",
        "Garbage Gang",
        "Trash Talk",
        "Shitdisco",
        "Idiot Pilot",
        "Fuck Buttons",
        "바보라면",
        "미쳤어 손담비",
    ],
)
def test_a_name_that_holds_a_rude_word_is_a_name(text: str) -> None:
    assert not is_insult(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1번", 1), ("1", 1), ("#2", 2), ("no. 3", 3), ("number 4", 4), ("2번 가수", 2), ("3번이요", 3), ("1번으로", 1),
        ("2번 보여줘", 2), ("첫 번째", 1), ("첫번째 거", 1), ("두 번째 노래", 2), ("일번", 1), ("the first one", 1),
        ("second", 2), ("3rd", 3), ("the second song", 2), ("10번", 10),
    ],
)  # fmt: skip
def test_an_entry_of_a_list_is_picked_by_its_number(text: str, place: int) -> None:
    assert picked(text) == place


@pytest.mark.parametrize(
    "text", ["일", "세", "10cm", "2NE1", "100", "0", "두번째달", "Third Eye Blind", "1415", "3 Doors Down"]
)
def test_a_name_with_a_number_is_no_pick(text: str) -> None:
    assert picked(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("비슷한 가수", "artist"), ("비슷한 가수 추천해줘", "artist"), ("비슷한 노래", "track"), ("이런 노래 더", "track"),
        ("similar artists", "artist"), ("similar songs", "track"), ("more songs like this", "track"),
        ("more artists like them", "artist"), ("이 가수랑 비슷한 가수", "artist"),
        ("좋은 노래 추천해줘", None), ("아이유랑 비슷한 가수", None), ("songs like Ditto", None), ("노래", None),
    ],
)  # fmt: skip
def test_more_of_what_was_shown_is_told_from_a_request_with_a_name(text: str, kind: str | None) -> None:
    assert likeness_wanted(text) == kind


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("요즘 에스파 노래에 푹 빠졌는데 비슷한 거 있을까요?", "에스파"),
        ("나는 검정치마를 진짜 좋아하는데 뭐 들으면 좋을까", "검정치마"),
        ("i've been listening to Red Velvet a lot lately, what else is good?", "Red Velvet"),
        ("my sister really likes IU, do you know something for her?", "IU"),
    ],
)
def test_a_sentence_holds_names(text: str, name: str) -> None:
    assert name in names_within(clean(text))


@pytest.mark.parametrize(
    "text",
    [
        "Queens of the Stone Age", "Nick Cave and the Bad Seeds", "King Gizzard & The Lizard Wizard", "에스파",
        "노래를 찾는 사람들", "브로콜리 너마저", "장기하와 얼굴들",
        "Someone Still Loves You Boris Yeltsin", "The World Is a Beautiful Place",
    ],
)  # fmt: skip
def test_a_long_name_is_no_sentence(text: str) -> None:
    assert names_within(text) == []


def test_goodbyes() -> None:
    assert all(map(is_farewell, ["bye!", "Good night", "잘 자~", "또 봐요", "ㅂㅂ"]))
    assert not is_farewell("Bye Bye Badman")


def test_invisible_characters_are_taken_away() -> None:
    assert clean("\u202ea\u200be\u2060s\u0000pa\r\n\t\u3000노래\u202c") == "aespa 노래"
    assert clean("ａｅｓｐａ") == "aespa"
    assert clean("\ud800x") == "x"
    assert len(clean("x" * 1_000_000)) == MAX_TEXT


def test_loose_korean_letters_are_shown_as_they_were_typed_and_name_nobody() -> None:
    assert clean("ａespa ㅋㅋㅋ") == "aespa ㅋㅋㅋ"
    assert has_name("에스파 ㅋㅋ")
    assert not any(map(has_name, ["ㅋㅋㅋ", "ㅠ.ㅠ", "ㅎㅎ!", "👍"]))
    assert is_greeting(clean("ㅎㅇ"))
    assert is_thanks(clean("ㄱㅅ"))


@given(st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned).isprintable() or cleaned == ""
    reading = read(cleaned)
    assert len(reading.candidates) <= 12


@pytest.mark.parametrize(
    "text",
    [
        "추천" * 140 + " zzz",
        "좀 " * 140 + "a",
        "who is " * 40,
        "like " * 58,
        "에대해 " * 70,
        "추천해 줄 수 " * 35,
        '"' * 300,
    ],
)
def test_no_text_takes_long_to_read(text: str) -> None:
    started = time.perf_counter()
    read(clean(text)[:300])
    assert time.perf_counter() - started < 0.5
