"""Chat events as text: what is told is what is read, and what is no event says why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.core.events import MAX_EVENT, EventFault, parse, split, to_line
from spotify_assets.core.names import name_key
from spotify_assets.core.records import CHAT_TURNS, ChatEvent

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "event_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "event_time": "2026-11-20T11:59:59.123456+00:00",
    "user_hash": "00f067aa0ba902b7",
    "channel": "kakao",
    "query": "에스파",
    "outcome": "pending",
    "artist_id": None,
    "latency_ms": 12,
    "provisional": False,
    "model_version": None,
}

OUTCOMES = next(column.choices for column in CHAT_TURNS.columns if column.name == "outcome")
names = st.none() | st.text(max_size=60).map(name_key).filter(bool)
ids = st.text("0123456789abcdefABCDEF-_:", min_size=1, max_size=100)
events = st.builds(
    ChatEvent,
    event_id=ids,
    event_time=st.datetimes(datetime(2026, 1, 2), datetime(2026, 11, 20), timezones=st.sampled_from([UTC])),
    user_hash=st.text("0123456789abcdef", min_size=16, max_size=64),
    channel=st.sampled_from(["kakao", "messenger", "web", "cli"]),
    query=names,
    outcome=st.sampled_from(OUTCOMES),
    artist_id=st.none() | ids,
    latency_ms=st.integers(0, 3_600_000),
    provisional=st.booleans(),
    model_version=st.none() | ids,
)


def found(text: str) -> list[Any]:
    return [value if reason is None else reason for _, value, reason in split(text)]


@given(events)
def test_what_is_told_is_what_is_read(event: ChatEvent) -> None:
    line = to_line(event)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert parse(json.loads(line), NOON) == event


@given(st.lists(events, min_size=1, max_size=5), st.data())
def test_events_are_found_however_they_are_framed(told: list[ChatEvent], data: st.DataObject) -> None:
    # A stream ends records with a newline, doubles it, or loses it.
    glue = [data.draw(st.sampled_from(["\n", "", "\n\n", "\r\n", "\n  \n", " "])) for _ in told]
    text = "".join(to_line(event).decode().rstrip("\n") + end for event, end in zip(told, glue, strict=True))
    assert [parse(value, NOON) for value in found(text)] == told


def test_broken_text_takes_the_rest_of_its_line_and_no_more() -> None:
    line = json.dumps(EVENT)
    assert found(f"{line[:-5]}\n{line}oops{line}\n\n{line}") == ["not JSON", EVENT, "not JSON", EVENT]
    assert [number for number, *_ in split(f"\n{line}\n")] == [2]
    assert found("[" * 100_000) == ["not JSON"]
    assert found(f'{{"event_id": "{"x" * MAX_EVENT}"}}{line}') == [
        f"longer than {MAX_EVENT} characters",
        EVENT,
    ]


@given(st.text(max_size=300))
def test_any_text_is_taken_apart(text: str) -> None:
    for _, value, reason in split(text):
        assert reason is None or isinstance(value, str)


@pytest.mark.parametrize("name", ["event_id", "event_time", "user_hash", "channel", "outcome", "latency_ms"])
def test_what_an_event_must_say_is_missed_by_name(name: str) -> None:
    for gone in ({k: v for k, v in EVENT.items() if k != name}, EVENT | {name: None}):
        with pytest.raises(EventFault, match=f"^{name} is missing$"):
            parse(gone, NOON)


def test_what_may_be_left_out_has_a_meaning_and_what_is_not_known_is_left_alone() -> None:
    needed = {name: EVENT[name] for name in EVENT if name not in ("query", "artist_id", "model_version")}
    del needed["provisional"]
    event = parse(needed | {"weather": "sunny"}, NOON)
    assert (event.query, event.artist_id, event.provisional, event.model_version) == (None, None, False, None)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("event_id", "a b", "event_id is not 1 to 100 printable"),
        ("event_id", "x" * 101, "event_id is not 1 to 100"),
        ("event_id", 7, "event_id is not text"),
        ("user_hash", "someone@example.org", "user_hash is not 16 to 128 hexadecimal digits"),
        ("user_hash", "010-1234-5678", "a keyed hash, never an id"),
        ("channel", "Kakao Talk", "channel is not up to 30 small letters"),
        ("outcome", "great", "outcome is not one of artist, track"),
        ("latency_ms", -1, "latency_ms is not between 0 and 3600000"),
        ("latency_ms", 1e30, "latency_ms is not between"),
        ("latency_ms", float("nan"), "latency_ms is not a number"),
        ("latency_ms", "fast", "latency_ms is not a number"),
        ("latency_ms", True, "latency_ms is not a number"),
        ("provisional", "no", "provisional is neither true nor false"),
        ("event_time", "yesterday", "event_time is not a time"),
        ("event_time", 1790000000, "event_time is not a time"),
        ("event_time", "2026-11-20T11:59:59", "event_time has no zone"),
        ("event_time", (NOON + timedelta(hours=2)).isoformat(), "event_time is in the future"),
        ("event_time", "2019-01-01T00:00:00Z", "event_time is before 2020-01-01"),
        ("event_time", "9999-12-31T23:59:59-23:59", "event_time is not a time"),
        ("query", ["a"], "query is not text"),
    ],
)
def test_what_is_wrong_is_said_without_repeating_it(name: str, value: Any, fault: str) -> None:
    with pytest.raises(EventFault) as said:
        parse(EVENT | {name: value}, NOON)
    assert fault in str(said.value)
    assert "example.org" not in str(said.value)


@pytest.mark.parametrize("value", [None, 3, "text", [EVENT]])
def test_an_event_is_an_object(value: Any) -> None:
    with pytest.raises(EventFault, match="an event is a JSON object"):
        parse(value, NOON)


def test_nothing_is_kept_of_what_was_typed_but_the_normalised_name() -> None:
    assert parse(EVENT | {"query": "  A E S P A!\u200b\u202e "}, NOON).query == "aespa"
    assert len(parse(EVENT | {"query": "my secret " * 300}, NOON).query or "") <= 120
