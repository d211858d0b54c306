"""`make demo`: the whole loop on the bundled sample, as a stranger sees it.

Fills the embedded platform, asks the bot about an artist it knows and one it does not, lets the real daemon
with its sensor and run queue refresh, and asks again. Everything it does a person can do with the commands
it prints.
"""

import argparse
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from spotify_assets.core.errors import PlatformError, SettingsError
from spotify_assets.core.lake.bulk import open_catalog
from spotify_assets.core.lake.lake import open_lake
from spotify_assets.core.settings import PROJECT_ROOT, Settings, load_settings
from spotify_assets.core.store import ServingStore, State, open_store
from spotify_assets.processes import Guarded, program
from spotify_assets.runs import prepare_dagster_home, run_job

KNOWN = "에스파"
PATIENCE = 180.0
"""Seconds the loop may take before the demo gives up, unless `--patience` says otherwise."""

OURS = {
    "lake",
    "warehouse.duckdb",
    "warehouse.duckdb.wal",
    "dagster",
    "dbt",
    "daemon.log",
    "warehouse.lock",
    "running",
    "machine",
    "user_id_pepper",
    "mirror.duckdb",
    "mirror.duckdb.wal",
}
out = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Run the demo; exit with a sentence and code 1 or 2 where something is in the way."""
    options = argparse.ArgumentParser(prog="make demo", description="The whole loop on the bundled sample.")
    options.add_argument("--patience", type=float, default=PATIENCE, help="seconds the loop may take")
    try:
        demo(options.parse_args().patience)
    except PlatformError as error:
        out.print(str(error), style="red", markup=False)
        sys.exit(error.exit_code)


def demo(patience: float) -> None:
    """Show the loop once; what takes longer than `patience` seconds has failed.

    Raises:
        PlatformError: PLATFORM_HOME holds something else, a run failed, or the loop took too long.
    """
    settings = load_settings()
    store = store_of_sample_only(settings)
    started = time.monotonic()

    _title("1. Fill the platform", "spotify-assets materialize")
    built = run_job(settings, "build", say=lambda line: out.print(line, markup=False))
    out.print(f"  {built.steps} steps in {built.seconds:.0f} s")

    _title("2. Ask for an artist it knows", f'chatbot ask "{KNOWN}"')
    _ask(KNOWN)

    unknown = _unknown_artist(settings, store)
    _title("3. Ask for one it does not know", f'chatbot ask "{unknown}"')
    prepare_dagster_home(settings)
    log = settings.platform_home / "daemon.log"
    with (
        log.open("wb") as file,
        Guarded(
            [program("dagster-daemon"), "run", "--workspace", str(PROJECT_ROOT / "workspace.yaml")], {}, file
        ) as daemon,
    ):
        _wait_for_daemon(settings, daemon, log, patience)
        asked = time.monotonic()
        _ask(unknown)
        _title("4. Let the sensor and the run queue refresh", "dagster-daemon run")
        _wait_for_answer(store, unknown, daemon, log, patience)
        waited = time.monotonic() - asked
        out.print(f"  answered {waited:.0f} s after the question")
        _wait_for_the_run_to_end(daemon, log, patience)
    _title("5. Ask again", f'chatbot ask "{unknown}"')
    _ask(unknown)

    _title("Where to look", "make dev")
    out.print(
        "  http://127.0.0.1:3000  Dagster: assets, runs, checks, the sensor\n"
        "  http://127.0.0.1:8000  the bot's web page"
    )
    out.print(f"  {settings.platform_home}  lake, warehouse, serving store, daemon.log")
    out.print(
        f"\nTimings: build {built.seconds:.0f} s, unknown artist answered after {waited:.0f} s, "
        f"all {time.monotonic() - started:.0f} s"
    )


def store_of_sample_only(settings: Settings) -> ServingStore:
    """Open the store of a platform that holds nothing but the sample; refuse to touch any other.

    Raises:
        SettingsError: it does, with what to do.
    """
    elsewhere = "choose an empty directory: PLATFORM_HOME=.platform-demo make demo"
    if settings.catalog_source != "sample":
        raise SettingsError(
            f"CATALOG_SOURCE={settings.catalog_source}: the demo is about the sample; unset it"
        )
    home = settings.platform_home
    if home.exists() and not home.is_dir():
        raise SettingsError(f"PLATFORM_HOME={home} is a file: {elsewhere}")
    strangers = sorted(p.name for p in home.iterdir() if not _is_ours(p)) if home.is_dir() else []
    if strangers:
        raise SettingsError(
            f"PLATFORM_HOME={home} holds {', '.join(strangers[:5])}, which is not the platform's: {elsewhere}"
        )
    sources = set(open_lake(settings).read("artists", ["source"])["source"].to_pylist())
    if others := ", ".join(sorted(sources - {"sample"})):
        raise SettingsError(
            f"The lake {settings.lake_uri} holds more than the sample ({others}): {elsewhere}"
        )
    settings.prepare_home()
    store = open_store(settings)
    sample = set(open_catalog(settings).roster(10_000)["artist_id"].to_pylist())
    # Publishing removes the documents of artists that are not in the marts.
    if others := ", ".join(sorted(set(store.answers.versions("artist")) - sample)[:5]):
        raise SettingsError(
            f"The serving store answers for more than the sample ({others}): "
            f"unset SERVING_URL, or {elsewhere}"
        )
    return store


def _is_ours(path: Path) -> bool:
    return path.name in OURS or path.name.startswith(("serving.db", ".", "warehouse.duckdb"))


def _title(text: str, command: str) -> None:
    out.print(f"\n[bold]{text}[/bold]  [dim]$ {escape(command)}[/dim]")


def _ask(name: str) -> None:
    subprocess.run([program("chatbot"), "ask", name], check=True)


def _unknown_artist(settings: Settings, store: ServingStore) -> str:
    """Return the name of a sample artist that nobody has asked for yet."""
    catalog = open_catalog(settings)
    known = store.answers.versions("artist")
    everybody = catalog.roster(10_000)
    names = [
        name
        for artist_id, name in zip(
            everybody["artist_id"].to_pylist(), everybody["name"].to_pylist(), strict=True
        )
        if artist_id not in known
    ]
    if not names:
        raise PlatformError(
            f"Every artist of the sample is known by now: delete {settings.platform_home} to start afresh"
        )
    return names[0]


def _wait_for_daemon(settings: Settings, daemon: Guarded, log: Path, patience: float) -> None:
    from dagster import DagsterInstance

    started, deadline = time.time(), time.monotonic() + patience
    with out.status("starting Dagster's daemon"), DagsterInstance.get() as instance:
        needed = set(instance.get_required_daemon_types())
        # A heartbeat from before is that of an earlier daemon.
        while not needed <= {
            kind for kind, beat in instance.get_daemon_heartbeats().items() if beat.timestamp >= started
        }:
            _check_alive(daemon, log, deadline, "start")
            time.sleep(0.3)


def _wait_for_answer(store: ServingStore, name: str, daemon: Guarded, log: Path, patience: float) -> None:
    from spotify_assets.core.names import name_key

    deadline, seen = time.monotonic() + patience, None
    while True:
        request = next(r for r in store.requests.all() if r.name_key == name_key(name))
        if request.state is not seen:
            out.print(f"  {datetime.now(UTC):%H:%M:%S}  {request.state.value}")
            seen = request.state
        if request.state is State.DONE:
            return
        if request.state in (State.FAILED, State.NOT_FOUND):
            raise PlatformError(f"{name}: {request.state.value}; {request.error}. Dagster's log: {log}")
        _check_alive(daemon, log, deadline, f"answer {name!r}")
        time.sleep(0.2)


def _wait_for_the_run_to_end(daemon: Guarded, log: Path, patience: float) -> None:
    """Wait until the run that answered is over: a daemon that stops takes its runs along, as failed ones."""
    from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

    under_way = RunsFilter(
        statuses=[DagsterRunStatus.QUEUED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED]
    )
    deadline = time.monotonic() + patience
    with out.status("the run comes to its end"), DagsterInstance.get() as instance:
        while instance.get_runs_count(under_way):
            _check_alive(daemon, log, deadline, "end its run")
            time.sleep(0.2)


def _check_alive(daemon: Guarded, log: Path, deadline: float, task: str) -> None:
    if daemon.exit_code is not None:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise PlatformError(f"Dagster's daemon ended with {daemon.exit_code}; see {log}:\n{tail}")
    if time.monotonic() > deadline:
        raise PlatformError(f"Dagster's daemon did not {task} in time; see {log}")


if __name__ == "__main__":
    main()
