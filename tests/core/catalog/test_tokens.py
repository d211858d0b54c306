"""Tokens are fetched once, renewed once, and complained about in words."""

import pytest

from spotify_assets.core.catalog import Parked
from spotify_assets.core.catalog.spotify import SpotifySource
from spotify_assets.core.errors import CatalogError
from tests.core.catalog.conftest import Reach
from tests.core.catalog.polite_calls import FAR_OFF, ids_of
from tests.doubles import OutsideWorld
from tests.doubles.faults import (
    token_expiry,
    too_many_requests,
)

pytestmark = pytest.mark.filterwarnings("ignore:You're using:DeprecationWarning")


@pytest.mark.parametrize("workers", [1, 4])
def test_a_token_that_expires_in_mid_run_is_renewed_once(
    outside_world: OutsideWorld, reach: Reach, workers: int
) -> None:
    spotify = SpotifySource(reach(outside_world, workers=workers))
    outside_world.spotify.faults.add(token_expiry(outside_world.spotify), endpoint="artist", nth=5)
    assert len(list(spotify.fetch("artists", ids_of(outside_world, 12)))) == 12
    assert outside_world.spotify.count("token") == 2
    assert 1 <= outside_world.spotify.count("artist", status=401) <= workers
    assert outside_world.spotify.duplicates() == {}


def test_a_token_is_fetched_once_for_all_threads(outside_world: OutsideWorld, reach: Reach) -> None:
    spotify = SpotifySource(reach(outside_world, workers=8))
    spotify._quota.learn("several artists", False)
    assert len(list(spotify.fetch("artists", ids_of(outside_world, 16)))) == 16
    assert outside_world.spotify.count("token") == 1


def test_tokens_that_are_never_good_are_an_error_and_no_endless_loop(
    outside_world: OutsideWorld, spotify: SpotifySource, artist_id: str
) -> None:
    outside_world.spotify.faults.add(token_expiry(outside_world.spotify), endpoint="artist")
    with pytest.raises(
        CatalogError, match=r"spotify refuses a call to artist \(401: The access token expired"
    ):
        spotify.artist(artist_id)
    assert (outside_world.spotify.count("artist"), outside_world.spotify.count("token")) == (3, 3)


def test_a_wrong_secret_is_told_by_the_names_of_the_settings(
    outside_world: OutsideWorld, reach: Reach, artist_id: str
) -> None:
    spotify = SpotifySource(reach(outside_world, spotify_client_secret="wrong-s3cret"))
    with pytest.raises(CatalogError, match=r"SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET .*Invalid") as error:
        spotify.artist(artist_id)
    assert "wrong-s3cret" not in str(error.value)


def test_a_token_endpoint_that_is_busy_parks_the_source(
    outside_world: OutsideWorld, spotify: SpotifySource, artist_id: str
) -> None:
    outside_world.spotify.faults.add(too_many_requests(FAR_OFF), endpoint="token")
    with pytest.raises(Parked, match="Retry-After 85771 s"):
        spotify.artist(artist_id)
