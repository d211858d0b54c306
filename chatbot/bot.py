"""The bot: a question in, an Answer out.

Here: finding what a question is about in the serving store, recording what is not there, and paging. Not
here: any channel or web framework, what an answer is made of (`compose.py`), any sentence (`messages/`)
or pattern of speech (`phrases.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from chatbot import messages
from chatbot.answer import SPOTIFY_ID, Answer, Question, Reply
from chatbot.compose import artist_answer, distinct, offer, reference_to, request_answer, track_answer
from chatbot.cursor import Cursor
from chatbot.language import Language, language_of
from chatbot.messages import small_talk
from chatbot.messages.wording import quoted
from chatbot.reading import (
    Reading,
    Reference,
    bare_id,
    clean,
    has_name,
    is_farewell,
    is_greeting,
    is_insult,
    is_link_or_id,
    is_more,
    is_small_talk,
    is_thanks,
    read,
    reference,
)
from spotify_assets.core.names import name_key
from spotify_assets.core.records import MAX_ID
from spotify_assets.core.store import NameMatch, ServingStore, State

_SONGS_OFFERED = 2
_SONGS_OF_ONE_TITLE = 50


class Bot:
    """Answers questions about artists and songs from a serving store.

    `clock` gives the time, with its zone, at which a question is asked. Threads may share a bot.
    """

    def __init__(self, store: ServingStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def answer(self, question: Question) -> Answer:
        """Answer a question; a name that nobody published is recorded as a request.

        Raises:
            StoreError: the store cannot be read or written.
        """
        text = clean(question.text)
        language = question.language or language_of(text)
        cursor = Cursor.decode(question.cursor) if question.cursor else None
        if cursor and (answer := self._by_id(Reference(cursor.kind, cursor.id), cursor.offset, language)):
            return answer
        if question.cursor and is_more(text):
            return self._help(messages.nothing_more(language), language)
        if question.media and not has_name(text):
            return self._help(small_talk.no_words(language), language)
        if is_greeting(text):
            return self._greet(text, language)
        if pasted := reference(text):
            return self._by_id(pasted, 0, language) or self._unknown_link(pasted, language, question.again)
        return self._known(text, language) or self._unknown(text, language, question.again)

    def _known(self, text: str, language: Language) -> Answer | None:
        """Answer what is published: as it was typed, as an id, without the words around it, as a guess."""
        reading = read(text)
        for place, name in enumerate(c.name for c in reading.candidates if c.sure):
            if answer := self._among(name, self._store.answers.find(name_key(name)), language):
                return answer
            if place == 0 and (answer := self._by_bare_id(text, language)):
                return answer
        if answer := self._song_of_an_artist(reading, language):
            return answer
        for name in (c.name for c in reading.candidates if not c.sure):
            artists = [m for m in self._store.answers.find(name_key(name)) if m.kind == "artist"]
            if answer := self._among(name, artists, language):
                return answer
        return None

    def _unknown(self, text: str, language: Language, again: bool) -> Answer:
        if is_thanks(text):
            return self._help(messages.welcome(language), language)
        if is_farewell(text):
            return self._help(small_talk.farewell(language), language)
        if is_insult(text):
            return self._help(small_talk.insulted(language), language)
        if is_small_talk(text):
            return self._help(small_talk.chat(language), language)
        if is_more(text):
            return self._help(messages.nothing_more(language), language)
        if is_link_or_id(text):
            return self._unknown_link(bare_id(text), language, again)
        if not has_name(text):
            return self._help(messages.no_name(language), language)
        name = read(text).name
        if not name:
            return self._help(messages.greeting(language), language)
        if len(name) > messages.MAX_NAME:
            return Answer("not_found", messages.name_too_long(language))
        return self._ask_for(name, language, again)

    def _ask_for(self, name: str, language: Language, again: bool) -> Answer:
        now, key, requests = self._clock(), name_key(name), self._store.requests
        request = (requests.get(key) if again else None) or requests.ask(key, name, now)
        choices = requests.choices(key) if request.state is State.NOT_FOUND else []
        return request_answer(request, name, choices, now, language)

    def _among(self, name: str, found: Sequence[NameMatch], language: Language) -> Answer | None:
        """Answer with the one artist or song of that name, or ask which one; an artist beats a song."""
        artists = [match for match in found if match.kind == "artist"]
        songs = [match for match in found if match.kind == "track"]
        offers = [offer(song, language) for song in songs[:_SONGS_OFFERED]]
        if len(artists) == 1:
            return self._artist(artists[0].target_id, 0, language, offers)
        if len(artists) > 1:
            return self._choose(name, artists, language, offers)
        if len(songs) == 1:
            return self._track(songs[0].target_id, 0, language)
        return self._choose(name, songs, language, []) if songs else None

    def _choose(
        self, name: str, found: Sequence[NameMatch], language: Language, offers: list[Reply]
    ) -> Answer:
        labels = distinct([self._label(match, language) for match in found])
        choices = [Reply(label, reference_to(match)) for label, match in zip(labels, found, strict=True)]
        return Answer("choices", messages.choices(name, language), choices=choices, quick_replies=offers)

    def _label(self, match: NameMatch, language: Language) -> str:
        """Tell an artist from others of the name by what they play."""
        document = self._store.answers.artist(match.target_id) if match.kind == "artist" else None
        if document is None:
            return match.label
        told = document.artist.genres[:2] or [quoted(t.name, language) for t in document.top_tracks[:1]]
        return " · ".join([match.label, *told])

    def _song_of_an_artist(self, reading: Reading, language: Language) -> Answer | None:
        """Answer "Dynamite by BTS" and "아이유 좋은 날" where the song is credited to that artist."""
        for one, other in reading.splits:
            for title, artist in ((one, other), (other, one)):
                songs = [
                    m
                    for m in self._store.answers.find(name_key(title), _SONGS_OF_ONE_TITLE)
                    if m.kind == "track"
                ]
                if songs and (mine := self._credited_to(artist, songs)):
                    return self._among(title, mine, language)
        return None

    def _credited_to(self, artist: str, songs: Sequence[NameMatch]) -> list[NameMatch]:
        key = name_key(artist)
        ids = {m.target_id for m in self._store.answers.find(key) if m.kind == "artist"}
        mine = []
        for song in songs:
            document = self._store.answers.track(song.target_id)
            if document and (ids & set(document.artist_ids) or key in map(name_key, document.track.artists)):
                mine.append(song)
        return mine

    def _by_bare_id(self, text: str, language: Language) -> Answer | None:
        if " " in text or len(text) > MAX_ID:
            return None
        artist = self._artist(text, 0, language)
        return artist or self._track(text, 0, language)

    def _by_id(self, wanted: Reference, offset: int, language: Language) -> Answer | None:
        if wanted.kind == "artist":
            return self._artist(wanted.id, offset, language)
        return self._track(wanted.id, offset, language)

    def _artist(
        self, artist_id: str, offset: int, language: Language, offers: Sequence[Reply] = ()
    ) -> Answer | None:
        document = self._store.answers.artist(artist_id)
        return artist_answer(document, offset, language, offers) if document else None

    def _track(self, track_id: str, offset: int, language: Language) -> Answer | None:
        document = self._store.answers.track(track_id)
        if document is None:
            return None
        first = self._store.answers.artist(document.artist_ids[0]) if document.artist_ids else None
        return track_answer(document, first, offset, language)

    def _greet(self, text: str, language: Language) -> Answer:
        """Say hello, and offer what is called "Hello"."""
        found = self._store.answers.find(name_key(text), _SONGS_OFFERED) if has_name(text) else []
        return self._help(messages.greeting(language), language, [offer(match, language) for match in found])

    def _help(self, text: str, language: Language, offers: Sequence[Reply] = ()) -> Answer:
        examples = [Reply(name, name) for name in messages.EXAMPLES[language]]
        return Answer("help", text, quick_replies=[*offers, *examples])

    def _unknown_link(self, pasted: Reference | None, language: Language, again: bool) -> Answer:
        """Look for an artist whose Spotify id was pasted; other addresses lead nowhere."""
        if pasted and pasted.kind == "artist" and SPOTIFY_ID.fullmatch(pasted.id):
            return self._ask_for(pasted.id, language, again)
        return Answer("not_found", messages.unknown_link(language))
