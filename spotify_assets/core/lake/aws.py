"""How the lake talks to AWS: one kind of client, one way of saying what went wrong.

Here: region, retries and the meaning of AWS's error codes. Not here: what is asked of S3 (`storage_s3.py`)
or of Glue (`glue.py`).

The standard variables hold: `AWS_REGION` or `AWS_DEFAULT_REGION`, `AWS_PROFILE`, `AWS_ACCESS_KEY_ID` and its
companions, `AWS_ENDPOINT_URL`, `AWS_MAX_ATTEMPTS`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)

from spotify_assets.core.errors import LakeError

DEFAULT_REGION = "ap-northeast-2"
"""Where nothing names a region; dbt's profile has the same."""

MAX_ATTEMPTS = 6
"""Tries of one call unless `AWS_MAX_ATTEMPTS` says otherwise; with the waits between them half a minute."""

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_UNKNOWN = frozenset(
    {
        "AuthFailure",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden", "403"})
_BUSY = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_BROKEN = frozenset(
    {"500", "502", "503", "504", "InternalError", "InternalFailure", "InternalServiceException"}
)
_SIGN_IN = "sign in anew (`aws sso login`) or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

AWS_ERRORS = (BotoCoreError, ClientError)
"""What a client of `client` may raise."""


def session() -> boto3.Session:
    """Return a session of the standard variables.

    Raises:
        LakeError: `AWS_PROFILE` names a profile that is not there.
    """
    try:
        found = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
    except ProfileNotFound as error:
        raise LakeError(f"AWS_PROFILE: {explain(error)}") from error
    return found if found.region_name else boto3.Session(region_name=DEFAULT_REGION)


def max_attempts() -> int:
    """Return how often a call is tried before it fails."""
    value = os.environ.get("AWS_MAX_ATTEMPTS", "")
    return int(value) if value.isdigit() and int(value) else MAX_ATTEMPTS


def client(opened: boto3.Session, service: str) -> Any:
    """Return a client that tries again, after waits that double and vary, what AWS was too busy for."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": max_attempts()},
        connect_timeout=10,
        read_timeout=60,
    )
    make: Any = opened.client
    return make(service, config=config)


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn an error of AWS into a sentence that begins with `what` could not be done.

    Raises:
        LakeError: in its place.
    """
    try:
        yield
    except AWS_ERRORS as error:
        raise LakeError(f"{what}: {explain(error)}") from error


def explain(error: Exception) -> str:
    """Return what an error of AWS means and what to do about it."""
    if isinstance(error, ClientError):
        named: Any = error.response.get("Error", {})
        bucket = str(named.get("BucketName", "<bucket>"))
        return explain_code(error_code(error), error.operation_name, str(error), bucket)
    if isinstance(error, ProfileNotFound):
        return f"{error}: name one of `aws configure list-profiles`"
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return f"no AWS credentials were found ({error}): {_SIGN_IN}"
    if isinstance(error, (CredentialRetrievalError, SSOError)):
        return f"the AWS credentials cannot be renewed ({error}): {_SIGN_IN}"
    if isinstance(error, (ConnectionError, HTTPClientError)):
        return f"AWS cannot be reached ({error}): look at the network, AWS_REGION and AWS_ENDPOINT_URL"
    return str(error)


def explain_code(code: str, operation: str, message: str, bucket: str = "<bucket>") -> str:
    """Return what an error code means for an operation; `message` where nothing is known of it."""
    if code in _EXPIRED:
        return f"the AWS credentials have expired ({code}): {_SIGN_IN}"
    if code in _UNKNOWN:
        return f"AWS does not accept the credentials ({code}): {_SIGN_IN}"
    if code in _DENIED:
        return f"AWS denies {operation} to these credentials ({code}): allow it in their IAM policy"
    if code in _BUSY:
        return f"AWS was too busy in {max_attempts()} attempts at {operation} ({code}): try again later"
    if code in _BROKEN:
        return f"AWS failed in {max_attempts()} attempts at {operation} ({code}): try again later"
    if code == "NoSuchBucket":
        return f"there is no such bucket: `aws s3 mb s3://{bucket}` makes it, or name another in LAKE_URI"
    return message


def error_code(error: ClientError) -> str:
    """Return the code by which AWS names what went wrong, such as `NoSuchKey`."""
    return str(error.response.get("Error", {}).get("Code", ""))
