"""Making worlds up: from the bundled sample, or of any size from a seed. The same input gives the same world.

Here: drawing ids, editions, dates and holes. Not here: what the finished things are (`world.py`).
"""

from __future__ import annotations

import hashlib
import random
import string
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from spotify_assets.sample import SAMPLE_DIRECTORY
from tests.doubles.world import Album, Alias, Artist, Image, Outsider, Population, Track

BASE62 = string.digits + string.ascii_lowercase + string.ascii_uppercase
GENRE_SHAPES: tuple[Literal["list", "empty", "null", "absent"], ...] = (
    "list",
    "null",
    "empty",
    "absent",
    "list",
)
FEATURES = (
    "danceability", "energy", "key", "loudness", "mode", "speechiness", "acousticness",
    "instrumentalness", "liveness", "valence", "tempo", "time_signature",
)  # fmt: skip
OUTSIDERS = 12


@dataclass(frozen=True, slots=True)
class ArtistDraft:
    """An artist before it has ids."""

    key: str
    name: str
    aliases: tuple[Alias, ...]
    genres: tuple[str, ...]
    popularity: int
    country: str | None


@dataclass(frozen=True, slots=True)
class TrackDraft:
    """A recording before it is released."""

    key: str
    artists: tuple[str, ...]
    title: str
    date: str
    """YYYY-MM-DD; the album decides how much of it is told."""
    popularity: int
    explicit: bool
    duration_ms: int
    features: Mapping[str, float | int | None] | None


def minted(*key: object) -> str:
    """Return a 22-character base62 id, the same for the same key."""
    number = int.from_bytes(_digest(*key)[:16], "big")
    letters = []
    for _ in range(22):
        number, rest = divmod(number, 62)
        letters.append(BASE62[rest])
    return "".join(letters)


def minted_uuid(*key: object) -> str:
    """Return a UUID, the same for the same key."""
    return str(uuid.UUID(bytes=_digest("uuid", *key)[:16], version=4))


def sample_population() -> Population:
    """Return the bundled sample's artists and tracks, released."""
    import pyarrow.parquet as pq

    def rows(table: str) -> list[dict[str, Any]]:
        return pq.read_table(SAMPLE_DIRECTORY / f"{table}.parquet").to_pylist()  # type: ignore[no-any-return]

    aliases: dict[str, list[Alias]] = defaultdict(list)
    for row in rows("artist_aliases"):
        aliases[row["artist_id"]].append(Alias(row["alias"], row["locale"], row["kind"]))
    credits: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in rows("track_artists"):
        credits[row["track_id"]].append((row["position"], row["artist_id"]))
    features = {row["track_id"]: {name: row[name] for name in FEATURES} for row in rows("audio_features")}
    artists = [
        ArtistDraft(
            row["artist_id"],
            row["name"],
            tuple(aliases[row["artist_id"]]),
            tuple(row["genres"] or ()),
            row["popularity"],
            "KR" if any(a.kind == "native" and a.locale == "ko" for a in aliases[row["artist_id"]]) else None,
        )
        for row in rows("artists")
    ]
    tracks = [
        TrackDraft(
            row["track_id"],
            tuple(artist_id for _, artist_id in sorted(credits[row["track_id"]])),
            row["name"],
            (row["release_date"] + "-01-01")[:10],
            row["popularity"],
            row["explicit"],
            row["duration_ms"],
            features.get(row["track_id"]),
        )
        for row in rows("tracks")
    ]
    return released(artists, tracks)


def synthetic_population(n_artists: int, seed: int) -> Population:
    """Return so many artists with ten recordings each; one name in fifty is taken twice."""
    draw = random.Random(f"world|{seed}")
    names: list[str] = []
    while len(names) < n_artists:
        twin = names and len(names) % 50 == 0
        names.append(names[draw.randrange(len(names))] if twin else _made_up(draw, 2 + len(names) % 2))
    genres = [f"{how} {what}" for how in ("indie", "dark", "k-", "dream", "city") for what in _STYLES]
    artists = [
        ArtistDraft(
            f"synthetic-{seed}-artist-{n}",
            name,
            (Alias(f"{name} 공식", "ko", "transliteration"),),
            tuple(draw.sample(genres, draw.randint(0, 3))),
            draw.randint(5, 95),
            draw.choice(("KR", "US", "GB", None)),
        )
        for n, name in enumerate(names)
    ]
    tracks = [_recording(draw, artist, artists, f"{artist.key}-{n}") for artist in artists for n in range(10)]
    return released(artists, tracks)


def released(drafts: Sequence[ArtistDraft], recordings: Sequence[TrackDraft]) -> Population:
    """Give everything its ids, put the recordings on albums, and tear the holes that real data has."""
    ids = {draft.key: minted("artist", draft.key) for draft in drafts}
    own: dict[str, list[TrackDraft]] = defaultdict(list)
    for recording in recordings:
        own[recording.artists[0]].append(recording)
    albums: list[Album] = []
    tracks: list[Track] = []
    for place, draft in enumerate(drafts):
        for album, its_tracks in _releases(place, draft, own[draft.key], ids):
            albums.append(album)
            tracks.extend(its_tracks)
    artists = [_artist(place, draft) for place, draft in enumerate(drafts)]
    artists.append(_artist(len(drafts), ArtistDraft("silent", "Quiet Hours", (), ("ambient",), 4, None)))
    redirects = {
        **{minted("moved artist", a.id): a.id for a in artists[3::50]},
        **{minted("moved track", t.id): t.id for t in tracks[5::200]},
        **{minted_uuid("merged artist", a.id): a.mbid for a in artists[4::50]},
    }
    return Population(
        tuple(artists),
        tuple(albums),
        tuple(tracks),
        tuple(
            Outsider(minted_uuid("outsider", n), None if n == 0 else f"Outsider {n}")
            for n in range(OUTSIDERS)
        ),
        redirects,
        tuple(minted("dead artist", n) for n in range(3)),
        tuple(minted("dead track", n) for n in range(3)),
    )


def _artist(place: int, draft: ArtistDraft) -> Artist:
    artist_id = minted("artist", draft.key)
    noise = int.from_bytes(_digest("followers", draft.key)[:2], "big")
    return Artist(
        id=artist_id,
        mbid=minted_uuid("artist", draft.key),
        name=draft.name,
        aliases=draft.aliases,
        genres=draft.genres,
        genres_shape=GENRE_SHAPES[place % len(GENRE_SHAPES)],
        popularity=draft.popularity,
        followers=int(10 ** (2 + draft.popularity / 20)) + noise,
        country=draft.country,
        images=_images(place, artist_id, (640, 320, 160)),
        in_musicbrainz=place % 10 != 9,
    )


def _releases(
    place: int, draft: ArtistDraft, recordings: Sequence[TrackDraft], ids: Mapping[str, str]
) -> Iterator[tuple[Album, list[Track]]]:
    """Yield an album a year; for some artists also a single and a remaster of what is known best."""
    by_year: dict[str, list[TrackDraft]] = defaultdict(list)
    for recording in recordings:
        by_year[recording.date[:4]].append(recording)
    for year, songs in sorted(by_year.items()):
        name = f"{draft.name}, {year}"
        yield _album(place, draft, name, "album", min(s.date for s in songs), songs, ids)
    known = sorted(recordings, key=lambda r: (-r.popularity, r.key))
    if known and place % 2 == 0:
        yield _album(place, draft, known[0].title, "single", known[0].date, known[:1], ids)
    old = [recording for recording in known if recording.date < "2005"]
    if old and place % 3 == 0:
        title = f"{draft.name} (2012 Remaster)"
        yield _album(place, draft, title, "album", "2012-05-01", old[:1], ids, " - 2012 Remaster")


def _album(
    place: int,
    draft: ArtistDraft,
    name: str,
    kind: Literal["album", "single"],
    date: str,
    songs: Sequence[TrackDraft],
    ids: Mapping[str, str],
    suffix: str = "",
) -> tuple[Album, list[Track]]:
    album_id = minted("album", draft.key, name, kind)
    precision: Literal["year", "month", "day"] = ("year", "month", "day", "day", "day")[
        sum(date.encode()) % 5
    ]
    told = date[: {"year": 4, "month": 7, "day": 10}[precision]]
    upc = str(int.from_bytes(_digest("upc", album_id)[:5], "big")).zfill(13)[:13]
    images = _images(place + len(songs), album_id, (640, 300, 64))
    lost = 3 if kind == "single" or suffix else 0
    return Album(album_id, name, ids[draft.key], kind, told, precision, images, upc), [
        Track(
            id=minted("track", song.key, album_id),
            name=song.title + suffix,
            album_id=album_id,
            artist_ids=tuple(ids[key] for key in song.artists),
            number=number,
            isrc=_isrc(song.key + suffix, date, draft.country),
            duration_ms=song.duration_ms + (700 if suffix else 0),
            explicit=song.explicit,
            popularity=max(song.popularity - lost, 0),
            features=song.features,
        )
        for number, song in enumerate(songs, start=1)
    ]


def _images(place: int, key: str, sizes: Sequence[int]) -> tuple[Image, ...]:
    """Return three sizes; one thing in eleven has none, one in eleven has one without a size."""
    if place % 11 == 10:
        return ()
    stem = _digest("image", key).hex()[:24]
    if place % 11 == 5:
        return (Image(f"https://i.scdn.co/image/ab6761610000e5eb{stem}", None, None),)
    return tuple(Image(f"https://i.scdn.co/image/ab67616d{size:08x}{stem}", size, size) for size in sizes)


def _isrc(key: str, date: str, country: str | None) -> str:
    number = int.from_bytes(_digest("isrc", key)[:6], "big")
    owner = "".join(string.ascii_uppercase[number // 26**n % 26] for n in range(3))
    return f"{country or 'US'}{owner}{date[2:4]}{number % 100_000:05d}"


def _recording(
    draw: random.Random, artist: ArtistDraft, artists: Sequence[ArtistDraft], key: str
) -> TrackDraft:
    guests = (draw.choice(artists).key,) if draw.random() < 0.1 else ()
    features = {name: round(draw.random(), 3) for name in FEATURES} | {
        "key": draw.randint(-1, 11),
        "mode": draw.randint(0, 1),
        "loudness": round(draw.uniform(-25, -2), 3),
        "tempo": round(draw.uniform(60, 200), 3),
        "time_signature": draw.choice((3, 4, 4, 4, 5)),
    }
    return TrackDraft(
        key,
        tuple(dict.fromkeys((artist.key, *guests))),
        _made_up(draw, 3),
        f"{draw.randint(1965, 2026)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}",
        max(artist.popularity - draw.randint(0, 30), 0),
        draw.random() < 0.1,
        draw.randint(120_000, 330_000),
        None if draw.random() < 0.05 else features,
    )


_STYLES = ("pop", "rock", "jazz", "folk", "house", "soul", "hip hop", "metal")
_SYLLABLES = ("ka", "ri", "no", "mel", "sun", "tor", "ba", "vi", "len", "do", "shi", "ha", "ru", "mi", "zen")


def _made_up(draw: random.Random, count: int) -> str:
    return " ".join("".join(draw.choices(_SYLLABLES, k=draw.randint(2, 3))).title() for _ in range(count))


def _digest(*key: object) -> bytes:
    return hashlib.sha256("|".join(map(str, key)).encode()).digest()
