"""Asking for a name nobody knows yet: recording it, looking it up while somebody waits, saying how it stands.

Here: one name's request and what a lookup came to. Not here: when a name is unknown (`bot.py`), looking it up
(`live.py`) or wording it (`messages/`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chatbot import messages
from chatbot.answer import Answer
from chatbot.compose import chosen_from, found_answer, found_song_answer, request_answer, searching_answer
from chatbot.live import Found, Live
from chatbot.messages import choosing
from chatbot.messages import live as live_messages
from chatbot.talk import Talk
from spotify_assets.core.names import name_key
from spotify_assets.core.store import ServingStore, State

_TO_COMPOSE = 0.1
"""Seconds that are kept for what comes after a lookup."""


class Asking:
    """Asks for names: `live` looks them up, at most `new_names` a day for each person.

    Raises:
        StoreError: the store cannot be read or written.
    """

    def __init__(
        self, store: ServingStore, clock: Callable[[], datetime], live: Live | None, new_names: int
    ) -> None:
        self._store, self._clock, self._live, self._new_names = store, clock, live, new_names

    def ask_for(self, query: str, shown: str, talk: Talk) -> Answer:
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
            if answer is None:
                # It may have ended just when nobody waited any longer.
                request = requests.get(key) or request
        if answer is None and self._live and request.state is State.NOT_FOUND:
            # No artist goes by a song's title, which may still be on its way.
            found = self._live.found_by_others(key, self._left(talk))
            answer = self._found(found, shown, talk) if found else None
        if answer is None:
            choices = requests.choices(key) if request.state is State.NOT_FOUND else []
            answer = request_answer(request, shown, choices, now, talk.language)
        return replace(answer, asked=key)

    def _may_ask_anew(self, talk: Talk) -> bool:
        return self._store.lookups.count_new(talk.who, self._clock(), self._new_names)

    def _left(self, talk: Talk) -> float:
        return max(talk.until - time.monotonic() - _TO_COMPOSE, 0.0)

    def _looked_up(self, live: Live, query: str, shown: str, talk: Talk) -> Answer | None:
        """Look a name up for as long as the question allows; None where its request says more."""
        within = self._left(talk)
        if not within:
            return None
        key = name_key(query)
        found = live.look_up(key, query, within)
        if found is None:
            request = self._store.requests.get(key)
            is_new = request is not None and request.state is State.PENDING and not request.next_attempt_at
            return searching_answer(shown, talk.language) if is_new else None
        return self._found(found, shown, talk)

    def _found(self, found: Found, shown: str, talk: Talk) -> Answer:
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
