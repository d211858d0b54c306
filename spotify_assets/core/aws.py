"""How the platform and the bot talk to AWS: one kind of client, one way of saying what went wrong.

Here: region, retries and the meaning of AWS's error codes. Not here: what is asked of S3 or Glue (`lake/`) or
of DynamoDB (`store/`). Imported only where a setting names AWS: boto3 costs every start a fifth of a second.

The standard variables hold: `AWS_REGION` or `AWS_DEFAULT_REGION`, `AWS_PROFILE`, `AWS_ACCESS_KEY_ID` and its
companions, `AWS_ENDPOINT_URL`, `AWS_MAX_ATTEMPTS`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
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
from botocore.loaders import create_loader
from botocore.session import get_session

from spotify_assets.core.errors import PlatformError

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
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
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
    {"500", "502", "503", "504", "InternalError", "InternalFailure", "InternalServerError"}
    | {"InternalServiceException"}
)
_SIGN_IN = "sign in anew (`aws sso login`) or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

AWS_ERRORS = (BotoCoreError, ClientError)
"""What a client of `client` may raise."""


def session(
    refusal: type[PlatformError], region: str | None = None, profile: str | None = None
) -> boto3.Session:
    """Return a session of the standard variables, or of this region and profile.

    Raises:
        PlatformError: of the type `refusal`; the profile is not there.
    """
    try:
        inner: Any = get_session()
        inner.register_component("data_loader", _loader())
        found = boto3.Session(
            region_name=region or os.environ.get("AWS_REGION") or None,
            profile_name=profile,
            botocore_session=inner,
        )
        inner.get_scoped_config()  # now rather than at the first call, whether the profile is there
    except ProfileNotFound as error:
        raise refusal(f"AWS_PROFILE: {explain(error)}") from error
    if not found.region_name:
        # Not in a second session around the same one: S3's clients can be prepared by one session only.
        inner.set_config_variable("region", DEFAULT_REGION)
    return found


@cache
def _loader() -> Any:
    """Return what reads botocore's descriptions of services: a sixth of a second, once in a process."""
    return create_loader()


def max_attempts() -> int:
    """Return how often a call is tried before it fails."""
    value = os.environ.get("AWS_MAX_ATTEMPTS", "")
    return int(value) if value.isdigit() and int(value) else MAX_ATTEMPTS


def client(
    opened: boto3.Session,
    service: str,
    endpoint: str | None = None,
    attempts: int | None = None,
    **options: Any,
) -> Any:
    """Return a client that tries again, after waits that double and vary, what AWS was too busy for.

    `attempts` are those of one call, fewer where somebody waits for it; `options` are botocore's, such as
    `read_timeout`.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts or max_attempts()},
        **{"connect_timeout": 10, "read_timeout": 60, **options},
    )
    make: Any = opened.client
    return make(service, config=config, endpoint_url=endpoint)


@contextmanager
def explained(what: str, refusal: type[PlatformError]) -> Iterator[None]:
    """Turn an error of AWS into a sentence that begins with `what` could not be done.

    Raises:
        PlatformError: of the type `refusal`, in its place.
    """
    try:
        yield
    except AWS_ERRORS as error:
        raise refusal(f"{what}: {explain(error)}") from error


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
