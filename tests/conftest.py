"""Fixtures that any test may use."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

# Before anything reads settings: tests never touch a platform of the person who runs them.
for _name in ("LAKE_URI", "SERVING_URL", "CATALOG_SOURCE", "CATALOG_DATASET", "ROSTER_SIZE", "DBT_TARGET"):
    os.environ.pop(_name, None)
os.environ["PLATFORM_HOME"] = tempfile.mkdtemp(prefix="spotify-assets-tests-")

PROJECT_ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The directory of recorded data beside the project; tests that need it skip where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the recorded data in ../shared/data, which is not beside this checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform of the bundled sample, built once for all tests, as the first refresh of an empty one does.

    Never changed: tests copy it, `shutil.copytree(sample_home, home, symlinks=True)`.
    """
    home = tmp_path_factory.mktemp("built") / "sample"
    kept = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "TMPDIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    done = subprocess.run(
        [Path(sys.executable).with_name("spotify-assets"), "refresh", "aespa"],
        env={**environment, "PYTHONUTF8": "1", "PLATFORM_HOME": str(home)},
        cwd=PROJECT_ROOT, capture_output=True, text=True, encoding="utf-8", timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no fitted model yet: building everything" in done.stdout
    assert "aespa: answered, with 20 similar artists" in done.stdout
    return home
