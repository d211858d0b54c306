"""Fixtures for the lake: an empty one, and a small dataset on disk."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.storage import LocalStorage

from .examples import SMALL_DATASET, rows


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    # Under a hidden directory, as the default PLATFORM_HOME is.
    return Lake(LocalStorage(tmp_path / ".platform" / "lake"))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A directory with four artists, one of them without songs."""
    directory = tmp_path / "dataset"
    directory.mkdir()
    for table, records in SMALL_DATASET.items():
        pq.write_table(rows(table, *records), directory / f"{table}.parquet")
    return directory
