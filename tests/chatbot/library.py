"""A small published library: artists and songs as the publishing side would write them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence

from spotify_assets.core.names import keys_of_names
from spotify_assets.core.store import Document, NameEntry
from spotify_assets.core.store.documents import (
    ArtistCard,
    ArtistDocument,
    Kind,
    Likeness,
    SimilarArtist,
    SimilarTrack,
    TrackCard,
    TrackDocument,
)

AESPA = "6YVMFz59CuY7ngCxTxjpxE"
NEWJEANS = "6HvZYsbFfjnjFrWF950C9d"
BTS = "3Nrfpe0tUJi4K4DXYWgMUX"
IU = "sample-artist-iu"
DITTO = "3r8RuvgbX9s7ammBn07D3W"
DYNAMITE_BY_BTS = "5QDLhrAOJJdNAmCTJ8xMyW"
DYNAMITE_BY_TAIO_CRUZ = "2CEgGE6aESpnmtfiZwYlbV"


def artist(
    artist_id: str, name: str, genres: Sequence[str] = ("k-pop",), image: str | None = None
) -> ArtistCard:
    return ArtistCard(artist_id, name, list(genres), image)


def song(
    track_id: str,
    name: str,
    artists: Sequence[str],
    album: str | None = None,
    artist_ids: Sequence[str] = (),
) -> TrackCard:
    return TrackCard(track_id, name, list(artists), album, artist_ids=list(artist_ids))


def artist_document(
    card: ArtistCard,
    songs: Iterable[TrackCard] = (),
    similar: Iterable[SimilarArtist] = (),
    aliases: Sequence[str] = (),
    popularity: int = 50,
) -> Document:
    body = ArtistDocument(card, list(songs), list(similar), "m20261120T131500Z-3f2a")
    return _document("artist", card.artist_id, card.name, (card.name, *aliases), popularity, body)


def track_document(
    card: TrackCard, artist_ids: Sequence[str], similar: Iterable[SimilarTrack] = (), popularity: int = 50
) -> Document:
    body = TrackDocument(card, list(artist_ids), list(similar), "m20261120T131500Z-3f2a")
    label = f"{card.name} – {', '.join(card.artists)}"
    return _document("track", card.track_id, label, (card.name,), popularity, body)


def _document(
    kind: Kind,
    target_id: str,
    label: str,
    names: Sequence[str],
    popularity: int,
    body: ArtistDocument | TrackDocument,
) -> Document:
    keys = keys_of_names(names, with_parts=kind == "artist")
    entries = tuple(NameEntry(key, kind, target_id, label, popularity) for key in keys)
    return Document(kind, target_id, "v1", json.dumps(dataclasses.asdict(body)), entries)


def neighbours(count: int) -> list[SimilarArtist]:
    """Similar artists "Neighbour 1" to "Neighbour `count`", closest first."""
    return [
        SimilarArtist(
            artist(f"neighbour-{place}", f"Neighbour {place}"),
            1 - place / 100,
            Likeness(["k-pop girl group", "dance pop"], ["energy", "tempo"]),
            [song(f"song-of-neighbour-{place}", f"Song {place}", [f"Neighbour {place}"])],
        )
        for place in range(1, count + 1)
    ]


def published() -> list[Document]:
    """The documents of the library."""
    ditto = song(DITTO, "Ditto", ["NewJeans"], "OMG")
    return [
        artist_document(
            artist(AESPA, "aespa", ["k-pop girl group", "dance pop"], "https://i.scdn.co/image/aespa"),
            [song("sample-track-supernova", "Supernova", ["aespa"], "Armageddon")],
            neighbours(20),
            aliases=["에스파"],
        ),
        artist_document(
            artist(IU, "IU", ["k-pop"]),
            [song("t-good-day", "좋은 날", ["IU"])],
            neighbours(3),
            aliases=["아이유"],
        ),
        artist_document(artist(NEWJEANS, "NewJeans"), [ditto], neighbours(2), aliases=["뉴진스"]),
        artist_document(artist("the-the", "The The", ["post-punk"]), [], neighbours(1)),
        artist_document(artist("like", "Like"), [], neighbours(1)),
        artist_document(artist("the-like", "The Like"), [], neighbours(1)),
        artist_document(artist("nochatsa", "노래를 찾는 사람들"), [], neighbours(1)),
        artist_document(artist("lang-lee", "이랑"), [], neighbours(1)),
        artist_document(artist("chk", "!!!"), [], neighbours(1)),
        artist_document(artist("loner", "Loner"), [song("t-loner", "Alone", ["Loner"])]),
        artist_document(artist("silent", "Silent")),
        artist_document(artist("eve-jp", "Eve", ["j-pop", "anime"]), popularity=70),
        artist_document(artist("eve-us", "Eve", ["hip hop"]), popularity=60),
        artist_document(artist("zion-1", "Zion", []), [song("t-zion", "Hola", ["Zion"])], popularity=9),
        artist_document(artist("zion-2", "Zion", []), popularity=8),
        artist_document(artist("zion-3", "Zion", []), popularity=7),
        artist_document(artist("heize", "Heize"), [], neighbours(1), aliases=["헤이즈"]),
        track_document(song("t-heize", "Heize", ["Somebody"]), ["somebody"]),
        track_document(
            ditto,
            [NEWJEANS],
            [
                SimilarTrack(
                    song("sample-track-omg", "OMG", ["NewJeans", "Guest"], "OMG", [NEWJEANS, "guest"]),
                    0.97,
                    Likeness([], ["valence", "danceability", "energy", "tempo"]),
                )
            ],
        ),
        track_document(song(DYNAMITE_BY_BTS, "Dynamite", ["BTS"]), [BTS], popularity=90),
        track_document(song(DYNAMITE_BY_TAIO_CRUZ, "Dynamite", ["Taio Cruz"]), ["taio-cruz"], popularity=80),
        track_document(song("t-good-day", "좋은 날", ["IU"]), [IU]),
        track_document(song("t-hello", "Hello", ["Adele"]), ["adele"]),
        track_document(song("t-venus", "Venus", ["Bananarama"]), ["bananarama"]),
    ]
