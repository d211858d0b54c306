"""Running the platform's jobs in this process, recorded in Dagster, with progress on the terminal.

Here: Dagster's home, one run and what a person sees of it. Not here: what the jobs do (`defs`), the commands
(`cli.py`).
"""

import logging
import os
import subprocess
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import dagster as dg
from dagster._core.execution import compute_logs

from spotify_assets.core.errors import PlatformError, SettingsError
from spotify_assets.core.settings import PROJECT_ROOT, Settings
from spotify_assets.defs.failures import reason_of

Say = Callable[[str], None]


class RunError(PlatformError):
    """A run failed; the text names the steps and their errors."""

    def __init__(self, text: str, run_id: str) -> None:
        super().__init__(text)
        self.run_id = run_id


class SelectionError(PlatformError):
    """A selection names no asset; the text names those there are."""

    exit_code = 2


def prepare_dagster_home(settings: Settings) -> Path:
    """Link the project's `dagster.yaml` into `$PLATFORM_HOME/dagster` and make that `DAGSTER_HOME`.

    Raises:
        SettingsError: the directory cannot be written, or holds a `dagster.yaml` of its own.
    """
    settings.prepare_home()
    home, wanted = settings.dagster_home, PROJECT_ROOT / "dagster.yaml"
    try:
        home.mkdir(exist_ok=True)
    except FileExistsError as error:
        raise SettingsError(f"{home} is a file: move it away, Dagster's directory goes there") from error
    link = home / "dagster.yaml"
    if link.is_symlink() and link.resolve() != wanted:
        link.unlink()
    if link.exists() and not link.is_symlink():
        raise SettingsError(
            f"{link} is a file of its own: move it away, the project's dagster.yaml goes there"
        )
    if not link.is_symlink():
        link.symlink_to(wanted)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


@dataclass(frozen=True)
class Finished:
    """A run that is over."""

    run_id: str
    job: str
    seconds: float
    steps: int


def run_job(
    settings: Settings,
    job: str,
    selection: str | None = None,
    run_config: dg.RunConfig | None = None,
    tags: dict[str, str] | None = None,
    say: Say = print,
) -> Finished:
    """Run a job of the code location in this process and wait for it.

    `selection` is Dagster's asset selection syntax, such as `raw_artists*`; none means the whole job.

    Raises:
        RunError: a step or a blocking check failed.
        SelectionError: the selection names nothing.
    """
    prepare_dagster_home(settings)
    # Imported here: it loads every asset, which only a process that runs one needs.
    from spotify_assets.definitions import build_defs
    from spotify_assets.defs.refresh.dead_runs import end_dead_runs

    definitions = build_defs()
    keys = _selected(definitions, selection)
    run_id, started = str(uuid.uuid4()), time.monotonic()
    definition = (
        definitions.resolve_job_def(job)
        if keys is None
        else definitions.resolve_implicit_global_asset_job_def()
    )
    with dg.DagsterInstance.get() as instance:
        end_dead_runs(instance, settings, datetime.now(UTC))
        config = (run_config or dg.RunConfig()).to_config_dict()
        # The terminal shows progress of our own; the whole log is in Dagster.
        config["loggers"] = {"console": {"config": {"log_level": "CRITICAL"}}}
        with interruptions_told_once(), _followers_apart(), _progress(instance, run_id, say):
            result = definition.execute_in_process(
                run_config=config, instance=instance, asset_selection=keys, run_id=run_id,
                # Whoever started it sees it fail: the daemon must not run it again behind their back.
                tags={"dagster/max_retries": "0", **(tags or {})}, raise_on_error=False,
            )  # fmt: skip
        if not result.success:
            raise RunError(_why(result, job, run_id), run_id)
    steps = len(result.get_step_success_events())
    return Finished(run_id, job, time.monotonic() - started, steps)


def _selected(definitions: dg.Definitions, selection: str | None) -> Sequence[dg.AssetKey] | None:
    if selection is None:
        return None
    graph = definitions.resolve_asset_graph()
    names = ", ".join(sorted(key.to_user_string() for key in graph.materializable_asset_keys))
    try:
        with warnings.catch_warnings():
            # Selecting a group is still called beta.
            warnings.simplefilter("ignore", dg.BetaWarning)
            keys = dg.AssetSelection.from_string(selection).resolve(graph)
    except dg.DagsterInvalidSubsetError:
        keys = set()
    except Exception as error:
        raise SelectionError(
            f"{selection!r} is not an asset selection ({error}); write names, such as 'raw_artists*', "
            f"of: {names}"
        ) from error
    if not keys:
        raise SelectionError(f"{selection!r} selects no asset. There are: {names}")
    return sorted(keys)


@contextmanager
def interruptions_told_once() -> Iterator[None]:
    """Keep off the terminal what libraries log of an interruption that came while they were at something.

    SQLAlchemy, for one, logs with a traceback whatever ends the closing of a connection, and raises it again;
    that the run was interrupted is told once, when it is over.
    """
    terminal = logging.lastResort
    if terminal is None:
        yield
        return
    terminal.addFilter(_is_no_interruption)
    try:
        yield
    finally:
        terminal.removeFilter(_is_no_interruption)


def _is_no_interruption(entry: logging.LogRecord) -> bool:
    raised = entry.exc_info and entry.exc_info[0]
    return not (raised and issubclass(raised, (dg.DagsterExecutionInterruptedError, KeyboardInterrupt)))


def _followers_apart() -> AbstractContextManager[Any]:
    """Keep Ctrl-C from the programs by which Dagster follows a step's output: each would print a traceback.

    They end with the step, or with this process.
    """
    apart = SimpleNamespace(Popen=partial(subprocess.Popen, start_new_session=True))
    return patch.object(compute_logs, "subprocess", apart)


@contextmanager
def _progress(instance: dg.DagsterInstance, run_id: str, say: Say) -> Any:
    """Say when a step starts to take long, and what each one materialised, while the run goes on."""
    over = threading.Event()

    def follow() -> None:
        cursor: str | None = None
        begun = time.monotonic()
        while True:
            last_round = over.is_set()
            page = instance.get_records_for_run(run_id, cursor=cursor)
            cursor = page.cursor
            for record in page.records:
                line = _line(record.event_log_entry)
                if line:
                    say(f"{time.monotonic() - begun:6.1f} s  {line}")
            if last_round:
                return
            over.wait(0.5)

    thread = threading.Thread(target=follow, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=10)


def _line(entry: Any) -> str | None:
    event = entry.dagster_event
    if event is None:
        return None
    if event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
        materialization = event.step_materialization_data.materialization
        rows = materialization.metadata.get("dagster/row_count")
        count = f" ({rows.value:,} rows)" if rows is not None else ""
        return f"{materialization.asset_key.to_user_string()}{count}"
    if event.event_type is dg.DagsterEventType.STEP_FAILURE:
        return f"FAILED {event.step_key}"
    if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        evaluation = event.asset_check_evaluation_data
        if not evaluation.passed:
            return f"check failed: {evaluation.check_name} of {evaluation.asset_key.to_user_string()}"
    return None


def _why(result: Any, job: str, run_id: str) -> str:
    lines = [f"Run {run_id} of {job} failed."]
    for event in result.filter_events(lambda e: e.event_type is dg.DagsterEventType.STEP_FAILURE):
        lines.append(f"{event.step_key}: {reason_of(event)}")
    for event in result.filter_events(lambda e: e.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        check = event.asset_check_evaluation_data
        if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR:
            lines.append(
                f"check {check.check_name} of {check.asset_key.to_user_string()}: {check.description or ''}"
            )
    return "\n".join(lines)
