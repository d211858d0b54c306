"""The command `spotify-assets`: what an engineer does to the platform from a terminal.

Commands are thin: they check words, call the rooms that do the work, and print. Settings are read before
anything heavy is imported, so that a wrong one is told at once. Errors meant for people go to stderr as
sentences; the exit code is 1 for a failure, 2 for a wrong setting or word.
"""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from spotify_assets.core.errors import PlatformError
from spotify_assets.core.settings import settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Observe a music catalogue, build similarity marts, publish answers for the bot.",
)
roster_app = typer.Typer(no_args_is_help=True, help="The artists that are kept fresh.")
app.add_typer(roster_app, name="roster")
store_app = typer.Typer(no_args_is_help=True, help="The serving store.")
app.add_typer(store_app, name="store")
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


def main() -> None:
    """Run the command line; turn errors meant for people into a sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show 아이유 shows something else, and the command goes on.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except PlatformError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def _complain(text: str) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
    console.print(_harmless(text), style="red")


def _say(text: str) -> None:
    out.print(_harmless(text))


def _harmless(text: str) -> str:
    """Return the text without what could steer a terminal; names come from anybody."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


@app.command()
def materialize(
    selection: Annotated[
        str | None, typer.Argument(help="Assets, such as 'raw_artists*'; default everything")
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option(help="Build incremental models anew from all history")
    ] = False,
) -> None:
    """Materialise assets once, through Dagster, and wait."""
    current = settings()
    from spotify_assets.defs.marts import models
    from spotify_assets.runs import run_job

    config = models.full_refresh() if full_refresh else None
    finished = run_job(current, "build", selection, config, say=_say)
    out.print(f"Done: {finished.steps} steps in {finished.seconds:.1f} s (run {finished.run_id})")


@app.command()
def refresh(names: Annotated[list[str], typer.Argument(help="Artist names, aliases or ids")]) -> None:
    """Look artists up, observe them, update the marts, publish; wait for all of it."""
    current = settings()
    from spotify_assets.defs.refresh.by_hand import refresh_names

    sys.exit(0 if refresh_names(current, names, say=_say) else 1)


@roster_app.command("add")
def roster_add(
    file: Annotated[Path, typer.Argument(help="One artist name or id a line; # starts a comment")],
) -> None:
    """Put artists on the roster; the next build observes them."""
    current = settings()
    from spotify_assets.defs.refresh.by_hand import add_to_roster

    sys.exit(0 if add_to_roster(current, file, say=_say) else 1)


@app.command()
def requests(limit: Annotated[int, typer.Option(help="Rows to show")] = 50) -> None:
    """Show the queue of artists that people asked for."""
    current = settings()
    from spotify_assets.core.store import open_store

    headers = ("asked for", "state", "times", "attempts", "last asked", "what happened")
    table = Table(*(Column(header, overflow="fold") for header in headers), box=None, pad_edge=False)
    for request in open_store(current).requests.all(limit):
        table.add_row(
            _harmless(request.query[:60]),
            request.state.value,
            str(request.ask_count),
            str(request.attempts),
            f"{request.last_asked_at:%Y-%m-%d %H:%M:%S}",
            _harmless(request.error or ", ".join(request.artist_ids)),
        )
    out.print(table if table.row_count else "Nobody has asked for an artist the bot did not know.")


@store_app.command("copy")
def store_copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Address of a store, as SERVING_URL has it")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Address of an empty store, or a copy begun")],
) -> None:
    """Copy a store to another engine; go on where a copy was cut short; check counts and hashes."""
    from spotify_assets.core.store import open_at
    from spotify_assets.core.store.copying import Copied, copy

    def told(copied: Copied) -> None:
        counts = f"{copied.there.rows:>9,} rows, {copied.written:,} written"
        out.print(f"{copied.part.value:<13} {counts}, both {copied.there.hash}")

    old, new = open_at(source), open_at(target)
    try:
        copied = copy(old.contents, new.contents, told)
    finally:
        old.close()
        new.close()
    rows = sum(one.there.rows for one in copied)
    written = sum(one.written for one in copied)
    out.print(f"Copied: {rows:,} rows are the same in both stores, {written:,} were written")


@app.command(name="status")
def show_status() -> None:
    """Say where everything lies and how it stands."""
    current = settings()
    from spotify_assets.status import status

    lines = status(current)
    width = max(map(len, lines))
    for name, value in lines.items():
        _say(f"{name:<{width}}  {value}")


@app.command()
def rollback(
    snapshot: Annotated[
        str | None, typer.Argument(help="Snapshot id; default the one before the current")
    ] = None,
) -> None:
    """Republish an earlier snapshot: its documents to the store, then the pointer."""
    current = settings()
    from spotify_assets.defs.serving.rollback import roll_back

    restored = roll_back(current, snapshot, _say)
    out.print(f"Snapshot {restored.snapshot} of {restored.published_at[:19]} is current again")


@app.command()
def purge(
    source: Annotated[str | None, typer.Option(help="Remove every row of this source")] = None,
    expired: Annotated[bool, typer.Option("--expired", help="Remove rows past their expires_at")] = False,
) -> None:
    """Remove rows from disk for good: lake, quarantine, warehouse, snapshots; ends rollback past it."""
    if not source and not expired:
        raise typer.BadParameter("say what to remove: --expired, or --source NAME")
    current = settings()
    from spotify_assets.defs.serving.purge import purge as run_purge

    removed = run_purge(current, source, say=_say)
    out.print(
        f"{removed.rows_removed} rows are gone from {removed.files_rewritten + removed.files_deleted} files"
    )


@app.command()
def docs() -> None:
    """Write dbt's docs and say where they lie."""
    current = settings()
    from spotify_assets.defs.marts.dbt_run import generate_docs

    out.print(f"Open {generate_docs(current, _say)}")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
