"""Any Answer: long, empty, Hangul, emoji, missing pictures, 0 to 50 similar ones."""

from __future__ import annotations

from hypothesis import strategies as st

from chatbot.answer import Answer, Artist, Reply, Similar, Song, Track

_PIECES = st.sampled_from(
    [
        "에스파", "각", "가\u11a8", "ㅋㅋ", "aespa", " ", "\n", "👩‍👩‍👧‍👦", "🇰🇷", "e\u0301", "👍🏽", "𝄞", "\u202e", "\u200b",
        "\ufeff", "\x00", "\x1b[31m", "\ud800", "<b>", "&", "\u2028", "한글이 아주 긴 이름입니다", "z\u0335\u0336\u0337",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.just(""),
    st.text(max_size=30),
    st.lists(_PIECES, max_size=40).map("".join),
    st.builds(lambda piece, times: piece * times, _PIECES, st.sampled_from([1, 13, 14, 80, 500, 3000])),
)
URLS = st.one_of(
    st.sampled_from(
        ["", "https://open.spotify.com/artist/x", "http://plain/x", "javascript:alert(1)", "https://i/한.jpg"]
    ),
    st.just("https://i.scdn.co/" + "x" * 3000),
    TEXTS,
)
IMAGES = st.one_of(st.none(), st.just("https://i.scdn.co/image/1"), URLS)
ARTISTS = st.builds(Artist, TEXTS, TEXTS, st.lists(TEXTS, max_size=5), IMAGES, URLS)
TRACKS = st.builds(Track, TEXTS, TEXTS, st.lists(TEXTS, max_size=5), URLS)
SONGS = st.builds(Song, TEXTS, TEXTS, st.one_of(st.none(), TEXTS), IMAGES, URLS)
REPLIES = st.builds(Reply, TEXTS, TEXTS)


def _many(one: Similar, count: int) -> list[Similar]:
    return [one] * count


SIMILAR = st.builds(Similar, ARTISTS, st.floats(0, 1), TEXTS, st.lists(SONGS, max_size=3))
SIMILARS = st.one_of(
    st.lists(SIMILAR, max_size=4),
    st.builds(_many, SIMILAR, st.integers(0, 50)),
)
ANSWERS = st.builds(
    Answer,
    kind=st.sampled_from(["artist", "track", "choices", "pending", "not_found", "help", "error"]),
    text=TEXTS,
    provisional=st.booleans(),
    artist=st.one_of(st.none(), ARTISTS),
    track=st.one_of(st.none(), TRACKS),
    top_tracks=st.one_of(st.lists(SONGS, max_size=3), st.builds(lambda one, n: [one] * n, SONGS, st.integers(0, 20))),
    similar=SIMILARS,
    choices=st.one_of(st.lists(REPLIES, max_size=3), st.builds(lambda one, n: [one] * n, REPLIES, st.integers(0, 30))),
    quick_replies=st.lists(REPLIES, max_size=20),
    cursor=st.one_of(st.none(), TEXTS),
)  # fmt: skip
