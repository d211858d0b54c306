"""Guessing who or what is meant by a text that nobody goes by: close names, names within a sentence.

Here: looking for what is near, which is offered and never taken for granted. Not here: what goes by exactly a
name (`library.py`), or how near two names are (`core/spelling.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chatbot.answer import Answer, Reply
from chatbot.compose import close_answer, exactly, offer
from chatbot.everyday import gist
from chatbot.language import Language, language_of
from chatbot.library import ARTICLE, Library
from chatbot.messages import choosing
from chatbot.phrases import PARTICLE
from chatbot.reading import Reading, Reference, names_within, read
from spotify_assets.core.keyboard import in_hangul, in_latin
from spotify_assets.core.names import name_key, part_key
from spotify_assets.core.spelling import keys_near, mistakes, slips, title_keys_near
from spotify_assets.core.store import NameMatch, ServingStore
from spotify_assets.core.store.documents import Kind

_CLOSE_OFFERED = 5
_OFFERED_BESIDE = 3
_CLOSE_LOOKED_AT: dict[Kind, int] = {"artist": 20, "track": 5}


class Guesses:
    """What a text may mean, of the published artists and songs of a store; for one question.

    Every method reads the store, and so raises:

    Raises:
        StoreError: the store cannot be read.
    """

    def __init__(self, store: ServingStore, library: Library) -> None:
        self._near, self._library = store.answers.near, library

    def close(self, name: str, language: Language) -> Answer | None:
        """Offer the artists and songs whose names are nearly the one that was typed, the nearest first."""
        typed = name_key(name)
        slipped = [
            match for key in slips(typed) for match in self._library.find(key) if match.kind == "artist"
        ]
        near = self._near(keys_near(typed) | title_keys_near(typed))
        artists = self._nearest("artist", name, near.artists)
        known = {match.target_id for _, match in artists}
        artists += [(1.0, match) for match in slipped if match.target_id not in known]
        songs = self._nearest("track", name, near.titles)
        if not artists and not songs:
            songs = self._nearest_of_an_artist(read(name))
        if not artists and not songs:
            return None
        ranked = sorted(
            [*artists, *songs],
            key=lambda one: (one[0], one[1].kind, -one[1].popularity, one[1].target_id),  # "artist" < "track"
        )
        choices = self._library.choices([match for _, match in ranked[:_CLOSE_OFFERED]], language)
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
            for match in self._library.find(key):
                if match.kind == kind:
                    nearest.setdefault(match.target_id, (count, match))
        return list(nearest.values())

    def _nearest_of_an_artist(self, reading: Reading) -> list[tuple[float, NameMatch]]:
        """Return the songs of a known artist whose titles are nearly the one beside it: "아이유 조은 날"."""
        for one, other in reading.splits:
            for title, artist in ((one, other), (other, one)):
                if not any(match.kind == "artist" for match in self._library.find(name_key(artist))):
                    continue
                near = self._nearest("track", title, self._near(title_keys_near(name_key(title))).titles)
                theirs = self._library.credited_to(artist, [match for _, match in near])
                if theirs:
                    return [(count, match) for count, match in near if match in theirs]
        return []

    def player_of(self, name: str, language: Language) -> Answer | None:
        """Answer "a title nobody knows by a known artist" with that artist, and say so."""
        credited = read(name).credited
        if credited is None:
            return None
        title, artist = credited
        found = [match for match in self._library.find(name_key(artist)) if match.kind == "artist"]
        shown = self._library.artist(found[0].target_id, 0, language) if len(found) == 1 else None
        if shown is None or shown.artist is None:
            return None
        text = f"{choosing.player_instead(title, shown.artist.name, language)}\n{shown.text}"
        return replace(shown, text=text, asked=name_key(artist))

    def beside(self, name: str, language: Language) -> list[Reply]:
        """Offer known artists of whose name a text has a part: the first, or the most popular.

        "아이유 밤편지" offers IU, "the eagles" Eagles, and "kendrick" Kendrick Lamar.
        """
        first, _, rest = name.partition(" ")
        parts = [part for part, _ in read(name).splits] if language == "ko" else []
        keys = [name_key(part) for part in parts] if rest else [part_key(name)]
        if first.lower() == ARTICLE:
            keys = [name_key(rest)]
        for key in filter(None, keys):
            found = self._library.find(key, _OFFERED_BESIDE)
            if offers := [offer(match, language) for match in found if match.kind == "artist"]:
                return offers
        return []

    def amid_everyday_words(self, text: str, who: str, language: Language) -> Answer | None:
        """Answer with the known artist of a text that is everyday words beside: "gimme some oasis".

        Several are offered: "아이유랑 태연", "i like radiohead, muse and coldplay".
        """
        rest = gist(text)
        found = [artists for name in rest.names for artists in self._named_by(name)]
        known = {match.target_id: match for artists in found for match in artists[:1]}
        if len(known) > 1:
            unknown = [name for name in rest.names if not list(self._named_by(name))]
            answer = close_answer(text, self._library.choices(list(known.values()), language), language)
            others = [Reply(name, name) for name in unknown]
            return replace(
                answer,
                text=choosing.which_first(len(known), language),
                quick_replies=[*others, *answer.quick_replies],
                asked=name_key(text),
            )
        if len(known) != 1 or len(rest.names) != 1 or not rest.wants_music:
            return None
        name = next((form for form in _forms(rest.names[0]) if self._artists(form)), None)
        # Somebody named twice in a row goes by either word, not by both.
        shown = (
            self._library.artist_called(name, who, language)
            if name
            else self._library.by_id(Reference("artist", *known), 0, language)
        )
        if shown and rest.may_be_title:
            return replace(shown, quick_replies=[*shown.quick_replies, exactly(text, language)])
        return shown

    def _named_by(self, words: str) -> Iterator[list[NameMatch]]:
        """Yield who goes by these words, or by each of them where that is how lists are written."""
        if artists := self._called(words):
            yield artists
            return
        each = words.split()
        # Korean needs nothing between two names; "Bob Girls" are no two, "BTS BLACKPINK TWICE" are three.
        if len(each) < (2 if language_of(words) == "ko" else 3):
            return
        all_named = list(self._in_a_row(each))
        if sum(len(span) for span, _ in all_named) == len(each):
            yield from (artists for _, artists in all_named)

    def _in_a_row(self, words: list[str]) -> Iterator[tuple[list[str], list[NameMatch]]]:
        """Yield the names that follow each other, the longest first, as far as they are known."""
        while words:
            for count in range(len(words), 0, -1):
                if artists := self._called(" ".join(words[:count])):
                    yield words[:count], artists
                    words = words[count:]
                    break
            else:
                return

    def _called(self, words: str) -> list[NameMatch]:
        """Return who goes by words of a sentence, in the first form in which anybody does."""
        return next(filter(None, map(self._artists, _forms(words))), [])

    def _artists(self, name: str) -> list[NameMatch]:
        return [match for match in self._library.find(name_key(name)) if match.kind == "artist"]

    def within(self, text: str, language: Language) -> Answer | None:
        """Offer the artists that a sentence names, the longest names first."""
        found: dict[str, NameMatch] = {}
        for name in names_within(text):
            for match in self._library.find(name_key(name)):
                if match.kind == "artist":
                    found.setdefault(match.target_id, match)
        if not found:
            return None
        choices = self._library.choices(list(found.values())[:_CLOSE_OFFERED], language)
        return Answer("choices", choosing.within_sentence(language), choices=choices, asked=name_key(text))

    def other_keyboard(self, text: str, language: Language) -> Answer | None:
        """Offer the artists whose name the same keys write on the keyboard of the other language."""
        typed = [key for key in (in_hangul(text), in_latin(text)) if key]
        found = [match for key in typed for match in self._library.find(key) if match.kind == "artist"]
        if not found:
            return None
        choices = self._library.choices(found[:_CLOSE_OFFERED], language)
        return replace(close_answer(text, choices, language), asked=name_key(text))


def _forms(words: str) -> dict[str, None]:
    """Return the ways in which words of a sentence may be a name: as they are, without what joins them."""
    without_article = words.removeprefix("the ")
    return dict.fromkeys([words, PARTICLE.sub("", words), without_article, words.removesuffix("'s")])
