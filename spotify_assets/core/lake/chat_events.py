"""Reading the stream of chat events: new files of `raw/chat_events` become rows of `chat_turns`.

Here: which files are new, what is taken of each, and in which order it is written down, so that a reader that
dies reads again and loses nothing. Not here: what an event must be (`core/events.py`), or that an event which
arrived twice counts once (staging).

Files lie as Firehose puts them, `raw/chat_events/dt=YYYY-MM-DD/….jsonl.gz`, by day of arrival; what lies
elsewhere is no part of the stream. `_READ.json` beside them lists those that were read, for the newest days:
no file arrives for an older one.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from spotify_assets.core.events import EventFault, parse, split
from spotify_assets.core.lake.lake import RAW, Lake
from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.records import CHAT_TURNS, ChatEvent

STREAM = f"{RAW}/chat_events"
READ = f"{STREAM}/_READ.json"

DAYS_LOOKED_AT = 3
"""Newest days of arrival, which may still get files: Firehose tries for 24 hours to deliver one."""

FILES_AT_ONCE = 200
"""Files whose events are written together, before the files are noted as read."""

LATE = timedelta(days=1)
"""An event that arrives this long after its time is counted as late."""

_MAX_SHOWN = 500
_SUFFIX = ".jsonl.gz"
_PLACE = re.compile(rf"{STREAM}/dt=\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])/[^/]+")
_REJECTED = pa.schema([(name, pa.string()) for name in ("file", "place", "text", "reason")])


@dataclass
class EventsRead:
    """What reading new files came to."""

    files: int = 0
    events: int = 0
    """Rows written: events that keep the contract, each once per reading."""
    again: int = 0
    """Events that had been in the same reading already."""
    late: int = 0
    newest: datetime | None = None
    reasons: Counter[str] = field(default_factory=Counter)
    """Why something was set aside, and how often."""
    sample: list[ChatEvent] = field(default_factory=list)

    @property
    def set_aside(self) -> int:
        """Pieces of the stream that are no event."""
        return self.reasons.total()

    @property
    def bad_share(self) -> float:
        """Share of what was read that is no event, 0 to 1."""
        everything = self.set_aside + self.events + self.again
        return self.set_aside / everything if everything else 0.0


def read_new_events(lake: Lake, stamp: Stamp, *, everything: bool = False) -> EventsRead:
    """Read the files that were not read before, or all of them; write their events to `chat_turns`.

    Rows are written before their files are noted: whoever is killed in between writes them again, and an
    event that is there twice counts once. The same holds for two readers at a time.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    state = {} if everything else _state(lake)
    found = EventsRead()
    files = _unread(lake, state, stamp.ingest_date)
    for start in range(0, max(len(files), 1), FILES_AT_ONCE):
        some = files[start : start + FILES_AT_ONCE]
        # Without any file still once: the table's first file tells its columns to dbt.
        _read_some(lake, some, stamp, found)
        for file in some:
            state.setdefault(_day(file), []).append(file.rsplit("/", 1)[1])
        if some:
            first = _first_day(state)
            lake.write_json(READ, {day: sorted(names) for day, names in state.items() if day >= first})
    return found


def drop_files_before(lake: Lake, day: date) -> int:
    """Delete the stream's files that arrived before a day; return how many."""
    old = [file for file in _files(lake, STREAM) if _day(file) < day.isoformat()]
    for file in old:
        lake.storage.delete(file)
    return len(old)


def _state(lake: Lake) -> dict[str, list[str]]:
    return dict(lake.read_json(READ) or {})


def _first_day(state: dict[str, list[str]]) -> str:
    """Return the first day that may still get files."""
    return (date.fromisoformat(max(state)) - timedelta(days=DAYS_LOOKED_AT - 1)).isoformat()


def _unread(lake: Lake, state: dict[str, list[str]], today: date) -> list[str]:
    """Return files that the state does not list, oldest day first, of the days that may have some."""
    if not state:
        files = _files(lake, STREAM)
    else:
        first = date.fromisoformat(_first_day(state))
        days = [first + timedelta(number) for number in range((today - first).days + 2)]
        files = [file for day in days for file in _files(lake, f"{STREAM}/dt={day.isoformat()}")]
    return [file for file in files if file.rsplit("/", 1)[1] not in state.get(_day(file), ())]


def _files(lake: Lake, directory: str) -> list[str]:
    return [file for file in lake.storage.list(directory, suffix=_SUFFIX) if _PLACE.fullmatch(file)]


def _day(file: str) -> str:
    """Return the day of arrival, which a file's directory names."""
    return file.split("/")[2].removeprefix("dt=")


def _read_some(lake: Lake, files: Sequence[str], stamp: Stamp, found: EventsRead) -> None:
    events: dict[str, ChatEvent] = {}
    rejected: list[dict[str, str]] = []
    for file in files:
        for place, event, reason, text in _events_of(lake, file, stamp.fetched_at):
            if event is None:
                found.reasons[reason] += 1
                shown = text[:_MAX_SHOWN]
                rejected.append({"file": file, "place": place, "text": shown, "reason": reason})
            elif event.event_id in events:
                found.again += 1
            else:
                events[event.event_id] = event
                found.late += event.event_time.date() < date.fromisoformat(_day(file)) - LATE
                found.newest = max(found.newest or event.event_time, event.event_time)
    if rejected:
        lake.set_aside(CHAT_TURNS.name, pa.Table.from_pylist(rejected, schema=_REJECTED), stamp)
    lake.append(CHAT_TURNS.name, _as_table(list(events.values())), stamp)
    found.files += len(files)
    found.events += len(events)
    found.sample = found.sample or list(events.values())[:8]


def _events_of(lake: Lake, file: str, now: datetime) -> Iterator[tuple[str, ChatEvent | None, str, str]]:
    """Take a file apart: for each event its place and itself, for what is none why, and its text."""
    try:
        content, fault = unzipped(lake.storage.read(file))
    except FileNotFoundError:
        return  # a purge took it since it was listed
    for line, value, reason in split(content.decode(errors="replace")):
        if reason is None:
            try:
                yield f"line {line}", parse(value, now), "", ""
                continue
            except EventFault as error:
                reason = str(error)
        yield f"line {line}", None, reason, value if isinstance(value, str) else str(value)
    if fault:
        yield "file", None, fault, ""


def unzipped(data: bytes) -> tuple[bytes, str | None]:
    """Return what a gzip file holds and None; of a faulty one, what can be relied on, and its fault.

    A file that is cut off is right as far as it goes. Of one whose checksum is wrong nobody knows where.
    """
    content = b""
    while data:
        member = zlib.decompressobj(wbits=31)
        try:
            part = member.decompress(data)
        except zlib.error:
            return content, "the file is no gzip, or broken"
        content += part
        if not member.eof:
            return content, "the file ends too early"
        data = member.unused_data
    return content, None


def _as_table(events: Sequence[ChatEvent]) -> pa.Table:
    schema = record_schema(CHAT_TURNS.name)
    columns: dict[str, list[Any]] = {name: [getattr(e, name) for e in events] for name in schema.names}
    return pa.table(columns, schema=schema)
