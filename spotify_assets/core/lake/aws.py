"""How the lake talks to AWS: `core/aws.py`, with what goes wrong told as the lake's."""

from __future__ import annotations

from contextlib import AbstractContextManager

import boto3

from spotify_assets.core import aws
from spotify_assets.core.aws import (
    AWS_ERRORS,
    DEFAULT_REGION,
    client,
    error_code,
    explain,
    explain_code,
    max_attempts,
)
from spotify_assets.core.errors import LakeError

__all__ = [
    "AWS_ERRORS",
    "DEFAULT_REGION",
    "client",
    "error_code",
    "explain",
    "explain_code",
    "explained",
    "max_attempts",
    "session",
]


def session() -> boto3.Session:
    """Return a session of the standard variables.

    Raises:
        LakeError: `AWS_PROFILE` names a profile that is not there.
    """
    return aws.session(LakeError)


def explained(what: str) -> AbstractContextManager[None]:
    """Turn an error of AWS into a `LakeError` that begins with `what` could not be done."""
    return aws.explained(what, LakeError)
