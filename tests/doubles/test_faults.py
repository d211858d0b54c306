"""Scripted faults strike the calls they are meant for, in the way they say."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.doubles import faults
from tests.doubles.conftest import Client
from tests.doubles.faults import Fault
from tests.doubles.outside import OutsideWorld

SEARCH = {"q": "BTS", "type": "artist", "market": "KR"}


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        (faults.too_many_requests(3), "3"),
        (faults.too_many_requests("soon"), "soon"),
        (faults.too_many_requests(None), None),
        (faults.quota_exceeded(), "85771"),
    ],
)
def test_retry_after_is_sent_as_scripted(development: Client, fault: Fault, sent: str | None) -> None:
    development.spotify.faults.add(fault)
    answer = development.get("/search", **SEARCH)
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == sent


def test_retry_after_can_be_a_date(development: Client) -> None:
    development.spotify.faults.add(faults.too_many_requests(timedelta(hours=1)))
    sent = parsedate_to_datetime(development.get("/search", **SEARCH).headers["Retry-After"])
    assert timedelta(minutes=59) < sent - datetime.now(UTC) <= timedelta(hours=1)


def test_quota_names_its_reason_and_a_rate_limit_may_be_plain_text(development: Client) -> None:
    spotify = development.spotify
    with spotify.faults.during(faults.quota_exceeded(), path="/v1/"):
        assert development.get("/search", **SEARCH).json()["error"]["reason"] == "QUOTA_EXCEEDED"
        development.authorise()
    with spotify.faults.during(faults.too_many_requests(plain=True)):
        answer = development.get("/search", **SEARCH)
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert answer.text == "Too many requests"
    assert development.get("/search", **SEARCH).status_code == 200


def test_rules_choose_calls_by_number_path_and_endpoint(development: Client) -> None:
    spotify = development.spotify
    spotify.faults.add(faults.bad_gateway(), endpoint="search", nth=2)
    spotify.faults.add(faults.bad_gateway(503), path="/artists/", times=2)
    assert [development.get("/search", **SEARCH).status_code for _ in range(3)] == [200, 502, 200]
    assert [development.get(f"/artists/{'0' * 22}").status_code for _ in range(3)] == [503, 503, 404]
    spotify.faults.clear()
    late = spotify.faults.add(faults.bad_gateway(), after=2)
    assert [development.get("/search", **SEARCH).status_code for _ in range(4)] == [200, 200, 502, 502]
    assert late.struck == 2
    assert [call.fault for call in spotify.calls][-1] == "gateway 502"
    assert spotify.duplicates() == {spotify.calls[1].page: 4}


def test_chance_is_drawn_by_page_and_attempt(development: Client) -> None:
    rule = development.spotify.faults.add(faults.bad_gateway(), probability=0.3, seed=5)

    def outcomes() -> dict[int, int]:
        return {o: development.get("/search", **SEARCH, offset=o).status_code for o in order}

    order = list(range(40))
    first = outcomes()
    assert 4 < rule.struck < 24
    development.spotify.faults.clear()
    development.spotify.faults.add(faults.bad_gateway(), probability=0.3, seed=5)
    order.reverse()
    assert outcomes() == first


def test_premium_lapse_is_plain_text_on_everything_but_the_token(development: Client) -> None:
    development.spotify.faults.add(faults.premium_lapse(), path="^/v1/")
    answer = development.get("/search", **SEARCH)
    assert (answer.status_code, answer.text) == (403, faults.PREMIUM_MESSAGE)
    development.authorise()
    assert development.spotify.count("token", status=200) == 2


def test_tokens_expire_in_mid_run_once(development: Client) -> None:
    spotify = development.spotify
    spotify.faults.add(faults.token_expiry(spotify), path="^/v1/", nth=2)
    statuses = [development.get("/search", **SEARCH).status_code for _ in range(3)]
    development.authorise()
    statuses.append(development.get("/search", **SEARCH).status_code)
    assert statuses == [200, 401, 401, 200]


def test_bodies_that_are_not_what_they_should_be(development: Client) -> None:
    spotify = development.spotify
    for fault in (faults.truncated_json(), faults.html_page()):
        with spotify.faults.during(fault):
            answer = development.get("/search", **SEARCH)
            assert answer.status_code == 200
            with pytest.raises(requests.JSONDecodeError):
                answer.json()
    with spotify.faults.during(faults.wrong_content_type()):
        answer = development.get("/search", **SEARCH)
        assert answer.headers["Content-Type"] == "text/plain"
        assert answer.json()["artists"]["total"] == 1


def test_connections_that_break(development: Client) -> None:
    spotify = development.spotify
    with (
        spotify.faults.during(faults.connection_reset()),
        pytest.raises(requests.ConnectionError, match="Connection reset by peer"),
    ):
        development.get("/search", **SEARCH)
    assert spotify.calls[-1].status == 0
    with spotify.faults.during(faults.cut_off()), pytest.raises(requests.exceptions.ChunkedEncodingError):
        development.get("/search", **SEARCH)
    # Whoever reads late finds the connection reset, and nothing of what came before.
    with (
        spotify.faults.during(faults.connection_reset(after=20)),
        pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)),
    ):
        development.get("/search", **SEARCH)
    assert development.get("/search", **SEARCH).status_code == 200


def test_answers_that_take_their_time(development: Client) -> None:
    spotify, url = development.spotify, f"{development.spotify.api_url}/search"
    with spotify.faults.during(faults.slow_body(0.4)):
        began = time.monotonic()
        assert development.get("/search", **SEARCH).json()["artists"]["total"] == 1
        assert time.monotonic() - began > 0.3
    with spotify.faults.during(faults.stall(30)), pytest.raises(requests.ReadTimeout):
        development.session.get(url, params=SEARCH, timeout=0.2)


def test_a_stalled_double_stops_at_once(outside_world: OutsideWorld) -> None:
    outside_world.reccobeats.faults.add(faults.stall(60))
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{outside_world.reccobeats.url}/v1/audio-features?ids=x", timeout=0.1)
    began = time.monotonic()
    outside_world.reccobeats.stop()
    assert time.monotonic() - began < 30


def test_faults_speak_as_the_service_they_strike(outside_world: OutsideWorld) -> None:
    for double in outside_world.doubles.values():
        double.faults.add(faults.too_many_requests(2))
        answer = requests.get(double.url, timeout=60)
        assert answer.status_code == 429
        assert "exceeded" in answer.text
