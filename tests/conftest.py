"""Fixtures that any test may use."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

# Before anything reads settings: tests never touch a platform of the person who runs them.
for _name in ("LAKE_URI", "SERVING_URL", "CATALOG_SOURCE", "CATALOG_DATASET", "ROSTER_SIZE", "DBT_TARGET"):
    os.environ.pop(_name, None)
os.environ["PLATFORM_HOME"] = tempfile.mkdtemp(prefix="spotify-assets-tests-")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The directory of recorded data beside the project; tests that need it skip where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the recorded data in ../shared/data, which is not beside this checkout")
    return SHARED_DATA
