"""What numpy makes on DuckDB is what Athena's SQL makes: cells, and lists of artists who look into a few of them.

That everybody is compared with everybody alike is shown where both engines build the project (tests/athena).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spotify_assets.defs.marts.similarity_fit import PROBES
from tests.homes import copy_home

from .catalogue import draw
from .conftest import Built
from .platform import Platform

pytestmark = pytest.mark.slow

MODELS = (
    "int_artist_changes",
    "int_artist_placed",
    "int_artist_cells",
    "int_artist_neighbours",
    "artist_similarity",
    "int_artist_similarity_basis",
)
VERSION = "m20261105T120000Z-0002"
Rows = dict[str, list[tuple[Any, ...]]]


def lists(platform: Platform, *args: str, **variables: str) -> Rows:
    """Make the lists of similar artists, and return the rows of what they are made by."""
    platform.dbt("run", *args, "--select", *MODELS, "int_artist_similarity_scope", **variables)
    return rows(platform)


def rows(platform: Platform) -> Rows:
    """Return the rows of what the lists of similar artists are made by."""
    contents = platform.contents()
    return {name: contents[name] for name in MODELS}


@dataclass(frozen=True)
class InCells:
    """The drawn catalogue with a model by which artists look into 16 of 31 cells; its lists by numpy, then by SQL."""

    platform: Platform
    in_numpy: Rows
    in_sql: Rows


@pytest.fixture(scope="module")
def in_cells(drawn: Built, tmp_path_factory: pytest.TempPathFactory) -> InCells:
    platform = Platform(tmp_path_factory.mktemp("in-cells") / "home")
    copy_home(drawn.platform.home, platform.home)
    platform.fit_model(VERSION, draw(), probes=PROBES)
    platform.dbt("run")
    return InCells(platform, rows(platform), lists(platform, "--vars", "{lists_in_sql: true}"))


def move(home: Path) -> None:
    """Let artists change places, be listed no more, vanish and come."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute(
            "create temp table moved as select artist_id, lead(vector, 7) over by_id as vector,"
            " lead(span, 7) over by_id as span, lead(lacking, 7) over by_id as lacking from int_artist_points"
            " window by_id as (order by artist_id)"
        )
        warehouse.execute(
            "update int_artist_points as p set vector = m.vector, span = m.span, lacking = m.lacking, digest = 'moved'"
            " from moved as m where p.artist_id = m.artist_id and p.artist_id in ('a0011', 'a0102', 'a0203')"
        )
        warehouse.execute(
            "update int_artist_points set is_listed = false, digest = 'hidden' where artist_id = 'a0031'"
        )
        warehouse.execute("delete from int_artist_points where artist_id = 'a0053'")


def test_cells_and_lists_are_alike(in_cells: InCells) -> None:
    assert len(in_cells.in_numpy["artist_similarity"]) > 4000
    assert in_cells.in_sql == in_cells.in_numpy


def test_a_refresh_ends_where_a_build_from_nothing_ends(in_cells: InCells) -> None:
    platform, before = in_cells.platform, in_cells.in_sql
    move(platform.home)
    refreshed = lists(platform, DBT_REFRESH="true")
    from_nothing = lists(platform, "--vars", "{lists_in_sql: true}")
    assert refreshed["artist_similarity"] == from_nothing["artist_similarity"] != before["artist_similarity"]
    assert refreshed["int_artist_cells"] == from_nothing["int_artist_cells"]
    owners = {row[0] for row in refreshed["int_artist_neighbours"]}
    assert {"a0011", "a0102", "a0203"} < owners
    assert len(owners) < len({row[0] for row in refreshed["artist_similarity"]})
