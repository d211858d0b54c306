"""A small world of music, of which every double tells its part.

Here: what exists in it, and how it is found. Not here: how it is made up (`world_making.py`) or how a service
words it (the doubles).

It holds the pitfalls of the real one: artists of the same name, one recording on album and single (same ISRC)
and as "- 2012 Remaster" (another ISRC), ids that lead to another id, ids that are dead, artists without
tracks, tracks without audio features, genres and images that are missing in several ways, dates of three
precisions, artists whom only MusicBrainz knows, artists whose Spotify page MusicBrainz does not know.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

RELATED = 100
"""The most artists that are told as related to one."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, of which only the address exists."""

    url: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of an artist."""

    name: str
    locale: str | None
    kind: str
    """`native`, `transliteration` or `alias`; Spotify's search does not know the last."""


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist with a page on Spotify."""

    id: str
    mbid: str
    name: str
    aliases: tuple[Alias, ...]
    genres: tuple[str, ...]
    genres_shape: Literal["list", "empty", "null", "absent"]
    """How Spotify words the genres to a development-mode app."""
    popularity: int
    followers: int
    country: str | None
    images: tuple[Image, ...]
    in_musicbrainz: bool
    """MusicBrainz has the address of its Spotify page."""

    @property
    def native_name(self) -> str | None:
        """Its name in Hangul, for a Korean artist."""
        return next((a.name for a in self.aliases if (a.locale, a.kind) == ("ko", "native")), None)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The names under which Spotify's search finds it."""
        return (self.name, *(a.name for a in self.aliases if a.kind != "alias"))


@dataclass(frozen=True, slots=True)
class Outsider:
    """An artist whom only MusicBrainz and ListenBrainz know."""

    mbid: str
    name: str | None
    """None where ListenBrainz has lost it."""


@dataclass(frozen=True, slots=True)
class Album:
    """A release."""

    id: str
    name: str
    artist_id: str
    type: Literal["album", "single"]
    release_date: str
    precision: Literal["year", "month", "day"]
    images: tuple[Image, ...]
    upc: str


@dataclass(frozen=True, slots=True)
class Track:
    """A track on an album; the same recording may be on several."""

    id: str
    name: str
    album_id: str
    artist_ids: tuple[str, ...]
    number: int
    isrc: str
    duration_ms: int
    explicit: bool
    popularity: int
    features: Mapping[str, float | int | None] | None
    """Spotify's measures, without the length."""


@dataclass(frozen=True, slots=True)
class Population:
    """Everything that exists."""

    artists: tuple[Artist, ...]
    albums: tuple[Album, ...]
    tracks: tuple[Track, ...]
    outsiders: tuple[Outsider, ...]
    redirects: Mapping[str, str]
    """An id that still answers → the id it answers with; artists, tracks and MBIDs."""
    dead_artists: tuple[str, ...]
    dead_tracks: tuple[str, ...]


class World:
    """What exists, and how to find it. It never changes, so doubles and tests may share one."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self.artists = {a.id: a for a in population.artists}
        self.albums = {a.id: a for a in population.albums}
        self.tracks = {t.id: t for t in population.tracks}
        self.by_mbid = {a.mbid: a for a in population.artists}
        self.outsiders = {o.mbid: o for o in population.outsiders}
        self.redirects = population.redirects
        self.dead_artists = population.dead_artists
        self.dead_tracks = population.dead_tracks
        self._by_spelling: dict[str, set[str]] = defaultdict(set)
        self._by_word: dict[str, set[str]] = defaultdict(set)
        self._by_genre: dict[str, list[str]] = defaultdict(list)
        self._by_title_word: dict[str, set[str]] = defaultdict(set)
        self._by_any_word: dict[str, set[str]] = defaultdict(set)
        self._by_isrc: dict[str, list[str]] = defaultdict(list)
        self._tracks_of: dict[str, list[Track]] = defaultdict(list)
        self._albums_of: dict[str, list[Album]] = defaultdict(list)
        self._tracks_on: dict[str, list[Track]] = defaultdict(list)
        self._related: dict[str, list[tuple[str, int]]] = {}
        self._index()

    @staticmethod
    def from_sample() -> World:
        """The bundled sample, with ids, editions, images and holes as Spotify has them."""
        return _from_sample()

    @staticmethod
    def synthetic(n_artists: int, seed: int = 0) -> World:
        """A world of so many made-up artists with ten tracks and more each, for load."""
        from tests.doubles.world_making import synthetic_population

        return World(synthetic_population(n_artists, seed))

    def _index(self) -> None:
        for artist in self.artists.values():
            for spelling in artist.spellings:
                self._by_spelling[squeezed(spelling)].add(artist.id)
                for word in words(spelling):
                    self._by_word[word].add(artist.id)
            for genre in artist.genres:
                self._by_genre[genre].append(artist.id)
        for album in self.albums.values():
            self._albums_of[album.artist_id].append(album)
        for track in sorted(self.tracks.values(), key=_best_known):
            for artist_id in track.artist_ids:
                self._tracks_of[artist_id].append(track)
                for spelling in self.artists[artist_id].spellings:
                    for word in words(spelling):
                        self._by_any_word[word].add(track.id)
            for word in words(track.name):
                self._by_title_word[word].add(track.id)
                self._by_any_word[word].add(track.id)
            self._by_isrc[track.isrc].append(track.id)
            self._tracks_on[track.album_id].append(track)

    def artist(self, artist_id: str) -> Artist | None:
        """Return the artist that an id leads to."""
        return self.artists.get(self.redirects.get(artist_id, artist_id))

    def track(self, track_id: str) -> Track | None:
        """Return the track that an id leads to."""
        return self.tracks.get(self.redirects.get(track_id, track_id))

    def named(self, name: str) -> Artist:
        """Return the best known artist of exactly this name, for tests."""
        return max((a for a in self.artists.values() if a.name == name), key=lambda a: (a.popularity, a.id))

    def tracks_of(self, artist_id: str) -> list[Track]:
        """Return the artist's tracks, best known first."""
        return self._tracks_of.get(artist_id, [])

    def albums_of(self, artist_id: str) -> list[Album]:
        """Return the artist's own albums and singles, newest first."""
        return sorted(self._albums_of.get(artist_id, []), key=lambda a: (a.release_date, a.id), reverse=True)

    def tracks_on(self, album_id: str) -> list[Track]:
        """Return an album's tracks in order."""
        return sorted(self._tracks_on.get(album_id, []), key=lambda t: (t.number, t.id))

    def find_artists(self, text: str) -> list[Artist]:
        """Return whom Spotify's search finds: those so named first, then those with all the words."""
        fields, rest = parsed_query(text)
        name = " ".join([wanted for field, wanted in fields if field == "artist"] + [rest])
        exact = self._by_spelling.get(squeezed(name), set())
        found = exact | _all(self._by_word, words(name))
        ranked = sorted(found, key=lambda i: (i not in exact, -self.artists[i].popularity, i))
        return [self.artists[i] for i in ranked]

    def find_tracks(self, text: str) -> list[Track]:
        """Return what Spotify's search finds, best known first; `artist:"X"` and the like filter."""
        fields, rest = parsed_query(text)
        found: set[str] | None = None
        for name, wanted in fields:
            these = self._matching(name, wanted)
            found = these if found is None else found & these
        if rest:
            free = self._by_artists(self.find_artists(rest)) | _all(self._by_any_word, words(rest))
            found = free if found is None else found & free
        return sorted((self.tracks[i] for i in found or ()), key=_best_known)

    def _matching(self, field: str, wanted: str) -> set[str]:
        if field == "artist":
            return self._by_artists(self.find_artists(wanted))
        if field == "track":
            return _all(self._by_title_word, words(wanted))
        if field == "isrc":
            return set(self._by_isrc.get(wanted.upper(), ()))
        key = squeezed(wanted)
        albums = (album.id for album in self.albums.values() if key in squeezed(album.name))
        return {track.id for album_id in albums for track in self._tracks_on.get(album_id, ())}

    def _by_artists(self, artists: Iterable[Artist]) -> set[str]:
        return {track.id for artist in artists for track in self.tracks_of(artist.id)}

    def related(self, artist_id: str) -> list[tuple[str, int]]:
        """Return the MBIDs of like artists with a raw score, closest first; one of them is an outsider."""
        if artist_id not in self._related:
            artist = self.artists[artist_id]
            shared: dict[str, int] = defaultdict(int)
            for place, genre in enumerate(artist.genres):
                for other in self._by_genre[genre]:
                    shared[other] += 500 // (place + 1)
            shared.pop(artist_id, None)
            scores = [
                (self.artists[other].mbid, score + self.artists[other].popularity)
                for other, score in shared.items()
            ]
            if scores and self.outsiders:
                mbids = sorted(self.outsiders)
                mbid = mbids[sum(artist_id.encode()) % len(mbids)]
                scores.append((mbid, sorted(score for _, score in scores)[-min(3, len(scores))]))
            self._related[artist_id] = sorted(scores, key=lambda pair: (-pair[1], pair[0]))[:RELATED]
        return self._related[artist_id]


@cache
def _from_sample() -> World:
    from tests.doubles.world_making import sample_population

    return World(sample_population())


def parsed_query(text: str) -> tuple[list[tuple[str, str]], str]:
    """Split a search into its field filters and the free words: `artist:"Sigur Rós" svefn`."""
    fields: list[tuple[str, str]] = []

    def take(match: re.Match[str]) -> str:
        fields.append((match[1].lower(), match[2] if match[2] is not None else match[3]))
        return " "

    rest = re.sub(r'\b(artist|track|album|isrc):\s*(?:"([^"]*)"|(\S+))', take, text, flags=re.I)
    return fields, rest.replace('"', " ").strip()


def squeezed(text: str) -> str:
    """Return a name without case, accents, spaces, punctuation; one made of symbols alone keeps them."""
    folded = _folded(text)
    return "".join(c for c in folded if c.isalnum()) or "".join(folded.split())


def words(text: str) -> list[str]:
    """Return a text's words, folded."""
    return re.findall(r"\w+", _folded(text))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in plain if unicodedata.category(c) != "Mn"))


def _all(index: Mapping[str, set[str]], wanted: Iterable[str]) -> set[str]:
    sets = [index.get(word, set()) for word in wanted]
    return set.intersection(*sets) if sets else set()


def _best_known(track: Track) -> tuple[int, str]:
    return (-track.popularity, track.id)
