"""Which of an artist's tracks are one recording."""

import pytest

from spotify_assets.core.catalog.same_recording import distinct, title_key
from spotify_assets.core.records import Track


def track(track_id: str, name: str, duration_ms: int | None = 180_000, isrc: str | None = None) -> Track:
    return Track(track_id, name, None, None, None, None, None, None, duration_ms, isrc, None)


def kept(*tracks: Track) -> list[str]:
    return [one.track_id for one in distinct(tracks)]


def test_the_same_isrc_is_one_recording_and_the_first_is_kept() -> None:
    single = track("single", "Whiplash", isrc="KRA302400999")
    album = track("album", "Whiplash (Album Version)", duration_ms=99_000, isrc="kra302400999")
    assert kept(single, album) == ["single"]
    assert kept(album, single) == ["album"]


def test_a_remaster_is_the_recording_it_was_made_from() -> None:
    first = track("1969", "Come Together", 259_000, "GBAYE6900001")
    remaster = track("2009", "Come Together - Remastered 2009", 259_947, "GBAYE0601690")
    assert kept(first, remaster) == ["1969"]


def test_lengths_two_seconds_apart_are_one_recording_more_is_two() -> None:
    assert kept(track("a", "Song", 180_000), track("b", "song", 182_000)) == ["a"]
    assert kept(track("a", "Song", 180_000), track("b", "song", 182_001)) == ["a", "b"]


def test_where_no_length_is_known_only_the_isrc_tells() -> None:
    assert kept(track("a", "Song", None), track("b", "Song", None)) == ["a", "b"]
    assert kept(track("a", "Song", None, "X"), track("b", "Song", None, "X")) == ["a"]


@pytest.mark.parametrize(
    ("title", "like"),
    [
        ("Hey Jude - Remastered 2015", "Hey Jude"),
        ("Hey Jude - 2015 Remaster", "Hey Jude"),
        ("Hey Jude (2015 Digital Remaster)", "Hey Jude"),
        ("Hey Jude [Remastered]", "Hey Jude"),
        ("Hey Jude - Single Version", "hey jude"),
        ("Hey Jude - Mono", "Hey Jude"),
        ("Savage (feat. Beyoncé)", "Savage"),
        ("Seven (feat. Latto) - Remastered", "Seven"),
    ],
)
def test_what_names_the_edition_alone_does_not_make_another_recording(title: str, like: str) -> None:
    assert title_key(title) == title_key(like)


@pytest.mark.parametrize(
    "title",
    [
        "Hey Jude - Live",
        "Hey Jude (Acoustic)",
        "Hey Jude - Live 2015 Remaster",
        "Hey Jude - Remix",
        "Hey Jude (Taylor's Version)",
        "Hey Jude - Instrumental",
    ],
)
def test_another_performance_stays_another_recording(title: str) -> None:
    assert title_key(title) != title_key("Hey Jude")


def test_a_title_that_is_nothing_but_an_edition_keeps_itself() -> None:
    assert title_key("(Remastered)") != ""
