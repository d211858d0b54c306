"""What every engine promises alike about documents and the names that find them."""

import json
from collections.abc import Iterator

import pytest
from store_examples import artist, card, found, track

from spotify_assets.core.errors import StoreError
from spotify_assets.core.store import Document, NameEntry, NameMatch, ServingStore


def test_a_document_is_read_as_it_was_put(store: ServingStore) -> None:
    card_of = {"artist_id": "a2", "name": "ITZY", "genres": [], "image_url": "https://i/2"}
    song = {"track_id": "t1", "name": "Whiplash", "artists": ["aespa"], "album_name": "W", "image_url": None}
    likeness = {"shared_genres": ["k-pop"], "close_features": ["energy"]}
    body = {
        "artist": card("a1", "에스파"),
        "top_tracks": [song],
        "similar": [{"artist": card_of, "score": 0.875, "likeness": likeness, "tracks": [song]}],
        "model_version": "m1",
    }
    store.answers.put([Document("artist", "a1", "v1", json.dumps(body), ())])
    document = store.answers.artist("a1")
    assert document is not None
    assert document.artist.name == "에스파"
    assert document.top_tracks[0].artists == ["aespa"]
    assert document.similar[0].artist.image_url == "https://i/2"
    assert document.similar[0].score == 0.875
    assert document.similar[0].likeness.close_features == ["energy"]
    assert store.answers.track("a1") is None


def test_a_song_is_read_as_it_was_put(store: ServingStore) -> None:
    store.answers.put([track("t1", "whiplash")])
    document = store.answers.track("t1")
    assert document is not None
    assert (document.track.name, document.artist_ids) == ("Whiplash", ["a1"])
    assert store.answers.artist("t1") is None


def test_an_unknown_id_or_name_finds_nothing(store: ServingStore) -> None:
    assert store.answers.artist("nobody") is None
    assert store.answers.track("nothing") is None
    assert store.answers.find("nobody") == []
    assert store.answers.versions("artist", ["nobody"]) == {}
    assert store.answers.remove("artist", ["nobody"]) == 0


def test_a_name_finds_artists_before_songs_then_the_more_popular_then_by_id(store: ServingStore) -> None:
    store.answers.put(
        [
            track("t1", "home", popularity=99),
            artist("a3", "home", popularity=5),
            artist("a2", "home", popularity=5),
            artist("a1", "home", popularity=1),
            artist("a9", "home", popularity=70),
        ]
    )
    assert found(store, "home") == ["a9", "a2", "a3", "a1", "t1"]
    assert [match.target_id for match in store.answers.find("home", limit=2)] == ["a9", "a2"]
    assert store.answers.find("home")[-1] == NameMatch("track", "t1", "Whiplash – aespa", 99)


def test_case_accents_and_trailing_spaces_make_another_key(store: ServingStore) -> None:
    keys = [
        "beyonce",
        "Beyonce",
        "beyoncé",
        "beyonce ",
        " beyonce",
        "beyonce\u0301",
        "ß",
        "ss",
        "가",
        "\u1100\u1161",
    ]
    store.answers.put([artist(f"id {key}", key) for key in keys])
    assert [found(store, key) for key in keys] == [[f"id {key}"] for key in keys]
    assert set(store.answers.versions("artist", [f"id {key}" for key in keys])) == {
        f"id {key}" for key in keys
    }


def test_putting_again_replaces_the_document_and_drops_the_names_it_lost(store: ServingStore) -> None:
    store.answers.put([artist("a1", "aespa", "에스파"), artist("a2", "aespa")])
    assert store.answers.put([artist("a1", "에스파", "æspa", version="v2")]) == 1
    assert found(store, "aespa") == ["a2"]
    assert found(store, "에스파") == found(store, "æspa") == ["a1"]
    assert store.answers.versions("artist") == {"a1": "v2", "a2": "v1"}
    document = store.answers.artist("a1")
    assert document is not None
    assert document.model_version == "v2"


def test_a_document_may_lose_all_its_names(store: ServingStore) -> None:
    store.answers.put([artist("a1", "aespa")])
    store.answers.put([artist("a1", version="v2")])
    assert found(store, "aespa") == []


def test_an_artist_and_a_song_may_share_an_id_and_a_name(store: ServingStore) -> None:
    store.answers.put([artist("x", "home"), track("x", "home")])
    store.answers.put([artist("x", version="v2")])
    assert [(match.kind, match.target_id) for match in store.answers.find("home")] == [("track", "x")]
    assert store.answers.remove("artist", ["x"]) == 1
    assert store.answers.track("x") is not None


def test_put_reads_a_stream_and_commits_as_it_goes(store: ServingStore) -> None:
    seen_half_way = []

    def stream() -> Iterator[Document]:
        for number in range(734):
            if number == 600:
                seen_half_way.append(len(store.answers.versions("artist")))
            yield artist(f"a{number:04d}", f"name {number}")

    assert store.answers.put(stream()) == 734
    assert len(store.answers.versions("artist")) == 734
    assert 500 <= seen_half_way[0] <= 600
    assert found(store, "name 733") == ["a0733"]


def test_of_two_documents_with_one_id_the_later_counts(store: ServingStore) -> None:
    store.answers.put([artist("a1", "old"), artist("a2"), artist("a1", "new", "new", version="v2")])
    assert store.answers.versions("artist") == {"a1": "v2", "a2": "v1"}
    assert (found(store, "old"), found(store, "new")) == ([], ["a1"])


def test_what_was_put_before_a_stream_broke_stays(store: ServingStore) -> None:
    def stream() -> Iterator[Document]:
        for number in range(520):
            yield artist(f"a{number}", f"name {number}")
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        store.answers.put(stream())
    there = store.answers.versions("artist")
    assert len(there) == 500
    assert all(found(store, f"name {number}") == [f"a{number}"] for number in (0, 499))
    assert found(store, "name 600") == []


def test_versions_are_by_kind_and_by_ids_however_many(store: ServingStore) -> None:
    store.answers.put(artist(f"a{number}", version=f"v{number}") for number in range(520))
    store.answers.put([track("t1")])
    assert store.answers.versions("track") == {"t1": "v1"}
    assert store.answers.versions("artist", []) == {}
    assert store.answers.versions("artist", ["a7", "t1", "a7"]) == {"a7": "v7"}
    wanted = [f"a{number}" for number in range(40_000)]
    assert store.answers.versions("artist", wanted) == {f"a{number}": f"v{number}" for number in range(520)}


def test_remove_deletes_documents_and_their_names(store: ServingStore) -> None:
    store.answers.put(artist(f"a{number}", "home") for number in range(520))
    gone = [f"a{number}" for number in range(519)]
    assert store.answers.remove("artist", [*gone, "a0", "nobody"]) == 519
    assert store.answers.versions("artist") == {"a519": "v1"}
    assert found(store, "home") == ["a519"]


def test_a_long_body_is_kept_whole(store: ServingStore) -> None:
    name = "긴" * 700_000
    store.answers.put([Document("artist", "a1", "v1", artist("a1", label=name).body, ())])
    document = store.answers.artist("a1")
    assert document is not None
    assert document.artist.name == name


def test_a_document_may_only_name_itself(store: ServingStore) -> None:
    stray = Document("artist", "a1", "v1", "{}", (NameEntry("aespa", "artist", "a2", "aespa", 0),))
    with pytest.raises(StoreError, match=r"artist 'a1' brings a name of artist 'a2'"):
        store.answers.put([artist("a0"), stray])
    assert store.answers.versions("artist") == {}


def test_a_document_of_another_shape_is_refused_by_name(store: ServingStore) -> None:
    store.answers.put(
        [Document("artist", "a1", "v1", '{"artist": 1}', ()), Document("track", "t1", "v1", "{", ())]
    )
    with pytest.raises(StoreError, match=r"artist 'a1' .* not in the shape .* publish it again"):
        store.answers.artist("a1")
    with pytest.raises(StoreError, match=r"track 't1' .* not in the shape"):
        store.answers.track("t1")
