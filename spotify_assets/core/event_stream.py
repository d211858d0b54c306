"""The stream that chat events go into: it takes an event at once, and writes or drops it later.

Here: the queue between whoever answers and a slow destination, and the file destination. A new kind of
destination is a class with `put`. Not here: what an event is (`records.py`) or looks like (`events.py`).
"""

from __future__ import annotations

import gzip
import logging
import os
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

from spotify_assets.core.errors import PlatformError, SettingsError
from spotify_assets.core.events import to_line
from spotify_assets.core.records import ChatEvent
from spotify_assets.core.settings import Settings

CAPACITY = 10_000
"""Events that may wait: about 5 MB."""

BATCH = 500
"""Most events written at once; what one PutRecords of Kinesis takes."""

MAX_AGE = 60.0
"""Seconds after which an event is written, however few wait with it."""

LONGEST_PAUSE = 60.0
"""Seconds between two attempts to write to a destination that keeps failing."""

STREAM, VERSION = "chat-events", 1

_log = logging.getLogger(__name__)


class StreamError(PlatformError):
    """Events could not be written; they are kept and written again."""


class Destination(Protocol):
    """Where a stream's events end up."""

    def put(self, lines: Sequence[bytes]) -> None:
        """Store these events, each a line that ends in a newline.

        Readers keep one event of an id, so that storing a batch again after an error does no harm.

        Raises:
            StreamError: they are not all stored.
        """


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """What became of the events of this process."""

    written: int
    dropped: int
    """Lost: there was no room, or the destination failed until the end."""
    waiting: int


class Stream(Protocol):
    """What events are told to."""

    @property
    def is_on(self) -> bool:
        """Whether anybody keeps what is told."""
        ...

    @property
    def counts(self) -> StreamCounts:
        """What became of the events so far."""
        ...

    def emit(self, event: ChatEvent) -> bool:
        """Take one event, at once; return False where it was dropped."""
        ...

    def offer(self, events: Sequence[ChatEvent]) -> bool:
        """Take all of these events, at once, or drop all and return False."""
        ...

    def close(self, timeout: float = ...) -> StreamCounts:
        """Take nothing more and write what waits, for at most so many seconds."""
        ...


class EventStream:
    """Takes events without delay and writes them in batches, in a thread of its own.

    `emit` and `offer` never wait for the destination and never raise. An event is written when `batch` wait
    or when it has waited for `max_age` seconds. A batch that cannot be written stays in the queue and is
    tried again, at growing intervals; when `capacity` wait, newer events are dropped and counted. Threads may
    share a stream; a forked process needs one of its own.
    """

    is_on = True

    def __init__(
        self,
        destination: Destination,
        *,
        capacity: int = CAPACITY,
        batch: int = BATCH,
        max_age: float = MAX_AGE,
        first_pause: float = 1.0,
    ) -> None:
        self._destination = destination
        self._capacity, self._batch, self._max_age = capacity, batch, max_age
        self._first_pause = first_pause
        self._waiting: deque[tuple[float, ChatEvent]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._written = self._dropped = 0

    def emit(self, event: ChatEvent) -> bool:
        """Take one event; return False where it was dropped."""
        return self.offer([event])

    def offer(self, events: Sequence[ChatEvent]) -> bool:
        """Take all of these events, or drop all and return False."""
        with self._changed:
            if self._closing or len(self._waiting) + len(events) > self._capacity:
                self._dropped += len(events)
                return False
            was_empty, now = not self._waiting, time.monotonic()
            self._waiting.extend((now, event) for event in events)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="chat-events", daemon=True)
                self._thread.start()
            elif was_empty or len(self._waiting) >= self._batch:
                self._changed.notify()
        return True

    @property
    def counts(self) -> StreamCounts:
        """What became of the events so far."""
        with self._changed:
            return StreamCounts(self._written, self._dropped, len(self._waiting))

    def close(self, timeout: float = 5.0) -> StreamCounts:
        """Take nothing more and write what waits; what is left after `timeout` seconds counts as dropped."""
        with self._changed:
            self._closing = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join(timeout)
        with self._changed:
            if lost := len(self._waiting):
                self._dropped += lost
                self._waiting.clear()
                _log.error("%d chat events are lost: their destination could not be written in time", lost)
            return StreamCounts(self._written, self._dropped, 0)

    def _work(self) -> None:
        pause = 0.0
        while events := self._next(pause):
            try:
                self._destination.put([to_line(event) for event in events])
            except StreamError as error:
                if self._closing:
                    _log.error("%s", error)
                    return
                if not pause:
                    _log.warning("%s; chat events wait meanwhile", error)
                pause = min(max(2 * pause, self._first_pause), LONGEST_PAUSE)
                continue
            pause = 0.0
            with self._changed:
                if not self._waiting:
                    return  # closed meanwhile, and counted as dropped
                self._written += len(events)
                for _ in events:
                    self._waiting.popleft()

    def _next(self, pause: float) -> list[ChatEvent]:
        """Wait for a batch, or until the stream closes; [] when nothing is left to write."""
        with self._changed:
            if pause:
                self._changed.wait_for(lambda: self._closing, pause)
            while not self._closing and len(self._waiting) < self._batch:
                age = time.monotonic() - self._waiting[0][0] if self._waiting else 0.0
                if age >= self._max_age:
                    break
                self._changed.wait(self._max_age - age if self._waiting else None)
            # They stay in the queue until they are written.
            return [event for _, event in islice(self._waiting, self._batch)]


class NoStream:
    """Where events are off: takes every event and keeps none."""

    is_on = False
    counts = StreamCounts(0, 0, 0)

    def emit(self, event: ChatEvent) -> bool:
        """Forget the event."""
        return True

    def offer(self, events: Sequence[ChatEvent]) -> bool:
        """Refuse: who sends events from outside must learn that nobody keeps them."""
        return False

    def close(self, timeout: float = 0.0) -> StreamCounts:
        """Do nothing."""
        return self.counts


class FileDestination:
    """A directory that fills as Firehose fills a bucket.

    A batch is one file `dt=YYYY-MM-DD/<stream>-<version>-YYYY-MM-DD-HH-MM-SS-<uuid>.jsonl.gz`, by the time it
    is written (UTC), gzipped, an event on each line; readers see it whole or not at all.
    """

    def __init__(self, directory: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._directory = directory
        self._clock = clock

    def put(self, lines: Sequence[bytes]) -> None:
        """Write a file of these events."""
        now = self._clock().astimezone(UTC)
        name = f"{STREAM}-{VERSION}-{now:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}.jsonl.gz"
        target = self._directory / f"dt={now:%Y-%m-%d}" / name
        # The dot hides the file from readers while it grows, the end shows whom it belonged to should we die.
        temporary = target.with_name(f".{name}.{uuid.uuid4().hex}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    file.write(gzip.compress(b"".join(lines), compresslevel=6))
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise StreamError(
                f"{target.parent} cannot be written ({error.strerror or error}): "
                "EVENTS_URL must be a directory that this user may write, with space left, or off"
            ) from error


def open_stream(settings: Settings) -> Stream:
    """Open the stream of `EVENTS_URL`; nothing is written, and no thread started, before the first event.

    A directory on Lambda is off: nobody would ever read it.

    Raises:
        SettingsError: this version has no such stream.
    """
    url = settings.events_url
    if url == "off":
        return NoStream()
    if "://" in url:
        raise SettingsError(
            f"EVENTS_URL={url}: this version writes events to directories alone; name one, or set off"
        )
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        return NoStream()
    return EventStream(FileDestination(Path(url)))
