"""A failed run leaves one clear line, gives back what it held, and survives any webhook."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dagster as dg
import pytest

from spotify_assets.core.errors import StoreError
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store import State
from spotify_assets.defs.refresh.alerts import run_failure_alert, without_secrets
from spotify_assets.defs.resources import Platform
from tests.defs.conftest import sample_platform

DSN = "postgresql+psycopg://bot:s3cr3t%2Fpass@db.example/music"


class Webhook:
    """A Slack-compatible webhook that answers as it is told to and keeps what it was sent."""

    def __init__(self, status: int = 200, answer: bytes | None = None) -> None:
        self.messages: list[str] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.headers["Content-Type"] == "application/json"
                webhook.messages.append(
                    json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
                )
                if answer is not None:
                    self.wfile.write(answer)
                    return
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks/T0K3N"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    webhook = Webhook()
    yield webhook
    webhook.close()


@pytest.fixture
def alert(
    instance: dg.DagsterInstance, tmp_path_factory: pytest.TempPathFactory, capfd: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Let a run fail with an error, let the sensor hear of it, and return what the sensor logged."""

    def hear(platform: Platform, error: Exception, run_id: str | None = None) -> str:
        @dg.op
        def fails() -> None:
            raise error

        @dg.job(name="refresh")
        def job() -> None:
            fails()

        result = job.execute_in_process(instance=instance, raise_on_error=False, run_id=run_id)
        context = dg.build_run_status_sensor_context(
            sensor_name="run_failure_alert",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
            resources={"platform": platform},
        ).for_run_failure()
        capfd.readouterr()
        run_failure_alert(context)
        return capfd.readouterr().err

    return hear


def platform_with(webhook_url: str, platform: Platform) -> Platform:
    return Platform(overrides={**platform.overrides, "alert_webhook_url": webhook_url})


def test_one_line_says_which_run_failed_why_and_where_to_look(
    alert: Callable[..., str], platform: Platform, webhook: Webhook
) -> None:
    error = dg.Failure("dbt build failed:\n  Failure in test dim_artists_have_names\n  Got 3 results.")
    logged = alert(platform_with(webhook.url, platform), error, "11111111-2222-4333-8444-555555555555")
    (message,) = webhook.messages
    assert message == (
        "Run 11111111-2222-4333-8444-555555555555 of job refresh failed: dbt build failed: "
        "Failure in test dim_artists_have_names Got 3 results. "
        "See /runs/11111111-2222-4333-8444-555555555555 in Dagster."
    )
    assert message in logged


def test_reasons_are_the_words_of_the_error_and_not_too_many(
    alert: Callable[..., str], platform: Platform, webhook: Webhook
) -> None:
    there = platform_with(webhook.url, platform)
    alert(there, StoreError("The serving store, db.example, does not answer: start it"))
    alert(there, KeyError("artist_id"))
    alert(there, RuntimeError("x" * 10_000))
    plain, foreign, long = webhook.messages
    assert "failed: The serving store, db.example, does not answer: start it. See" in plain
    assert "failed: KeyError: 'artist_id'. See" in foreign
    assert len(long) < 800


def test_who_waited_is_named_and_goes_back_to_the_queue(
    alert: Callable[..., str], platform: Platform, webhook: Webhook
) -> None:
    requests, now = platform.store.requests, datetime.now(UTC)
    run_id = "11111111-2222-4333-8444-666666666666"
    for key, name in (("잔나비", "잔나비"), ("odd", "odd\nname\x1b[2J")):
        requests.ask(key, name, now)
    requests.claim(["잔나비", "odd"], run_id, now, now + timedelta(minutes=15))
    alert(platform_with(webhook.url, platform), RuntimeError("no disk left"), run_id)
    (message,) = webhook.messages
    assert "Waiting for it: odd name [2J, 잔나비." in message
    assert message.isprintable()
    for request in requests.all():
        assert (request.state, request.attempts) == (State.PENDING, 1)
        assert run_id in (request.error or "")
        assert request.next_attempt_at and request.next_attempt_at > now


def test_secrets_are_not_in_the_text(
    alert: Callable[..., str], platform: Platform, webhook: Webhook, tmp_path: object
) -> None:
    there = Platform(
        overrides={
            **platform.overrides,
            "alert_webhook_url": webhook.url,
            "spotify_client_secret": "client-secret-value",
        }
    )
    logged = alert(there, RuntimeError(f"{webhook.url} and client-secret-value were refused"))
    (message,) = webhook.messages
    for text in (message, logged):
        assert "T0K3N" not in text
        assert "client-secret-value" not in text
    assert "*** and *** were refused" in message


def test_the_password_of_the_store_is_left_out_in_either_spelling() -> None:
    settings = load_settings(serving_url=DSN)
    assert without_secrets(f"{DSN} refused s3cr3t/pass", settings) == (
        "postgresql+psycopg://bot:***@db.example/music refused ***"
    )
    nobody = load_settings(serving_url="sqlite:////tmp/serving.db")
    assert without_secrets("nothing to hide", nobody) == "nothing to hide"


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_webhook_that_refuses_is_told_in_the_log_and_the_requests_go_back_all_the_same(
    alert: Callable[..., str], platform: Platform, status: int
) -> None:
    refusing = Webhook(status)
    now, run_id = datetime.now(UTC), "11111111-2222-4333-8444-777777777777"
    platform.store.requests.ask("a", "A", now)
    platform.store.requests.claim(["a"], run_id, now, now + timedelta(minutes=15))
    logged = alert(platform_with(refusing.url, platform), RuntimeError("broken"), run_id)
    refusing.close()
    assert "RuntimeError: broken" in logged
    assert f"ALERT_WEBHOOK_URL could not be reached (HTTP Error {status}" in logged
    assert "T0K3N" not in logged
    (request,) = platform.store.requests.all()
    assert request.state is State.PENDING


@pytest.mark.parametrize("answer", [b"no HTTP at all\r\n\r\n", b""], ids=["garbage", "nothing"])
def test_a_webhook_that_speaks_no_http_is_survived(
    alert: Callable[..., str], platform: Platform, answer: bytes
) -> None:
    odd = Webhook(answer=answer)
    logged = alert(platform_with(odd.url, platform), RuntimeError("broken"))
    odd.close()
    assert "could not be reached" in logged


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}/hooks/T0K3N", "http://[oops/T0K3N", "http://a:b/T0K3N"])
def test_a_webhook_that_is_not_there_is_survived(
    alert: Callable[..., str], platform: Platform, url: str
) -> None:
    # Taken, so that nobody else listens there meanwhile.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = url.format(taken.getsockname()[1])
        logged = alert(platform_with(address, platform), RuntimeError("broken"))
    assert "could not be reached" in logged
    assert "T0K3N" not in logged


def test_without_a_webhook_the_line_is_in_the_log(alert: Callable[..., str], tmp_path: object) -> None:
    logged = alert(sample_platform(tmp_path), RuntimeError("broken"))  # type: ignore[arg-type]
    assert "of job refresh failed: RuntimeError: broken. See /runs/" in logged
    assert "ALERT_WEBHOOK_URL" not in logged
