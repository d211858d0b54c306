"""A broken loop is never silent: every failed run leaves one clear line and one message."""

import json
import urllib.request
from datetime import UTC, datetime
from http.client import HTTPException
from urllib.parse import unquote, urlsplit

import dagster as dg

from spotify_assets.core.allowed import Secret
from spotify_assets.core.settings import Settings
from spotify_assets.defs.failures import reason_of
from spotify_assets.defs.refresh.sensor import give_back
from spotify_assets.defs.resources import Platform

MAX_REASON = 500
"""Characters of an error that go into an alert; the whole is in Dagster."""


def alert_text(run: dg.DagsterRun, error: str, requests: list[str]) -> str:
    """Return the one line that says which run failed, why, and who waits for it."""
    reason = _in_one_line(error) or "no reason was recorded"
    waiting = f" Waiting for it: {_in_one_line(', '.join(requests))}." if requests else ""
    return (
        f"Run {run.run_id} of job {run.job_name} failed: {reason.rstrip('.')}.{waiting} "
        f"See /runs/{run.run_id} in Dagster."
    )


def _in_one_line(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= MAX_REASON else f"{line[:MAX_REASON]}…"


def without_secrets(text: str, settings: Settings) -> str:
    """Return the text with the values of secret settings, the store's password among them, left out."""
    values = [getattr(settings, name) for name in settings.names()]
    secrets = [value.get_secret_value() for value in values if isinstance(value, Secret)]
    secrets.append(urlsplit(settings.serving_url).password or "")
    for secret in secrets:
        for spelling in {secret, unquote(secret)}:
            # One of three letters hides nothing, and leaving it out would make any text unreadable.
            text = text.replace(spelling, "***") if len(spelling) > 3 else text
    return text


def post_alert(url: str, text: str, timeout: float = 5.0) -> None:
    """Post `{"text": …}` to a Slack-compatible webhook.

    Raises:
        OSError, HTTPException: the webhook refused, answered no HTTP or could not be reached.
        ValueError: the address is none.
    """
    body = json.dumps({"text": text}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - settings allow http(s) alone
    with urllib.request.urlopen(request, timeout=timeout):  # noqa: S310
        return


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=5,
    description="Writes a clear line for every failed run, posts it to ALERT_WEBHOOK_URL, and gives the "
    "run's artist requests back to the queue.",
)
def run_failure_alert(context: dg.RunFailureSensorContext, platform: Platform) -> None:
    """Say what failed, and put what it held back into the queue."""
    run = context.dagster_run
    released = []
    if run.tags.get("dagster/will_retry") != "true":
        holder = run.root_run_id or run.run_id
        reason = f"run {run.run_id} failed: {context.failure_event.message or 'no reason was recorded'}"
        released = give_back(platform.store, holder, reason, datetime.now(UTC))
    errors = [reason_of(event) for event in context.get_step_failure_events()]
    error = (errors or [context.failure_event.message or ""])[0]
    text = alert_text(run, without_secrets(error, platform.settings), [r.query for r in released])
    context.log.error(text)
    url = platform.settings.alert_webhook_url
    if url is None:
        return
    try:
        post_alert(url.get_secret_value(), text)
    except (OSError, HTTPException, ValueError) as error:
        reason = without_secrets(str(error), platform.settings)
        context.log.error(
            "ALERT_WEBHOOK_URL could not be reached (%s); the alert above was not delivered", reason
        )
