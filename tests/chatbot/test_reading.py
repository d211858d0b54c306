"""The words around a name are taken away, and the name is not."""

from __future__ import annotations

import csv
import gzip
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.reading import (
    MAX_TEXT,
    Reference,
    clean,
    has_name,
    is_link_or_id,
    literal,
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
    "뉴진스랑 비슷한 가수 알려줘": "뉴진스",
    "BTS 느낌 나는 노래 좀": "BTS",
    "아이유 말고 비슷한 사람": "아이유",
    "잔나비 좋아하는데 뭐 들을까?": "잔나비",
    "에스파랑 결이 비슷한 가수 추천 좀 해주실 수 있나요?": "에스파",
    "샤이니 팬인데 추천할 만한 가수 있을까?": "샤이니",
    "아이유를 좋아하는 사람이 좋아할 만한 가수": "아이유",
    "잔나비는?": "잔나비",
    "잔나비노래추천해줘": "잔나비",
    "아이유랑비슷한가수": "아이유",
    "에스파같은그룹": "에스파",
    "bands such as Radiohead": "Radiohead",
    "something in the vein of Radiohead": "Radiohead",
    "Radiohead-like bands": "Radiohead",
    "can u recommend me sth like radiohead": "radiohead",
    "i've been listening to Jannabi, any suggestions?": "Jannabi",
    "Roxy Music songs": "Roxy Music",
    "에스파 ㅋㅋ": "에스파",
    "에스파 노래 추천해줘 ㅠㅠ": "에스파",
    "에스파 노래 추천해줘 🙏🏻": "에스파",
    "에스파 추천 ^^": "에스파",
    "songs like aespa ❤️": "aespa",
    "에스파 신나는 노래": "에스파",
    "아이유 슬픈 노래 추천해줘": "아이유",
    "happy songs like Ditto": "Ditto",
    "Ditto라는 노래": "Ditto",
    "노래 Ditto": "Ditto",
    "비라는 가수": "비",
    "hey siri play Muse": "Muse",
    "alexa play dynamite": "dynamite",
    "시리야 에스파 틀어줘": "에스파",
    "play dynamite": "dynamite",
    "5 songs like Muse": "Muse",
    "top 5 songs of Muse": "Muse",
    "락밴드 뮤즈 같은 인디밴드 추천": "락밴드 뮤즈",
    "song Ditto": "Ditto",
    "song ditto": "ditto",
    "a song called Ditto": "Ditto",
    "노래 좋은 날": "좋은 날",
    "노래제목: 밤편지": "밤편지",
    "에스파라고 하는 그룹 알려줘": "에스파",
    "에스파라는 그룹 알아?": "에스파",
    "혹시 에스파 아시나요?": "에스파",
    "‘How Are You?’ 검색": "How Are You?",
    "search “the first song”": "the first song",
    "ㅠㅠ 에스파 노래 추천해줘": "에스파",
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
        "I Love You But I've Chosen Darkness", "(G)I-DLE", "Song for You", "Song 2", "Play Dead", "play that funky music", "Wedding Song",
            "something just like this", "who is it",
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
        "뭐 추천해?",
        "recommend me something",
        "recommend me a song",
        "K-pop 추천해줘",
        "힙합",
        "sad songs",
        "신나는 노래",
        "비 오는 날 듣기 좋은 노래",
        "심심한데 노래 하나 추천해줘",
        "노래추천",
        "what should I listen to?",
        "여자 가수 추천",
        "90년대 노래",
        "요즘 뜨는 노래",
        "뭐 들을까요 ㅠㅠ",
        "give me a song",
        "인기 차트",
        "최신곡 알려줘",
        "korean bands",
        "recommend kpop girl groups",
        "music for studying",
        "비오는날 노래",
        "헬스장에서 들을 노래",
        "퇴근길에 듣기 좋은 노래",
        "공부할때 들을만한 잔잔한 음악",
        "옛날 노래",
        "크리스마스 노래 추천",
        "시티팝",
        "감성 힙합",
        "신나는 걸로",
        "여돌 추천",
        "가장 비슷한 건?",
        "이 중에 누가 제일 좋아?",
        "love songs",
        "christmas songs",
        "jazz for dinner",
        "something happier",
        "i'm feeling sad",
        "chill vibes",
        "What's a good song?",
        "what's a good kpop band",
    ],
)
def test_a_request_without_a_name_has_no_name(text: str) -> None:
    assert read(text).name == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("나 아이유 좋아해", "아이유"), ("아이유 좋아", "아이유"), ("요즘 아이유만 들어", "아이유"),
        ("아이유 최애인데", "아이유"), ("아이유 노래 뭐가 좋아?", "아이유"), ("아이유 들을래", "아이유"),
        ("아이유요", "아이유"), ("트와이스노래", "트와이스"), ("more bts", "bts"), ("listen to Adele", "Adele"),
        ("I love BTS, what else is good?", "BTS"), ("people who like BTS also like", "BTS"),
        ("Radiohead vibes", "Radiohead"), ("big Radiohead fan here", "Radiohead"), ("TWICE new song", "TWICE"),
        ("아이유 콘서트 언제야?", "아이유"), ("에스파 멤버 누구야?", "에스파"), ("방탄소년단이요!", "방탄소년단"),
        ("에스파 장르", "에스파"), ("에스파 데뷔 언제야?", "에스파"), ("에스파 노래 가사", "에스파"),
        ("Radiohead tickets", "Radiohead"), ("sad songs by aespa", "aespa"),
        ("에스파가 좋아", "에스파"), ("저는 아이유를 좋아합니다", "아이유"), ("에스파 넘 좋다ㅠㅠ", "에스파"), ("에스파 짱", "에스파"),
        ("내 최애는 에스파야", "에스파"), ("제 최애 가수는 아이유예요", "아이유"), ("요새 아이유에 빠짐", "아이유"), ("아이유만 듣고 있어", "아이유"),
        ("i'm a fan of aespa", "aespa"), ("sad aespa songs", "aespa"), ("aespa sad songs", "aespa"),
        ("잔잔한 아이유 노래", "아이유"), ("제발 에스파", "에스파"),
    ],
)  # fmt: skip
def test_a_name_among_plain_words_is_tried_as_an_artist(text: str, name: str) -> None:
    assert name in [candidate.name for candidate in read(clean(text)).candidates]


@pytest.mark.parametrize(
    "name",
    ["I Love Makonnen", "We Are Scientists", "Listen to Your Heart", "널 좋아해", "나 혼자", "Love Song", "I Love You",
     "너를 좋아해", "A Perfect Circle", "Of Monsters and Men", "Good Vibes", "A Great Big World", "최애의 아이들", "아이콘 취향저격"],
)  # fmt: skip
def test_a_name_made_of_plain_words_is_looked_for_as_it_is(name: str) -> None:
    assert read(name).name == name


@pytest.mark.parametrize(
    "title", ["Love Gun", "Love and War", "Dirty Love", "The Game of Love", "너라는 노래"]
)
def test_a_title_is_not_taken_for_an_artist(title: str) -> None:
    names = {candidate.name for candidate in read(title).candidates}
    assert names.isdisjoint({"Gun", "War", "Dirty", "The Game", "너"})


def test_real_artists_keep_their_names(shared_data: Path) -> None:
    names = pq.read_table(shared_data / "catalog_musicoset" / "artists.parquet").column("name").to_pylist()
    cut = {name for name in names if name_key(read(clean(name)).name) != name_key(name)}
    assert len(names) > 11_000
    assert cut <= {"Who Is Fancy", "Can You Flow?", "Ameritz Top Tracks", "Band"}


def test_korean_names_of_real_artists_are_whole(shared_data: Path) -> None:
    with gzip.open(shared_data / "aliases" / "aliases_dev.csv.gz", "rt", encoding="utf-8") as file:
        names = {row["alias"] for row in csv.DictReader(file)}
    assert len(names) > 500
    assert {name for name in names if name_key(read(clean(name)).name) != name_key(name)} == set()


def test_marks_around_a_name_are_not_recorded() -> None:
    assert read("AESPA!!!").name == read("“AESPA”?").name == "AESPA"


def test_a_song_and_its_artist_are_told_apart() -> None:
    assert ("Dynamite", "BTS") in read("Dynamite by BTS").splits
    assert ("BTS", "Dynamite") in read("BTS - Dynamite").splits
    assert ("Ditto", "뉴진스") in read("뉴진스의 Ditto").splits
    assert ("아이유", "좋은 날") in read("아이유 좋은 날 들려줘").splits
    assert read("songs like Dynamite by BTS").credited == ("Dynamite", "BTS")
    assert read("뉴진스의 Ditto").credited == ("Ditto", "뉴진스")
    assert read("아이유 좋은 날").credited is None


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


def test_invisible_characters_are_taken_away() -> None:
    assert clean("\u202ea\u200be\u2060s\u0000pa\r\n\t\u3000노래\u202c") == "aespa 노래"
    assert clean("ａｅｓｐａ") == "aespa"
    assert clean("\ud800x") == "x"
    assert len(clean("x" * 1_000_000)) == MAX_TEXT


def test_loose_korean_letters_are_shown_as_they_were_typed_and_name_nobody() -> None:
    assert clean("ａespa ㅋㅋㅋ") == "aespa ㅋㅋㅋ"
    assert has_name("에스파 ㅋㅋ")
    assert not any(map(has_name, ["ㅋㅋㅋ", "ㅠ.ㅠ", "ㅎㅎ!", "👍"]))


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
        "추천" * 150,
        "노래비슷한" * 60,
        "나 " * 150,
        '"' * 300,
    ],
)
def test_no_text_takes_long_to_read(text: str) -> None:
    started = time.thread_time()
    read(clean(text)[:300])
    assert time.thread_time() - started < 0.5


@pytest.mark.parametrize("text", ["a " + "!" * 40_000 + "b", "a " + "ㅋ" * 40_000 + "b", "a" + " ❤️" * 40_000])
def test_no_text_takes_long_to_look_within(text: str) -> None:
    started = time.thread_time()
    names_within(text)
    assert time.thread_time() - started < 0.5


def test_a_name_in_quotation_marks_is_looked_for_as_it_stands() -> None:
    assert literal("search “songs like Ditto”") == "songs like Ditto"
    assert [candidate.name for candidate in read("‘더 보기’ 검색").candidates] == [
        "‘더 보기’ 검색",
        "더 보기",
    ]
    assert literal("search songs") == literal("‘더 보기’") == ""
