"""What the doubles' own tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.doubles.fixtures import outside_world, world
from tests.doubles.spotify import SpotifyDouble
from tests.doubles.world import World

__all__ = ["outside_world", "world"]


class Client:
    """A bare client of the Web API: one token, one session, nothing clever."""

    def __init__(self, spotify: SpotifyDouble) -> None:
        self.spotify = spotify
        self.session = requests.Session()
        self.authorise()

    def authorise(self) -> None:
        """Take a new token."""
        answer = self.session.post(
            self.spotify.token_url,
            data={"grant_type": "client_credentials"},
            auth=(self.spotify.client_id, self.spotify.client_secret),
            timeout=60,
        )
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **params: Any) -> requests.Response:
        """Ask for a page below `/v1`."""
        return self.session.get(f"{self.spotify.api_url}{path}", params=params, timeout=60)


@pytest.fixture
def development(world: World) -> Iterator[Client]:
    """A client of a development-mode app."""
    with SpotifyDouble(world, mode="development") as spotify:
        yield Client(spotify)


@pytest.fixture
def extended(world: World) -> Iterator[Client]:
    """A client of an old extended app that has kept everything."""
    with SpotifyDouble(world, mode="extended", legacy=True) as spotify:
        yield Client(spotify)
