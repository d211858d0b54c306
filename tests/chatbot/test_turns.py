"""A turn's line in the stream: an event with all its columns, whatever was asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from chatbot.answer import Answer, Question
from chatbot.turns import Turns
from spotify_assets.core.events import parse
from spotify_assets.core.records import CHAT_TURNS

NOON = datetime(2026, 11, 20, 12, 0, 3, tzinfo=UTC)
QUESTION = Question("ab" * 16, "who?", "web")


@pytest.mark.parametrize("asked", ["", "에스파", 'a"b\\c', "{0} %s\n\u2028", "🎵"])
def test_a_turn_is_one_line_with_every_column(asked: str) -> None:
    told = Turns().told(QUESTION, Answer("help", "", asked=asked), NOON, 0.0124)
    assert told
    line = told()
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    fields = json.loads(line)
    assert set(fields) == {column.name for column in CHAT_TURNS.columns}
    assert fields["query"] == (asked or None)
    event = parse(fields, NOON)
    assert (event.event_time, event.user_hash, event.latency_ms) == (NOON, "ab" * 16, 12)


def test_a_line_that_is_written_again_is_the_same_and_two_turns_are_two_events() -> None:
    turns, answer = Turns(), Answer("help", "")
    one, two = (turns.told(QUESTION, answer, NOON, 0.0) for _ in range(2))
    assert one and two
    assert one() == one() != two()
    assert turns.told(QUESTION._replace(again=True), answer, NOON, 0.0) is None
