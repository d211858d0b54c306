"""Dagster as it runs in AWS is Dagster as it runs on one machine, but for where things are kept."""

from __future__ import annotations

import re

import yaml

from spotify_assets.core.settings import PROJECT_ROOT

DEPLOY = PROJECT_ROOT / "deploy" / "dagster"


def test_production_differs_from_one_machine_in_where_things_are_kept() -> None:
    there, here = (yaml.safe_load((place / "dagster.yaml").read_text()) for place in (DEPLOY, PROJECT_ROOT))
    differing = {name for name in there.keys() | here.keys() if there.get(name) != here.get(name)}
    assert differing == {"storage", "compute_logs", "local_artifact_storage", "run_monitoring"}


def test_every_variable_of_the_example_is_wanted_and_the_other_way_round() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    needed, named = set(re.findall(r"\$\{(\w+):\?", text)), set(re.findall(r"\$\{(\w+)", text))
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    example = dict(line.split("=", 1) for line in lines if line[0] != "#")
    assert needed <= example.keys() <= named
    assert all(example[name] for name in needed)
    assert example["DAGSTER_POSTGRES_URL"].startswith("postgresql+psycopg2://")
