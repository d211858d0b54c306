"""The AWS clients of dbt-athena, made once for a run of dbt.

dbt-athena makes clients anew for every model and test and for most calls of Glue and S3. Each model's session
reads and parses megabytes of botocore's descriptions of services and looks for credentials, each client
shakes hands with AWS again. Our own clients share a session anyway (`core/aws.py`).
"""

from __future__ import annotations

import threading
from functools import lru_cache, partial
from typing import Any

from boto3.session import Session
from dbt.adapters.athena import connections
from dbt.adapters.athena.session import get_boto3_session

_Connection = connections.AthenaConnection


def share_clients() -> None:
    """Let all connections of the run that follows share one session and its clients, which threads may do.

    To be called before every run, since the next may have other credentials.
    """
    lock = threading.Lock()
    shared: list[Session] = []

    def session_of(connection: Any) -> Session:
        if connection.credentials.assume_role_arn:
            # dbt-athena takes the role on anew before it lapses.
            return get_boto3_session(connection)
        with lock:
            if not shared:
                shared.append(_making_each_once(get_boto3_session(connection)))
            return shared[0]

    connections.AthenaConnection = partial(_Connection, boto_session_factory=session_of)  # type: ignore[misc,assignment]


def _making_each_once(session: Session) -> Session:
    """Return a session that gives the client that it made before to whoever asks for the like."""
    lock, make = threading.Lock(), session.client

    @lru_cache(maxsize=64)
    def client(*service: Any, **options: Any) -> Any:
        with lock:
            return make(*service, **options)

    session.client = client  # type: ignore[method-assign]
    return session
