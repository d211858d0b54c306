"""What the store keeps about people: conversations that expire, names they confirmed, lookups under way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from store_beside import Beside

from spotify_assets.core.errors import StoreError
from spotify_assets.core.spelling import keys_near, title_keys_near
from spotify_assets.core.store import Document, Lookup, NameEntry, Near, ServingStore, open_at
from spotify_assets.core.store.people import SONG

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_conversation_is_recalled_until_it_expires(store: ServingStore) -> None:
    store.conversations.remember({"ann": '{"1": "에스파 🎵"}', "bob": "2"}, NOON, NOON + HOUR)
    assert store.conversations.recall("ann", NOON) == '{"1": "에스파 🎵"}'
    assert store.conversations.recall("bob", NOON + HOUR) is None
    assert store.conversations.recall("", NOON) is store.conversations.recall("carl", NOON) is None
    store.conversations.remember({"ann": "newer"}, NOON + HOUR, NOON + 2 * HOUR)
    assert store.conversations.recall("ann", NOON + HOUR) == "newer"


def test_expired_conversations_are_dropped_in_time(store: ServingStore, beside: Beside) -> None:
    store.conversations.remember({f"p{n}": "x" for n in range(50)}, NOON, NOON + HOUR)
    later = NOON + timedelta(days=1)
    # One write in a hundred tidies up, and one of a hundred conversations always does.
    store.conversations.remember({f"q{n}": "y" for n in range(100)}, later, later + HOUR)
    beside.let_time_pass(later)
    assert store.conversations.recall("p1", NOON) is None


def test_a_confirmed_name_counts_for_that_person_and_for_all_once_three_agree(store: ServingStore) -> None:
    links = store.links
    assert links.learnt("ann", "eve") is None
    links.confirm("ann", "eve", "eve-jp", NOON, "kakao ann")
    assert (links.learnt("ann", "eve"), links.learnt("zoe", "eve")) == ("eve-jp", None)
    links.confirm("ann", "eve", "eve-jp", NOON + HOUR, "kakao ann")
    links.confirm("bob", "eve", "eve-jp", NOON, "kakao bob")
    assert links.learnt("zoe", "eve") is None, "two people, however often"
    links.confirm("carl", "eve", "eve-jp", NOON, "kakao carl")
    assert links.learnt("zoe", "eve") == "eve-jp"
    assert links.learnt("zoe", "adam") is None
    links.confirm("zoe", "eve", "eve-us", NOON)
    assert (links.learnt("zoe", "eve"), links.learnt("ann", "eve")) == ("eve-us", "eve-jp")


def test_whom_nobody_vouches_for_counts_for_nobody_else_and_one_s_word_counts_once(
    store: ServingStore,
) -> None:
    for person in range(9):
        store.links.confirm(f"made up {person}", "eve", "eve-jp", NOON)
        store.links.confirm(f"behind one address {person}", "eve", "eve-jp", NOON, "one address")
    store.links.confirm("ann", "eve", "eve-jp", NOON, "another address")
    assert store.links.learnt("zoe", "eve") is None
    assert store.links.learnt("made up 3", "eve") == "eve-jp"
    store.links.confirm("bob", "eve", "eve-jp", NOON, "a third")
    assert store.links.learnt("zoe", "eve") == "eve-jp"


def test_where_as_many_mean_another_nothing_counts_for_all(store: ServingStore) -> None:
    for person in range(6):
        store.links.confirm(f"p{person}", "eve", "eve-jp" if person < 3 else "eve-us", NOON, f"v{person}")
    assert store.links.learnt("zoe", "eve") is None
    store.links.confirm("p3", "eve", "eve-jp", NOON, "v3")
    assert store.links.learnt("zoe", "eve") == "eve-jp"


def test_a_song_is_meant_as_an_artist_is(store: ServingStore) -> None:
    links = store.links
    links.confirm("ann", "dynamite", SONG + "d1", NOON, "kakao ann")
    assert (links.learnt("ann", "dynamite"), links.learnt("zoe", "dynamite")) == (SONG + "d1", None)
    links.confirm("bob", "dynamite", SONG + "d1", NOON, "kakao bob")
    links.confirm("carl", "dynamite", "d1", NOON, "kakao carl")
    assert links.learnt("zoe", "dynamite") is None, "an artist of that id is no song"
    links.confirm("carl", "dynamite", SONG + "d1", NOON, "kakao carl")
    assert links.learnt("zoe", "dynamite") == SONG + "d1"


def test_a_lookup_is_one_holder_s_until_its_lease_or_its_result_expires(store: ServingStore) -> None:
    lookups = store.lookups
    assert lookups.get("혁오", NOON) is None
    assert lookups.begin("혁오", "a", NOON, NOON + timedelta(seconds=10))
    assert not lookups.begin("혁오", "b", NOON, NOON + HOUR)
    assert lookups.get("혁오", NOON) == Lookup(None)
    lookups.end("혁오", "b", "not mine", NOON, NOON + HOUR)
    lookups.end("혁오", "a", '{"found": 1}', NOON, NOON + HOUR)
    assert lookups.get("혁오", NOON) == Lookup('{"found": 1}')
    assert not lookups.begin("혁오", "b", NOON + timedelta(minutes=30), NOON + HOUR)
    assert lookups.get("혁오", NOON + HOUR) is None
    assert lookups.begin("혁오", "b", NOON + HOUR, NOON + 2 * HOUR)
    assert lookups.get("혁오", NOON + HOUR) == Lookup(None), "what had expired is gone"


def test_a_lookup_whose_holder_died_is_taken_over(store: ServingStore) -> None:
    assert store.lookups.begin("혁오", "a", NOON, NOON + timedelta(seconds=10))
    later = NOON + timedelta(seconds=11)
    assert store.lookups.get("혁오", later) is None
    assert store.lookups.begin("혁오", "b", later, later + HOUR)
    store.lookups.end("혁오", "a", "too late", later, later + HOUR)
    assert store.lookups.get("혁오", later) == Lookup(None)


def test_a_lookup_that_came_to_nothing_may_be_begun_again(store: ServingStore) -> None:
    assert store.lookups.begin("혁오", "a", NOON, NOON + HOUR)
    store.lookups.end("혁오", "a", None, NOON, NOON)
    assert store.lookups.begin("혁오", "b", NOON, NOON + HOUR)


def test_new_names_are_counted_by_person_and_day_up_to_the_limit(store: ServingStore) -> None:
    assert [store.lookups.count_new("ann", NOON, 2) for _ in range(4)] == [True, True, False, False]
    assert store.lookups.count_new("bob", NOON, 2)
    assert store.lookups.count_new("ann", NOON + timedelta(days=1), 2)
    assert not store.lookups.count_new("ann", NOON, 0)


def test_of_stores_that_race_one_looks_a_name_up_and_none_counts_past_the_limit(store_url: str) -> None:
    stores = [open_at(store_url) for _ in range(6)]
    start = Barrier(len(stores))

    def race(number: int) -> tuple[list[bool], int]:
        lookups = stores[number].lookups
        start.wait()
        began = [lookups.begin(f"name {n}", f"holder {number}", NOON, NOON + HOUR) for n in range(10)]
        counted = [lookups.count_new("ann", NOON, 20) for _ in range(10)]
        return began, sum(counted)

    with ThreadPoolExecutor(len(stores)) as threads:
        results = list(threads.map(race, range(len(stores))))
    for opened in stores:
        opened.close()
    assert [sum(began[n] for began, _ in results) for n in range(10)] == [1] * 10
    assert sum(counted for _, counted in results) == 20


def test_an_artist_is_near_by_each_of_its_names_until_it_loses_them(store: ServingStore) -> None:
    def put(*names: str) -> None:
        entries = tuple(NameEntry(name, "artist", "a1", "BLACKPINK", 88) for name in names)
        store.answers.put([Document("artist", "a1", "v1", "{}", entries)])

    def near(typed: str) -> list[str]:
        return store.answers.near(keys_near(typed)).artists

    put("blackpink", "블랙핑크")
    song = (NameEntry("blackpinc", "track", "a1", "Blackpinc – X", 1),)
    store.answers.put([Document("track", "a1", "v1", "{}", song)])
    assert near("balckpink") == ["blackpink"]
    both = keys_near("balckpink") | title_keys_near("balckpink")
    assert store.answers.near(both) == Near(["blackpink"], ["blackpinc"])
    assert near("블렉핑크") == ["블랙핑크"]
    put("blackpink")
    assert near("블렉핑크") == []
    store.answers.remove("artist", ["a1"])
    assert near("balckpink") == []
    assert store.answers.near([]) == Near([], [])
    assert store.answers.near(title_keys_near("balckpink")) == Near([], ["blackpinc"]), (
        "a song keeps what is its own"
    )


def test_a_song_is_near_by_its_title_until_it_loses_it(store: ServingStore) -> None:
    def put(title: str, version: str) -> None:
        entry = NameEntry(title, "track", "t1", f"{title} – X", 1)
        store.answers.put([Document("track", "t1", version, "{}", (entry,))])

    def near(typed: str) -> list[str]:
        return store.answers.near(title_keys_near(typed)).titles

    artist = (NameEntry("dynamita", "artist", "t1", "Dynamita", 1),)
    store.answers.put([Document("artist", "t1", "v1", "{}", artist)])
    put("dynamite", "v1")
    assert near("dinamite") == ["dynamite"]
    put("dynamite", "v2")
    assert near("dinamite") == ["dynamite"]
    put("좋은날", "v3")
    assert (near("dinamite"), near("조은날")) == ([], ["좋은날"])
    store.answers.remove("track", ["t1"])
    assert near("조은날") == []
    assert store.answers.near(keys_near("dinamita")) == Near(["dynamita"], []), (
        "an artist keeps what is its own"
    )


def test_what_no_engine_could_hold_is_refused(store: ServingStore) -> None:
    with pytest.raises(StoreError, match="cannot be a key"):
        store.links.confirm("ann", "", "a1", NOON)
    assert store.links.learnt("ann", "x" * 500) is None
    assert store.lookups.get("", NOON) is None
