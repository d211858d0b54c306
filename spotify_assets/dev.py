"""`make dev`: Dagster's UI on :3000 and the bot on :8000, until Ctrl-C."""

import argparse
import signal
import sys
import time
from types import FrameType

from rich.console import Console

from spotify_assets.core.errors import PlatformError
from spotify_assets.core.settings import PROJECT_ROOT, load_settings
from spotify_assets.processes import Guarded, program, require_free_port
from spotify_assets.runs import prepare_dagster_home

HOST = "127.0.0.1"
out = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Serve both until Ctrl-C, SIGTERM, or until one of them ends."""
    parser = argparse.ArgumentParser(prog="make dev", description=__doc__)
    parser.add_argument("--dagster-port", type=int, default=3000)
    parser.add_argument("--bot-port", type=int, default=8000)
    ports = parser.parse_args()
    try:
        sys.exit(serve(ports.dagster_port, ports.bot_port))
    except PlatformError as error:
        out.print(str(error), style="red", markup=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        out.print("stopped")


def serve(dagster_port: int, bot_port: int) -> int:
    """Start both servers and wait; return 1 when one ended by itself.

    Raises:
        PlatformError: a port is taken or PLATFORM_HOME cannot be written.
    """
    settings = load_settings()
    another = "make dev OPTIONS='{} {}'"
    require_free_port(HOST, dagster_port, "Dagster's UI", another.format("--dagster-port", dagster_port + 1))
    require_free_port(HOST, bot_port, "the bot", another.format("--bot-port", bot_port + 1))
    prepare_dagster_home(settings)
    signal.signal(signal.SIGTERM, _interrupt)
    dagster = [
        program("dagster"), "dev", "--workspace", str(PROJECT_ROOT / "workspace.yaml"),
        "--host", HOST, "--port", str(dagster_port),
    ]  # fmt: skip
    bot = [program("chatbot"), "serve", "--host", HOST, "--port", str(bot_port)]
    with Guarded(dagster, {}) as ui, Guarded(bot, {}) as chat:
        out.print(f"Dagster http://{HOST}:{dagster_port}   bot http://{HOST}:{bot_port}   Ctrl-C stops both")
        while ui.exit_code is None and chat.exit_code is None:
            time.sleep(0.5)
        name, code = ("Dagster", ui.exit_code) if ui.exit_code is not None else ("The bot", chat.exit_code)
        out.print(f"{name} ended with {code}; stopping the other", style="red")
        return 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
