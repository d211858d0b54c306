"""The bot: a question in, an Answer out.

Here: the order in which a question is understood: what goes on with the last answer, what is published, what
is no question about music, what is nearly a known name, and what has to be looked for. Not here: any channel
or web framework, finding what is published (`library.py`), what an answer is made of (`compose.py`), any
sentence (`messages/`) or pattern of speech (`phrases.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from chatbot import messages
from chatbot.answer import SPOTIFY_ID, Answer, Question, Reply
from chatbot.by_heart import ByHeart, Known
from chatbot.compose import chosen_from, found_answer, found_song_answer, request_answer, searching_answer
from chatbot.conversation import Conversation, Memory, as_kept, person
from chatbot.cursor import Cursor
from chatbot.going_on import Wish, is_more, picked, wish
from chatbot.language import Language, language_of
from chatbot.library import Library
from chatbot.live import Found, Live
from chatbot.messages import choosing, small_talk
from chatbot.messages import live as live_messages
from chatbot.no_question import reply_to
from chatbot.reading import Reference, bare_id, clean, has_name, is_link_or_id, read, reference
from chatbot.sayings import is_greeting, sayings
from spotify_assets.core.names import name_key
from spotify_assets.core.records import MAX_ID
from spotify_assets.core.spelling import letters
from spotify_assets.core.store import ServingStore, State
from spotify_assets.core.store.people import SONG

_SURELY_MISTYPED = 6
"""Letters; a shorter unknown name is looked for at once, whatever known name is close to it, and so is a name
that is close to songs alone."""


_TO_COMPOSE = 0.1
"""Seconds that are kept for what comes after a lookup."""

_BELIEVED = 0.02
"""Seconds for which a server takes what is published to be what it last saw."""


@dataclass
class _Talk:
    """One question, with what it needs at every turn."""

    question: Question
    text: str
    language: Language
    who: str
    memory: Memory
    until: float
    """When the answer must be there, by the clock that never runs backwards."""

    @cached_property
    def before(self) -> Conversation:
        """Where the conversation stood; read when it is first needed."""
        return self.memory.recall(self.who)


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
        self._new_names = new_names
        self._library = Library(store)
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
        language = question.language or language_of(text)
        who = person(question.channel, question.user)
        talk = _Talk(question, text, language, who, self._memory, until)
        answer = self._answer(talk)
        if (conversation := as_kept(answer)) is not None:
            self._memory.keep(who, conversation)
            if self._follows_from_text(talk, answer):
                self._heart.keep(question.text, question.language, began, Known(answer, conversation))
        return answer

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

    def _follows_from_text(self, talk: _Talk, answer: Answer) -> bool:
        """Whether anybody who sends this text gets this answer until something is published."""
        asked_anything = bool(talk.question.cursor or talk.question.media or "before" in vars(talk))
        return not asked_anything and bool(answer.asked) and self._library.is_one(answer.asked)

    def close(self) -> None:
        """Write what is still to be written; the store stays open."""
        self._memory.close()

    def _answer(self, talk: _Talk) -> Answer:
        text, language = talk.text, talk.language
        given = talk.question.cursor
        if given and (answer := self._at(given, language)):
            return answer
        if given and is_more(text):
            return self._help(messages.nothing_more(language), language)
        if talk.question.media and not has_name(text):
            return self._help(small_talk.no_words(language), language)
        if answer := self._continued(talk):
            return answer
        if is_greeting(text):
            offers = self._library.called(text, language) if has_name(text) else []
            return self._help(messages.greeting(language), language, offers)
        if pasted := reference(text):
            return self._pasted(pasted, talk)
        return self._library.named(text, talk.who, language) or self._unknown(talk)

    def _continued(self, talk: _Talk) -> Answer | None:
        """Go on with the last answer: the next page, the one that is picked, what is like it."""
        text, language = talk.text, talk.language
        if is_more(text):
            return self._next_page(talk)
        if (place := picked(text)) and (picks := talk.before.picks):
            if place <= len(picks):
                return self._picked(picks[place - 1 if place > 0 else place], talk)
            return self._help(choosing.not_so_many(len(picks), language), language)
        said = sayings(text)
        if "yes" in said and talk.before.asked and len(talk.before.picks) == 1:
            return self._picked(talk.before.picks[0], talk)
        wanted = wish(text)
        # Whoever is called so is meant, not what was shown.
        if wanted and talk.before.about and not self._library.goes_by(text):
            return self._wished(wanted, talk.before.about, talk)
        return None

    def _next_page(self, talk: _Talk) -> Answer | None:
        if talk.before.cursor:
            return self._at(talk.before.cursor, talk.language)
        if talk.before.about and not self._library.goes_by(talk.text):
            return self._help(messages.that_was_all(talk.language), talk.language)
        return None

    def _wished(self, wanted: Wish, about: Reference, talk: _Talk) -> Answer | None:
        """Answer what somebody wants beside the artist or song that was shown."""
        language = talk.language
        if wanted.what == "shown":
            if about.kind == "track":
                return self._library.like_artist_of(about.id, language)
            return self._library.by_id(about, 0, language)
        if wanted.kind in (None, about.kind):
            if wanted.what == "others":
                return self._next_page(talk)
            return self._at(talk.before.cursor, language) or self._library.by_id(about, 0, language)
        if wanted.kind == "artist":
            return self._library.like_artist_of(about.id, language)
        return self._library.like_songs_of(about.id, language)

    def _at(self, cursor: str | None, language: Language) -> Answer | None:
        place = Cursor.decode(cursor) if cursor else None
        return self._library.by_id(Reference(place.kind, place.id), place.offset, language) if place else None

    def _pasted(self, pasted: Reference, talk: _Talk) -> Answer:
        tapped = [pick for pick in talk.before.picks if pick.text == talk.text]
        if tapped:
            return self._picked(tapped[0], talk)
        return self._library.by_id(pasted, 0, talk.language) or self._unknown_link(pasted, talk)

    def _picked(self, pick: Reply, talk: _Talk) -> Answer:
        """Answer with what was picked from the last list, and remember who is meant by the name asked for."""
        wanted = reference(pick.text)
        if wanted is None:
            return self._help(messages.greeting(talk.language), talk.language)
        target = wanted.id if wanted.kind == "artist" else f"{SONG}{wanted.id}"
        if talk.before.asked and len(target) <= MAX_ID:
            asked, vouched_by = talk.before.asked, talk.question.vouched_by
            self._store.links.confirm(talk.who, asked, target, self._clock(), vouched_by)
        if answer := self._library.by_id(wanted, 0, talk.language):
            return answer
        if wanted.kind == "track":
            return Answer("not_found", messages.unknown_link(talk.language))
        return self._ask_for(wanted.id, pick.label.split(" · ")[0], talk)

    def _unknown(self, talk: _Talk) -> Answer:
        text, language = talk.text, talk.language
        if is_link_or_id(text):
            return self._unknown_link(bare_id(text), talk)
        if (meant := self._other_keyboard(talk)) is not None:
            return meant
        if small := reply_to(text, language):
            return self._help(small, language)
        name = read(text).name
        if not name:
            return self._help(messages.which_music(language), language)
        if talk.before.asked != name_key(text) and (named := self._library.within(text, language)):
            return named
        if len(name) > messages.MAX_NAME:
            return Answer("not_found", messages.name_too_long(language))
        return self._unknown_name(name, talk)

    def _other_keyboard(self, talk: _Talk) -> Answer | None:
        """Offer who is meant where the keyboard was in the wrong language; typed again it is a name."""
        if len(talk.text) > messages.MAX_NAME or talk.before.asked == name_key(talk.text):
            return None
        offered = self._library.other_keyboard(talk.text, talk.language)
        return (self._library.learnt(talk.text, talk.who, talk.language) or offered) if offered else None

    def _unknown_name(self, name: str, talk: _Talk) -> Answer:
        """Answer a name nobody is published under: whom people mean by it, who is close, or look for it."""
        key, language = name_key(name), talk.language
        if answer := self._library.learnt(name, talk.who, language):
            return answer
        by_label = [pick for pick in talk.before.picks if name_key(pick.label) == key]
        if by_label:
            return self._picked(by_label[0], talk)
        request = self._store.requests.get(key)
        if request and request.state is State.DONE:
            # It was found under another spelling, or an id.
            if answer := self._library.of_ids(name, request.artist_ids, language):
                return answer
        elif talk.before.asked != key and (close := self._library.close(name, language)):
            offers_artist = any(choice.text.startswith("artist:") for choice in close.choices)
            if request is None and offers_artist and len(letters(key)) >= _SURELY_MISTYPED:
                return close
            looked_for = self._ask_for(name, name, talk)
            return looked_for if looked_for.kind in ("artist", "track") else close
        if talk.before.asked != key and (both := self._library.several(name, language)):
            return both
        player = self._library.player_of(name, language)
        if player and not self._live:
            return player
        answer = self._ask_for(name, name, talk)
        if answer.kind == "not_found" and player:
            return player
        if answer.kind in ("pending", "not_found") and (beside := self._library.beside(name, language)):
            return replace(answer, quick_replies=[*answer.quick_replies, *beside])
        return answer

    def _ask_for(self, query: str, shown: str, talk: _Talk) -> Answer:
        """Record that a name or id is asked for; say where its request stands."""
        now, key, requests = self._clock(), name_key(query), self._store.requests
        request = requests.get(key)
        # What costs calls is bounded for each person, so that garbage cannot use them up.
        if request is None and self._live and not self._may_ask_anew(talk):
            return Answer("error", live_messages.enough_new_names(talk.language))
        if request is None or not talk.question.again:
            request = requests.ask(key, query, now)
        answer = None
        if self._live and request.state in (State.PENDING, State.RUNNING):
            answer = self._looked_up(self._live, query, shown, talk)
        elif self._live and request.state is State.NOT_FOUND and (known := self._live.known(key)):
            answer = self._found(known, shown, talk)
        if answer is None:
            choices = requests.choices(key) if request.state is State.NOT_FOUND else []
            answer = request_answer(request, shown, choices, now, talk.language)
        return replace(answer, asked=key)

    def _may_ask_anew(self, talk: _Talk) -> bool:
        return self._store.lookups.count_new(talk.who, self._clock(), self._new_names)

    def _looked_up(self, live: Live, query: str, shown: str, talk: _Talk) -> Answer | None:
        """Look a name up for as long as the question allows; None where its request says more."""
        within = talk.until - time.monotonic() - _TO_COMPOSE
        if within <= 0:
            return None
        key = name_key(query)
        found = live.look_up(key, query, within)
        if found is None:
            request = self._store.requests.get(key)
            is_new = request is not None and request.state is State.PENDING and not request.next_attempt_at
            return searching_answer(shown, talk.language) if is_new else None
        return self._found(found, shown, talk)

    def _found(self, found: Found, shown: str, talk: _Talk) -> Answer:
        """Show what a lookup came to."""
        if found.song:
            return found_song_answer(found.song, found.document, found.others, shown, talk.language)
        if found.document:
            return found_answer(found.document, shown, talk.language)
        if not found.choices:
            return Answer("not_found", messages.not_found(shown, talk.language))
        text = choosing.close_names(shown, len(found.choices), talk.language)
        if found.exact:
            text = messages.choices(shown, talk.language)
        return Answer("choices", text, choices=chosen_from(found.choices))

    def _help(self, text: str, language: Language, offers: Sequence[Reply] = ()) -> Answer:
        examples = [Reply(name, name) for name in messages.EXAMPLES[language]]
        return Answer("help", text, quick_replies=[*offers, *examples])

    def _unknown_link(self, pasted: Reference | None, talk: _Talk) -> Answer:
        """Look for an artist whose Spotify id was pasted; other addresses lead nowhere."""
        if pasted and pasted.kind == "artist" and SPOTIFY_ID.fullmatch(pasted.id):
            return self._ask_for(pasted.id, pasted.id, talk)
        return Answer("not_found", messages.unknown_link(talk.language))
