"""Fixtures that any test may use."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from pathlib import Path

import hypothesis
import pytest

from spotify_assets.core.settings import PROJECT_ROOT, Settings
from tests import forked
from tests.once import made_once

NO_SETTINGS = {name.upper(): "" for name in Settings.names()}
"""As environment variables: every setting unset, whatever `.env` says."""

# Before anything reads settings: tests never touch a platform of the person who runs them.
os.environ.update(NO_SETTINGS)
HOME = tempfile.mkdtemp(prefix="spotify-assets-tests-")
os.environ["PLATFORM_HOME"] = HOME

# Tests may be started in the background, where a shell has programs ignore SIGINT; what they start must not.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Dagster and dbt make many objects and drop few: by default a fifth of the suite's time is spent on looking for some.
gc.set_threshold(*forked.SELDOM)

# The same examples every time, so that no change is blamed for what chance found; `--hypothesis-profile=anew` draws
# others, as the nightly tests do. How long an example takes says how busy the machine is.
PATIENT = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("same", PATIENT, derandomize=True)
hypothesis.settings.register_profile("anew", PATIENT)
hypothesis.settings.load_profile("same")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The directory of recorded data beside the project; tests that need it skip where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the recorded data in ../shared/data, which is not beside this checkout")
    return SHARED_DATA


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(HOME, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers, files with slow tests come first, so that none of them is begun at the end."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform of the bundled sample, built once for all tests, as the first refresh of an empty one does.

    Never changed: tests copy it, `copy_home(sample_home, home)`.
    """
    return made_once(tmp_path_factory, "sample", build_sample)


def build_sample(directory: Path) -> Path:
    """Build the platform of the bundled sample in this directory; return its home."""
    home = directory / "home"
    kept = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "TMPDIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    platform = {"PYTHONUTF8": "1", "PLATFORM_HOME": str(home)}
    done = forked.run(
        "spotify-assets", ["refresh", "aespa"], PROJECT_ROOT, {**environment, **NO_SETTINGS, **platform},
        directory / "said", timeout=800,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no fitted model yet: building everything" in done.stdout
    assert "aespa: answered, with 20 similar artists" in done.stdout
    return home
