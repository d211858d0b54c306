"""The dbt project as Dagster sees it: where it lies, how its nodes become assets.

Here: everything that is known without running dbt. Running it, for a manifest or a build, is in `dbt_run.py`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from spotify_assets.core.records import CHAT_TURNS
from spotify_assets.core.settings import PROJECT_ROOT, Settings, settings
from spotify_assets.defs.ingestion.observations import RAW_ASSETS

PROJECT_DIR = PROJECT_ROOT / "dbt_project"

_RAW_ASSET_OF = {
    **{table: asset.name for asset in RAW_ASSETS for table in asset.tables},
    CHAT_TURNS.name: "raw_chat_events",
}

_WORKED_OUT_BY = {
    **dict.fromkeys(("similarity_model", "similarity_vectors"), "similarity_model"),
    **dict.fromkeys(("moods", "mood_tracks", "mood_artists", "mood_years"), "track_moods"),
}


class Translator(DagsterDbtTranslator):
    """Names dbt's nodes as the graph does: models by their name, raw tables by the asset that writes them."""

    def __init__(self) -> None:
        # One raw asset writes several tables (tracks and their credits).
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return the asset key of a model or source."""
        name = dbt_resource_props["name"]
        if dbt_resource_props["resource_type"] == "source":
            written_by = _RAW_ASSET_OF if dbt_resource_props["source_name"] == "raw" else _WORKED_OUT_BY
            return dg.AssetKey(written_by[name])
        return dg.AssetKey(name)

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """Say of a check what it promises."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec._replace(description=_promise(manifest, unique_id)) if spec else None

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Group models by their layer: staging, intermediate, marts."""
        return str(dbt_resource_props["fqn"][1])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Say who looks after the models."""
        return ["team:analytics"]


def _promise(manifest: Mapping[str, Any], unique_id: str) -> str:
    """Return what a test says of its model: a sentence, and of which columns and tables."""
    test = manifest["nodes"][unique_id]
    if "test_metadata" not in test:
        return str(test["description"])
    kind, arguments = test["test_metadata"]["name"], test["test_metadata"]["kwargs"]
    described = manifest["macros"].get(f"macro.{test['package_name']}.test_{kind}", {}).get("description")
    told = [
        f"- {name}: `{', '.join(value) if isinstance(value, list) else value}`"
        for name, value in arguments.items()
        if name != "model"
    ]
    return "\n".join([described or kind.capitalize(), "", *told])


def dbt_environment(settings: Settings, is_refresh: bool = False) -> dict[str, str]:
    """Return the variables that `profiles.yml` and the sources read."""
    return {
        **_athena_environment(settings),
        "PLATFORM_HOME": str(settings.platform_home),
        "LAKE_URI": settings.lake_uri,
        "DBT_TARGET": settings.dbt_target,
        # Not a dbt variable: changed variables make dbt parse the whole project anew.
        "DBT_REFRESH": "true" if is_refresh else "",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
    }


def _athena_environment(settings: Settings) -> dict[str, str]:
    if settings.dbt_target != "athena":
        return {}
    # Imported here: boto3 takes a third of a second that platforms on one machine need not spend.
    from spotify_assets.core.lake import aws

    return {
        "ATHENA_SCHEMA": settings.athena_schema,
        "ATHENA_RAW_SCHEMA": settings.athena_raw_schema,
        "ATHENA_WORK_GROUP": settings.athena_work_group,
        # The region that all clients of the platform use, whatever named it.
        "AWS_REGION": aws.session().region_name,
    }


def target_path(settings: Settings) -> Path:
    """Where dbt leaves what it compiled; one directory, since one run at a time uses the warehouse."""
    return settings.platform_home / "dbt"


def project() -> DbtProject:
    """Return the dbt project."""
    return DbtProject(project_dir=PROJECT_DIR, target_path=target_path(settings()))
