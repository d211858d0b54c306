"""Where a conversation stands, so that "more", "1번" and "비슷한 가수" mean something.

Here: what is remembered of an answer, and reading and writing it in the store, by person, for an hour. Not
here: telling such words from names (`reading.py`), what they lead to (`bot.py`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from chatbot.answer import Answer, Reply
from chatbot.language import Language
from chatbot.reading import Reference
from spotify_assets.core.errors import StoreError
from spotify_assets.core.store import Conversations

LASTS = timedelta(hours=1)
"""For how long a conversation can be taken up again."""

_WRITTEN_EVERY = 0.5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was shown last."""

    about: Reference | None = None
    """The artist or song that was shown."""
    cursor: str | None = None
    """Where its list goes on."""
    asked: str = ""
    """The normalised name that choices were offered for; "" where none were."""
    picks: tuple[Reply, ...] = ()
    """What can be picked by number or by its label, in the order shown."""
    language: Language | None = None
    """What it is held in: that of "1" and "?"."""


def after(answer: Answer) -> Conversation | None:
    """Return where a conversation stands after an answer; None where the answer changes nothing."""
    if answer.kind == "choices":
        return Conversation(asked=answer.asked, picks=tuple(answer.choices))
    if answer.kind == "track" and answer.track:
        songs = tuple(Reply(s.tracks[0].name, f"track:{s.tracks[0].track_id}") for s in answer.similar)
        return Conversation(Reference("track", answer.track.track_id), answer.cursor, picks=songs)
    if answer.kind == "artist" and answer.artist:
        artists = tuple(Reply(s.artist.name, f"artist:{s.artist.artist_id}") for s in answer.similar)
        return Conversation(Reference("artist", answer.artist.artist_id), answer.cursor, picks=artists)
    return None


def as_kept(answer: Answer, language: Language) -> str | None:
    """Return where a conversation stands after an answer, as it is kept; None where nothing changes."""
    conversation = after(answer)
    return (
        json.dumps(asdict(conversation) | {"language": language}, ensure_ascii=False)
        if conversation
        else None
    )


def person(channel: str, user: str) -> str:
    """Return the key under which the store knows who asks."""
    return hashlib.sha256(f"{channel}\x1f{user}".encode(errors="replace")).hexdigest()[:40]


class Memory:
    """Conversations in the store; threads may share it.

    With `behind` they are written a moment after the answer, many at once: a server answers faster so, and
    a crash costs no more than the last moment's "more". Otherwise they are written before the answer leaves.
    """

    def __init__(self, store: Conversations, clock: Callable[[], datetime], *, behind: bool = False) -> None:
        self._store, self._clock, self._behind = store, clock, behind
        self._unwritten: dict[str, str] = {}
        self._writing: dict[str, str] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._writer: threading.Thread | None = None

    def recall(self, who: str) -> Conversation:
        """Return where a person's conversation stands; an empty one where there is none.

        Raises:
            StoreError: the store cannot be read.
        """
        with self._lock:
            body = self._unwritten.get(who) or self._writing.get(who)
        return _read(body or self._store.recall(who, self._clock()))

    def keep(self, who: str, body: str) -> None:
        """Keep where a conversation stands, as `as_kept` has it. An answer never fails for that."""
        if not self._behind:
            self._write({who: body})
            return
        with self._lock:
            self._unwritten[who] = body
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_on, name="conversations", daemon=True)
                self._writer.start()

    def close(self) -> None:
        """Write what is unwritten, and stop."""
        self._ended.set()
        if self._writer:
            self._writer.join()

    def _write_on(self) -> None:
        ended = False
        while not ended:
            ended = self._ended.wait(_WRITTEN_EVERY)
            with self._lock:
                self._writing, self._unwritten = self._unwritten, {}
            if self._writing:
                self._write(self._writing)
            with self._lock:
                self._writing = {}

    def _write(self, bodies: dict[str, str]) -> None:
        now = self._clock()
        try:
            self._store.remember(bodies, now, now + LASTS)
        except StoreError as error:
            _log.warning("Where %d conversations stand was not kept: %s", len(bodies), error)


def _read(body: str | None) -> Conversation:
    if body is None:
        return Conversation()
    fields = json.loads(body)
    about = fields["about"]
    return Conversation(
        Reference(**about) if about else None,
        fields["cursor"],
        fields["asked"],
        tuple(Reply(**pick) for pick in fields["picks"]),
        fields.get("language"),  # kept by a release before this one, it has none
    )
