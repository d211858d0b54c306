"""The `chatbot` command: one answer on the terminal, or the server.

Here: arguments, exit codes and starting the server. Not here: how an answer looks (`channels/cli.py`).
"""

from __future__ import annotations

import io
import json
import socket
import sys
import time
from contextlib import suppress
from typing import Annotated, Any, NoReturn

import typer

from chatbot.answer import Answer, Question
from spotify_assets.core.errors import PlatformError, SettingsError, StoreError
from spotify_assets.core.settings import settings
from spotify_assets.core.store import ServingStore, open_store

SECONDS_TO_START = 30
"""Within which a worker must show that it lives, or is started anew: on a busy machine it begins late."""

SECONDS_TO_FINISH = 4
"""How long requests in flight may take after SIGTERM."""

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _about() -> None:
    """Ask for artists and songs that sound alike."""


@app.command()
def ask(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="An artist, a song, or a question.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer's JSON and nothing else.")
    ] = False,
    cursor: Annotated[str | None, typer.Option(help="Go on from the cursor of an earlier answer.")] = None,
) -> None:
    """Answer one question on the terminal."""
    # Imported where they are used, so that `chatbot --help` need not wait for them.
    from chatbot.app import utc_now
    from chatbot.bot import Bot
    from chatbot.channels import cli
    from chatbot.live import live_of

    store = _store()
    began = time.perf_counter()
    try:
        bot = Bot(store, utc_now, live_of(settings(), store, utc_now), new_names=settings().new_names_per_day)
        question = cli.parse(" ".join(words or []), cursor)
        answer = bot.answer(question)
    except StoreError as error:
        _stop(error)
    finally:
        store.close()
    if as_json:
        plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
        typer.echo(json.dumps(answer.to_json(), ensure_ascii=plain))
    else:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A terminal without the letters shows a question mark rather than stopping half-way.
            sys.stdout.reconfigure(errors="replace")
        cli.show(answer, sys.stdout)
    _tell(question, answer, time.perf_counter() - began)


def _tell(question: Question, answer: Answer, seconds: float) -> None:
    """Tell the stream of events of this one turn; whatever hinders it, the answer stands."""
    from chatbot.app import utc_now
    from chatbot.identity import user_ids
    from chatbot.turns import Turns
    from spotify_assets.core.event_stream import open_stream

    try:
        stream = open_stream(settings())
        asker = question._replace(user=user_ids(settings()).of("terminal", question.user))
    except SettingsError as error:
        typer.echo(f"The answer stands, but no event tells of it: {error}", err=True)
        return
    if event := Turns().told(asker, answer, utc_now(), seconds):
        stream.emit(event)
    stream.close()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
) -> None:
    """Serve the web chat at / and the API at /v1/chat until SIGTERM or Ctrl-C."""
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from chatbot.app import become_server, make_app
    from chatbot.identity import user_ids
    from spotify_assets.core.event_stream import open_stream

    become_server()
    store = _store()
    try:
        # What every worker needs is looked at before the first one starts.
        user_ids(settings())
        open_stream(settings())
    except SettingsError as error:
        _stop(error)
    listening = _listen(host, port)
    port = listening.getsockname()[1]
    options: dict[str, Any] = {
        "log_config": None,  # the bot's own, one object of JSON a line
        "access_log": False,  # addresses hold what people asked
        "server_header": False,
        "timeout_graceful_shutdown": SECONDS_TO_FINISH,
        "timeout_worker_healthcheck": SECONDS_TO_START,
    }
    typer.echo(f"The chat is at http://{_shown(host)}:{port}/ (Ctrl-C stops it)", err=True)
    if workers == 1:
        server = uvicorn.Server(uvicorn.Config(make_app(store), **options))
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
    else:
        # Each worker opens a store of its own; this one was to see that it can be. The socket they share:
        # were it closed and another opened, somebody else could take the port in between.
        store.close()
        config = uvicorn.Config("chatbot.app:create", factory=True, workers=workers, **options)
        Multiprocess(config, sockets=[listening]).run()


def _store() -> ServingStore:
    try:
        return open_store(settings())
    except PlatformError as error:
        _stop(error)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, proto)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        # gaierror, too, is an OSError; its text says that the host has no address.
        _stop(
            StoreError(
                f"Cannot listen on {host} port {port} ({error.strerror}): "
                "stop what is using it, or choose another with --host and --port"
            )
        )
    return listening


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _stop(error: PlatformError) -> NoReturn:
    typer.echo(str(error), err=True)
    raise typer.Exit(2 if isinstance(error, SettingsError) else 1)


def main() -> None:
    """Run the command."""
    app()
