"""A dbt that is killed, or finds its disk full, half-way through the songs' lists leaves the old ones; the next mends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.homes import copy_home

from .conftest import Built
from .platform import PROJECT, Platform

pytestmark = pytest.mark.nightly

ROOT = PROJECT.parent
BUILD = (
    "build", "--select", "track_similarity", "--exclude-resource-type", "unit_test",
    "--vars", json.dumps({"songs_a_part": 150, "similar_tracks": 7}),
)  # fmt: skip
"""Lists of seven instead of ten, so that the old are told from the new."""

SECOND_PART = r"insert into .*track_similarity"
CHECKS = r"as test_id.*track_similarity_one_row"


@pytest.fixture(scope="module")
def whole(drawn: Built, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The drawn catalogue, built, for this module alone."""
    home = tmp_path_factory.mktemp("unlucky") / "home"
    copy_home(drawn.platform.home, home)
    return Platform(home)


def unlucky(platform: Platform, misfortune: str, pattern: str) -> subprocess.CompletedProcess[str]:
    scratch = str(platform.home / "dbt")
    places = (
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", scratch,
        "--log-path", scratch, "--log-level-file", "none", "--no-use-colors",
    )  # fmt: skip
    command = [sys.executable, "-m", "tests.dbt.unlucky", misfortune, pattern, *BUILD, *places]
    environment = {"PATH": os.environ["PATH"], "PLATFORM_HOME": str(platform.home)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=800, check=False
    )


def tables(platform: Platform) -> list[tuple[str]]:
    return platform.query("select table_name from information_schema.tables order by 1")


def longest_list(platform: Platform) -> int:
    ((longest,),) = platform.query("select max(rank) from track_similarity")
    return int(longest)


@pytest.mark.parametrize(
    ("misfortune", "pattern"), [("killed", SECOND_PART), ("killed", CHECKS), ("full", SECOND_PART)]
)
def test_the_old_lists_stay_and_nothing_half_made_is_there(
    whole: Platform, misfortune: str, pattern: str
) -> None:
    before, lists = tables(whole), whole.query("from track_similarity order by all")
    done = unlucky(whole, misfortune, pattern)
    assert done.returncode == (-signal.SIGKILL if misfortune == "killed" else 1), done.stdout + done.stderr
    assert ("File too large" in done.stdout) == (misfortune == "full"), done.stdout
    assert tables(whole) == before
    assert whole.query("from track_similarity order by all") == lists
    assert longest_list(whole) == 10


def test_the_next_build_makes_them(whole: Platform, tmp_path: Path) -> None:
    done = whole.dbt(*BUILD)
    assert "ERROR=0" in done.stdout
    assert longest_list(whole) == 7
