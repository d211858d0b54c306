"""The bot: a question in, an Answer out.

Here: the order in which a question is understood: what goes on with the last answer, what is published, what
is no question about music, what is nearly a known name, and what has to be looked for. Not here: any channel
or web framework, finding what is published (`library.py`), what an answer is made of (`compose.py`), any
sentence (`messages/`) or pattern of speech (`phrases.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chatbot import messages
from chatbot.answer import SPOTIFY_ID, Answer, Question, Reply
from chatbot.asking import Asking
from chatbot.by_heart import ByHeart, Known
from chatbot.compose import exactly, help_answer
from chatbot.conversation import Memory, as_kept, person
from chatbot.cursor import Cursor
from chatbot.everyday import is_title
from chatbot.going_on import Wish, is_more, picked, picked_within, wish
from chatbot.guesses import Guesses
from chatbot.language import Language, has_letters, language_of
from chatbot.library import Library
from chatbot.live import Live
from chatbot.messages import choosing, small_talk
from chatbot.no_question import no_question
from chatbot.plain_words import is_empty
from chatbot.reading import Reference, bare_id, clean, has_name, is_link_or_id, literal, read, reference
from chatbot.sayings import is_greeting, sayings
from chatbot.talk import Talk
from spotify_assets.core.names import name_key
from spotify_assets.core.records import MAX_ID
from spotify_assets.core.spelling import letters
from spotify_assets.core.store import ServingStore, State
from spotify_assets.core.store.people import SONG

_SURELY_MISTYPED = 6
"""Letters; a shorter unknown name is looked for at once, whatever known name is close to it, and so is a name
that is close to songs alone."""


_BELIEVED = 0.02
"""Seconds for which a server takes what is published to be what it last saw."""


class Bot:
    """Answers questions about artists and songs from a serving store.

    `clock` gives the time, with its zone, at which a question is asked. `live` looks unknown names up while
    somebody waits, at most `new_names` a day for each; without it they wait for the refresh. With `behind`,
    where conversations stand is written a moment after the answer (`close` writes the last), and an answer
    may be a moment older than what was just published. Threads may share a bot.
    """

    def __init__(
        self,
        store: ServingStore,
        clock: Callable[[], datetime],
        live: Live | None = None,
        *,
        new_names: int = 50,
        behind: bool = False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._live = live
        self._asking = Asking(store, clock, live, new_names)
        self._memory = Memory(store.conversations, clock, behind=behind)
        self._heart = ByHeart(store.answers.publication, _BELIEVED if behind else 0.0)

    def answer(self, question: Question) -> Answer:
        """Answer a question; a name that nobody published is recorded as a request.

        Raises:
            StoreError: the store cannot be read or written.
        """
        if known := self.by_heart(question):
            return known
        began = self._heart.now()
        until = time.monotonic() + question.budget
        text = clean(question.text)
        who = person(question.channel, question.user)
        library = Library(self._store)
        talk = Talk(
            question,
            text,
            question.language or self._language_of(text, who),
            who,
            self._memory,
            until,
            library,
            Guesses(self._store, library),
        )
        answer = self._answer(talk)
        if (conversation := as_kept(answer, talk.language)) is not None:
            self._memory.keep(who, conversation)
            if self._follows_from_text(talk, answer):
                self._heart.keep(question.text, question.language, began, Known(answer, conversation))
        return answer

    def _language_of(self, text: str, who: str) -> Language:
        spoken = None if has_letters(text) else self._memory.recall(who).language
        return spoken or language_of(text)

    def by_heart(self, question: Question) -> Answer | None:
        """Answer at once what was answered before and follows from the text alone; else None.

        Raises:
            StoreError: the store cannot be read.
        """
        if question.cursor or question.media:
            return None
        known = self._heart.recall(question.text, question.language)
        if known is None:
            return None
        self._memory.keep(person(question.channel, question.user), known.conversation)
        return known.answer

    def _follows_from_text(self, talk: Talk, answer: Answer) -> bool:
        """Whether anybody who sends this text gets this answer until something is published."""
        asked_anything = bool(talk.question.cursor or talk.question.media or "before" in vars(talk))
        return not asked_anything and bool(answer.asked) and talk.library.is_one(answer.asked)

    def close(self) -> None:
        """Write what is still to be written; the store stays open."""
        self._memory.close()

    def _answer(self, talk: Talk) -> Answer:
        text, language = talk.text, talk.language
        given = talk.question.cursor
        if given and (answer := self._at(given, talk)):
            return answer
        if given and is_more(text):
            return help_answer(messages.nothing_more(language), language)
        if talk.question.media and not has_name(text):
            return help_answer(small_talk.no_words(language), language)
        if answer := self._continued(talk):
            return answer
        if is_greeting(text):
            offers = talk.library.called(text, language) if has_name(text) else []
            return help_answer(messages.greeting(language), language, offers)
        if pasted := reference(text):
            return self._pasted(pasted, talk)
        named = talk.library.named(text, talk.who, language)
        if named and named.kind != "artist" and is_empty(text) and not is_title(text):
            # "sad songs" is a song's name, and said by many who mean no such song.
            offers = talk.library.called(text, language)
            return help_answer(messages.which_music(language), language, offers)
        return named or self._unknown(talk)

    def _continued(self, talk: Talk) -> Answer | None:
        """Go on with the last answer: the next page, the one that is picked, what is like it."""
        text, language = talk.text, talk.language
        if is_more(text):
            return self._next_page(talk)
        if (place := picked(text) or picked_within(text)) and (picks := talk.before.picks):
            if place <= len(picks):
                return self._picked(picks[place - 1 if place > 0 else place], talk)
            return help_answer(choosing.not_so_many(len(picks), language), language)
        said = sayings(text)
        if "yes" in said and talk.before.asked and len(talk.before.picks) == 1:
            return self._picked(talk.before.picks[0], talk)
        wanted = wish(text)
        if wanted and talk.before.about and not self._names_somebody(talk):
            return self._wished(wanted, talk.before.about, talk)
        return None

    def _names_somebody(self, talk: Talk) -> bool:
        """Whether somebody is called like a wish, or within it: they are meant, not what was shown."""
        return talk.library.goes_by(talk.text) or talk.library.has_artist_within(talk.text)

    def _next_page(self, talk: Talk) -> Answer | None:
        is_button = talk.text.lower() == messages.more(talk.language).lower()
        if not is_button and talk.before.about and talk.library.goes_by(talk.text):
            return None
        if talk.before.cursor:
            return self._at(talk.before.cursor, talk)
        if talk.before.about:
            return help_answer(messages.that_was_all(talk.language), talk.language)
        return None

    def _wished(self, wanted: Wish, about: Reference, talk: Talk) -> Answer | None:
        """Answer what somebody wants beside the artist or song that was shown."""
        language = talk.language
        if wanted.what == "shown":
            if about.kind == "track":
                return talk.library.like_artist_of(about.id, language)
            return talk.library.by_id(about, 0, language)
        if wanted.kind in (None, about.kind):
            if wanted.what == "others":
                return self._next_page(talk)
            return self._at(talk.before.cursor, talk) or talk.library.by_id(about, 0, language)
        if wanted.kind == "artist":
            return talk.library.like_artist_of(about.id, language)
        songs = talk.library.like_songs_of(about.id, language)
        # Songs that are not published by themselves stand on the card.
        return songs or talk.library.by_id(about, 0, language)

    def _at(self, cursor: str | None, talk: Talk) -> Answer | None:
        place = Cursor.decode(cursor) if cursor else None
        if place is None:
            return None
        return talk.library.by_id(Reference(place.kind, place.id), place.offset, talk.language)

    def _pasted(self, pasted: Reference, talk: Talk) -> Answer:
        tapped = [pick for pick in talk.before.picks if pick.text == talk.text]
        if tapped:
            return self._picked(tapped[0], talk)
        return talk.library.by_id(pasted, 0, talk.language) or self._unknown_link(pasted, talk)

    def _picked(self, pick: Reply, talk: Talk) -> Answer:
        """Answer with what was picked from the last list, and remember who is meant by the name asked for."""
        wanted = reference(pick.text)
        if wanted is None:
            return help_answer(messages.greeting(talk.language), talk.language)
        target = wanted.id if wanted.kind == "artist" else f"{SONG}{wanted.id}"
        if talk.before.asked and len(target) <= MAX_ID:
            asked, vouched_by = talk.before.asked, talk.question.vouched_by
            self._store.links.confirm(talk.who, asked, target, self._clock(), vouched_by)
        if answer := talk.library.by_id(wanted, 0, talk.language):
            return answer
        if wanted.kind == "track":
            return Answer("not_found", messages.unknown_link(talk.language))
        return self._asking.ask_for(wanted.id, pick.label.split(" · ")[0], talk)

    def _unknown(self, talk: Talk) -> Answer:
        text, language = talk.text, talk.language
        if is_link_or_id(text):
            return self._unknown_link(bare_id(text), talk)
        is_literal = bool(literal(text))
        if not is_literal and (meant := self._other_keyboard(talk) or no_question(talk)):
            return meant
        name = read(text).name
        if not name:
            return help_answer(messages.which_music(language), language)
        if not is_literal and talk.before.asked != name_key(text):
            named = talk.guesses.amid_everyday_words(text, talk.who, language)
            if named := named or talk.guesses.within(text, language):
                return named
        if len(name) > messages.MAX_NAME:
            return Answer("not_found", messages.name_too_long(language))
        return self._unknown_name(name, talk, is_literal)

    def _other_keyboard(self, talk: Talk) -> Answer | None:
        """Offer who is meant where the keyboard was in the wrong language; typed again it is a name."""
        if len(talk.text) > messages.MAX_NAME or talk.before.asked == name_key(talk.text):
            return None
        offered = talk.guesses.other_keyboard(talk.text, talk.language)
        return (talk.library.learnt(talk.text, talk.who, talk.language) or offered) if offered else None

    def _unknown_name(self, name: str, talk: Talk, is_literal: bool) -> Answer:
        """Answer a name nobody is published under: whom people mean by it, who is close, or look for it."""
        key, language = name_key(name), talk.language
        if answer := talk.library.learnt(name, talk.who, language):
            return answer
        if not is_literal and (answer := talk.library.with_article(name, talk.who, language)):
            return replace(answer, quick_replies=[*answer.quick_replies, exactly(name, language)])
        by_label = [pick for pick in talk.before.picks if name_key(pick.label) == key]
        if by_label:
            return self._picked(by_label[0], talk)
        request = self._store.requests.get(key)
        if request and request.state is State.DONE:
            # It was found under another spelling, or an id.
            if answer := talk.library.of_ids(name, request.artist_ids, language):
                return answer
        elif not is_literal and talk.before.asked != key and (close := talk.guesses.close(name, language)):
            offers_artist = any(choice.text.startswith("artist:") for choice in close.choices)
            if request is None and offers_artist and len(letters(key)) >= _SURELY_MISTYPED:
                return close
            looked_for = self._asking.ask_for(name, name, talk)
            return looked_for if looked_for.kind in ("artist", "track") else close
        player = talk.guesses.player_of(name, language)
        if player and not self._live:
            return player
        answer = self._asking.ask_for(name, name, talk)
        if answer.kind == "not_found" and player:
            return player
        if answer.kind in ("pending", "not_found") and (beside := talk.guesses.beside(name, language)):
            return replace(answer, quick_replies=[*answer.quick_replies, *beside])
        return answer

    def _unknown_link(self, pasted: Reference | None, talk: Talk) -> Answer:
        """Look for an artist whose Spotify id was pasted; other addresses lead nowhere."""
        if pasted and pasted.kind == "artist" and SPOTIFY_ID.fullmatch(pasted.id):
            return self._asking.ask_for(pasted.id, pasted.id, talk)
        return Answer("not_found", messages.unknown_link(talk.language))
