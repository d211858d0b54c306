"""Checks are asked together, once for each model, and told apart as if each had been asked by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from .platform import Platform

DIMENSION = "dim_artists"
FAILS = "dim_artists_within_bounds"
PASS = ("dim_artists_one_row_per_artist", "dim_artists_have_names")
Outcomes = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A lake in which one artist is more popular than anybody can be."""
    platform = Platform(tmp_path_factory.mktemp("broken"))
    platform.observe_catalogue({}, datetime(2026, 11, 1, tzinfo=UTC))
    rows = [
        {"artist_id": name, "name": name, "popularity": points} for name, points in (("a", 1), ("b", 101))
    ]
    platform.observe("artists", rows, datetime(2026, 11, 2, tzinfo=UTC))
    return platform


@pytest.fixture(scope="module")
def together(broken: Platform) -> Outcomes:
    """What became of each node of a build that meets it."""
    models = (f"+{DIMENSION}", "dim_artist_aliases", "int_artist_facts", "int_artist_points")
    broken.dbt("build", "--select", *models, ok=False)
    return outcomes(broken)


def outcomes(platform: Platform) -> Outcomes:
    """The results of the last run, by name."""
    results = json.loads((platform.home / "dbt" / "run_results.json").read_text())["results"]
    return {one["unique_id"].split(".")[2]: one for one in results}


def test_a_check_that_fails_is_named_and_the_others_pass(together: Outcomes) -> None:
    assert (together[FAILS]["status"], together[FAILS]["failures"]) == ("fail", 1)
    assert [together[name]["status"] for name in PASS] == ["pass"] * len(PASS)


def test_they_were_asked_together(together: Outcomes) -> None:
    told = [together[name]["adapter_response"]["_message"] for name in (FAILS, *PASS)]
    assert told == ["checked with others"] * 3


def test_asked_by_themselves_they_say_the_same(broken: Platform, together: Outcomes) -> None:
    broken.dbt(
        "test", "--select", f"{DIMENSION},test_name:within", f"{DIMENSION},test_name:one_row_per", ok=False
    )
    alone = outcomes(broken)
    assert alone.keys() >= {FAILS, PASS[0]}
    for name, outcome in alone.items():
        assert (outcome["status"], outcome["failures"]) == (
            together[name]["status"],
            together[name]["failures"],
        )
        assert outcome["adapter_response"].get("_message") != "checked with others"


def test_what_failed_is_stored_where_that_is_wanted(broken: Platform, together: Outcomes) -> None:
    broken.dbt("build", "--select", DIMENSION, "--store-failures", ok=False)
    assert broken.query(f"from main_dbt_test__audit.{FAILS}") == [(101, None)]
