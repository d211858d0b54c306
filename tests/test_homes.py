"""A copy of a home is dbt's as the home itself is: parsed already, and of its own lake."""

from __future__ import annotations

from pathlib import Path

from spotify_assets.core.settings import load_settings
from spotify_assets.defs.marts.dbt_project import dbt_environment
from tests.dbt.platform import run_dbt
from tests.homes import PARSED, copy_home


def test_in_a_copy_dbt_parses_only_what_names_the_place(sample_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    copy_home(sample_home, home)
    variables = dbt_environment(load_settings(platform_home=str(home)))
    said = run_dbt("parse", scratch=home, variables=variables).stdout
    assert "Unable to do partial parsing" not in said
    parsed = (home / PARSED).read_bytes()
    assert str(home / "lake").encode() in parsed
    assert str(sample_home).encode() not in parsed
