"""The bot on AWS Lambda: the same application behind API Gateway, REST (v1) or HTTP (v2).

Lambda freezes the process once a reply is out, so what goes on after it is another invocation: the function
invokes itself with `{"job": …, "fields": {…}}`. A schedule that sends `{"job": "messenger", "fields": {}}`
every minute takes up what an invocation left behind. Here: telling the two kinds of events apart. Not here:
the application (`app.py`), where its secrets lie (`lambda_parameters.py`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from mangum import Mangum

from chatbot.app import app_of, make_service
from chatbot.channels import kakao_callback, messenger_outbox
from chatbot.lambda_parameters import take_parameters
from chatbot.logs import log_as_json
from chatbot.service import Job, Service
from spotify_assets.core.errors import SettingsError
from spotify_assets.core.settings import settings
from spotify_assets.core.store import open_store

SECONDS_TO_TELL = 0.5
"""How long a reply waits at most for the events told meanwhile; the rest goes with the next invocation."""

SECONDS_TO_TELL_OF_A_JOB = 5.0
"""The same after a job, which nobody waits for."""

JOBS: Mapping[str, Job] = {"kakao": kakao_callback.deliver, "messenger": messenger_outbox.drain}
"""What goes on in an invocation of its own after a reply has been sent."""

_invoked: dict[str, str] = {}
"""The name under which this function was invoked: with its alias, so that a job runs the same version."""

_log = logging.getLogger(__name__)


def handler(event: dict[str, Any], context: Any) -> Any:
    """Answer one event: a request through API Gateway, or a job of our own.

    Raises:
        SettingsError: a setting is wrong; `USER_ID_PEPPER` must be set.
        StoreError: the store cannot be opened, or a job could not be done; Lambda tries that again.
    """
    _invoked.update(arn=context.invoked_function_arn)
    if "requestContext" in event:
        reply = _application()(event, context)
        _service().events.flush(SECONDS_TO_TELL)
        return reply
    job = JOBS.get(str(event.get("job")))
    if job is None:
        _log.error("An event that is neither a request nor a job was left alone")
        return None
    asyncio.run(job(_service(), event.get("fields") or {}))
    _service().events.flush(SECONDS_TO_TELL_OF_A_JOB)
    return None


def invoke_self(job: str, fields: Mapping[str, str]) -> bool:
    """Start a job in another invocation of this function; return whether it will be done."""
    try:
        _lambda_client().invoke(
            FunctionName=_invoked["arn"],
            InvocationType="Event",
            Payload=json.dumps({"job": job, "fields": dict(fields)}),
        )
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the reply itself goes out
        _log.error("The function cannot invoke itself (%s): let its role do so", type(error).__name__)
        return False
    return True


@cache
def _service() -> Service:
    log_as_json()
    take_parameters()
    return make_service(open_store(settings()), later=invoke_self)


@cache
def _application() -> Mangum:
    # Its end is the process's end, of which Lambda tells nobody.
    return Mangum(app_of(_service()), lifespan="off")


@cache
def _lambda_client() -> Any:
    # boto3 is part of Lambda's own Python; imported with the first job, for it takes as long as all the rest.
    from spotify_assets.core import aws

    return aws.client(aws.session(SettingsError), "lambda", attempts=2, connect_timeout=1, read_timeout=2)
