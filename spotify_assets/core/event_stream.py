"""The stream that chat events go into: it takes an event at once, and writes or drops it later.

Here: the queue between whoever answers and a slow destination, and the file destination. A new kind of
destination is a class with `put`. Not here: what an event is (`records.py`), how it looks (`events.py`), how
Kinesis takes it (`kinesis.py`).
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
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Protocol

from spotify_assets.core.errors import PlatformError, SettingsError
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

Told = Callable[[], bytes]
"""An event as it is told: writes it as a line of JSON (`events.to_line`), each time the same."""

_log = logging.getLogger(__name__)


class StreamError(PlatformError):
    """Events could not be written; they are kept and written again.

    `left` are the places, in their batch, of those that are not stored; None means all of them.
    """

    def __init__(self, message: str, left: Sequence[int] | None = None) -> None:
        super().__init__(message)
        self.left = left


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

    def emit(self, event: Told) -> bool:
        """Take one event, at once; return False where it was dropped."""
        ...

    def offer(self, events: Sequence[Told]) -> bool:
        """Take all of these events, at once, or drop all and return False."""
        ...

    def flush(self, timeout: float = ...) -> bool:
        """Write what waits now, for at most so many seconds; return whether nothing waits any more."""
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
        self._waiting: deque[tuple[float, Told]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = self._flushing = self._failing = self._full = False
        self._written = self._dropped = 0

    def emit(self, event: Told) -> bool:
        """Take one event; return False where it was dropped."""
        return self.offer([event])

    def offer(self, events: Sequence[Told]) -> bool:
        """Take all of these events, or drop all and return False."""
        with self._changed:
            if self._closing or len(self._waiting) + len(events) > self._capacity:
                self._dropped += len(events)
                if not self._full and not self._closing:
                    self._full = True
                    _log.error(
                        "%d chat events wait, and no more are taken until some are written", self._capacity
                    )
                return False
            was_empty, now = not self._waiting, time.monotonic()
            self._waiting.extend([(now, event) for event in events])
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="chat-events", daemon=True)
                self._thread.start()
            elif was_empty or len(self._waiting) >= self._batch:
                self._changed.notify_all()
        return True

    @property
    def counts(self) -> StreamCounts:
        """What became of the events so far."""
        with self._changed:
            return StreamCounts(self._written, self._dropped, len(self._waiting))

    def flush(self, timeout: float = 5.0) -> bool:
        """Write what waits now; return whether nothing waits any more.

        While the destination fails nobody waits for it: what is kept is tried again in its own time.
        """
        with self._changed:
            self._flushing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._waiting or self._failing, timeout)
            self._flushing = False
            return not self._waiting

    def close(self, timeout: float = 5.0) -> StreamCounts:
        """Take nothing more and write what waits; what is left after `timeout` seconds counts as dropped."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
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
            left: Sequence[int] = ()
            failed: StreamError | None = None
            try:
                self._destination.put([write() for _, write in events])
            except StreamError as error:
                failed = error
                left = range(len(events)) if error.left is None else error.left
            with self._changed:
                if not self._waiting:
                    return  # closed meanwhile, and counted as dropped
                self._keep(events, left)
                self._failing = failed is not None
                self._changed.notify_all()
            if failed is None:
                pause = 0.0
            elif self._closing:
                _log.error("%s", failed)
                return
            else:
                if not pause:
                    _log.warning("%s; chat events wait meanwhile", failed)
                pause = min(max(2 * pause, self._first_pause), LONGEST_PAUSE)

    def _keep(self, tried: Sequence[tuple[float, Told]], left: Sequence[int]) -> None:
        """Let go of the events that were tried, but for those left, which come first next time."""
        for _ in tried:
            self._waiting.popleft()
        self._waiting.extendleft(tried[place] for place in reversed(left))
        self._full = self._full and len(left) == len(tried)
        self._written += len(tried) - len(left)

    def _next(self, pause: float) -> list[tuple[float, Told]]:
        """Wait for a batch, or until the stream closes; [] when nothing is left to write."""
        with self._changed:
            if pause:
                self._changed.wait_for(lambda: self._closing, pause)
            while not self._closing and len(self._waiting) < self._batch:
                if self._flushing and self._waiting:
                    break
                age = time.monotonic() - self._waiting[0][0] if self._waiting else 0.0
                if age >= self._max_age:
                    break
                self._changed.wait(self._max_age - age if self._waiting else None)
            # They stay in the queue until they are written.
            return list(islice(self._waiting, self._batch))


class NoStream:
    """Where events are off: takes every event and keeps none."""

    is_on = False
    counts = StreamCounts(0, 0, 0)

    def emit(self, event: Told) -> bool:
        """Forget the event."""
        return True

    def offer(self, events: Sequence[Told]) -> bool:
        """Refuse: who sends events from outside must learn that nobody keeps them."""
        return False

    def flush(self, timeout: float = 0.0) -> bool:
        """Do nothing: nothing waits."""
        return True

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
                    file.write(gzip.compress(b"".join(lines), compresslevel=3))
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

    On Lambda a directory is off, for nobody would ever read it, and an event is on its way as soon as it is
    told, for between two invocations nothing moves.

    Raises:
        SettingsError: the address is none, or needs a library that is not installed.
    """
    url, on_lambda = settings.events_url, "AWS_LAMBDA_FUNCTION_NAME" in os.environ
    if url.startswith("kinesis://"):
        if find_spec("boto3") is None:
            raise SettingsError(
                "EVENTS_URL: kinesis:// needs boto3, which AWS Lambda brings along; elsewhere "
                "pip install 'spotify-assets[aws]'"
            )
        # A bot that writes to files never loads boto3.
        from spotify_assets.core.kinesis import KinesisDestination

        return EventStream(KinesisDestination(url), max_age=0.0 if on_lambda else MAX_AGE)
    if url == "off" or on_lambda:
        return NoStream()
    return EventStream(FileDestination(Path(url)))
