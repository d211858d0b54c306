"""Running dbt inside the process that asks for it.

dagster-dbt's own resource starts dbt twice as a subprocess (once for its version) and loads the adapter a
third time: 10 s of a refresh that has 20. One `dbtRunner` in the step's process costs one import. What is
kept from dagster-dbt: the assets, the translator and the events that become materialisations and checks.
"""

import gc
import json
import os
import queue
import re
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from spotify_assets.core.errors import PlatformError
from spotify_assets.core.settings import Settings
from spotify_assets.defs.marts.dbt_project import PROJECT_DIR, dbt_environment, target_path
from spotify_assets.defs.marts.warehouse import DAMAGED, DISK_FULL, MADE_ANEW, sole_use

# The adapter says the id of a query only here, and its reason only in the error.
_ENDED_BADLY = re.compile(r"Athena query (\S+) has state (FAILED|CANCELLED)")

_SELDOM = (50_000, 20, 100)
"""Thresholds of Python's garbage collector while dbt runs; by default it takes a fifth of dbt's time."""

_FINISHED = "NodeFinished"
"""The event of dbt that says what a statement cost, after the one that says what came of it."""

_MORE_ROOM = (
    "What to do: make room on the disk of PLATFORM_HOME and start it again. The model that had no room is as "
    "it was before this run, and nothing of it is published."
)

_MORE_MEMORY = (
    "What to do: let DuckDB use more memory, with the variable DUCKDB_MEMORY_LIMIT=8GB, say, in the run's "
    "environment; it is 1500MB where none is set."
)

_DAMAGED = f"What to do: the warehouse is damaged, warehouse.duckdb in PLATFORM_HOME: {MADE_ANEW}."

PARSED = "partial_parse.msgpack"
"""File of a target directory in which dbt keeps what it parsed."""

GENERATED = {"target", "logs", "dbt_packages"}
"""Directories of the project that dbt writes."""


class DbtError(PlatformError):
    """dbt failed; the text is what it said last."""


def prepared_manifest(settings: Settings) -> Mapping[str, Any]:
    """Return dbt's manifest, parsing the project only where the manifest is missing or older than a file.

    Raises:
        DbtError: dbt cannot parse the project.
        SettingsError: PLATFORM_HOME, where the manifest is kept, cannot be written.
    """
    settings.prepare_home()
    path = target_path(settings) / "parsed" / "manifest.json"
    if not path.exists() or path.stat().st_mtime < _newest_source():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Other processes may load the old manifest meanwhile: parse elsewhere, then swap.
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            _run_to_end(["parse"], settings, Path(scratch))
            (Path(scratch) / "manifest.json").replace(path)
            # The next build begins with what was parsed here.
            (Path(scratch) / PARSED).replace(target_path(settings) / PARSED)
    manifest: Mapping[str, Any] = json.loads(path.read_text())
    return manifest


def generate_docs(settings: Settings, say: Callable[[str], None]) -> Path:
    """Write dbt's docs; return the page.

    Raises:
        DbtError: dbt cannot write them.
        SettingsError: PLATFORM_HOME, where they are kept, cannot be written.
    """
    settings.prepare_home()
    target = target_path(settings) / "docs"
    with sole_use(settings, "spotify-assets docs", say):
        _run_to_end(["docs", "generate", "--static"], settings, target)
    return target / "static_index.html"


def build(
    commands: Sequence[Sequence[str]],
    is_refresh: bool,
    context: dg.AssetExecutionContext,
    settings: Settings,
    manifest: Mapping[str, Any],
    translator: DagsterDbtTranslator,
    project: DbtProject,
) -> Iterator[Any]:
    """Run dbt's commands in turn; yield an output for every model built and what came of every test.

    In a refresh only the lists that a change touches are computed anew.

    Raises:
        dagster.Failure: a model or test failed; the message names them and what dbt said. The commands that
            were left are not run.
    """
    target = target_path(settings)
    planned = {key.name for key in context.selected_asset_check_keys}
    try:
        made: dict[str, dg.Output[Any]] = {}
        # What Dagster is told comes of events; dbt's files of a run and of the manifest nobody reads.
        quick = ([*args, "--no-write-json"] for args in commands)
        for event in chain.from_iterable(_events(args, settings, target, is_refresh) for args in quick):
            if event["info"]["name"] == _FINISHED:
                if output := made.pop(_node(event)["unique_id"], None):
                    yield output.with_metadata({**output.metadata, **_scanned(event)})
                continue
            message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
            if message.is_result_event and event["info"]["level"] != "info":
                context.log.warning("%s", event["info"]["msg"])
            # A check that the run did not plan has no result to hand over: without a context it is only told.
            is_unplanned = (
                event["info"]["name"] == "LogTestResult" and _node(event)["node_name"] not in planned
            )
            told_to = None if is_unplanned else context
            for result in message.to_default_asset_events(manifest, translator, told_to, target, project):
                if isinstance(result, dg.Output):
                    made[_node(event)["unique_id"]] = result
                else:
                    yield result
    except DbtError as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def _node(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what dbt says of the model or test that an event is about."""
    node: Mapping[str, Any] = event["data"]["node_info"]
    return node


def _scanned(finished: Mapping[str, Any]) -> dict[str, Any]:
    """Return, for Dagster, how many bytes the statement of a model scanned, where it was Athena's."""
    scanned = finished["data"]["run_result"].get("adapter_response", {}).get("data_scanned_in_bytes")
    return {} if scanned is None else {"athena/bytes_scanned": int(scanned)}


def _events(
    args: Sequence[str], settings: Settings, target: Path, is_refresh: bool = False
) -> Iterator[dict[str, Any]]:
    """Run dbt in a thread and yield its events, as the dictionaries of its JSON log, while it goes on."""
    # Imported here: three seconds that only a process which runs dbt should pay.
    from dbt.cli.main import dbtRunner
    from google.protobuf.json_format import MessageToDict

    if settings.dbt_target == "athena":
        from spotify_assets.defs.marts.athena_clients import share_clients

        share_clients()

    events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    outcome: list[Any] = []

    ended_badly: list[str] = []

    def listen(event: Any) -> None:
        if found := _ENDED_BADLY.search(event.info.msg):
            node = event.data.node_info.node_name or "a statement of dbt's own"
            ended_badly.append(f"Athena query {found[1]}, of {node}, {found[2].lower()}.")
        if event.info.level in ("info", "warn", "error") or event.info.name.startswith(("Log", _FINISHED)):
            events.put(MessageToDict(event, preserving_proto_field_name=True))

    def work() -> None:
        try:
            outcome.append(dbtRunner(callbacks=[listen]).invoke(command))
        finally:
            events.put(None)

    command = [
        *args,
        "--project-dir", str(PROJECT_DIR),
        "--profiles-dir", str(PROJECT_DIR),
        "--target-path", str(target),
        "--log-path", str(target),
        "--log-level", "none",
    ]  # fmt: skip
    failures = []
    with _environment(dbt_environment(settings, is_refresh)), _collecting_seldom():
        worker = threading.Thread(target=work, name="dbt")
        worker.start()
        try:
            while (event := events.get()) is not None:
                if event["info"]["level"] == "error":
                    failures.append(event["info"]["msg"].strip())
                yield event
        finally:
            # Where this process is interrupted, dbt still ends what it is at: nobody else may begin before.
            worker.join()
            _let_go_of_the_warehouse()
    result = outcome[0] if outcome else None
    if result is None or not result.success:
        reason = "\n".join(failures[-12:]) or str(getattr(result, "exception", None) or "it gave no reason")
        reason = "\n".join([reason, *ended_badly[-12:], *advice(reason, settings)])
        command_name = next(arg for arg in args if not arg.startswith("-"))
        raise DbtError(f"dbt {command_name} failed:\n{reason}")


def advice(reason: str, settings: Settings) -> list[str]:
    """Return what to do about a reason that an engine gave, if anything; a sentence each."""
    if settings.dbt_target != "athena":
        sentences = {
            _MORE_ROOM: DISK_FULL.search(reason),
            _MORE_MEMORY: "Out of Memory Error" in reason,
            _DAMAGED: DAMAGED.search(reason),
        }
        return [sentence for sentence, is_so in sentences.items() if is_so]
    # Imported here: boto3 takes a third of a second that platforms on one machine need not spend.
    from spotify_assets.core.lake.athena import what_to_do

    told = what_to_do(reason, settings.athena_work_group)
    return [f"What to do: {told}."] if told else []


def _let_go_of_the_warehouse() -> None:
    """Close dbt's connection, so that the file is not locked while this process lives on."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()


def _run_to_end(args: Sequence[str], settings: Settings, target: Path) -> None:
    for _ in _events(["--quiet", *args], settings, target):
        pass


def _newest_source() -> float:
    files = (p for p in PROJECT_DIR.rglob("*") if p.suffix in {".sql", ".yml", ".csv", ".md"})
    return max(path.stat().st_mtime for path in files if not GENERATED.intersection(path.parts))


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
