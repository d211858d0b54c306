"""dbt's models and tests as Dagster assets and checks."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets
from pydantic import Field

from spotify_assets.defs import metadata
from spotify_assets.defs.ingestion.scope import Scope, artists_in, request_holder
from spotify_assets.defs.marts import dbt_project
from spotify_assets.defs.marts.warehouse import MARTS, Warehouse
from spotify_assets.defs.resources import WAREHOUSE_POOL, Platform

BUILD_STATE = "marts/BUILD.json"
"""Object in the lake that says whether the warehouse's marts are whole: they are not while dbt builds them,
nor after it failed, and then nobody publishes them."""


class ModelsConfig(Scope):
    """How to run dbt."""

    full_refresh: bool = Field(
        default=False,
        description="Build incremental models anew from all history in the lake (dbt's --full-refresh).",
    )


def dbt_args(config: ModelsConfig, artist_ids: Sequence[str], models: Sequence[str] = ()) -> list[str]:
    """Return dbt's arguments: what to build, for whom, and whether from scratch.

    `models` limits the build to these models, their own tests and those tests whose other parents are built
    already; none means the whole project.
    """
    args = ["build"]
    if models:
        args += ["--select", *models, "--indirect-selection", "buildable"]
    if config.full_refresh:
        args.append("--full-refresh")
    if not config.is_full:
        # Unit tests are about the SQL, which a refresh does not change.
        args += ["--exclude-resource-type", "unit_test"]
        args += ["--vars", json.dumps({"artist_ids": list(artist_ids)})]
    return args


def _described(events: Iterator[Any], warehouse: Warehouse) -> Iterator[Any]:
    """Add row counts, and previews of the marts, to what dbt built; they can be read once dbt let go."""
    held: list[Any] = []
    failure: dg.Failure | None = None
    try:
        # What was built before a failure is held, too: Dagster hears of it.
        held.extend(events)
    except dg.Failure as error:
        failure = error
    built = [event.output_name for event in held if isinstance(event, dg.Output)]
    seen = describe(warehouse, built) if built else {}
    for event in held:
        is_model = isinstance(event, dg.Output)
        yield event.with_metadata({**event.metadata, **seen[event.output_name]}) if is_model else event
    if failure:
        raise failure


def describe(warehouse: Warehouse, models: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what people see of each model in Dagster: its row count, and for a mart its first rows."""
    with warehouse.connect() as marts:
        counts = " union all ".join(f"select '{model}', count(*) from {model}" for model in models)  # noqa: S608 - dbt's names
        found = {model: {"dagster/row_count": count} for model, count in marts.sql(counts).fetchall()}
        for model in set(models).intersection(MARTS):
            rows = marts.sql(f"select * from {model} limit 8").to_arrow_table()  # noqa: S608
            found[model] |= {"preview": metadata.preview(rows)}
    return found


def build_dbt_models(manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """Return every dbt model as an asset of one op, which Dagster splits around `similarity_model`."""
    translator, project = dbt_project.Translator(), dbt_project.project()

    @dbt_assets(
        manifest=manifest,
        project=project,
        name="dbt_models",
        dagster_dbt_translator=translator,
        pool=WAREHOUSE_POOL,
    )
    def dbt_models(
        context: dg.AssetExecutionContext, config: ModelsConfig, platform: Platform
    ) -> Iterator[Any]:
        from spotify_assets.defs.marts.dbt_run import build

        ids = artists_in(config, platform, request_holder(context))
        models = (
            sorted(key.to_user_string() for key in context.selected_asset_keys) if context.is_subset else []
        )
        args = dbt_args(config, ids, models)
        scope = "everything" if config.is_full else f"{len(ids)} artists"
        context.log.info("dbt %s for %s", args[0], scope)
        platform.lake.write_json(BUILD_STATE, {"state": "building", "run_id": context.run.run_id})
        yield from _described(
            build(args, context, platform.settings, manifest, translator, project), platform.warehouse
        )
        platform.lake.write_json(BUILD_STATE, {"state": "whole", "run_id": context.run.run_id})

    return dbt_models
