"""No secret and no token in any log, message or error, at any level."""

import base64
import logging
import traceback
from dataclasses import asdict

import pytest

from spotify_assets.core.catalog import Subject
from spotify_assets.core.catalog.live import LiveCatalog
from spotify_assets.core.catalog.spotify import SpotifySource
from spotify_assets.core.errors import PlatformError
from spotify_assets.core.store.sql import SqlStore
from tests.core.catalog.conftest import Clock, Reach
from tests.doubles import OutsideWorld
from tests.doubles.faults import (
    bad_gateway,
    cut_off,
    html_page,
    premium_lapse,
    quota_exceeded,
    token_expiry,
    truncated_json,
)


def secrets_of(outside: OutsideWorld) -> list[str]:
    """All that must never be seen: the app's secret, its Basic header, and every token that was sent."""
    spotify = outside.spotify
    basic = base64.b64encode(f"{spotify.client_id}:{spotify.client_secret}".encode()).decode()
    tokens = {call.headers["authorization"].split()[-1] for call in spotify.calls}
    return [spotify.client_secret, basic, *tokens, *{token[:20] for token in tokens if len(token) > 20}]


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every logger at DEBUG, spotipy's and urllib3's by name."""
    caplog.set_level(logging.DEBUG)
    for name in ("spotipy", "spotipy.client", "spotipy.oauth2", "urllib3", "requests", "sqlalchemy"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def assert_nothing_told(outside: OutsideWorld, text: str) -> None:
    secrets = secrets_of(outside)
    assert len(secrets) >= 3
    assert [secret for secret in secrets if secret in text] == []


@pytest.mark.filterwarnings("ignore:You're using:DeprecationWarning")
def test_a_run_with_everything_logged_tells_no_secret(
    outside_world: OutsideWorld, reach: Reach, everything_logged, capfd
) -> None:
    live = LiveCatalog(reach(outside_world, workers=2))
    outside_world.spotify.faults.add(token_expiry(outside_world.spotify), endpoint="search", nth=2)
    outside_world.spotify.faults.add(bad_gateway(), endpoint="artist", nth=2)
    live.find_artists("shinee")
    [spotify] = live.sources_for("tracks")
    subjects = [Subject(artist.id, artist.name) for artist in list(outside_world.world.artists.values())[:6]]
    for topic in ("artists", "tracks"):
        assert len(list(spotify.fetch(topic, subjects))) == 6
    logged = "\n".join(f"{entry.name} {entry.getMessage()}" for entry in everything_logged.records)
    assert "urllib3.connectionpool" in logged  # what was to be logged was
    assert_nothing_told(outside_world, logged + "".join(capfd.readouterr()))


@pytest.mark.parametrize(
    ("fault", "endpoint"),
    [
        (truncated_json(0.9), "token"),
        (truncated_json(0.3), "token"),
        (cut_off(60), "token"),
        (html_page(), "token"),
        (bad_gateway(), "token"),
        (quota_exceeded(), "artist"),
        (premium_lapse(), "artist"),
        (bad_gateway(), "artist"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_an_error_tells_no_secret(
    outside_world: OutsideWorld, spotify: SpotifySource, everything_logged, fault, endpoint
) -> None:
    outside_world.spotify.faults.add(fault, endpoint=endpoint)
    with pytest.raises(PlatformError) as error:
        spotify.artist(outside_world.world.named("ABBA").id)
    told = "".join(traceback.format_exception(error.value)) + repr(error.value)
    logged = "\n".join(entry.getMessage() for entry in everything_logged.records)
    text = told + logged
    assert "BQ" not in text  # every token of the double's begins so
    assert outside_world.spotify.client_secret not in text


def test_settings_and_sources_show_no_secret(outside_world: OutsideWorld, reach: Reach) -> None:
    access = reach(outside_world)
    shown = f"{access!r} {access.settings!r} {SpotifySource(access)!r} {asdict(access.patience)}"
    assert outside_world.spotify.client_secret not in shown


def test_nothing_secret_is_kept_in_the_store_or_on_disk(
    outside_world: OutsideWorld, spotify: SpotifySource, store: SqlStore, clock: Clock, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outside_world.spotify.faults.add(premium_lapse(), endpoint="search")
    spotify.artist(outside_world.world.named("ABBA").id)
    with pytest.raises(PlatformError):
        spotify.find_artists("ABBA")
    assert store.sources.cooldowns(clock.now) != []
    store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"premium" in kept
    assert_nothing_told(outside_world, kept.decode("latin-1"))
    assert not (tmp_path / ".cache").exists()
