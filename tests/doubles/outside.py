"""All four doubles together, and the settings that lead to them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from tests.doubles.listenbrainz import ListenBrainzDouble
from tests.doubles.musicbrainz import MusicBrainzDouble
from tests.doubles.reccobeats import ReccoBeatsDouble
from tests.doubles.server import Double
from tests.doubles.spotify import SpotifyDouble
from tests.doubles.world import World

NO_PORTS: Mapping[str, int] = {}


class OutsideWorld:
    """Spotify, ReccoBeats, ListenBrainz and MusicBrainz over one world, while its `with` block lasts."""

    def __init__(
        self,
        world: World | None = None,
        *,
        musicbrainz_rate: float | None = None,
        ports: Mapping[str, int] = NO_PORTS,
        **spotify: Any,
    ) -> None:
        """Set all four up over `world`, by default the bundled sample.

        `spotify` goes to `SpotifyDouble`. MusicBrainz takes any number of calls a second unless
        `musicbrainz_rate` says otherwise; a test of the pace itself sets 1. `ports` by service name; 0 or
        absent is any free one.
        """
        self.world = world or World.from_sample()
        self.spotify = SpotifyDouble(self.world, port=ports.get("spotify", 0), **spotify)
        self.reccobeats = ReccoBeatsDouble(self.world, port=ports.get("reccobeats", 0))
        self.listenbrainz = ListenBrainzDouble(self.world, port=ports.get("listenbrainz", 0))
        self.musicbrainz = MusicBrainzDouble(
            self.world, rate=musicbrainz_rate, port=ports.get("musicbrainz", 0)
        )
        self._stack = ExitStack()

    @property
    def doubles(self) -> dict[str, Double]:
        """The four, by name."""
        return {
            "spotify": self.spotify,
            "reccobeats": self.reccobeats,
            "listenbrainz": self.listenbrainz,
            "musicbrainz": self.musicbrainz,
        }

    @property
    def env(self) -> dict[str, str]:
        """The settings that lead here."""
        return {
            "SPOTIFY_API_URL": self.spotify.api_url,
            "SPOTIFY_TOKEN_URL": self.spotify.token_url,
            "SPOTIFY_CLIENT_ID": self.spotify.client_id,
            "SPOTIFY_CLIENT_SECRET": self.spotify.client_secret,
            "RECCOBEATS_URL": self.reccobeats.url,
            "LISTENBRAINZ_URL": self.listenbrainz.url,
            "MUSICBRAINZ_URL": self.musicbrainz.url,
        }

    @property
    def settings(self) -> dict[str, str]:
        """The same by field name, for `load_settings(**outside_world.settings)`."""
        return {name.lower(): value for name, value in self.env.items()}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for double in self.doubles.values():
                stack.enter_context(double)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)
