"""dbt's models and tests as Dagster assets and checks."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets
from pydantic import Field

from spotify_assets.defs.ingestion.scope import Scope, artists_in, request_holder
from spotify_assets.defs.marts import dbt_project
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
        yield from build(args, context, platform.settings, manifest, translator, project)
        platform.lake.write_json(BUILD_STATE, {"state": "whole", "run_id": context.run.run_id})

    return dbt_models
