"""dbt-athena's connections share their clients within a run, and no run has those of another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("dbt.adapters.athena", reason="these are its clients")

from dbt.adapters.athena import connections

from spotify_assets.defs.marts.athena_clients import share_clients


@pytest.fixture(autouse=True)
def connections_as_they_were() -> Iterator[None]:
    own = connections.AthenaConnection
    yield
    connections.AthenaConnection = own


def connection(**options: Any) -> Any:
    credentials = connections.AthenaCredentials(
        database="awsdatacatalog",
        schema="spotify_assets",
        region_name="us-east-1",
        s3_staging_dir="s3://lake/athena-results/",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        **options,
    )
    return connections.AthenaConnection(credentials).connect()


def test_connections_of_a_run_share_their_clients() -> None:
    share_clients()
    one, other = connection(), connection()
    assert one.session.client("glue", region_name="us-east-1") is other.session.client(
        "glue", region_name="us-east-1"
    )
    assert one.cursor()._client is other.cursor()._client


def test_what_differs_is_another_client() -> None:
    share_clients()
    session = connection().session
    assert session.client("glue", region_name="us-east-1") is not session.client(
        "glue", region_name="eu-west-1"
    )
    assert session.resource("s3").meta.client.meta.service_model.service_name == "s3"


def test_the_next_run_looks_for_credentials_itself() -> None:
    share_clients()
    before = connection().session
    share_clients()
    assert connection().session is not before


def test_a_role_that_is_taken_on_is_left_to_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    share_clients()
    asked: list[Any] = []
    monkeypatch.setattr(
        "dbt.adapters.athena.session._assume_role_session",
        lambda session, credentials: asked.append(credentials) or session,
    )
    one, other = (connection(assume_role_arn="arn:aws:iam::123456789012:role/dbt") for _ in range(2))
    assert (one.session is other.session, len(asked)) == (False, 2)
