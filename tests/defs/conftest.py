"""Platforms in a temporary directory, on the bundled sample, with a Dagster instance of their own."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from spotify_assets.defs.resources import Platform


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(overrides={"platform_home": str(tmp_path / "platform"), "catalog_source": "sample"})


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral
