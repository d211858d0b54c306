"""The sources together: whom a name means, who is asked for what, and the settings that say so."""

from collections import Counter

import pytest

from spotify_assets.core.catalog import ArtistMatch, Parked
from spotify_assets.core.catalog.live import LiveCatalog
from spotify_assets.core.errors import SettingsError
from spotify_assets.core.settings import load_settings
from tests.core.catalog.conftest import Reach
from tests.doubles import OutsideWorld, World
from tests.doubles.exchange import Response
from tests.doubles.faults import Fault, bad_gateway, too_many_requests


def found(live: LiveCatalog, query: str) -> list[tuple[str, bool]]:
    return [(match.artist.name, match.exact) for match in live.find_artists(query)]


def answering(body: dict) -> Fault:
    """Let the double answer with this, as it stands."""
    return Fault("as told", lambda service, genuine: Response.json(body))


# Names


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("에스파", "aespa"),
        ("샤이니", "SHINee"),
        ("shinee", "SHINee"),
        ("ＳＨＩＮｅｅ", "SHINee"),
        ("The  Beatles", "The Beatles"),
        ("the beatles!", "The Beatles"),
        ("방탄소년단", "BTS"),
        ("방탄 소년단", "BTS"),
        ("bts", "BTS"),
    ],
)
def test_a_name_in_any_spelling_is_exactly_one_artist(
    live: LiveCatalog, outside_world: OutsideWorld, world: World, query: str, name: str
) -> None:
    exact = [match.artist.artist_id for match in live.find_artists(query) if match.exact]
    assert exact == [world.named(name).id]
    assert outside_world.spotify.count(path="/v1/") <= 2


def test_exact_matches_come_first_and_tell_the_name_that_matched(live: LiveCatalog) -> None:
    first, *others = live.find_artists("shinee")
    assert (first.artist.name, first.matched, first.exact) == ("샤이니", "SHINee", True)
    assert not any(match.exact for match in others)


def test_where_spotify_shows_the_very_name_nobody_else_is_asked(
    live: LiveCatalog, outside_world: OutsideWorld
) -> None:
    live.find_artists("에스파")
    assert (outside_world.spotify.count("search"), outside_world.musicbrainz.count()) == (1, 0)


def test_artists_of_one_name_are_all_exact_so_that_somebody_chooses(live: LiveCatalog, world: World) -> None:
    names = Counter(artist.name for artist in world.artists.values())
    name = next(name for name, number in names.items() if number > 1)
    exact = [match.artist.artist_id for match in live.find_artists(name) if match.exact]
    assert len(exact) == names[name]
    assert {world.artists[id].name for id in exact} == {name}


def test_what_spotify_matched_but_nobody_confirms_is_plausible_only(
    live: LiveCatalog, outside_world: OutsideWorld
) -> None:
    near = [{"id": "a" * 22, "name": "Pinkie"}, {"id": "b" * 22, "name": "Pink Sweat$"}]
    outside_world.spotify.faults.add(answering({"artists": {"items": near}}), endpoint="search")
    assert found(live, "핑클스") == [("Pinkie", False), ("Pink Sweat$", False)]


def test_an_alias_that_only_musicbrainz_knows_finds_the_artist(
    live: LiveCatalog, outside_world: OutsideWorld, world: World
) -> None:
    """Spotify's search finds others for it, so that the page in MusicBrainz leads to the artist."""
    aliases = [
        (alias.name, artist)
        for artist in world.artists.values()
        for alias in artist.aliases
        if alias.kind == "alias" and artist.in_musicbrainz and not world.find_artists(alias.name)
    ]
    alias, artist = aliases[0]
    [match] = live.find_artists(alias)
    assert (match.artist.artist_id, match.matched, match.exact) == (artist.id, alias, True)
    assert outside_world.spotify.count(path="/v1/") == 2


@pytest.mark.parametrize("fault", [bad_gateway(), too_many_requests(3600)], ids=lambda fault: fault.name)
def test_without_musicbrainz_what_spotify_found_is_still_offered(
    live: LiveCatalog, outside_world: OutsideWorld, fault: Fault
) -> None:
    outside_world.musicbrainz.faults.add(fault)
    assert found(live, "shinee") == [("샤이니", False)]
    assert found(live, "샤이니") == [("샤이니", True)]


def test_without_musicbrainz_nobody_is_said_not_to_exist(
    live: LiveCatalog, outside_world: OutsideWorld
) -> None:
    outside_world.musicbrainz.faults.add(too_many_requests(3600))
    with pytest.raises(Parked, match="musicbrainz is parked until"):
        live.find_artists("투바투")


def test_a_parked_spotify_is_said_so_not_taken_for_nobody(
    live: LiveCatalog, outside_world: OutsideWorld
) -> None:
    outside_world.spotify.faults.add(too_many_requests(3600), endpoint="search")
    for _ in range(2):
        with pytest.raises(Parked, match="spotify is parked until"):
            live.find_artists("shinee")


@pytest.mark.parametrize("query", ["", "   ", "\u200b", "no artist has this name", '"', "*:*", "a" * 5000])
def test_a_name_that_means_nobody_finds_nobody(live: LiveCatalog, query: str) -> None:
    assert live.find_artists(query) == []


def test_no_more_matches_than_wanted_are_returned(live: LiveCatalog) -> None:
    assert len(live.find_artists("The Beatles", limit=1)) == 1
    assert live.find_artists("The Beatles", limit=0) == []
    assert len(live.find_artists("shinee", limit=50)) >= 1


@pytest.mark.parametrize(
    "shape",
    [
        "{id}",
        " {id} ",
        "https://open.spotify.com/artist/{id}",
        "https://open.spotify.com/intl-ko/artist/{id}?si=3f2a",
        "spotify:artist:{id}",
    ],
)
def test_a_pasted_id_or_link_is_that_artist(
    live: LiveCatalog, outside_world: OutsideWorld, world: World, shape: str
) -> None:
    beatles = world.named("The Beatles")
    [match] = live.find_artists(shape.format(id=beatles.id))
    assert (match.artist.artist_id, match.artist.name, match.exact) == (beatles.id, "The Beatles", True)
    assert outside_world.spotify.count(path="/v1/") == 1


def test_a_pasted_id_that_moved_is_the_artist_it_leads_to(live: LiveCatalog, world: World) -> None:
    old, new = next((old, new) for old, new in world.redirects.items() if new in world.artists)
    assert [match.artist.artist_id for match in live.find_artists(f"spotify:artist:{old}")] == [new]


def test_a_dead_link_is_nobody_and_a_dead_id_may_still_be_a_name(
    live: LiveCatalog, outside_world: OutsideWorld, world: World
) -> None:
    dead = world.dead_artists[0]
    assert live.find_artists(f"https://open.spotify.com/artist/{dead}") == []
    assert outside_world.spotify.count("search") == 0
    assert live.find_artists(dead) == []
    assert outside_world.spotify.count("search") == 1


# Who is asked


def names_for(live: LiveCatalog, topic) -> list[str]:
    return [source.name for source in live.sources_for(topic)]


def test_each_topic_has_its_sources_in_the_configured_order(
    outside_world: OutsideWorld, reach: Reach
) -> None:
    usual = LiveCatalog(reach(outside_world))
    assert names_for(usual, "artists") == names_for(usual, "tracks") == ["spotify"]
    assert names_for(usual, "artist_ids") == names_for(usual, "artist_tags") == ["musicbrainz"]
    assert names_for(usual, "audio_features") == ["spotify", "reccobeats"]
    assert names_for(usual, "related_artists") == ["listenbrainz", "spotify"]
    chosen = LiveCatalog(
        reach(outside_world, audio_features_sources="reccobeats, spotify", related_sources="off")
    )
    assert names_for(chosen, "audio_features") == ["reccobeats", "spotify"]
    assert names_for(chosen, "related_artists") == []
    assert outside_world.spotify.count() == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"audio_features_sources": "spotfy"}, "AUDIO_FEATURES_SOURCES: spotfy is no source of audio feat"),
        ({"related_sources": "reccobeats"}, "RELATED_SOURCES: reccobeats is no source of related artists"),
    ],
)
def test_a_source_that_cannot_be_asked_is_refused_at_the_start(
    outside_world: OutsideWorld, reach: Reach, settings: dict, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        LiveCatalog(reach(outside_world, **settings))


def test_one_source_is_one_object_for_all_its_topics(live: LiveCatalog) -> None:
    [ids], [tags] = live.sources_for("artist_ids"), live.sources_for("artist_tags")
    assert ids is tags


def test_a_match_is_what_the_bot_and_the_commands_know(live: LiveCatalog) -> None:
    assert live.source == "spotify"
    assert all(isinstance(match, ArtistMatch) for match in live.find_artists("ABBA"))


# Settings


def test_spotify_without_an_app_is_refused_with_the_names_of_what_is_missing() -> None:
    for given in ({}, {"spotify_client_id": "a"}, {"spotify_client_secret": "b"}):
        with pytest.raises(SettingsError, match="needs SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET"):
            load_settings(catalog_source="spotify", **given)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"spotify_market": "korea"}, "SPOTIFY_MARKET=korea: a country's code of two capital letters"),
        ({"spotify_language": "한국어"}, "SPOTIFY_LANGUAGE=한국어: a language"),
        ({"spotify_daily_budget": "0"}, "SPOTIFY_DAILY_BUDGET=0: "),
        ({"spotify_api_url": "http://127.0.0.1:1/v2"}, "SPOTIFY_API_URL: the address must end in /v1"),
        ({"musicbrainz_url": "musicbrainz.org"}, "MUSICBRAINZ_URL: an http:// or https:// address"),
        ({"musicbrainz_contact": "me"}, "MUSICBRAINZ_CONTACT=me: an e-mail or https:// address"),
        ({"related_sources": "a,,b"}, "RELATED_SOURCES=a,,b: names of sources, each once"),
        ({"related_sources": "a,a"}, "RELATED_SOURCES=a,a: names of sources, each once"),
        ({"refresh_after_days": "artists=0"}, "REFRESH_AFTER_DAYS=artists=0: 'artists=0' is not TABLE=DAYS"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_name(setting: dict, message: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(**setting)
    assert str(error.value).startswith(message)


def test_refresh_ages_are_read_on_top_of_the_defaults() -> None:
    ages = load_settings(refresh_after_days="artists=2,audio_features=9").refresh_after_days
    assert (ages["artists"], ages["audio_features"], ages["tracks"]) == (2, 9, 7)
