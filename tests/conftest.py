"""Fixtures that any test may use."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from spotify_assets.core.settings import PROJECT_ROOT, Settings

NO_SETTINGS = {name.upper(): "" for name in Settings.model_fields}
"""As environment variables: every setting unset, whatever `.env` says."""

# Before anything reads settings: tests never touch a platform of the person who runs them.
os.environ.update(NO_SETTINGS)
os.environ["PLATFORM_HOME"] = tempfile.mkdtemp(prefix="spotify-assets-tests-")

# Tests may be started in the background, where a shell has programs ignore SIGINT; what they start must not.
signal.signal(signal.SIGINT, signal.default_int_handler)

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
        env={**environment, **NO_SETTINGS, "PYTHONUTF8": "1", "PLATFORM_HOME": str(home)},
        cwd=PROJECT_ROOT, capture_output=True, text=True, encoding="utf-8", timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no fitted model yet: building everything" in done.stdout
    assert "aespa: answered, with 20 similar artists" in done.stdout
    return home
