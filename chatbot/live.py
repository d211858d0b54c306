"""Looking an unknown artist, or a song that nobody published, up while somebody waits.

Here: who looks up what, for how long, and what is kept of it: in this process one thread for a name, among
processes one holder, through the store. Not here: what is asked of the sources (`core/catalog/at_once.py`),
how a first guess at what is similar is made (`first_guess.py`), what is said (`messages/live.py`).

Nobody waits longer than they said. A lookup that takes longer goes on for a few seconds, so that the next who
asks has its answer, and ends by the time limits of its calls.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from chatbot.first_guess import FirstGuess, song_of
from spotify_assets.core.catalog import ArtistMatch, SongMatch, choices
from spotify_assets.core.errors import PlatformError
from spotify_assets.core.names import name_key
from spotify_assets.core.records import Artist
from spotify_assets.core.settings import Settings
from spotify_assets.core.store import Choice, ServingStore, State, Urgency
from spotify_assets.core.store.documents import ArtistDocument, TrackDocument

if TYPE_CHECKING:
    from spotify_assets.core.catalog.live import LiveCatalog

KEPT = timedelta(days=1)
"""For how long it is believed what a lookup found, and that nobody goes by a name."""

LASTS = 10.0
"""Seconds after which a lookup asks for nothing more."""

LEASE = timedelta(seconds=30)
"""After this a lookup without a result counts as dead."""

AT_ONCE = 8
"""Lookups under way in one process; whoever comes then is answered without one."""

WAITING = 16
"""Of a server's forty threads, those that may wait for lookups."""

REST = 10.0
"""Seconds for which nothing is looked up after the sources could not be asked; nobody waits in vain then."""

_POLLED_EVERY = 0.1

_log = logging.getLogger(__name__)

Outcome = Literal["artist", "song", "choices", "nobody"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a lookup came to, so far."""

    outcome: Outcome
    document: ArtistDocument | None = None
    """The artist, or the song's first artist."""
    song: TrackDocument | None = None
    others: tuple[str, ...] = ()
    """Songs of the same title, each with who plays it."""
    choices: tuple[Choice, ...] = ()
    exact: bool = False
    """The choices all go by exactly the name; otherwise their names are close to it."""
    complete: bool = True
    """Nothing more is to come."""

    def to_text(self) -> str:
        """Return it as the store keeps it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Found:
        """Read what `to_text` wrote."""
        fields: dict[str, Any] = json.loads(text)
        document, song = fields["document"], fields.get("song")
        return cls(
            fields["outcome"],
            ArtistDocument.from_json(document) if document else None,
            TrackDocument.from_json(song) if song else None,
            tuple(fields.get("others", ())),
            tuple(Choice(**one) for one in fields["choices"]),
            fields["exact"],
            fields["complete"],
        )


class Live:
    """Looks names up in the live sources; threads may share it.

    `catalog` gives the sources, when they are first needed.
    """

    def __init__(
        self, store: ServingStore, catalog: Callable[[], LiveCatalog], clock: Callable[[], datetime]
    ) -> None:
        self._store, self._make_catalog, self._clock = store, catalog, clock
        self._guess = FirstGuess(store)
        self._catalog: LiveCatalog | None = None
        self._making = threading.Lock()
        self._under_way: dict[str, _Lookup] = {}
        self._lock = threading.Lock()
        self._resting_until = 0.0
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._waiting = threading.BoundedSemaphore(WAITING)

    def known(self, key: str) -> Found | None:
        """Return what was found of a name lately; None where nothing was, or it is still looked for.

        Raises:
            StoreError: the store cannot be read.
        """
        kept = self._store.lookups.get(key, self._clock())
        found = Found.from_text(kept.body) if kept and kept.body else None
        return found if found and found.complete else None

    def look_up(self, key: str, query: str, within: float) -> Found | None:
        """Return what is found of a name within so many seconds; None where nothing is by then.

        Raises:
            StoreError: the store cannot be read or written.
        """
        return self._wait(key, lambda: self._begun(key, query), within)

    def found_by_others(self, key: str, within: float) -> Found | None:
        """Return the same without looking the name up anew: what was found lately, or is being found.

        Raises:
            StoreError: the store cannot be read or written.
        """
        return self._wait(key, lambda: None, within)

    def _wait(self, key: str, begin: Callable[[], _Lookup | None], within: float) -> Found | None:
        until = time.monotonic() + within
        known = self._store.lookups.get(key, self._clock())
        found = Found.from_text(known.body) if known and known.body else None
        if found and found.complete:
            return found
        if not self._waiting.acquire(blocking=False):
            return None
        try:
            lookup = self._joined(key) or (None if known else begin())
            return (lookup.wait(until) if lookup else self._of_another(key, until)) or found
        finally:
            self._waiting.release()

    def _joined(self, key: str) -> _Lookup | None:
        with self._lock:
            return self._under_way.get(key)

    def _begun(self, key: str, query: str) -> _Lookup | None:
        """Begin a lookup; None where another process was first, or too many are under way or failed here."""
        if time.monotonic() < self._resting_until or not self._slots.acquire(blocking=False):
            return None
        lookup = _Lookup(key, query, holder=f"bot-{uuid.uuid4().hex}")
        now = self._clock()
        try:
            mine = self._store.lookups.begin(key, lookup.holder, now, now + LEASE)
        except PlatformError:
            self._slots.release()
            raise
        if not mine:
            self._slots.release()
            return self._joined(key)
        with self._lock:
            self._under_way[key] = lookup
        threading.Thread(target=self._run, args=(lookup,), name="lookup", daemon=True).start()
        return lookup

    def _of_another(self, key: str, until: float) -> Found | None:
        """Wait for what another process finds."""
        found: Found | None = None
        while (lookup := self._store.lookups.get(key, self._clock())) is not None:
            found = Found.from_text(lookup.body) if lookup.body else found
            if (found and found.complete) or time.monotonic() + _POLLED_EVERY > until:
                break
            time.sleep(_POLLED_EVERY)
        return found

    def _run(self, lookup: _Lookup) -> None:
        ends_at = time.monotonic() + LASTS
        kept: Found | None = None
        try:
            for found in self._findings(lookup):
                found = replace(found, complete=found.complete or time.monotonic() > ends_at)
                now = self._clock()
                # What is incomplete is taken over by the next who asks, should this process die.
                expires_at = now + (KEPT if found.complete else LEASE)
                self._store.lookups.end(lookup.key, lookup.holder, found.to_text(), now, expires_at)
                kept = found
                lookup.tell(found)
                if found.complete:
                    break
        except PlatformError as error:
            # Whoever waits is told that the search goes on, and the refresh tries as well.
            self._resting_until = time.monotonic() + REST
            _log.warning("a name that somebody waits for could not be looked up: %s", error)
        finally:
            with self._lock:
                self._under_way.pop(lookup.key, None)
            self._slots.release()
            if not (kept and kept.complete):
                self._let_go(lookup, kept)
            lookup.end()

    def _let_go(self, lookup: _Lookup, kept: Found | None) -> None:
        """End a lookup that failed, so that nobody waits for more than it found."""
        now = self._clock()
        body = replace(kept, complete=True).to_text() if kept else None
        try:
            self._store.lookups.end(
                lookup.key, lookup.holder, body, now, now + timedelta(seconds=REST if kept else 0)
            )
        except PlatformError as error:
            _log.info("a lookup that failed holds its name until its lease ends: %s", error)

    def _findings(self, lookup: _Lookup) -> Iterator[Found]:
        """Yield what is found of a name, richer every time; hand it to the request as well."""
        matches = self._sources().find_artists(lookup.query)
        exact = [match for match in matches if match.exact]
        if not exact and (songs := self._sources().find_songs(lookup.query)):
            yield from self._song(lookup, songs)
        elif len(exact) == 1:
            for document in self._artist(lookup.key, exact[0].artist):
                yield Found("artist", document, complete=False)
            yield Found("artist", document)
        else:
            yield self._undecided(lookup, matches, exact)

    def _artist(self, key: str, artist: Artist) -> Iterator[ArtistDocument]:
        """Yield what is known of an artist, richer every time; hand it to the request of this key."""
        # Here and not above, so that a bot that never looks anything up never loads spotipy.
        from spotify_assets.core.catalog.at_once import learn
        from spotify_assets.core.catalog.handover import to_text

        for findings in learn(self._sources(), artist):
            for source, answers in list(findings.answers.items()):
                self._store.requests.attach(key, source, to_text(answers))
            yield self._guess.of(findings)

    def _song(self, lookup: _Lookup, songs: Sequence[SongMatch]) -> Iterator[Found]:
        """Yield the first of these songs, and what is known of its artist, who is asked for from now on."""
        song, player = songs[0], songs[0].artists[0]
        others = tuple(f"{one.track.name} – {one.artists[0].name}" for one in songs[1:])
        key = name_key(player.artist_id)
        kept = self.known(key)
        document = self._store.answers.artist(player.artist_id) or (kept.document if kept else None)
        found = Found("song", document, song_of(song, document), others)
        # The request ends after that: whoever finds it ended finds the song.
        yield replace(found, complete=False)
        self._end(
            lookup, "no artist goes by that name, but a song does", [Choice(player.artist_id, player.name)]
        )
        if document:
            yield found
            return
        self._store.requests.ask(key, player.artist_id, self._clock())
        artists = [match.artist for match in self._sources().find_artists(player.artist_id)]
        for document in self._artist(key, artists[0]) if artists else ():
            found = Found("song", document, song_of(song, document), others)
            yield replace(found, complete=False)
        if found.document:
            self._keep(key, lookup.holder, Found("artist", found.document))
        yield found

    def _keep(self, key: str, holder: str, found: Found) -> None:
        """Keep what was found on the way to something else."""
        now, lookups = self._clock(), self._store.lookups
        if lookups.begin(key, holder, now, now + LEASE):
            lookups.end(key, holder, found.to_text(), now, now + KEPT)

    def _undecided(self, lookup: _Lookup, matches: list[ArtistMatch], exact: list[ArtistMatch]) -> Found:
        """Leave namesakes to the refresh, which takes up all of them; end the request for anything else."""
        found = Found(
            "choices" if matches else "nobody", choices=tuple(choices(exact or matches)), exact=bool(exact)
        )
        if not exact:
            self._end(lookup, "no source knows an artist of exactly that name", found.choices)
        return found

    def _end(self, lookup: _Lookup, reason: str, choices: Sequence[Choice]) -> None:
        """End the request for a name that no artist goes by."""
        now, requests = self._clock(), self._store.requests
        if requests.claim([lookup.key], lookup.holder, now, now + LEASE):
            requests.finish(lookup.key, lookup.holder, State.NOT_FOUND, now, reason, now + KEPT, choices)

    def _sources(self) -> LiveCatalog:
        with self._making:
            if self._catalog is None:
                self._catalog = self._make_catalog()
            return self._catalog


class _Lookup:
    """A lookup under way in this process: one thread tells, others wait."""

    def __init__(self, key: str, query: str, holder: str) -> None:
        self.key, self.query, self.holder = key, query, holder
        self._changed = threading.Condition()
        self._found: Found | None = None
        self._ended = False

    def tell(self, found: Found) -> None:
        with self._changed:
            self._found = found
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, until: float) -> Found | None:
        """Return what is found by then, or once nothing more is to come."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or (self._found is not None and self._found.complete),
                max(until - time.monotonic(), 0),
            )
            return self._found


def live_of(settings: Settings, store: ServingStore, clock: Callable[[], datetime]) -> Live | None:
    """Return what looks names up for this process; None where the catalogue is not live."""
    if settings.catalog_source != "spotify":
        return None

    def catalog() -> LiveCatalog:
        from spotify_assets.core.catalog.access import Access
        from spotify_assets.core.catalog.http import Patience
        from spotify_assets.core.catalog.live import LiveCatalog

        brief = Patience(deadline=3.0, connect=1.0, read=2.5, wait=0.5, attempts=2, backoff=0.1)
        return LiveCatalog(Access(settings, store.sources, Urgency.ASKED, brief, workers=2, clock=clock))

    return Live(store, catalog, clock)
