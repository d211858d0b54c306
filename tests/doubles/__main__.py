"""Start all four doubles on fixed ports, print the settings that lead to them, run until Ctrl-C.

SPOTIFY_MODE=extended DOUBLES_SPOTIFY_PORT=8701 python -m tests.doubles
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from tests.doubles.outside import OutsideWorld

PORTS = {"spotify": 8701, "reccobeats": 8702, "listenbrainz": 8703, "musicbrainz": 8704}
MODES = ("development", "extended")


def main() -> int:
    """Serve until interrupted; return 0, or 2 where a variable is wrong or a port is taken."""
    mode = os.environ.get("SPOTIFY_MODE", MODES[0])
    if mode not in MODES:
        print(f"SPOTIFY_MODE={mode}: development or extended is allowed", file=sys.stderr)
        return 2
    try:
        ports = {
            name: int(os.environ.get(f"DOUBLES_{name.upper()}_PORT", port)) for name, port in PORTS.items()
        }
        outside = OutsideWorld(
            ports=ports, musicbrainz_rate=1.0, mode=mode, legacy=os.environ.get("SPOTIFY_LEGACY") == "1"
        )
    except (ValueError, OSError, OverflowError) as error:
        variables = ", ".join(f"DOUBLES_{name.upper()}_PORT" for name in PORTS)
        print(f"The doubles cannot listen ({error}): set {variables} to free ports", file=sys.stderr)
        return 2
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with outside:
        print(f"# Spotify in {mode} mode, ReccoBeats, ListenBrainz, MusicBrainz over the bundled sample")
        print("export CATALOG_SOURCE=spotify")
        for name, value in outside.env.items():
            print(f"export {name}={value}")
        print("# until Ctrl-C", flush=True)
        done.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
