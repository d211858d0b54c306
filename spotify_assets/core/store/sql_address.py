"""What an address of an SQL store says beside where the database is: whose password, how many connections.

Here: the options that are ours and no driver's, and tokens of AWS in place of a password. Not here: opening
connections (`sql_engine.py`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from sqlalchemy.engine import URL

from spotify_assets.core.errors import StoreError

_VERIFIED = ("verify-ca", "verify-full")


@dataclass(frozen=True, slots=True)
class Options:
    """Our own options behind the `?` of an address."""

    iam: bool
    """`auth=iam`: log in with a token of AWS's IAM, made anew for each connection."""
    pool_size: int
    """`pool_size=`: connections that are kept."""
    overflow: int
    """Connections beyond those, closed after use."""


def options(url: URL) -> tuple[URL, Options]:
    """Return an address without our own options, and these.

    On Lambda, where a process answers one event at a time and a thousand may run at once, one connection is
    kept and two more are opened at need; elsewhere five and ten.

    Raises:
        StoreError: an option is not allowed.
    """
    query = dict(url.query)
    auth, size = query.pop("auth", ""), query.pop("pool_size", "")
    counted = isinstance(size, str) and size.isdigit() and int(size) > 0
    if auth not in ("", "iam") or not (size == "" or counted):
        raise StoreError("SERVING_URL: auth=iam and pool_size=<1 or more> are allowed")
    in_lambda = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
    kept = int(str(size)) if counted else 1 if in_lambda else 5
    if auth:
        _require_verified_tls(url)
    return url.set(query=query), Options(bool(auth), kept, 2 if in_lambda else 10)


def iam_token(url: URL) -> str:
    """Return what the database takes as the user's password for the next 15 minutes.

    Signed on this machine with the credentials of the standard variables; AWS is not asked.

    Raises:
        StoreError: there are no credentials.
    """
    # Only here: a store with a password never loads boto3.
    from spotify_assets.core import aws

    port = url.port or (5432 if url.get_backend_name() == "postgresql" else 3306)
    with aws.explained("The database cannot be logged in to with auth=iam", StoreError):
        client = aws.client(aws.session(StoreError), "rds")
        token: str = client.generate_db_auth_token(
            DBHostname=url.host or "", Port=port, DBUsername=url.username or ""
        )
    return token


def _require_verified_tls(url: URL) -> None:
    """See that a token is shown to nobody but the database: RDS takes it as plain text within TLS."""
    verified = url.query.get("sslmode") in _VERIFIED if url.get_backend_name() == "postgresql" else False
    if not verified and not (url.get_backend_name() == "mysql" and "ssl_ca" in url.query):
        raise StoreError(
            "SERVING_URL: auth=iam needs a verified server: add sslmode=verify-full&sslrootcert=<file> "
            "(PostgreSQL) or ssl_ca=<file> (MySQL), with the file of https://truststore.pki.rds.amazonaws.com"
        )
