"""Running dbt inside the process that asks for it.

dagster-dbt's own resource starts dbt twice as a subprocess (once for its version) and loads the adapter a
third time: 10 s of a refresh that has 20. One `dbtRunner` in the step's process costs one import. What is
kept from dagster-dbt: the assets, the translator and the events that become materialisations and checks.
"""

import os
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from spotify_assets.core.settings import Settings
from spotify_assets.defs.marts.dbt_project import PROJECT_DIR, dbt_environment, target_path


def parse(settings: Settings, target: Path) -> None:
    """Write `manifest.json` into `target`.

    Raises:
        dagster.Failure: dbt cannot parse the project.
    """
    for _ in _events(["--quiet", "parse"], settings, target):
        pass


def build(
    args: Sequence[str],
    context: dg.AssetExecutionContext,
    settings: Settings,
    manifest: Mapping[str, Any],
    translator: DagsterDbtTranslator,
    project: DbtProject,
) -> Iterator[Any]:
    """Run dbt and yield a Dagster output for every model built and a check result for every test.

    Raises:
        dagster.Failure: a model or test failed; the message names them and what dbt said.
    """
    target = target_path(settings)
    for event in _events(args, settings, target):
        message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
        if message.is_result_event:
            context.log.info("%s", event["info"]["msg"])
        yield from message.to_default_asset_events(manifest, translator, context, target, project)


def _events(args: Sequence[str], settings: Settings, target: Path) -> Iterator[dict[str, Any]]:
    """Run dbt in a thread and yield its events, as the dictionaries of its JSON log, while it goes on."""
    # Imported here: three seconds that only a process which runs dbt should pay.
    from dbt.cli.main import dbtRunner
    from google.protobuf.json_format import MessageToDict

    events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    outcome: list[Any] = []

    def listen(event: Any) -> None:
        if event.info.level in ("info", "warn", "error") or event.info.name.startswith("Log"):
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
    with _environment(dbt_environment(settings)):
        worker = threading.Thread(target=work, name="dbt")
        worker.start()
        while (event := events.get()) is not None:
            if event["info"]["level"] == "error":
                failures.append(event["info"]["msg"].strip())
            yield event
        worker.join()
        _let_go_of_the_warehouse()
    result = outcome[0] if outcome else None
    if result is None or not result.success:
        reason = "\n".join(failures[-12:]) or str(getattr(result, "exception", None) or "it gave no reason")
        raise dg.Failure(f"dbt {args[0]} failed:\n{reason}", allow_retries=False)


def _let_go_of_the_warehouse() -> None:
    """Close dbt's connection, so that the file is not locked while this process lives on."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()


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
