"""What goes wrong on Athena is told in Dagster: by the query's id, with the reason and what to do."""

import os
import re
from datetime import UTC, datetime

import dagster as dg
import pyarrow as pa
import pytest

from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.lake.storage import Storage
from spotify_assets.core.settings import PROJECT_ROOT
from spotify_assets.definitions import build_defs
from spotify_assets.defs.failures import reason_of
from spotify_assets.defs.marts.models import BUILD_STATE
from spotify_assets.defs.resources import Platform
from tests.defs.athena.conftest import Built
from tests.defs.athena.test_queries import ID


def run(built: Built, asset: str, work_group: str = "primary") -> dg.ExecuteInProcessResult:
    """A run of one asset on this platform."""
    overrides = {name: str(value) for name, value in settings_that_differ(built).items()}
    platform = Platform(overrides={**overrides, "athena_work_group": work_group})
    job = build_defs({"platform": platform}).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(
            instance=instance, asset_selection=[dg.AssetKey(asset)], raise_on_error=False
        )


def reasons(built: Built, asset: str, work_group: str) -> str:
    """What Dagster is told of an asset's failure on this platform."""
    failed = run(built, asset, work_group).filter_events(lambda event: event.is_step_failure)
    return "\n".join(reason_of(event) for event in failed)


def settings_that_differ(built: Built) -> dict[str, object]:
    names = ("platform_home", "lake_uri", "dbt_target", "athena_schema", "athena_raw_schema", "serving_url")
    return {name: getattr(built.settings, name) for name in names}


@pytest.mark.slow
def test_a_statement_of_dbt_over_the_scan_limit_fails_its_asset(built: Built, storage: Storage) -> None:
    pytest.importorskip("dbt.adapters.athena", reason="needs dbt-athena, which the platform extra brings")
    schema = record_schema("artists")
    artists = [
        {"artist_id": f"artist-{n}", "name": "A", "image_url": os.urandom(2**19).hex()} for n in range(24)
    ]
    rows = pa.Table.from_pylist([{name: one.get(name) for name in schema.names} for one in artists], schema)
    Lake(storage).append("artists", rows, Stamp("sample", "run", datetime.now(UTC), 30))

    said = reasons(built, "stg_artists__by_source", built.bounded_work_group())

    assert "Bytes scanned limit was exceeded" in said
    assert re.search(rf"Athena query {ID}, of stg_artists__by_source, cancelled\.", said)
    assert (
        f"What to do: the work group {built.settings.athena_schema} lets a statement scan only so much"
        in said
    )


@pytest.mark.slow
def test_dagster_shows_what_was_scanned_and_asks_what_the_docs_allow(built: Built, storage: Storage) -> None:
    pytest.importorskip("dbt.adapters.athena", reason="needs dbt-athena, which the platform extra brings")
    schema = record_schema("artist_ids")
    ids = [
        {"artist_id": f"artist-{n}", "kind": "mbid", "external_id": os.urandom(512).hex()} for n in range(100)
    ]
    rows = pa.Table.from_pylist(ids, schema)
    Lake(storage).append("artist_ids", rows, Stamp("sample", "run", datetime.now(UTC), 30))

    (made,) = run(built, "stg_artist_ids__by_source").get_asset_materialization_events()

    scanned = made.materialization.metadata["athena/bytes_scanned"].value
    assert 100 * 512 < scanned < 200 * 1024
    services = {"AWSGlue": "glue", "AmazonAthena": "athena"}
    asked = (call.target.split(".") for call in built.aws.calls if call.target)
    allowed = re.findall(r"`(\w+:\w+)`", (PROJECT_ROOT / "docs/aws-lake.md").read_text())
    assert {f"{services[service]}:{operation}" for service, operation in asked} <= set(allowed)


def test_an_asset_that_cannot_ask_athena_says_why(built: Built, storage: Storage) -> None:
    built.build("dim_artists", "select 'a' as artist_id")
    Lake(storage).write_json(BUILD_STATE, {"state": "whole", "run_id": "a run", "unfinished": []})
    said = reasons(built, "serving_documents", "nobodys")
    assert said.startswith("Athena did not take a statement in work group nobodys: ")
    assert "`aws athena create-work-group --name nobodys`" in said
