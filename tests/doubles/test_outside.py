"""The four doubles start together, from a test or from the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.doubles.exchange import Request, Response
from tests.doubles.outside import OutsideWorld
from tests.doubles.reccobeats import ReccoBeatsDouble
from tests.doubles.world import World

ROOT = Path(__file__).resolve().parents[2]


def test_settings_lead_to_the_doubles(outside_world: OutsideWorld) -> None:
    env = outside_world.env
    assert env["SPOTIFY_API_URL"].endswith("/v1")
    token = requests.post(
        env["SPOTIFY_TOKEN_URL"],
        data={"grant_type": "client_credentials"},
        auth=(env["SPOTIFY_CLIENT_ID"], env["SPOTIFY_CLIENT_SECRET"]),
        timeout=60,
    )
    assert token.status_code == 200
    for name in ("RECCOBEATS_URL", "LISTENBRAINZ_URL", "MUSICBRAINZ_URL"):
        assert requests.get(env[name], timeout=60).status_code == 404
    assert outside_world.settings == {name.lower(): value for name, value in env.items()}


def test_a_double_that_breaks_fails_the_test(world: World) -> None:
    class Broken(ReccoBeatsDouble):
        def refusal(self, status: int, message: str, reason: str | None = None) -> Response:
            raise RuntimeError("not today")

    with pytest.raises(AssertionError, match="not today"), Broken(world) as double:
        assert requests.get(double.url, timeout=60).status_code == 500


def test_a_page_is_the_same_in_any_order_of_parameters() -> None:
    one, other = (Request.parse("GET", f"/v1/search?{q}", {}, b"") for q in ("q=a&limit=5", "limit=5&q=a"))
    assert one.page == other.page


def test_command_line_prints_what_to_export_and_stops_on_interrupt() -> None:
    ports = {f"DOUBLES_{name}_PORT": "0" for name in ("SPOTIFY", "RECCOBEATS", "LISTENBRAINZ", "MUSICBRAINZ")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.doubles"],
        cwd=ROOT,
        env=os.environ | ports | {"SPOTIFY_MODE": "extended"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    exports: dict[str, str] = {}
    for line in process.stdout:
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").strip().partition("=")
            exports[name] = value
        if "Ctrl-C" in line:
            break
    assert requests.get(exports["SPOTIFY_API_URL"], timeout=60).status_code == 401
    assert len(exports) == 8
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    process.stdout.close()


def test_command_line_says_which_variable_is_wrong() -> None:
    for wrong in ({"SPOTIFY_MODE": "best"}, {"DOUBLES_RECCOBEATS_PORT": "many"}):
        done = subprocess.run(
            [sys.executable, "-m", "tests.doubles"],
            cwd=ROOT,
            env=os.environ | wrong,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 2
        assert next(iter(wrong)) in done.stderr
