"""Homes that dbt has built: each is built once and shared, since every run of dbt takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.once import made_once

from .catalogue import draw
from .platform import Platform, day

MODEL = "m20261101T120000Z-0001"


WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
"""For all catalogues but the drawn one: unit tests do not read any."""


def nothing_more(platform: Platform) -> None:
    """Observe nothing beside the catalogue."""


class Built:
    """A home, the catalogue in its lake and the model it was built with."""

    def __init__(
        self,
        home: Path,
        tables: dict[str, pa.Table],
        observe_more: Callable[[Platform], None] = nothing_more,
        *options: str,
    ) -> None:
        self.platform = Platform(home)
        self.tables = tables
        self.platform.observe_catalogue(tables, day(1))
        self.platform.observe_moods(tables)
        observe_more(self.platform)
        self.breakpoints: dict[str, np.ndarray] = self.platform.fit_model(MODEL, tables)
        self.log = self.platform.dbt("build", *options).stdout


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The drawn catalogue, fully built."""
    return made_once(tmp_path_factory, "drawn", lambda home: Built(home, draw()))


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Built:
    """300 real artists, fully built."""
    return built_once(tmp_path_factory, "recorded", shared_data / "ci_sample")


def built_once(tmp_path_factory: pytest.TempPathFactory, name: str, directory: Path) -> Built:
    """The catalogue of a directory, fully built."""
    tables = {path.stem: pq.read_table(path) for path in sorted(directory.glob("*.parquet"))}
    return made_once(
        tmp_path_factory, name, lambda home: Built(home, tables, nothing_more, *WITHOUT_UNIT_TESTS)
    )
