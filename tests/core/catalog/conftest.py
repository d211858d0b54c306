"""The live sources over the doubles: what is between them is HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spotify_assets.core.catalog.access import Access
from spotify_assets.core.catalog.http import Patience
from spotify_assets.core.catalog.listenbrainz import ListenBrainzSource
from spotify_assets.core.catalog.live import LiveCatalog
from spotify_assets.core.catalog.musicbrainz import MusicBrainzSource
from spotify_assets.core.catalog.reccobeats import ReccoBeatsSource
from spotify_assets.core.catalog.spotify import SpotifySource
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store.sql import SqlStore
from tests.doubles import OutsideWorld, World
from tests.doubles.fixtures import outside_world, world

__all__ = ["outside_world", "world"]

BRISK = Patience(deadline=30, connect=10, read=10, backoff=0.02)
"""As patient as a test on a busy machine: faults are met as often, waits between them are short."""

HASTY = replace(BRISK, read=1)
"""For what is never answered."""


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


Reach = Callable[..., Access]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """An empty store."""
    opened = SqlStore(f"sqlite:///{tmp_path / 'serving.db'}")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reach(store: SqlStore, clock: Clock) -> Reach:
    """How the code under test reaches a world: `reach(outside_world, spotify_daily_budget=3, workers=1)`."""

    def reach(outside: OutsideWorld, *, workers: int = 1, patience: Patience = BRISK, **more) -> Access:
        of_access = {name: more.pop(name) for name in ("urgency",) if name in more}
        usual = {"catalog_source": "spotify", "musicbrainz_interval": 0, **outside.settings}
        settings = load_settings(**{**usual, **more})
        return Access(settings, store.sources, patience=patience, workers=workers, clock=clock, **of_access)

    return reach


@pytest.fixture
def spotify(outside_world: OutsideWorld, reach: Reach) -> SpotifySource:
    """Spotify as a new app reaches it, one question at a time."""
    return SpotifySource(reach(outside_world))


@pytest.fixture
def reccobeats(outside_world: OutsideWorld, reach: Reach) -> ReccoBeatsSource:
    return ReccoBeatsSource(reach(outside_world))


@pytest.fixture
def musicbrainz(outside_world: OutsideWorld, reach: Reach) -> MusicBrainzSource:
    return MusicBrainzSource(reach(outside_world))


@pytest.fixture
def listenbrainz(outside_world: OutsideWorld, reach: Reach) -> ListenBrainzSource:
    return ListenBrainzSource(reach(outside_world))


@pytest.fixture
def artist_id(outside_world: OutsideWorld) -> str:
    return outside_world.world.named("The Beatles").id


@pytest.fixture
def live(outside_world: OutsideWorld, reach: Reach) -> LiveCatalog:
    """All the sources together, for a new app."""
    return LiveCatalog(reach(outside_world))


@pytest.fixture
def extended(world: World) -> Iterator[OutsideWorld]:
    """The services as an app with extended quota sees them, without audio features."""
    with OutsideWorld(world, mode="extended") as outside:
        yield outside


@pytest.fixture
def legacy(world: World) -> Iterator[OutsideWorld]:
    """The services as an old app sees them, which keeps everything."""
    with OutsideWorld(world, mode="extended", legacy=True) as outside:
        yield outside
