"""The live sources by name. A new one is a file beside this one and a line below."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from spotify_assets.core.catalog import LiveSource
from spotify_assets.core.catalog.access import Access
from spotify_assets.core.catalog.listenbrainz import ListenBrainzSource
from spotify_assets.core.catalog.musicbrainz import MusicBrainzSource
from spotify_assets.core.catalog.reccobeats import ReccoBeatsSource
from spotify_assets.core.catalog.spotify import SpotifySource

FACTORIES: Mapping[str, Callable[[Access], LiveSource]] = {
    "spotify": SpotifySource,
    "reccobeats": ReccoBeatsSource,
    "listenbrainz": ListenBrainzSource,
    "musicbrainz": MusicBrainzSource,
}
"""What makes a source of each name."""
