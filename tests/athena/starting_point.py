"""What both engines begin with: a platform that DuckDB has built, to be copied."""

from __future__ import annotations

from pathlib import Path

import pytest

import spotify_assets.sample
from tests.conftest import SHARED_DATA
from tests.dbt.conftest import Built, built_once

CI_SAMPLE = SHARED_DATA / "ci_sample"


def starting_point(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """300 recorded artists, or the bundled sample where they are absent."""
    if CI_SAMPLE.is_dir():
        return built_once(tmp_path_factory, "recorded", CI_SAMPLE)
    return built_once(tmp_path_factory, "bundled", Path(spotify_assets.sample.__file__).parent)
