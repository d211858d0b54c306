"""Spotify as a source, for new and for old apps, over HTTP."""

from collections import Counter

import pytest

from spotify_assets.core.catalog import Fetched, NotOffered, Subject
from spotify_assets.core.catalog.spotify import SpotifySource, artist_id_in
from spotify_assets.core.errors import SettingsError
from spotify_assets.core.records import ArtistExternalId
from spotify_assets.core.store import Urgency
from tests.core.catalog.conftest import Reach
from tests.doubles import OutsideWorld, World
from tests.doubles.exchange import Response
from tests.doubles.faults import Fault

pytestmark = pytest.mark.filterwarnings("ignore:You're using:DeprecationWarning")

UNKNOWN = "0000000000000000000000"


def subject(world: World, name: str) -> Subject:
    return Subject(world.named(name).id, name)


def fetched(source: SpotifySource, topic, *subjects: Subject) -> list[Fetched]:
    return list(source.fetch(topic, subjects))


def rows(answers: list[Fetched], table: str) -> list:
    return [row for answer in answers for row in answer.records.get(table, ())]


def answering(body: dict) -> Fault:
    """Let the double answer with this, as it stands."""
    return Fault("as told", lambda service, genuine: Response.json(body))


# What a call costs


def test_a_known_artist_costs_a_new_app_two_calls(
    outside_world: OutsideWorld, spotify: SpotifySource, world: World
) -> None:
    fetched(spotify, "tracks", subject(world, "ABBA"))  # finds out that top tracks are closed
    outside_world.spotify.forget_calls()
    beatles = subject(world, "The Beatles")
    fetched(spotify, "artists", beatles)
    fetched(spotify, "tracks", beatles)
    assert [call.endpoint for call in outside_world.spotify.calls] == ["artist", "search"]


def test_a_name_that_is_asked_for_the_first_time_costs_a_new_app_four_calls_at_most(
    outside_world: OutsideWorld, reach: Reach
) -> None:
    """On an empty store, so that even finding out what is closed is among them."""
    spotify = SpotifySource(reach(outside_world, urgency=Urgency.ASKED))
    [match] = [match for match in spotify.find_artists("The Beatles") if match.exact]
    found = Subject(match.artist.artist_id, match.artist.name)
    fetched(spotify, "artists", found)
    fetched(spotify, "tracks", found)
    calls = Counter(call.endpoint for call in outside_world.spotify.calls)
    assert calls == {"token": 1, "search": 2, "artist": 1, "top_tracks": 1}


def test_an_app_that_may_asks_for_fifty_artists_in_one_call(extended: OutsideWorld, reach: Reach) -> None:
    spotify = SpotifySource(reach(extended))
    artists = [Subject(id) for id in list(extended.world.artists)[:120]]
    answers = fetched(spotify, "artists", *artists)
    assert {row.artist_id for row in rows(answers, "artists")} == {one.id for one in artists}
    assert extended.spotify.count("artists") == 3
    assert extended.spotify.count("artist") == 0


def test_every_call_names_market_and_language(
    outside_world: OutsideWorld, extended: OutsideWorld, reach: Reach, world: World
) -> None:
    for outside in (outside_world, extended):
        spotify = SpotifySource(reach(outside, spotify_market="JP", spotify_language="ja"))
        spotify.find_artists("The Beatles")
        fetched(spotify, "artists", subject(world, "ABBA"), subject(world, "Queen"))
        fetched(spotify, "tracks", subject(world, "ABBA"))
        assert outside.spotify.without_market == []
        assert outside.spotify.without_language == []
        languages = {c.headers.get("accept-language") for c in outside.spotify.calls if c.method == "GET"}
        assert languages == {"ja"}


def test_names_are_in_the_pinned_language(outside_world: OutsideWorld, reach: Reach, world: World) -> None:
    aespa = subject(world, "aespa")
    korean = fetched(SpotifySource(reach(outside_world)), "artists", aespa)
    english = fetched(SpotifySource(reach(outside_world, spotify_language="en")), "artists", aespa)
    assert [rows(answers, "artists")[0].name for answers in (korean, english)] == ["에스파", "aespa"]


# Artists


def test_a_new_app_is_told_no_popularity_and_no_followers_which_is_not_zero(
    spotify: SpotifySource, world: World
) -> None:
    artists = [Subject(id) for id in list(world.artists)[:40]]
    found = rows(fetched(spotify, "artists", *artists), "artists")
    assert {(row.followers, row.popularity) for row in found} == {(None, None)}
    by_shape = {(world.artists[row.artist_id].genres_shape, row.genres is None) for row in found}
    assert {shape for shape, is_none in by_shape if is_none} >= {"null", "absent", "empty"}
    assert ("list", False) in by_shape


def test_an_extended_app_gets_all_columns(extended: OutsideWorld, reach: Reach, world: World) -> None:
    beatles = world.named("The Beatles")
    [row] = rows(fetched(SpotifySource(reach(extended)), "artists", Subject(beatles.id)), "artists")
    assert (row.followers, row.popularity) == (beatles.followers, beatles.popularity)
    assert row.genres == list(beatles.genres)


@pytest.mark.parametrize("mode", ["development", "extended"])
def test_dead_ids_are_observed_as_such_and_cost_nobody_else(
    mode: str, outside_world: OutsideWorld, extended: OutsideWorld, reach: Reach, world: World
) -> None:
    spotify = SpotifySource(reach(extended if mode == "extended" else outside_world))
    dead = [*world.dead_artists[:2], UNKNOWN, "smp-artist-17", "x" * 23]
    alive = list(world.artists)[:3]
    answers = fetched(spotify, "artists", *[Subject(id) for id in [*dead, *alive]])
    assert sorted(id for answer in answers for id in answer.subjects) == sorted([*dead, *alive])
    assert {row.artist_id for row in rows(answers, "artists")} == set(alive)
    assert [answer.rejected for answer in answers if answer.rejected] == []


@pytest.mark.parametrize("mode", ["development", "extended"])
def test_an_id_that_leads_to_another_artist_is_dead_and_says_where_it_led(
    mode: str, outside_world: OutsideWorld, extended: OutsideWorld, reach: Reach, world: World
) -> None:
    spotify = SpotifySource(reach(extended if mode == "extended" else outside_world))
    old, new = next((old, new) for old, new in world.redirects.items() if new in world.artists)
    answers = fetched(spotify, "artists", Subject(old), Subject(next(iter(world.artists))))
    [moved] = [answer for answer in answers if old in answer.subjects]
    assert moved.subjects == (old,)
    assert [row.artist_id for row in moved.records["artists"]] == [new]
    assert moved.records["artist_ids"] == [ArtistExternalId(old, "spotify", new)]
    assert all("artist_ids" not in answer.records for answer in answers if answer is not moved)


def test_an_artist_that_is_malformed_is_rejected_and_is_not_dead(
    outside_world: OutsideWorld, spotify: SpotifySource, world: World
) -> None:
    id = world.named("ABBA").id
    outside_world.spotify.faults.add(
        answering({"id": id, "name": "ABBA", "popularity": "x"}), endpoint="artist"
    )
    [answer] = fetched(spotify, "artists", Subject(id))
    assert answer.subjects == ()
    assert [(one.table, one.reason) for one in answer.rejected] == [
        ("artists", "popularity is a text, not a number")
    ]


def test_a_batch_that_comes_short_or_in_another_order_is_joined_by_id(
    extended: OutsideWorld, reach: Reach, world: World
) -> None:
    ids = list(world.artists)[:3]
    items = [{"id": id, "name": "n", "type": "artist"} for id in (ids[2], ids[0])]
    extended.spotify.faults.add(answering({"artists": items}), endpoint="artists")
    answers = fetched(SpotifySource(reach(extended)), "artists", *[Subject(id) for id in ids])
    assert {row.artist_id for row in rows(answers, "artists")} == {ids[0], ids[2]}
    assert [set(answer.subjects) for answer in answers] == [set(ids)]
    assert "artist_ids" not in answers[0].records


# Tracks


def test_a_new_apps_top_tracks_come_from_a_search_and_say_so(spotify: SpotifySource, world: World) -> None:
    queen = subject(world, "Queen")
    [answer] = fetched(spotify, "tracks", queen)
    assert answer.via == "track search"
    top, tracks = answer.records["artist_top_tracks"], answer.records["tracks"]
    assert [row.rank for row in top] == list(range(1, len(top) + 1))
    assert [row.track_id for row in top] == [row.track_id for row in tracks]
    real = [track.id for track in world.tracks_of(queen.id)]
    places = [real.index(row.track_id) for row in top]
    assert places == sorted(places)
    credited = {row.track_id for row in answer.records["track_artists"] if row.artist_id == queen.id}
    assert credited == {row.track_id for row in tracks}


def test_where_there_are_top_tracks_they_are_asked_for(
    extended: OutsideWorld, reach: Reach, world: World
) -> None:
    [answer] = fetched(SpotifySource(reach(extended)), "tracks", subject(world, "Queen"))
    assert (answer.via, extended.spotify.count("top_tracks"), extended.spotify.count("search")) == ("", 1, 0)
    assert all(row.popularity is not None for row in answer.records["tracks"])


@pytest.mark.parametrize("mode", ["development", "extended"])
def test_a_recording_is_kept_once_however_many_editions_there_are(
    mode: str, outside_world: OutsideWorld, extended: OutsideWorld, reach: Reach, world: World
) -> None:
    outside = extended if mode == "extended" else outside_world
    spotify = SpotifySource(reach(outside))
    with_editions = 0
    for artist in list(world.artists.values())[:40]:
        [answer] = fetched(spotify, "tracks", Subject(artist.id, artist.name))
        isrcs = [row.isrc for row in answer.records["tracks"]]
        titles = [(row.name.split(" - ")[0], row.duration_ms) for row in answer.records["tracks"]]
        assert len(set(isrcs)) == len(isrcs)
        assert len(set(titles)) == len(titles)
        editions = Counter(track.isrc for track in world.tracks_of(artist.id)[:10])
        with_editions += max(editions.values(), default=0) > 1
        assert {row.track_id for row in answer.records["track_artists"]} == {
            row.track_id for row in answer.records["tracks"]
        }
    assert with_editions > 0  # or this would show nothing


def test_of_two_artists_of_one_name_each_gets_their_own_tracks(
    outside_world: OutsideWorld, spotify: SpotifySource, world: World
) -> None:
    names = Counter(artist.name for artist in world.artists.values() if world.tracks_of(artist.id))
    name = next(name for name, number in names.items() if number > 1)
    namesakes = [artist for artist in world.artists.values() if artist.name == name]
    for artist in namesakes:
        [answer] = fetched(spotify, "tracks", Subject(artist.id, artist.name))
        theirs = {track.id for track in world.tracks_of(artist.id)}
        assert {row.track_id for row in answer.records["tracks"]} <= theirs
        assert bool(answer.records["tracks"]) == bool(theirs)


def test_an_artist_behind_a_better_known_namesake_is_looked_for_on_a_second_page(
    outside_world: OutsideWorld, spotify: SpotifySource, world: World
) -> None:
    beatles = subject(world, "The Beatles")
    other = {"id": "o" * 22, "name": "Song", "artists": [{"id": "n" * 22, "name": "The Beatles"}]}
    page = {"tracks": {"items": [other], "next": "http://next", "total": 30}}
    outside_world.spotify.faults.add(answering(page), endpoint="search", nth=1)
    fetched(spotify, "tracks", beatles)
    offsets = [call.query["offset"] for call in outside_world.spotify.calls if call.endpoint == "search"]
    assert offsets == [["0"], ["10"]]


def test_an_artist_without_tracks_has_an_empty_list(
    extended: OutsideWorld, outside_world: OutsideWorld, reach: Reach, world: World
) -> None:
    silent = next(artist for artist in world.artists.values() if not world.tracks_of(artist.id))
    for outside in (outside_world, extended):
        [answer] = fetched(SpotifySource(reach(outside)), "tracks", Subject(silent.id, silent.name))
        assert answer.subjects == (silent.id,)
        assert answer.records["artist_top_tracks"] == []


def test_an_artist_whose_name_is_not_known_is_looked_up_first(spotify: SpotifySource, world: World) -> None:
    answers = fetched(spotify, "tracks", Subject(world.named("ABBA").id))
    assert [row.name for row in rows(answers, "artists")] == ["ABBA"]
    assert rows(answers, "artist_top_tracks")
    dead = fetched(spotify, "tracks", Subject(UNKNOWN))
    assert [(answer.subjects, sum(map(len, answer.records.values()))) for answer in dead] == [
        ((UNKNOWN,), 0),
        ((UNKNOWN,), 0),
    ]


def test_a_name_with_quotes_and_line_breaks_cannot_leave_its_search(
    outside_world: OutsideWorld, spotify: SpotifySource, world: World
) -> None:
    hostile = 'A" OR year:1900-2026 artist:"Queen\n' + "x" * 500
    fetched(spotify, "tracks", Subject(world.named("ABBA").id, hostile))
    [searched] = {c.query["q"][0] for c in outside_world.spotify.calls if c.endpoint == "search"}
    assert searched.startswith('artist:"A OR year:1900-2026 artist: Queen x')
    assert (searched.count('"'), searched.endswith('"')) == (2, True)
    assert len(searched) < 220


def test_an_artist_all_of_whose_tracks_are_malformed_has_no_empty_list(
    outside_world: OutsideWorld, spotify: SpotifySource, world: World
) -> None:
    outside_world.spotify.faults.add(answering({"tracks": {"items": [{"id": 3}]}}), endpoint="search")
    [answer] = fetched(spotify, "tracks", subject(world, "ABBA"))
    assert answer.subjects == ()
    assert [one.reason for one in answer.rejected] == ["track_id is a number, not a text"]


def test_an_answer_of_another_shape_is_an_error_not_an_empty_list(
    outside_world: OutsideWorld, spotify: SpotifySource, world: World
) -> None:
    outside_world.spotify.faults.add(answering({"artists": {"items": []}}), endpoint="search")
    with pytest.raises(Exception, match="Spotify's answer about tracks cannot be read: tracks is missing"):
        fetched(spotify, "tracks", subject(world, "ABBA"))


# Audio features and related artists


def test_audio_features_of_an_old_app_come_a_hundred_at_a_time_with_holes_observed(
    legacy: OutsideWorld, reach: Reach, world: World
) -> None:
    without = [id for id, track in world.tracks.items() if track.features is None][:3]
    tracks = [*without, *list(world.tracks)[:150], *world.dead_tracks[:2]]
    answers = fetched(SpotifySource(reach(legacy)), "audio_features", *[Subject(id) for id in tracks])
    assert legacy.spotify.count("audio_features_several") == 2
    assert sorted(id for answer in answers for id in answer.subjects) == sorted(tracks)
    with_features = {id for id in tracks if id in world.tracks and world.tracks[id].features}
    assert {row.track_id for row in rows(answers, "audio_features")} == with_features
    assert len(without) == 3


def test_audio_features_are_of_the_track_that_was_asked_for(
    legacy: OutsideWorld, reach: Reach, world: World
) -> None:
    moved = {old: new for old, new in world.redirects.items() if new in world.tracks}
    old = next(old for old, new in moved.items() if world.tracks[new].features)
    [row] = rows(fetched(SpotifySource(reach(legacy)), "audio_features", Subject(old)), "audio_features")
    assert row.track_id == old


def test_related_artists_of_an_old_app_are_ranked(legacy: OutsideWorld, reach: Reach, world: World) -> None:
    queen = subject(world, "Queen")
    spotify = SpotifySource(reach(legacy))
    [answer] = fetched(spotify, "related_artists", queen)
    related = answer.records["related_artists"]
    assert [row.rank for row in related] == list(range(1, len(related) + 1))
    assert all(row.related_id in world.artists and row.score is None for row in related)
    [dead] = fetched(spotify, "related_artists", Subject(UNKNOWN))
    assert (dead.subjects, dead.records["related_artists"]) == ((UNKNOWN,), [])


@pytest.mark.parametrize("topic", ["audio_features", "related_artists", "artist_tags", "artist_ids"])
def test_what_is_not_offered_is_said_so(spotify: SpotifySource, world: World, topic) -> None:
    with pytest.raises(NotOffered, match=f"spotify does not offer {topic} to this app"):
        fetched(spotify, topic, subject(world, "Queen"))


def test_asking_about_nobody_asks_nobody(outside_world: OutsideWorld, spotify: SpotifySource) -> None:
    assert fetched(spotify, "artists") == []
    assert fetched(spotify, "audio_features") == []
    assert outside_world.spotify.count() == 0


def test_without_an_app_there_is_no_spotify(outside_world: OutsideWorld, reach: Reach) -> None:
    access = reach(outside_world, catalog_source="sample", spotify_client_id=None)
    with pytest.raises(SettingsError, match="SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET"):
        SpotifySource(access)


# What people paste


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("6YVMFz59CuY7ngCxTxjpxE", ("6YVMFz59CuY7ngCxTxjpxE", False)),
        (" 6YVMFz59CuY7ngCxTxjpxE\n", ("6YVMFz59CuY7ngCxTxjpxE", False)),
        ("https://open.spotify.com/artist/6YVMFz59CuY7ngCxTxjpxE", ("6YVMFz59CuY7ngCxTxjpxE", True)),
        (
            "http://open.spotify.com/intl-ko/artist/6YVMFz59CuY7ngCxTxjpxE?si=a#b",
            ("6YVMFz59CuY7ngCxTxjpxE", True),
        ),
        ("open.spotify.com/artist/6YVMFz59CuY7ngCxTxjpxE/discography", ("6YVMFz59CuY7ngCxTxjpxE", True)),
        ("spotify:artist:6YVMFz59CuY7ngCxTxjpxE", ("6YVMFz59CuY7ngCxTxjpxE", True)),
        ("https://open.spotify.com/track/6YVMFz59CuY7ngCxTxjpxE", None),
        ("https://open.spotify.com.evil.example/artist/6YVMFz59CuY7ngCxTxjpxE", None),
        ("https://open.spotify.com/artist/short", None),
        ("spotify:artist:6YVMFz59CuY7ngCxTxjpxE extra", None),
        ("aespa", None),
        ("", None),
    ],
)
def test_a_pasted_artist_is_recognised(text: str, found) -> None:
    assert artist_id_in(text) == found
