"""Why a step failed, in the words that are meant for people.

Dagster wraps what a step raised in errors of its own, and puts the class in front of the message.
"""

import re

import dagster as dg

_OURS = re.compile(r"^(spotify_assets\.[\w.]+|dagster\.[\w.]+\.Failure): ")
"""Errors that explain themselves; of others the class is part of the explanation."""

_INTERRUPTED = dg.DagsterExecutionInterruptedError.__name__


def reason_of(event: dg.DagsterEvent) -> str:
    """Return why a step failed, without Dagster's wrapping.

    That is the first error which explains itself, even where it names another as its cause; without one,
    what was raised first.
    """
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description.strip()
    error = data.error
    while error and error.cause and not _OURS.match(error.message):
        error = error.cause
    if error is None:
        return "no reason was recorded"
    if error.cls_name == _INTERRUPTED:
        return "it was interrupted"
    return _OURS.sub("", error.message.strip())
