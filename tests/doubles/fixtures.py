"""Fixtures over the doubles; a conftest that needs them imports them by name.

from tests.doubles.fixtures import outside_world, world
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.outside import OutsideWorld
from tests.doubles.world import World


@pytest.fixture(scope="session")
def world() -> World:
    """The bundled sample as a world; it never changes."""
    return World.from_sample()


@pytest.fixture
def outside_world(world: World) -> Iterator[OutsideWorld]:
    """All four services over the sample; Spotify in development mode, MusicBrainz without a pace."""
    with OutsideWorld(world) as outside:
        yield outside
