"""A broken loop is never silent: every failed run leaves one clear line and one message."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime

import dagster as dg

from spotify_assets.defs.refresh.sensor import give_back
from spotify_assets.defs.resources import Platform


def alert_text(run: dg.DagsterRun, error: str, requests: list[str]) -> str:
    """Return the one line that says which run failed, why, and who waits for it."""
    first_line = error.strip().splitlines()[0] if error.strip() else "no reason was recorded"
    waiting = f" Waiting for it: {', '.join(requests)}." if requests else ""
    return (
        f"Run {run.run_id} of job {run.job_name} failed: {first_line}.{waiting} "
        f"See /runs/{run.run_id} in Dagster."
    )


def post_alert(url: str, text: str, timeout: float = 5.0) -> None:
    """Post `{"text": …}` to a Slack-compatible webhook.

    Raises:
        OSError: the webhook refused or could not be reached.
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
    step_errors = [
        event.step_failure_data.error.message
        for event in context.get_step_failure_events()
        if event.step_failure_data.error
    ]
    text = alert_text(
        run, (step_errors or [context.failure_event.message or ""])[0], [r.query for r in released]
    )
    context.log.error(text)
    url = platform.settings.alert_webhook_url
    if url is None:
        return
    try:
        post_alert(url.get_secret_value(), text)
    except (OSError, ValueError) as error:
        context.log.error(
            "ALERT_WEBHOOK_URL could not be reached (%s); the alert above was not delivered", error
        )
