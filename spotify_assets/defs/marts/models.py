"""dbt's models and tests as Dagster assets and checks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets
from pydantic import Field

from spotify_assets.core.errors import PlatformError
from spotify_assets.core.lake.lake import Lake
from spotify_assets.defs import metadata
from spotify_assets.defs.ingestion.scope import Scope
from spotify_assets.defs.marts import dbt_project
from spotify_assets.defs.marts.artist_pictures import draw_similar_artists
from spotify_assets.defs.marts.song_pictures import draw_similar_songs
from spotify_assets.defs.marts.warehouse import CHAT_MARTS, EXPORTED, MOOD_MARTS, Warehouse
from spotify_assets.defs.resources import Platform

BUILD_STATE = "marts/BUILD.json"
"""Object in the lake that says whether the warehouse's marts are whole: they are not while dbt builds them,
nor after it failed, and then nobody publishes them."""


REFRESHED_OPS = ("dbt_staging", "dbt_marts")
"""The ops of dbt that a refresh runs."""

DBT_OPS = (*REFRESHED_OPS, "dbt_chat")

CHAT = "tag:chat"
"""What dbt makes of chat events; it depends on nothing else, and nothing that is published depends on it."""

CHAT_MODELS = ("stg_chat_turns", *CHAT_MARTS)
"""The models of that tag."""

READS_FITTED = "stg_similarity_model__breakpoints stg_similarity_model__vectors"
"""The staging models that read what `similarity_model` fitted."""

READS_MOODS = "stg_moods stg_track_moods stg_artist_moods"
"""The staging models that read what `track_moods` wrote."""

RENEWED = "int_renewed_tracks int_renewed_artists int_renewal_tracks int_renewal_credits"
"""The intermediate models that say what a refresh makes anew, and of what."""

FITTED_ON = f"{RENEWED} int_track_features int_artist_terms int_artist_facts"
"""Those and the intermediate models that it is fitted on."""


REFRESHED_UNTIL = "int_refreshed_until"
"""The model that says until when everything is made and checked."""

MOOD_MODELS = (*READS_MOODS.split(), *MOOD_MARTS)
"""What is made of the moods of tracks; a refresh leaves it as it is."""


class ModelsConfig(Scope):
    """How to run dbt."""

    full_refresh: bool = Field(
        default=False,
        description="Build incremental models anew from all history in the lake (dbt's --full-refresh).",
    )


SHOWN = 8
"""Rows of a mart that people see in Dagster."""

PREVIEW_ORDER = {"chat_demand": "day desc, asks desc, name", "chat_unanswered": "rank"}
"""Which rows of a mart those are, where it matters: what people ask for most."""

PICTURES = {
    "artist_similarity": ("similar artists", draw_similar_artists),
    "track_similarity": ("similar songs", draw_similar_songs),
}
"""What is drawn of a mart in full builds, and the name of the picture."""


def dbt_commands(config: ModelsConfig, models: Sequence[str], dbt_target: str) -> list[list[str]]:
    """Return dbt's commands, one after the other: what to build, and whether from scratch.

    With `models` go their own tests, and those tests whose other parents are built already. Unit tests stay
    out: they are about the SQL, which no run changes; `dbt build` by hand and the test suite have them.

    A refresh on Athena asks its tests after all models, in few statements, rather than between them: what it
    costs and how long it takes are its statements. What did not pass does not count as made: the next refresh
    makes it again and asks again.
    """
    tests = ["--indirect-selection", "buildable", "--exclude-resource-type", "unit_test"]
    if dbt_target == "athena" and not config.is_full:
        made = [model for model in models if model != REFRESHED_UNTIL]
        ends = [["run", "--select", REFRESHED_UNTIL]] if REFRESHED_UNTIL in models else []
        return [["run", "--select", *made], ["test", "--select", *models, *tests], *ends]
    from_scratch = ["--full-refresh"] if config.full_refresh else []
    return [["build", "--select", *models, *tests, *from_scratch]]


def described(events: Iterator[Any], warehouse: Warehouse, pictures: bool) -> Iterator[Any]:
    """Add row counts, and previews of the marts, to what dbt built; they can be read once dbt let go.

    Raises:
        dagster.Failure: dbt failed; this is told whether what it built before can be read or not.
        PlatformError: what it built cannot be read.
    """
    held: list[Any] = []
    failure: dg.Failure | None = None
    try:
        # What was built before a failure is held, too: Dagster hears of it.
        held.extend(events)
    except dg.Failure as error:
        failure = error
    built = [event.output_name for event in held if isinstance(event, dg.Output)]
    seen: dict[str, dict[str, Any]] = {}
    try:
        seen = describe(warehouse, built, pictures) if built else {}
    except PlatformError as error:
        if failure is None:
            raise
        failure.add_note(str(error))
    for event in held:
        is_model = isinstance(event, dg.Output)
        yield (
            event.with_metadata({**event.metadata, **seen.get(event.output_name, {})}) if is_model else event
        )
    if failure:
        raise failure


def describe(
    warehouse: Warehouse, models: Sequence[str], pictures: bool = False
) -> dict[str, dict[str, Any]]:
    """Return what people see of each model in Dagster: its row count, and for a mart its first rows.

    With `pictures`, which take a second, also what is drawn of a mart.
    """
    counts = warehouse.row_counts(models)
    found: dict[str, dict[str, Any]] = {model: {} for model in models}
    for model, count in counts.items():
        found[model] |= {"dagster/row_count": count}
    marts = sorted(set(models).intersection(EXPORTED))
    if marts:
        with warehouse.connect() as connection:
            for mart in marts:
                first = f"order by {PREVIEW_ORDER[mart]}" if mart in PREVIEW_ORDER else ""
                rows = connection.sql(f"select * from {mart} {first} limit {SHOWN}").to_arrow_table()  # noqa: S608 - names of our own
                found[mart] |= {"preview": metadata.preview(rows, SHOWN)}
            for mart, (name, draw) in PICTURES.items() if pictures else ():
                if mart in marts:
                    found[mart] |= {name: metadata.plot(draw(connection))}
    return found


def _note_begun(lake: Lake, run_id: str, models: Sequence[str], all_models: set[str]) -> set[str]:
    """Note that these models are being built; return all that must be built before the marts are whole.

    Among them are those that an earlier build began and did not finish: building others does not mend them.
    """
    before = (lake.read_json(BUILD_STATE) or {}).get("unfinished", ())
    unfinished = all_models.intersection(before).union(models)
    _note(lake, run_id, unfinished, "building")
    return unfinished


def _note_built(lake: Lake, run_id: str, unfinished: set[str]) -> None:
    """Note what is left to build; nothing left means that the marts are whole."""
    _note(lake, run_id, unfinished, "building" if unfinished else "whole")


def note_refused(lake: Lake, run_id: str, why: str) -> None:
    """Note that the marts, though whole, must not be published before the similar artists are built anew."""
    unfinished = {"artist_similarity", *(lake.read_json(BUILD_STATE) or {}).get("unfinished", ())}
    refusal = {"state": "refused", "run_id": run_id, "why": why, "unfinished": sorted(unfinished)}
    lake.write_json(BUILD_STATE, refusal)


def _note(lake: Lake, run_id: str, unfinished: set[str], state: str) -> None:
    lake.write_json(BUILD_STATE, {"state": state, "run_id": run_id, "unfinished": sorted(unfinished)})


def build_dbt_models(manifest: Mapping[str, Any]) -> list[dg.AssetsDefinition]:
    """Return the dbt models as three ops: of observations, of what was worked out of those, and chat."""
    read_late = f"{READS_FITTED} {READS_MOODS}"
    rest = f"path:models/intermediate path:models/marts {read_late}"
    return [
        _dbt_op("dbt_staging", f"path:models/staging {FITTED_ON}", f"{read_late} {CHAT}", manifest),
        _dbt_op("dbt_marts", rest, f"{FITTED_ON} {CHAT}", manifest),
        _dbt_op("dbt_chat", CHAT, None, manifest),
    ]


def full_refresh() -> dg.RunConfig:
    """Return the run config of a build that makes incremental models anew."""
    return dg.RunConfig(ops={op: {"config": {"full_refresh": True}} for op in DBT_OPS})


def _dbt_op(name: str, select: str, exclude: str | None, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    translator, project = dbt_project.Translator(), dbt_project.project()
    builds_marts = name == "dbt_marts"

    @dbt_assets(
        manifest=manifest,
        select=select,
        exclude=exclude,
        project=project,
        name=name,
        dagster_dbt_translator=translator,
    )
    def dbt_models(
        context: dg.AssetExecutionContext, config: ModelsConfig, platform: Platform
    ) -> Iterator[Any]:
        from spotify_assets.defs.marts.dbt_run import build

        models = sorted(key.to_user_string() for key in context.selected_asset_keys)
        commands = dbt_commands(config, models, platform.settings.dbt_target)
        for command in commands:
            context.log.info("dbt %s: %s", command[0], "everything" if config.is_full else "what changed")
        with platform.sole_use_of_warehouse(context) as turn:
            platform.warehouse.register(platform.lake)
            if builds_marts:
                all_models = {key.to_user_string() for key in dbt_models.keys}
                unfinished = _note_begun(platform.lake, context.run.run_id, models, all_models)
            events = build(
                commands, not config.is_full, context, platform.settings, manifest, translator, project
            )
            yield from described(events, platform.warehouse, config.is_full)
            if builds_marts:
                turn.confirm()
                _note_built(platform.lake, context.run.run_id, unfinished - set(models))

    return dbt_models
