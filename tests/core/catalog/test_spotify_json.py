"""Reading Spotify's JSON: every recorded response, and what recorded responses happen not to show."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.core.catalog import spotify_json
from spotify_assets.core.catalog.answers import Meaning, judge
from spotify_assets.core.catalog.from_json import Malformed
from spotify_assets.core.records import TABLES
from tests.core.catalog.any_response import contents

ARTIST = {"id": "7Ln80lUS6He07XvHI8qqHH", "name": "Arctic Monkeys", "type": "artist"}
CREDIT = {"id": "7Ln80lUS6He07XvHI8qqHH", "name": "Arctic Monkeys"}
TRACK = {"id": "3jfr0TF6DQcOLat8gGn7E2", "name": "Do I Wanna Know?", "artists": [CREDIT]}


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> dict[str, dict]:
    """Every recorded response by the name of its file."""
    files = sorted((shared_data / "api_fixtures").glob("*.json"))
    assert len(files) == 44
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def test_every_recorded_response_is_read_whole(recorded: dict[str, dict]) -> None:
    """Of each kind, as many records as the response has items; nothing is rejected."""
    seen: dict[str, int] = {}
    for name, response in recorded.items():
        if response["status"] == 401:
            verdict = judge(401, {}, json.dumps(response["body"]).encode())
            assert (verdict.meaning, verdict.reason) == (
                Meaning.UNAUTHORISED,
                "401: The access token expired",
            )
            continue
        found = contents(response["body"])
        assert found.rejected == [], name
        counts = {
            kind: len(getattr(found, kind)) for kind in ("artists", "tracks", "credits", "audio_features")
        }
        seen[response["kind"]] = seen.get(response["kind"], 0) + sum(counts.values())
        assert len(found.artists) == _items(response["body"], "artists"), name
        assert len({c.track_id for c in found.credits}) == len(found.tracks), name
    without_records = {kind for kind, records in seen.items() if not records}
    assert without_records == {"artist-albums"}  # a list of albums without their tracks


def _items(body: dict, name: str) -> int:
    found = body.get(name) if body.get("type") not in ("album", "track") else None
    if body.get("type") == "artist":
        return 1
    items = found["items"] if isinstance(found, dict) else found
    return len([item for item in items or [] if item is not None])


def test_recorded_values_keep_the_promises_of_the_records(recorded: dict[str, dict]) -> None:
    for response in recorded.values():
        if response["status"] == 401:
            continue
        found = contents(response["body"])
        for table, records in (("artists", found.artists), ("tracks", found.tracks)):
            for column in TABLES[table].columns:
                values = [asdict(one)[column.name] for one in records]
                assert not column.required or all(values), (table, column.name)


def test_a_recorded_artist_is_read_column_by_column(recorded: dict[str, dict]) -> None:
    [artist] = contents(recorded["zmb3__find_artist"]["body"]).artists
    assert asdict(artist) == {
        "artist_id": "0TnOYISbd1XYRBk9myaseg",
        "name": "Pitbull",
        "followers": 2265279,
        "popularity": 97,
        "genres": None,
        "image_url": "https://i.scdn.co/image/b648bc1dbd4e85a4f176543e84537994500a9803",
    }


def test_whole_numbers_that_came_as_floats_are_whole(recorded: dict[str, dict]) -> None:
    [as_floats] = contents(recorded["zmb3__find_track_with_floats"]["body"]).tracks
    [as_integers] = contents(recorded["zmb3__find_track"]["body"]).tracks
    assert as_floats == as_integers
    assert isinstance(as_floats.duration_ms, int)
    related = contents(recorded["zmb3__related_artists_with_floats"]["body"]).artists
    assert related == contents(recorded["zmb3__related_artists"]["body"]).artists
    assert all(isinstance(artist.followers, int) for artist in related)


def test_a_null_track_in_a_recorded_list_is_skipped(recorded: dict[str, dict]) -> None:
    body = recorded["zmb3__find_tracks_notfound"]["body"]
    assert None in body["tracks"]
    found = contents(body)
    assert (len(found.tracks), found.rejected) == (1, [])


def test_tracks_of_an_album_carry_the_album(recorded: dict[str, dict]) -> None:
    found = contents(recorded["rspotify__album_find_5bU1XKYxHhEwukllT20xtk_market_ES"]["body"])
    assert {(t.album_name, t.release_date, t.release_date_precision) for t in found.tracks} == {
        ("AM", "2013-09-09", "day")
    }
    assert len(found.tracks) == 12
    assert [credit.position for credit in found.credits if credit.track_id == found.tracks[0].track_id] == [0]


@pytest.mark.parametrize("genres", [{}, {"genres": None}, {"genres": []}])
def test_what_a_development_app_is_not_told_is_unknown_never_zero(genres: dict) -> None:
    artist = spotify_json.artist({**ARTIST, **genres, "images": []})
    assert (artist.followers, artist.popularity, artist.genres, artist.image_url) == (None,) * 4
    track = spotify_json.track(TRACK)
    assert (track.popularity, track.explicit, track.duration_ms, track.isrc) == (None,) * 4


@pytest.mark.parametrize("followers", [None, {"href": None, "total": None}, {}])
def test_followers_without_a_number_are_unknown(followers: dict | None) -> None:
    assert spotify_json.artist({**ARTIST, "followers": followers}).followers is None


@pytest.mark.parametrize(
    ("images", "largest"),
    [
        ([("a", 64, 64), ("b", 640, 640), ("c", 300, 300)], "b"),
        ([("a", 1000, 1500), ("b", 1200, 900)], "a"),
        ([("a", None, None), ("b", None, None)], "a"),
        ([("a", None, None), ("b", 64, 64)], "b"),
        ([], None),
    ],
)
def test_the_largest_image_is_chosen(images: list, largest: str | None) -> None:
    told = [{"url": url, "width": width, "height": height} for url, width, height in images]
    assert spotify_json.artist({**ARTIST, "images": told}).image_url == largest


@pytest.mark.parametrize(
    ("date", "precision", "read"),
    [
        ("1965", "year", ("1965", "year")),
        ("1965-01-01", "year", ("1965", "year")),
        ("1981-12", "month", ("1981-12", "month")),
        ("2013-09-09", "day", ("2013-09-09", "day")),
        ("2013-09", "day", ("2013-09", "month")),
        ("2013-09-09", None, ("2013-09-09", "day")),
        ("0000", "year", (None, None)),
        ("", "day", (None, None)),
        (None, None, (None, None)),
    ],
)
def test_a_release_date_is_as_exact_as_it_is_known(date, precision, read) -> None:
    album = {"id": "a", "release_date": date, "release_date_precision": precision}
    track = spotify_json.track({**TRACK, "album": album})
    assert (track.release_date, track.release_date_precision) == read


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"id": None}, "track_id is missing"),
        ({"name": ""}, "name is missing"),
        ({"name": 7}, "name is a number, not a text"),
        ({"popularity": 101}, "popularity is out of range"),
        ({"popularity": "high"}, "popularity is a text, not a number"),
        ({"duration_ms": 1.5}, "duration_ms is not a whole number"),
        ({"duration_ms": 10**400}, "duration_ms is not a finite number"),
        ({"explicit": 1}, "explicit is a number, not true or false"),
        ({"album": [1]}, "the item is a list, not an object"),
        ({"album": {"release_date": "May"}}, "release_date is none of YYYY, YYYY-MM and YYYY-MM-DD"),
        ({"album": {"release_date": "2013", "release_date_precision": "era"}}, "release_date_precision is"),
        ({"album": {"images": {"url": "x"}}}, "images is not a list"),
        ({"artists": []}, "artists is empty"),
        ({"artists": None}, "artists is missing, not a list"),
        ({"artists": [{"id": None}]}, "artist_id is missing"),
        ({"external_ids": "USUM7"}, "external_ids is a text, not an object"),
    ],
)
def test_a_malformed_track_is_rejected_with_the_reason_and_the_rest_is_kept(fault, reason) -> None:
    item = {**TRACK, **fault}
    found = spotify_json.tracks([item, None, {**TRACK, "id": "other"}])
    assert [track.track_id for track in found.tracks] == ["other"]
    [rejected] = found.rejected
    assert rejected.table == "tracks"
    assert rejected.reason.startswith(reason)
    assert json.loads(rejected.item) == item


@pytest.mark.parametrize("item", [[], "x", 3, True])
def test_an_item_that_is_no_object_is_rejected(item) -> None:
    for found in (spotify_json.artists([item])[1], spotify_json.tracks([item]).rejected):
        [rejected] = found
        assert "not an object" in rejected.reason


def test_a_track_told_twice_is_read_once_and_an_artist_credited_twice_counts_once() -> None:
    found = spotify_json.tracks([{**TRACK, "artists": [CREDIT, CREDIT, {"id": "b"}]}, TRACK])
    assert len(found.tracks) == 1
    assert [(c.artist_id, c.position) for c in found.credits] == [(CREDIT["id"], 0), ("b", 1)]


def test_audio_features_may_have_holes() -> None:
    found = spotify_json.audio_features({"id": "t", "tempo": 0, "key": -1, "energy": None})
    assert (found.tempo, found.key, found.energy, found.time_signature) == (0.0, -1, None, None)


def test_half_a_character_is_rejected_in_a_way_that_can_be_stored() -> None:
    item = json.loads(json.dumps({**ARTIST, "name": "\ud83d"}))
    found, [rejected] = spotify_json.artists([item, ARTIST])
    assert (len(found), rejected.reason) == (1, "name holds half a character")
    assert rejected.item.encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FULL = {
    **TRACK,
    "album": {"id": "a", "name": "A", "release_date": "2013", "release_date_precision": "year", "images": []},
    "external_ids": {"isrc": "I"},
    "popularity": 3,
}


@given(where=st.sampled_from([*FULL, *(("album", name) for name in FULL["album"])]), found=JSON)
def test_whatever_stands_anywhere_an_item_is_read_or_rejected(where, found) -> None:
    item = (
        {**FULL, where: found}
        if isinstance(where, str)
        else {**FULL, "album": {**FULL["album"], where[1]: found}}
    )
    read = spotify_json.tracks([item])
    assert len(read.tracks) + len(read.rejected) == 1


@given(item=JSON)
def test_whatever_comes_in_place_of_an_item_is_skipped_or_rejected(item) -> None:
    artists, rejected = spotify_json.artists([item])
    assert (artists, len(rejected)) == ([], 0 if item is None else 1)


@given(credits=JSON, images=JSON, followers=JSON)
def test_whatever_stands_in_lists_and_objects_an_item_is_read_or_rejected(credits, images, followers) -> None:
    assert len(spotify_json.tracks([{**TRACK, "artists": [credits]}]).rejected) <= 1
    artists, rejected = spotify_json.artists([{**ARTIST, "images": [images], "followers": followers}])
    assert len(artists) + len(rejected) == 1


@pytest.mark.parametrize("body", [{}, [], None, {"error": "x"}, {"artists": 3}, {"tracks": {"total": 1}}])
def test_an_answer_without_the_list_it_should_hold_is_no_empty_answer(body) -> None:
    with pytest.raises(Malformed):
        spotify_json.items_of(body, "artists")
