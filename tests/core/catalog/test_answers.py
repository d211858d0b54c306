"""What an HTTP answer means, judged by itself."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from spotify_assets.core.catalog.answers import LONGEST_WAIT, Meaning, judge, retry_after


def error(status: int, message: str = "m", reason: str | None = None) -> bytes:
    return json.dumps({"error": {"status": status, "message": message, "reason": reason}}).encode()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        (" 3 ", 3.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("85771", 85_771.0),
        ("999999999999", LONGEST_WAIT),
        ("99999999999999999999", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("1e3", None),
        ("٣٣", None),
    ],
)
def test_retry_after_in_seconds(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds


def test_retry_after_as_a_date_is_measured_from_the_answers_own() -> None:
    sent = datetime(2020, 1, 1, 12, tzinfo=UTC)
    date, until = format_datetime(sent, usegmt=True), format_datetime(sent + timedelta(hours=2), usegmt=True)
    assert retry_after(until, date) == 7200
    assert retry_after(date, until) == 0
    assert retry_after("Wed, 99 Foo 2020 12:00:00 GMT", date) is None


def test_retry_after_as_a_date_without_another_is_measured_from_now() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    assert retry_after(until) == pytest.approx(600, abs=5)


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (200, b'{"a": 1}', Meaning.GOOD),
        (200, b"[]", Meaning.GOOD),
        (200, b'{"a": ', Meaning.BROKEN),
        (200, b"<html>", Meaning.BROKEN),
        (200, b"", Meaning.BROKEN),
        (200, b"3", Meaning.BROKEN),
        (200, b"[" * 100_000, Meaning.BROKEN),
        (200, b"\xff\xfe", Meaning.BROKEN),
        (429, error(429), Meaning.BUSY),
        (429, b"Too many requests", Meaning.BUSY),
        (429, error(429, "Quota exceeded", "QUOTA_EXCEEDED"), Meaning.SPENT),
        (429, b"QUOTA_EXCEEDED", Meaning.SPENT),
        (500, b"", Meaning.BROKEN),
        (502, b"<html>", Meaning.BROKEN),
        (503, b"", Meaning.BROKEN),
        (408, b"", Meaning.BROKEN),
        (401, error(401), Meaning.UNAUTHORISED),
        (403, error(403), Meaning.CLOSED),
        (403, b"Active premium subscription required for the owner of the app.", Meaning.SPENT),
        (410, b"", Meaning.CLOSED),
        (404, error(404), Meaning.MISSING),
        (400, error(400), Meaning.REFUSED),
        (301, b"", Meaning.REFUSED),
    ],
)
def test_what_an_answer_means(status: int, body: bytes, meaning: Meaning) -> None:
    assert judge(status, {}, body).meaning is meaning


def test_503_with_a_time_is_an_excess_of_calls() -> None:
    verdict = judge(503, {"Retry-After": "1"}, b'{"error": "exceeding the rate limit", "help": "h"}')
    assert (verdict.meaning, verdict.seconds) == (Meaning.BUSY, 1.0)
    assert verdict.reason == "503: exceeding the rate limit"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (error(400, "Invalid limit"), "400: Invalid limit"),
        (error(400, "Quota exceeded", "QUOTA_EXCEEDED"), "400: QUOTA_EXCEEDED: Quota exceeded"),
        (b'{"error": "invalid_client", "error_description": "Bad"}', "400: invalid_client: Bad"),
        (b'{"status": 4004, "errors": [{"message": "too many"}]}', "400: too many"),
        (b"<html><b>upstream</b>\r\n error</html>", "400: upstream error"),
        (b"plain\x00\x1b[31m text", "400: plain??[31m text"),
        (b"", "400"),
        (b"x" * 5000, "400: " + "x" * 200),
        (b"[1, 2]", "400: [1, 2]"),
        (b'{"error": [], "message": {}}', "400"),
    ],
)
def test_the_sources_words_are_one_printable_line(body: bytes, reason: str) -> None:
    assert judge(400, {}, body).reason == reason
