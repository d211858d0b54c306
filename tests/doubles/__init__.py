"""The outside world, played by servers on loopback: Spotify, ReccoBeats, ListenBrainz and MusicBrainz.

Here: doubles that speak the real protocol, answer from one small world of music and refuse what the real
services refuse. Not here: anything that reaches into the code under test, which meets a double only through
its settings. `python -m tests.doubles` starts all four on fixed ports.
"""

from tests.doubles.listenbrainz import ListenBrainzDouble
from tests.doubles.musicbrainz import MusicBrainzDouble
from tests.doubles.outside import OutsideWorld
from tests.doubles.reccobeats import ReccoBeatsDouble
from tests.doubles.spotify import SpotifyDouble
from tests.doubles.world import World

__all__ = [
    "ListenBrainzDouble",
    "MusicBrainzDouble",
    "OutsideWorld",
    "ReccoBeatsDouble",
    "SpotifyDouble",
    "World",
]
