"""What is published: finding the artist or song that a text means, and showing it.

Here: looking names, ids and near names up in the store. Not here: what an answer is made of (`compose.py`),
what happens where nothing is found (`bot.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chatbot.answer import Answer, Reply
from chatbot.compose import artist_answer, close_answer, distinct, offer, reference_to, track_answer
from chatbot.language import Language
from chatbot.messages import choices as choices_of
from chatbot.messages import choosing
from chatbot.messages.wording import quoted
from chatbot.phrases import JOINED
from chatbot.reading import Reading, Reference, names_within, read
from spotify_assets.core.keyboard import in_hangul, in_latin
from spotify_assets.core.names import name_key
from spotify_assets.core.records import MAX_ID
from spotify_assets.core.spelling import keys_near, mistakes, slips, title_keys_near
from spotify_assets.core.store import NameMatch, ServingStore
from spotify_assets.core.store.documents import Kind
from spotify_assets.core.store.people import SONG

_OFFERED = 2
_SONGS_OF_ONE_TITLE = 50
_CLOSE_OFFERED = 5
_CLOSE_LOOKED_AT: dict[Kind, int] = {"artist": 20, "track": 5}


class Library:
    """The published artists and songs of a store.

    Every method reads the store, and so raises:

    Raises:
        StoreError: the store cannot be read.
    """

    def __init__(self, store: ServingStore) -> None:
        self._store = store
        self._answers = store.answers

    def named(self, text: str, who: str, language: Language) -> Answer | None:
        """Answer a name: as it was typed, as an id, without the words around it, as a guess."""
        reading = read(text)
        for place, name in enumerate(c.name for c in reading.candidates if c.sure):
            if answer := self._among(name, self._answers.find(name_key(name)), who, language):
                return answer
            if place == 0 and (answer := self._by_bare_id(text, language)):
                return answer
        if answer := self._song_of_an_artist(reading, who, language):
            return answer
        for name in (c.name for c in reading.candidates if not c.sure):
            artists = [m for m in self._answers.find(name_key(name)) if m.kind == "artist"]
            if answer := self._among(name, artists, who, language):
                return answer
        return None

    def goes_by(self, text: str) -> bool:
        """Whether an artist or a song goes by exactly this text."""
        return bool(self._answers.find(name_key(text), 1))

    def is_one(self, key: str) -> bool:
        """Whether a normalised name means one artist, or no artist and one song, whoever asks."""
        kinds = [match.kind for match in self._answers.find(key)]
        return kinds.count("artist") == 1 or kinds == ["track"]

    def learnt(self, name: str, who: str, language: Language) -> Answer | None:
        """Answer with what this person, or three vouched for, chose for a name nobody goes by."""
        meant = self._chosen(name, who)
        return self.by_id(meant, 0, language) if meant else None

    def close(self, name: str, language: Language) -> Answer | None:
        """Offer the artists and songs whose names are nearly the one that was typed, the nearest first."""
        typed = name_key(name)
        slipped = [
            match for key in slips(typed) for match in self._answers.find(key) if match.kind == "artist"
        ]
        artists = self._nearest("artist", name, self._answers.near(keys_near(typed)))
        near = {match.target_id for _, match in artists}
        artists += [(1.0, match) for match in slipped if match.target_id not in near]
        songs = self._nearest("track", name, self._answers.near(title_keys_near(typed)))
        if not artists and not songs:
            songs = self._nearest_of_an_artist(read(name))
        if not artists and not songs:
            return None
        ranked = sorted(
            [*artists, *songs],
            key=lambda one: (one[0], one[1].kind, -one[1].popularity, one[1].target_id),  # "artist" < "track"
        )
        choices = self._choices([match for _, match in ranked[:_CLOSE_OFFERED]], language)
        return replace(close_answer(name, choices, language), asked=typed)

    def _nearest(self, kind: Kind, name: str, keys: Sequence[str]) -> list[tuple[float, NameMatch]]:
        """Return who or what goes by one of these near names, with how many mistakes that would be."""
        typed = name_key(name)
        # Who adds a whole word means something else: "닉 드레이크" is not 드레이크.
        words = name.split()
        shorter = {name_key(" ".join(words[:place] + words[place + 1 :])) for place in range(len(words))}
        counts = {key: mistakes(typed, key) for key in keys if key not in shorter}
        by_count = sorted((count, key) for key, count in counts.items() if count is not None)
        nearest: dict[str, tuple[float, NameMatch]] = {}
        for count, key in by_count[: _CLOSE_LOOKED_AT[kind]]:
            for match in self._answers.find(key):
                if match.kind == kind:
                    nearest.setdefault(match.target_id, (count, match))
        return list(nearest.values())

    def _nearest_of_an_artist(self, reading: Reading) -> list[tuple[float, NameMatch]]:
        """Return the songs of a known artist whose titles are nearly the one beside it: "아이유 조은 날"."""
        for one, other in reading.splits:
            for title, artist in ((one, other), (other, one)):
                if not any(match.kind == "artist" for match in self._answers.find(name_key(artist))):
                    continue
                near = self._nearest("track", title, self._answers.near(title_keys_near(name_key(title))))
                theirs = self._credited_to(artist, [match for _, match in near])
                if theirs:
                    return [(count, match) for count, match in near if match in theirs]
        return []

    def player_of(self, name: str, language: Language) -> Answer | None:
        """Answer "a title nobody knows by a known artist" with that artist, and say so."""
        credited = read(name).credited
        if credited is None:
            return None
        title, artist = credited
        found = [match for match in self._answers.find(name_key(artist)) if match.kind == "artist"]
        shown = self.artist(found[0].target_id, 0, language) if len(found) == 1 else None
        if shown is None or shown.artist is None:
            return None
        text = f"{choosing.player_instead(title, shown.artist.name, language)}\n{shown.text}"
        return replace(shown, text=text, asked=name_key(artist))

    def beside(self, name: str, language: Language) -> list[Reply]:
        """Offer the known artist with whom a Korean text begins: "아이유 밤편지"."""
        for artist, _ in read(name).splits if language == "ko" else ():
            for match in self._answers.find(name_key(artist), 1):
                if match.kind == "artist":
                    return [offer(match, language)]
        return []

    def several(self, name: str, language: Language) -> Answer | None:
        """Offer two known artists that are named side by side: "아이유랑 태연", "BTS and BLACKPINK"."""
        for first, second in read(name).splits:
            # Korean needs nothing between them; "Bob Girls" are no two.
            if language == "en" and not JOINED.search(first) and not JOINED.search(second):
                continue
            pair = []
            for one in (first, second):
                key = name_key(JOINED.sub("", one))
                match = next((m for m in self._answers.find(key, 1) if m.kind == "artist"), None)
                pair += [match] if match else []
            if len(pair) == 2 and pair[0].target_id != pair[1].target_id:
                answer = close_answer(name, self._choices(pair, language), language)
                return replace(answer, text=choosing.which_first(language), asked=name_key(name))
        return None

    def within(self, text: str, language: Language) -> Answer | None:
        """Offer the artists that a sentence names, the longest names first."""
        found: dict[str, NameMatch] = {}
        for name in names_within(text):
            for match in self._answers.find(name_key(name)):
                if match.kind == "artist":
                    found.setdefault(match.target_id, match)
        if not found:
            return None
        choices = self._choices(list(found.values())[:_CLOSE_OFFERED], language)
        return Answer("choices", choosing.within_sentence(language), choices=choices, asked=name_key(text))

    def other_keyboard(self, text: str, language: Language) -> Answer | None:
        """Offer the artists whose name the same keys write on the keyboard of the other language."""
        typed = [key for key in (in_hangul(text), in_latin(text)) if key]
        found = [match for key in typed for match in self._answers.find(key) if match.kind == "artist"]
        if not found:
            return None
        choices = self._choices(found[:_CLOSE_OFFERED], language)
        return replace(close_answer(text, choices, language), asked=name_key(text))

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
        return [offer(match, language) for match in self._answers.find(name_key(text), _OFFERED)]

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
        offers = self._choices(others[:_OFFERED], language)
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
            choices=self._choices(found, language),
            quick_replies=offers,
            asked=name_key(name),
        )

    def _choices(self, found: Sequence[NameMatch], language: Language) -> list[Reply]:
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
                found = self._answers.find(name_key(title), _SONGS_OF_ONE_TITLE)
                songs = [match for match in found if match.kind == "track"]
                if songs and (mine := self._credited_to(artist, songs)):
                    return self._among(title, mine, who, language)
        return None

    def _credited_to(self, artist: str, songs: Sequence[NameMatch]) -> list[NameMatch]:
        key = name_key(artist)
        ids = {m.target_id for m in self._answers.find(key) if m.kind == "artist"}
        mine = []
        for song in songs:
            document = self._answers.track(song.target_id)
            if document and (ids & set(document.artist_ids) or key in map(name_key, document.track.artists)):
                mine.append(song)
        return mine

    def _by_bare_id(self, text: str, language: Language) -> Answer | None:
        if " " in text or len(text) > MAX_ID:
            return None
        return self.artist(text, 0, language) or self.track(text, 0, language)
