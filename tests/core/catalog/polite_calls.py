"""Whom the tests of politeness ask about, and what they count."""

from spotify_assets.core.catalog import Subject
from tests.doubles import OutsideWorld

FAR_OFF = 85_771


def ids_of(outside: OutsideWorld, number: int) -> list[Subject]:
    """So many artists of the world, with their names."""
    artists = sorted(outside.world.artists.values(), key=lambda artist: artist.id)[:number]
    return [Subject(artist.id, artist.name) for artist in artists]


def counts(outside: OutsideWorld) -> tuple[int, int]:
    """How often artists were asked for, and how often that was answered well."""
    return outside.spotify.count("artist"), outside.spotify.count("artist", status=200)
