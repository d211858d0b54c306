"""What is published: finding the artist or song that a text means, and showing it.

Here: looking names, ids and near names up in the store. Not here: what an answer is made of (`compose.py`),
what happens where nothing is found (`bot.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chatbot.answer import Answer, Reply
from chatbot.compose import artist_answer, distinct, offer, reference_to, track_answer
from chatbot.language import Language
from chatbot.messages import choices as choices_of
from chatbot.messages.wording import quoted
from chatbot.phrases import COMMON, PARTICLE
from chatbot.reading import Reading, Reference, read, stands_as_name
from spotify_assets.core.names import name_key
from spotify_assets.core.records import MAX_ID
from spotify_assets.core.store import NameMatch, ServingStore
from spotify_assets.core.store.people import SONG

_FEW = 10
_OFFERED = 2
_SONGS_OF_ONE_TITLE = 50
ARTICLE = "the"
_LONG_ENOUGH = 4
"""Letters beside the article; fewer are a word that may mean anything: "who"."""


class Library:
    """The published artists and songs of a store, for one question: each name is looked up once.

    Every method reads the store, and so raises:

    Raises:
        StoreError: the store cannot be read.
    """

    def __init__(self, store: ServingStore) -> None:
        self._store = store
        self._answers = store.answers
        self._found: dict[str, tuple[int, list[NameMatch]]] = {}

    def find(self, key: str, limit: int = _FEW) -> list[NameMatch]:
        """Return what goes by exactly this normalised name: artists before songs, then by popularity."""
        looked_for, found = self._found.get(key, (0, []))
        if len(found) == looked_for < limit:
            found = self._answers.find(key, limit)
            self._found[key] = limit, found
        return found[:limit]

    def named(self, text: str, who: str, language: Language) -> Answer | None:
        """Answer a name: as it was typed, as an id, without the words around it, as a guess."""
        reading = read(text)
        for place, name in enumerate(c.name for c in reading.candidates if c.sure):
            if answer := self._among(name, self.find(name_key(name)), who, language):
                return answer
            if place == 0 and (answer := self._by_bare_id(text, language)):
                return answer
        if answer := self._song_of_an_artist(reading, who, language):
            return answer
        for name in (c.name for c in reading.candidates if not c.sure):
            if answer := self._artists(name, who, language):
                return answer
        return None

    def artist_called(self, words: str, who: str, language: Language) -> Answer | None:
        """Answer with the artist whom a few words of a sentence name, with a particle or without."""
        for name in (words, PARTICLE.sub("", words)):
            if name_key(name) not in COMMON and (answer := self._artists(name, who, language)):
                return answer
        return None

    def with_article(self, name: str, who: str, language: Language) -> Answer | None:
        """Answer with whom an English name means with "the" before it: "beatles"."""
        with_it = _with_article(name)
        return self._artists(with_it, who, language) if with_it else None

    def _artists(self, name: str, who: str, language: Language) -> Answer | None:
        artists = [match for match in self.find(name_key(name)) if match.kind == "artist"]
        return self._among(name, artists, who, language)

    def goes_by(self, text: str) -> bool:
        """Whether an artist or a song goes by exactly this text."""
        return bool(self.find(name_key(text), 1))

    def has_artist_within(self, text: str) -> bool:
        """Whether a text that reads like a wish calls an artist by name: "songs like The Who"."""
        named = (c.name for c in read(text).candidates[1:] if c.sure and stands_as_name(c.name, text))
        return any(match.kind == "artist" for name in named for match in self.find(name_key(name)))

    def is_one(self, key: str) -> bool:
        """Whether a normalised name means one artist, or no artist and one song, whoever asks."""
        kinds = [match.kind for match in self.find(key)]
        return kinds.count("artist") == 1 or kinds == ["track"]

    def learnt(self, name: str, who: str, language: Language) -> Answer | None:
        """Answer with what this person, or three vouched for, chose for a name nobody goes by."""
        meant = self._chosen(name, who)
        return self.by_id(meant, 0, language) if meant else None

    def by_id(self, wanted: Reference, offset: int, language: Language) -> Answer | None:
        """Answer with exactly this artist or song, its list from `offset` on."""
        if wanted.kind == "artist":
            return self.artist(wanted.id, offset, language)
        return self.track(wanted.id, offset, language)

    def artist(
        self, artist_id: str, offset: int, language: Language, offers: Sequence[Reply] = ()
    ) -> Answer | None:
        """Answer with this artist."""
        document = self._answers.artist(artist_id)
        return artist_answer(document, offset, language, offers) if document else None

    def track(self, track_id: str, offset: int, language: Language) -> Answer | None:
        """Answer with this song."""
        document = self._answers.track(track_id)
        if document is None:
            return None
        first = self._answers.artist(document.artist_ids[0]) if document.artist_ids else None
        return track_answer(document, first, offset, language)

    def like_artist_of(self, track_id: str, language: Language) -> Answer | None:
        """Answer with the first artist of this song."""
        document = self._answers.track(track_id)
        ids = document.artist_ids if document else []
        return self.artist(ids[0], 0, language) if ids else None

    def like_songs_of(self, artist_id: str, language: Language) -> Answer | None:
        """Answer with the best known song of this artist that is published."""
        document = self._answers.artist(artist_id)
        songs = (self.track(song.track_id, 0, language) for song in (document.top_tracks if document else []))
        return next((song for song in songs if song), None)

    def of_ids(self, name: str, artist_ids: Iterable[str], language: Language) -> Answer | None:
        """Answer with the one published artist of these ids, or ask which one."""
        found = [d.artist for one in artist_ids if (d := self._answers.artist(one))]
        if len(found) < 2:
            return self.artist(found[0].artist_id, 0, language) if found else None
        return self._choose(name, [NameMatch("artist", a.artist_id, a.name, 0) for a in found], language, [])

    def called(self, text: str, language: Language) -> list[Reply]:
        """Offer what goes by a text that is more than a name, such as the song "Hello"."""
        return [offer(match, language) for match in self.find(name_key(text), _OFFERED)]

    def _among(self, name: str, found: Sequence[NameMatch], who: str, language: Language) -> Answer | None:
        """Answer with the one artist or song of that name, or ask which one; an artist beats a song."""
        artists = [match for match in found if match.kind == "artist"]
        songs = [match for match in found if match.kind == "track"]
        offers = [offer(song, language) for song in songs[:_OFFERED]]
        answer: Answer | None = None
        if len(artists) == 1:
            answer = self.artist(artists[0].target_id, 0, language, offers)
        elif artists:
            answer = self._meant(name, artists, who, language) or self._choose(
                name, artists, language, offers
            )
        elif len(songs) == 1:
            answer = self.track(songs[0].target_id, 0, language)
        elif songs:
            answer = self._meant(name, songs, who, language) or self._choose(name, songs, language, [])
        return replace(answer, asked=name_key(name)) if answer else None

    def _meant(self, name: str, found: Sequence[NameMatch], who: str, language: Language) -> Answer | None:
        """Answer with the one of several that this person, or three vouched for, chose; offer the others."""
        meant = self._chosen(name, who)
        others = [match for match in found if Reference(match.kind, match.target_id) != meant]
        if meant is None or len(others) == len(found):
            return None
        answer = self.by_id(meant, 0, language)
        offers = self.choices(others[:_OFFERED], language)
        return replace(answer, quick_replies=[*answer.quick_replies, *offers]) if answer else None

    def _chosen(self, name: str, who: str) -> Reference | None:
        target = self._store.links.learnt(who, name_key(name))
        if target is None:
            return None
        song = target.removeprefix(SONG)
        return Reference("artist", target) if song == target else Reference("track", song)

    def _choose(
        self, name: str, found: Sequence[NameMatch], language: Language, offers: list[Reply]
    ) -> Answer:
        return Answer(
            "choices",
            choices_of(name, language),
            choices=self.choices(found, language),
            quick_replies=offers,
            asked=name_key(name),
        )

    def choices(self, found: Sequence[NameMatch], language: Language) -> list[Reply]:
        """Return choices to tap, each told from the others."""
        # What still looks alike is numbered, the most popular first.
        labels = distinct([self._label(match, language) for match in found])
        return [Reply(label, reference_to(match)) for label, match in zip(labels, found, strict=True)]

    def _label(self, match: NameMatch, language: Language) -> str:
        """Tell an artist from others of the name by what they play."""
        document = self._answers.artist(match.target_id) if match.kind == "artist" else None
        if document is None:
            return match.label
        told = document.artist.genres[:2] or [quoted(t.name, language) for t in document.top_tracks[:1]]
        return " · ".join([match.label, *told])

    def _song_of_an_artist(self, reading: Reading, who: str, language: Language) -> Answer | None:
        """Answer "Dynamite by BTS" and "아이유 좋은 날" where the song is credited to that artist."""
        for one, other in reading.splits:
            for title, artist in ((one, other), (other, one)):
                found = self.find(name_key(title), _SONGS_OF_ONE_TITLE)
                songs = [match for match in found if match.kind == "track"]
                if songs and (mine := self.credited_to(artist, songs)):
                    return self._among(title, mine, who, language)
        return None

    def credited_to(self, artist: str, songs: Sequence[NameMatch]) -> list[NameMatch]:
        """Return those of these songs that this artist plays."""
        key = name_key(artist)
        with_it = _with_article(artist)
        called = [*self.find(key), *(self.find(name_key(with_it)) if with_it else [])]
        ids = {match.target_id for match in called if match.kind == "artist"}
        mine = []
        for song in songs:
            document = self._answers.track(song.target_id)
            if document and (ids & set(document.artist_ids) or key in map(name_key, document.track.artists)):
                mine.append(song)
        return mine

    def _by_bare_id(self, text: str, language: Language) -> Answer | None:
        if " " in text or len(text) > MAX_ID or not text.isascii():
            return None
        return self.artist(text, 0, language) or self.track(text, 0, language)


def _with_article(name: str) -> str:
    """Return an English name with "the" before it; "" for one that has it, or is short."""
    if name.isascii() and len(name_key(name)) >= _LONG_ENOUGH and not name.lower().startswith(f"{ARTICLE} "):
        return f"{ARTICLE} {name}"
    return ""
