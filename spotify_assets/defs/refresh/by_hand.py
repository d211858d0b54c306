"""Refreshing artists from the terminal: the same queue, the same run, only not through the sensor."""

import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from spotify_assets.core.catalog import ArtistMatch, Catalog, Parked, closest
from spotify_assets.core.errors import PlatformError
from spotify_assets.core.lake.bulk import open_lookup
from spotify_assets.core.lake.lake import open_lake
from spotify_assets.core.lake.pointers import model_versions
from spotify_assets.core.names import name_key
from spotify_assets.core.settings import Settings
from spotify_assets.core.store import ArtistRequest, Priority, RosterEntry, ServingStore, State, open_store
from spotify_assets.defs.refresh.dead_runs import end_dead_runs
from spotify_assets.defs.refresh.sensor import MAX_ATTEMPTS, cause_of_death, give_back, refresh_config
from spotify_assets.runs import RunError, Say, prepare_dagster_home, run_job

WAIT_FOR_OTHERS = 300.0
"""Seconds to wait for a request that a run of the sensor holds already."""


def unique_match(catalog: Catalog, name: str) -> ArtistMatch | str:
    """Return the one artist that goes by exactly this name or id, or a sentence why there is none."""
    try:
        matches = catalog.find_artists(name)
    except Parked as parked:
        return f"{name}: parked until {parked.until:%Y-%m-%d %H:%M} UTC; {parked}"
    exact = [match for match in matches if match.exact]
    if not exact:
        close = f"; close to it: {closest(matches)}" if matches else ""
        return f"{name}: not found; {catalog.source} knows no artist of that name{close}"
    if len(exact) > 1:
        ids = closest(exact, limit=len(exact))
        return f"{name}: ambiguous; several artists go by it, name one by its id: {ids}"
    return exact[0]


def refresh_names(settings: Settings, names: Sequence[str], say: Say) -> bool:
    """Refresh artists by name and wait; say what came of each. Return whether all are answered.

    On a platform without a fitted model the whole roster is built with them.
    """
    store = open_store(settings)
    catalog = open_lookup(settings, store)
    found: dict[str, ArtistMatch] = {}
    holders: set[str] = set()
    complete = True
    for name in names:
        match = unique_match(catalog, name)
        if isinstance(match, str):
            say(match)
            complete = False
        else:
            found[name_key(name)] = match
            request = store.requests.ask(name_key(name), name, datetime.now(UTC))
            if request.state is State.RUNNING and request.run_id:
                holders.add(request.run_id)
    if not found:
        return False
    if holders:
        prepare_dagster_home(settings)
        with dg.DagsterInstance.get() as instance:
            take_back(settings, store, instance, holders)
    bootstrap = not model_versions(open_lake(settings))
    if bootstrap:
        say("There is no fitted model yet: building everything, these artists included.")
    config = refresh_config(list(found), bootstrap)
    try:
        run_job(settings, "build" if bootstrap else "refresh", None, config, say=say)
    except RunError as error:
        give_back(store, error.run_id, str(error).splitlines()[-1], datetime.now(UTC))
        raise
    answered = [_report(store, key, match, say) for key, match in found.items()]
    return complete and all(answered)


def take_back(
    settings: Settings, store: ServingStore, instance: dg.DagsterInstance, holders: Collection[str]
) -> None:
    """Make requests pending that dead runs among these hold: there may be no daemon whose sensor does."""
    now = datetime.now(UTC)
    end_dead_runs(instance, settings, now)
    for run_id in holders:
        # Of a run that this instance does not know, another one knows whether it is dead.
        if instance.has_run(run_id) and (reason := cause_of_death(instance, run_id)):
            store.requests.give_back(run_id, now, reason, MAX_ATTEMPTS, now)


def _report(store: ServingStore, key: str, match: ArtistMatch, say: Say) -> bool:
    deadline = time.monotonic() + WAIT_FOR_OTHERS
    # A run of the sensor may have been first; then it is that run which answers.
    while (request := store.requests.get(key)) and request.state is State.RUNNING:
        if time.monotonic() > deadline:
            say(f"{match.artist.name}: still running, held by run {request.run_id}")
            return False
        time.sleep(1)
    if request is None or request.state is not State.DONE:
        say(f"{match.artist.name}: {_standing(request)}")
        return False
    document = store.answers.artist(match.artist.artist_id)
    similar = len(document.similar) if document else 0
    say(f"{match.artist.name}: answered, with {similar} similar artists")
    return True


def _standing(request: ArtistRequest | None) -> str:
    if request is None:
        return "nobody asked for it"
    until = f" until {request.next_attempt_at:%Y-%m-%d %H:%M} UTC" if request.next_attempt_at else ""
    state = "parked" if request.state is State.PENDING else request.state.value
    return f"{state}{until}: {request.error or 'no reason was recorded'}"


def add_to_roster(settings: Settings, file: Path, say: Say) -> bool:
    """Put the artists a file names on the roster. Return whether every line named exactly one.

    Raises:
        PlatformError: the file cannot be read.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PlatformError(f"{file} cannot be read as UTF-8 text: {error}") from error
    names = [name for line in lines if (name := line.split("#")[0].strip())]
    store = open_store(settings)
    catalog = open_lookup(settings, store)
    matches = [unique_match(catalog, name) for name in names]
    for problem in (m for m in matches if isinstance(m, str)):
        say(problem)
    found = [m.artist for m in matches if not isinstance(m, str)]
    entries = [RosterEntry(artist.artist_id, artist.name, Priority.LISTED) for artist in found]
    added = store.roster.add(entries, datetime.now(UTC))
    say(f"{added} artists are new on the roster, {len(found) - added} were on it")
    return len(found) == len(names)
