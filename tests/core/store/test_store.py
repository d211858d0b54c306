"""What every engine promises alike: documents and names, artist requests, the roster."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import make_url
from store_servers import execute, indexes

from spotify_assets.core.errors import StoreError
from spotify_assets.core.names import name_key
from spotify_assets.core.store import Document, NameEntry, NameMatch, Priority, RosterEntry, State
from spotify_assets.core.store.sql import SqlStore

NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
LEASE = NOON + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)

HOSTILE = {
    "quotes": 'O\'Brien "the" `King` \\',
    "injection": "'; DROP TABLE answers; --",
    "comment": '"/* %s %(name)s :name ? {0} */ -- #',
    "newlines": "line one\nline two\r\n\ttab",
    "emoji": "👩‍👩‍👧‍👦 Ⓥ 💿🇰🇷",
    "Hangul": "방탄소년단 에스파",
    "10,000 characters": "긴 이름 🎤 " * 1429,
    "right to left": "\u202eאמן\u202c",
    "zalgo": "a" + "\u0301" * 600,
}
UNSTORABLE = {"NUL": "a\0b", "lone surrogate": "a\ud83db", "too long": "x" * 121}


def card(artist_id: str, name: str) -> dict:
    return {"artist_id": artist_id, "name": name, "genres": ["k-pop"], "image_url": None}


def artist(
    artist_id: str, *names: str, version: str = "v1", label: str | None = None, popularity: int = 0
) -> Document:
    label = label or artist_id
    body = {"artist": card(artist_id, label), "top_tracks": [], "similar": [], "model_version": version}
    return Document(
        "artist",
        artist_id,
        version,
        json.dumps(body, ensure_ascii=False),
        tuple(NameEntry(name, "artist", artist_id, label, popularity) for name in names),
    )


def track(track_id: str, *names: str, popularity: int = 0) -> Document:
    song = {
        "track_id": track_id,
        "name": "Whiplash",
        "artists": ["aespa"],
        "album_name": None,
        "image_url": None,
    }
    body = {"track": song, "artist_ids": ["a1"], "similar": [], "model_version": None}
    entries = tuple(NameEntry(name, "track", track_id, "Whiplash – aespa", popularity) for name in names)
    return Document("track", track_id, "v1", json.dumps(body), entries)


def found(store: SqlStore, key: str) -> list[str]:
    return [match.target_id for match in store.answers.find(key)]


# Answers


def test_a_document_is_read_as_it_was_put(store: SqlStore) -> None:
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


def test_a_song_is_read_as_it_was_put(store: SqlStore) -> None:
    store.answers.put([track("t1", "whiplash")])
    document = store.answers.track("t1")
    assert document is not None
    assert (document.track.name, document.artist_ids) == ("Whiplash", ["a1"])
    assert store.answers.artist("t1") is None


def test_an_unknown_id_or_name_finds_nothing(store: SqlStore) -> None:
    assert store.answers.artist("nobody") is None
    assert store.answers.track("nothing") is None
    assert store.answers.find("nobody") == []
    assert store.answers.versions("artist", ["nobody"]) == {}
    assert store.answers.remove("artist", ["nobody"]) == 0


def test_a_name_finds_artists_before_songs_then_the_more_popular_then_by_id(store: SqlStore) -> None:
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


def test_case_accents_and_trailing_spaces_make_another_key(store: SqlStore) -> None:
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


def test_putting_again_replaces_the_document_and_drops_the_names_it_lost(store: SqlStore) -> None:
    store.answers.put([artist("a1", "aespa", "에스파"), artist("a2", "aespa")])
    assert store.answers.put([artist("a1", "에스파", "æspa", version="v2")]) == 1
    assert found(store, "aespa") == ["a2"]
    assert found(store, "에스파") == found(store, "æspa") == ["a1"]
    assert store.answers.versions("artist") == {"a1": "v2", "a2": "v1"}
    document = store.answers.artist("a1")
    assert document is not None
    assert document.model_version == "v2"


def test_a_document_may_lose_all_its_names(store: SqlStore) -> None:
    store.answers.put([artist("a1", "aespa")])
    store.answers.put([artist("a1", version="v2")])
    assert found(store, "aespa") == []


def test_an_artist_and_a_song_may_share_an_id_and_a_name(store: SqlStore) -> None:
    store.answers.put([artist("x", "home"), track("x", "home")])
    store.answers.put([artist("x", version="v2")])
    assert [(match.kind, match.target_id) for match in store.answers.find("home")] == [("track", "x")]
    assert store.answers.remove("artist", ["x"]) == 1
    assert store.answers.track("x") is not None


def test_put_reads_a_stream_and_commits_as_it_goes(store: SqlStore) -> None:
    seen_half_way = []

    def stream() -> Iterator[Document]:
        for number in range(1234):
            if number == 1100:
                seen_half_way.append(len(store.answers.versions("artist")))
            yield artist(f"a{number:04d}", f"name {number}")

    assert store.answers.put(stream()) == 1234
    assert len(store.answers.versions("artist")) == 1234
    assert 500 <= seen_half_way[0] <= 1100
    assert found(store, "name 1233") == ["a1233"]


def test_of_two_documents_with_one_id_the_later_counts(store: SqlStore) -> None:
    store.answers.put([artist("a1", "old"), artist("a2"), artist("a1", "new", "new", version="v2")])
    assert store.answers.versions("artist") == {"a1": "v2", "a2": "v1"}
    assert (found(store, "old"), found(store, "new")) == ([], ["a1"])


def test_what_was_put_before_a_stream_broke_stays(store: SqlStore) -> None:
    def stream() -> Iterator[Document]:
        for number in range(700):
            yield artist(f"a{number}", f"name {number}")
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        store.answers.put(stream())
    there = store.answers.versions("artist")
    assert len(there) == 500
    assert all(found(store, f"name {number}") == [f"a{number}"] for number in (0, 499))
    assert found(store, "name 600") == []


def test_versions_are_by_kind_and_by_ids_however_many(store: SqlStore) -> None:
    store.answers.put(artist(f"a{number}", version=f"v{number}") for number in range(1500))
    store.answers.put([track("t1")])
    assert store.answers.versions("track") == {"t1": "v1"}
    assert store.answers.versions("artist", []) == {}
    assert store.answers.versions("artist", ["a7", "t1", "a7"]) == {"a7": "v7"}
    wanted = [f"a{number}" for number in range(40_000)]
    assert store.answers.versions("artist", wanted) == {f"a{number}": f"v{number}" for number in range(1500)}


def test_remove_deletes_documents_and_their_names(store: SqlStore) -> None:
    store.answers.put(artist(f"a{number}", "home") for number in range(700))
    gone = [f"a{number}" for number in range(699)]
    assert store.answers.remove("artist", [*gone, "a0", "nobody"]) == 699
    assert store.answers.versions("artist") == {"a699": "v1"}
    assert found(store, "home") == ["a699"]


def test_a_long_body_is_kept_whole(store: SqlStore) -> None:
    name = "긴" * 700_000
    store.answers.put([Document("artist", "a1", "v1", artist("a1", label=name).body, ())])
    document = store.answers.artist("a1")
    assert document is not None
    assert document.artist.name == name


def test_a_document_may_only_name_itself(store: SqlStore) -> None:
    stray = Document("artist", "a1", "v1", "{}", (NameEntry("aespa", "artist", "a2", "aespa", 0),))
    with pytest.raises(StoreError, match=r"artist 'a1' brings a name of artist 'a2'"):
        store.answers.put([artist("a0"), stray])
    assert store.answers.versions("artist") == {}


def test_a_document_of_another_shape_is_refused_by_name(store: SqlStore) -> None:
    store.answers.put(
        [Document("artist", "a1", "v1", '{"artist": 1}', ()), Document("track", "t1", "v1", "{", ())]
    )
    with pytest.raises(StoreError, match=r"artist 'a1' .* not in the shape .* publish it again"):
        store.answers.artist("a1")
    with pytest.raises(StoreError, match=r"track 't1' .* not in the shape"):
        store.answers.track("t1")


# Hostile text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_kept_as_text(store: SqlStore, text: str) -> None:
    key = name_key(text)
    store.answers.put([artist("a0", "bystander"), artist(text[:100], key, label=text)])
    match, *others = store.answers.find(key)
    assert (match.target_id, match.label, others) == (text[:100], text[:500], [])
    document = store.answers.artist(text[:100])
    assert document is not None
    assert document.artist.name == text
    request = store.requests.ask(key, text, NOON)
    assert (request.name_key, request.query) == (key, text[:500])
    [claimed] = store.requests.claim([key], text[:100], NOON, LEASE)
    store.requests.resolve(key, text[:100], [text[:100], text])
    [held] = store.requests.held_by(text[:100])
    assert (claimed.query, held.artist_ids) == (text[:500], (text[:100], text))
    assert store.requests.finish(key, text[:100], State.FAILED, NOON, error=text)
    assert store.requests.all()[0].error == text[:2000]
    store.roster.add([RosterEntry(text[:100], text, Priority.ASKED)], NOON)
    assert store.roster.ids() == [text[:100]]
    assert store.answers.remove("artist", [text[:100]]) == 1
    assert found(store, "bystander") == ["a0"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_finds_nothing(store: SqlStore, text: str) -> None:
    store.answers.put([artist("a1", "aespa")])
    assert store.answers.find(text) == []
    assert store.answers.artist(text) is None
    assert store.answers.versions("artist", [text]) == {}
    assert store.requests.claim([text], "run", NOON, LEASE) == []
    assert store.answers.remove("artist", [text]) == 0
    assert found(store, "aespa") == ["a1"]


@pytest.mark.parametrize("key", [*UNSTORABLE.values(), ""], ids=[*UNSTORABLE, "empty"])
def test_a_key_that_no_engine_could_hold_finds_nothing_and_is_refused(store: SqlStore, key: str) -> None:
    assert store.answers.find(key) == []
    assert store.answers.artist(key) is None
    assert store.answers.versions("artist", [key]) == {}
    assert store.requests.claim([key], "run", NOON, LEASE) == []
    with pytest.raises(
        StoreError, match="cannot be a key of the serving store: keys have 1 to 120 characters"
    ):
        store.requests.ask(key, "query", NOON)
    with pytest.raises(StoreError, match="cannot be a key"):
        store.answers.put([artist("a0"), artist("a1", key)])
    with pytest.raises(StoreError, match="cannot be a key"):
        store.answers.put([artist("a0"), Document("artist", key, "v1", "{}", ())])
    assert store.answers.versions("artist") == {}
    assert store.requests.all() == []


def test_what_no_engine_could_hold_is_left_out_of_shown_text(store: SqlStore) -> None:
    assert store.requests.ask("ab", "a\0b\ud83d", NOON).query == "ab"
    store.requests.claim(["ab"], "run", NOON, LEASE)
    store.requests.finish("ab", "run", State.FAILED, NOON, error="x\0\ud83dy")
    assert store.requests.all()[0].error == "xy"
    name = NameEntry("ab", "artist", "a1", "a\ud83d\0b", 0)
    store.answers.put([Document("artist", "a1", "v1", "{}", (name,))])
    assert store.answers.find("ab")[0].label == "ab"


def test_a_body_with_nul_is_refused(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="artist 'a1' holds NUL"):
        store.answers.put([Document("artist", "a1", "v1", '{"a": "\0"}', ())])
    store.answers.put([Document("artist", "a1", "v1", artist("a1", label="\\u0000").body, ())])
    assert store.answers.artist("a1") is not None


# Requests


def test_asking_a_new_name_makes_one_pending_request(store: SqlStore) -> None:
    request = store.requests.ask("aespa", " aespa!", NOON)
    assert (request.name_key, request.query, request.state) == ("aespa", " aespa!", State.PENDING)
    assert (request.artist_ids, request.attempts, request.generation, request.ask_count) == ((), 0, 1, 1)
    assert request.first_asked_at == request.last_asked_at == request.changed_at == NOON
    assert request.next_attempt_at is request.lease_until is request.run_id is request.error is None
    assert store.requests.all() == [request]


def test_times_come_back_in_utc_to_the_microsecond(store: SqlStore) -> None:
    seoul = NOON.astimezone(timezone(timedelta(hours=9)))
    request = store.requests.ask("aespa", "aespa", seoul)
    assert request.first_asked_at == NOON
    assert request.first_asked_at.utcoffset() == timedelta(0)
    assert request.first_asked_at.microsecond == 123456


def test_a_time_without_zone_is_refused(store: SqlStore) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        store.requests.ask("aespa", "aespa", NOON.replace(tzinfo=None))


def test_asking_again_only_counts_up_while_pending_or_running(store: SqlStore) -> None:
    first = store.requests.ask("aespa", "aespa", NOON)
    again = store.requests.ask("aespa", "AESPA", NOON + MINUTE)
    assert (again.ask_count, again.last_asked_at) == (2, NOON + MINUTE)
    [running] = store.requests.claim(["aespa"], "run", NOON, LEASE)
    store.requests.resolve("aespa", "run", ["a1"])
    later = store.requests.ask("aespa", "AESPA", NOON + 2 * MINUTE)
    assert (later.state, later.run_id, later.lease_until) == (State.RUNNING, "run", LEASE)
    assert (later.ask_count, later.last_asked_at, later.artist_ids) == (3, NOON + 2 * MINUTE, ("a1",))
    assert (later.query, later.first_asked_at, later.generation) == ("aespa", NOON, 1)
    assert running.changed_at == later.changed_at
    assert first.ask_count == 1


def test_a_late_clock_does_not_turn_last_asked_back(store: SqlStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    assert store.requests.ask("aespa", "aespa", NOON - MINUTE).last_asked_at == NOON


def test_asking_for_what_was_done_starts_a_new_generation(store: SqlStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    store.requests.claim(["aespa"], "run", NOON, LEASE)
    store.requests.resolve("aespa", "run", ["a1", "a2"])
    assert store.requests.finish("aespa", "run", State.DONE, NOON + MINUTE)
    [done] = store.requests.all()
    assert (done.state, done.artist_ids, done.lease_until) == (State.DONE, ("a1", "a2"), None)
    assert (done.run_id, done.changed_at) == ("run", NOON + MINUTE)
    again = store.requests.ask("aespa", "aespa", NOON + 2 * MINUTE)
    assert (again.state, again.generation, again.ask_count) == (State.PENDING, 2, 2)
    assert (again.artist_ids, again.run_id, again.first_asked_at) == ((), None, NOON)
    assert again.changed_at == NOON + 2 * MINUTE


@pytest.mark.parametrize("end", [State.NOT_FOUND, State.FAILED])
def test_an_end_is_final_until_its_next_attempt_is_due(store: SqlStore, end: State) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    store.requests.claim(["aespa"], "run", NOON, LEASE)
    retry = NOON + timedelta(days=1)
    assert store.requests.finish("aespa", "run", end, NOON, error="no source knows it", next_attempt_at=retry)
    early = store.requests.ask("aespa", "aespa", retry - MINUTE)
    assert (early.state, early.generation, early.ask_count) == (end, 1, 2)
    assert (early.error, early.next_attempt_at) == ("no source knows it", retry)
    due = store.requests.ask("aespa", "aespa", retry)
    assert (due.state, due.generation, due.attempts, due.ask_count) == (State.PENDING, 2, 0, 3)
    assert due.error is due.next_attempt_at is due.run_id is None


def test_an_end_without_a_next_attempt_may_be_asked_again_at_once(store: SqlStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    store.requests.claim(["aespa"], "run", NOON, LEASE)
    store.requests.finish("aespa", "run", State.NOT_FOUND, NOON)
    assert store.requests.ask("aespa", "aespa", NOON).generation == 2


def test_due_gives_pending_requests_oldest_first(store: SqlStore) -> None:
    for minutes, key in ((2, "c"), (0, "b"), (0, "a"), (1, "d"), (3, "e")):
        store.requests.ask(key, key, NOON + minutes * MINUTE)
    store.requests.claim(["d"], "run", NOON, LEASE)
    assert [r.name_key for r in store.requests.due(LEASE, 10)] == ["a", "b", "c", "e"]
    assert [r.name_key for r in store.requests.due(LEASE, 2)] == ["a", "b"]


def test_claim_takes_what_is_due_and_renews_what_it_has(store: SqlStore) -> None:
    for key in ("a", "b", "c", "d", "e"):
        store.requests.ask(key, key, NOON)
    store.requests.claim(["d"], "other", NOON, LEASE)
    store.requests.claim(["e"], "dead", NOON, LEASE)
    store.requests.give_back("dead", NOON, "it died", 3, LEASE)
    [got] = store.requests.claim(["b"], "run", NOON, LEASE)
    assert (got.state, got.run_id, got.lease_until) == (State.RUNNING, "run", LEASE)
    later = LEASE + timedelta(hours=1)
    mine = store.requests.claim(["b", "e", "c", "d", "a", "nobody", "a"], "run", NOON, later)
    assert [r.name_key for r in mine] == ["a", "c", "b"]
    assert {r.lease_until for r in mine} == {later}
    assert [r.name_key for r in store.requests.held_by("run")] == ["a", "b", "c"]
    assert [r.name_key for r in store.requests.held_by("other")] == ["d"]
    assert [r.name_key for r in store.requests.claim(["e"], "run", LEASE, later)] == ["e"]


def test_claim_takes_batches_of_any_size(store: SqlStore) -> None:
    keys = [f"name{number:04d}" for number in range(1100)]
    for key in keys:
        store.requests.ask(key, key, NOON)
    assert [r.name_key for r in store.requests.claim(keys[:600], "run", NOON, LEASE)] == keys[:600]
    assert [r.name_key for r in store.requests.claim(keys, "run", NOON, LEASE)] == [*keys[600:], *keys[:600]]
    assert len(store.requests.give_back("run", NOON, "it died", 3, None)) == 1100
    assert store.requests.counts()[State.PENDING] == 1100


def test_only_the_run_that_holds_a_request_changes_it(store: SqlStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    assert not store.requests.finish("aespa", "run", State.DONE, NOON)
    [held] = store.requests.claim(["aespa"], "run", NOON, LEASE)
    assert store.requests.claim(["aespa"], "other", NOON, LEASE) == []
    store.requests.resolve("aespa", "other", ["a1"])
    assert not store.requests.finish("aespa", "other", State.DONE, NOON)
    assert store.requests.give_back("other", NOON, "it died", 3, None) == []
    assert store.requests.held_by("run") == [held]
    assert store.requests.finish("aespa", "run", State.DONE, NOON)
    assert not store.requests.finish("aespa", "run", State.FAILED, NOON)
    store.requests.resolve("aespa", "run", ["a9"])
    assert (store.requests.all()[0].state, store.requests.all()[0].artist_ids) == (State.DONE, ())


def test_a_request_cannot_end_as_pending_or_running(store: SqlStore) -> None:
    for state in (State.PENDING, State.RUNNING):
        with pytest.raises(ValueError, match="ends as done, not_found or failed"):
            store.requests.finish("aespa", "run", state, NOON)


def test_a_dead_run_gives_back_with_one_more_attempt_until_they_are_spent(store: SqlStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    for attempt in (1, 2):
        store.requests.claim(["aespa"], f"run{attempt}", NOON, LEASE)
        [back] = store.requests.give_back(f"run{attempt}", NOON, "it died", 3, NOON)
        assert (back.state, back.attempts, back.error) == (State.PENDING, attempt, "it died")
        assert (back.run_id, back.lease_until, back.next_attempt_at) == (None, None, NOON)
    store.requests.claim(["aespa"], "run3", NOON, LEASE)
    [spent] = store.requests.give_back("run3", NOON, "it died", 3, LEASE)
    assert (spent.state, spent.attempts, spent.next_attempt_at) == (State.FAILED, 3, LEASE)
    assert store.requests.due(LEASE, 10) == []
    again = store.requests.ask("aespa", "aespa", LEASE)
    assert (again.state, again.attempts, again.generation) == (State.PENDING, 0, 2)


def test_a_failed_end_counts_as_an_attempt(store: SqlStore) -> None:
    store.requests.ask("aespa", "aespa", NOON)
    store.requests.claim(["aespa"], "run", NOON, LEASE)
    store.requests.finish("aespa", "run", State.FAILED, NOON, error="two artists have this name")
    [failed] = store.requests.all()
    assert (failed.attempts, failed.error) == (1, "two artists have this name")


def test_expired_finds_running_requests_whose_lease_is_past(store: SqlStore) -> None:
    for key in ("a", "b", "c"):
        store.requests.ask(key, key, NOON)
    store.requests.claim(["a"], "run1", NOON, LEASE)
    store.requests.claim(["b"], "run2", NOON, LEASE - MINUTE)
    assert store.requests.expired(LEASE - MINUTE) == []
    assert [r.name_key for r in store.requests.expired(LEASE)] == ["b"]
    assert [r.name_key for r in store.requests.expired(LEASE + MINUTE)] == ["b", "a"]


def test_all_shows_the_unfinished_first_then_the_last_asked(store: SqlStore) -> None:
    for minutes, key in enumerate("abcd"):
        store.requests.ask(key, key, NOON + minutes * MINUTE)
    store.requests.claim(["b", "c", "d"], "run", NOON, LEASE)
    store.requests.finish("c", "run", State.DONE, NOON)
    store.requests.finish("d", "run", State.NOT_FOUND, NOON)
    assert [r.name_key for r in store.requests.all()] == ["b", "a", "d", "c"]
    assert [r.name_key for r in store.requests.all(limit=1)] == ["b"]


def test_counts_name_every_state(store: SqlStore) -> None:
    assert store.requests.counts() == dict.fromkeys(State, 0)
    for key in "abcde":
        store.requests.ask(key, key, NOON)
    store.requests.claim(["b", "c", "d", "e"], "run", NOON, LEASE)
    store.requests.finish("c", "run", State.DONE, NOON)
    store.requests.finish("d", "run", State.NOT_FOUND, NOON)
    store.requests.finish("e", "run", State.FAILED, NOON)
    assert store.requests.counts() == dict.fromkeys(State, 1)


# Roster


def test_the_roster_lists_by_priority_then_as_added(store: SqlStore) -> None:
    entries = [RosterEntry(i, i, p) for i, p in (("n1", "neighbour"), ("l2", "listed"), ("l1", "listed"))]
    assert (
        store.roster.add((RosterEntry(e.artist_id, e.name, Priority(e.priority)) for e in entries), NOON) == 3
    )
    assert store.roster.add([RosterEntry("l0", "l0", Priority.LISTED)], NOON + MINUTE) == 1
    assert store.roster.add([RosterEntry("a1", "a1", Priority.ASKED)], NOON + MINUTE) == 1
    assert store.roster.ids() == ["a1", "l2", "l1", "l0", "n1"]
    assert store.roster.counts() == {Priority.ASKED: 1, Priority.LISTED: 3, Priority.NEIGHBOUR: 1}


def test_an_artist_on_the_roster_keeps_the_more_urgent_priority(store: SqlStore) -> None:
    store.roster.add(
        [RosterEntry("a1", "aespa", Priority.LISTED), RosterEntry("a2", "ITZY", Priority.LISTED)], NOON
    )
    again = [
        RosterEntry("a1", "aespa", Priority.ASKED),
        RosterEntry("a2", "ITZY", Priority.NEIGHBOUR),
        RosterEntry("a3", "NMIXX", Priority.NEIGHBOUR),
        RosterEntry("a3", "NMIXX", Priority.LISTED),
    ]
    assert store.roster.add(again, NOON + MINUTE) == 1
    assert store.roster.counts() == {Priority.ASKED: 1, Priority.LISTED: 2, Priority.NEIGHBOUR: 0}
    assert store.roster.ids() == ["a1", "a2", "a3"]


def test_a_long_roster_is_added_once(store: SqlStore) -> None:
    entries = [RosterEntry(f"a{number % 3000}", "x", Priority.LISTED) for number in range(4500)]
    assert store.roster.add(entries, NOON) == 3000
    assert store.roster.add(entries, NOON + MINUTE) == 0
    assert store.roster.ids() == [f"a{number}" for number in range(3000)]


# The store as a whole


def test_a_store_is_found_again_as_it_was_left(store: SqlStore, store_url: str) -> None:
    store.answers.put([artist("a1", "aespa")])
    store.requests.ask("itzy", "ITZY", NOON)
    store.close()
    reopened = SqlStore(store_url)
    reopened.ping()
    assert found(reopened, "aespa") == ["a1"]
    assert reopened.requests.counts()[State.PENDING] == 1
    reopened.close()


@pytest.mark.parametrize(
    ("version", "age", "remedy"), [(99, "a newer", "update the program"), (0, "an older", "name an")]
)
def test_the_tables_of_another_version_are_refused(
    store: SqlStore, store_url: str, version, age, remedy
) -> None:
    execute(make_url(store_url), f"UPDATE store_schema SET version = {version}")
    with pytest.raises(StoreError, match=f"was made by {age} version .* have version {version}, .*{remedy}"):
        SqlStore(store_url)


def test_tables_left_half_made_are_completed(store_url: str) -> None:
    SqlStore(store_url).close()
    execute(
        make_url(store_url), "DELETE FROM store_schema", "DROP TABLE roster", "DROP TABLE artist_requests"
    )
    completed = SqlStore(store_url)
    assert completed.requests.ask("aespa", "aespa", NOON).ask_count == 1
    assert completed.roster.ids() == []
    completed.close()


def test_indexes_that_were_not_made_are_completed_and_none_but_the_key_is_unique(store_url: str) -> None:
    # An upsert on PostgreSQL watches one unique index; racing inserts would trip over a second one.
    SqlStore(store_url).close()
    url = make_url(store_url)
    on = " ON artist_requests" if url.get_backend_name() == "mysql" else ""
    execute(url, "DELETE FROM store_schema", f"DROP INDEX artist_requests_queue{on}")
    SqlStore(store_url).close()
    assert indexes(url, "artist_requests") == {"artist_requests_queue": False}
    assert indexes(url, "answers") == {"answers_versions": False}
    assert indexes(url, "answer_names") == {"answer_names_targets": False}


def test_a_lost_table_is_a_sentence_not_a_trace(store: SqlStore, store_url: str) -> None:
    execute(make_url(store_url), "DROP TABLE roster")
    with pytest.raises(
        StoreError, match=r"The serving store, \w+ .*, refused an operation \(.*roster.*\): put that"
    ):
        store.roster.ids()


def test_a_request_can_be_looked_at_without_counting(store: SqlStore) -> None:
    assert store.requests.get("혁오") is None
    asked = store.requests.ask("혁오", "혁오", NOON)
    assert store.requests.get("혁오") == asked
    assert store.requests.get("\0") is None


def test_what_was_fetched_for_a_request_is_kept_until_it_ends(store: SqlStore) -> None:
    store.requests.ask("혁오", "혁오", NOON)
    store.requests.attach("혁오", "spotify", "[1]")
    store.requests.attach("혁오", "spotify", "[2]")
    store.requests.attach("혁오", "reccobeats", "[3]")
    assert store.requests.attached(["혁오", "잔나비"]) == [("reccobeats", "[3]"), ("spotify", "[2]")]
    store.requests.claim(["혁오"], "run", NOON, NOON + timedelta(minutes=1))
    assert not store.requests.finish("혁오", "another run", State.DONE, NOON)
    assert len(store.requests.attached(["혁오"])) == 2
    assert store.requests.finish("혁오", "run", State.DONE, NOON)
    assert store.requests.attached(["혁오"]) == []


def test_a_postponed_request_waits_without_counting_an_attempt(store: SqlStore) -> None:
    store.requests.ask("혁오", "혁오", NOON)
    store.requests.claim(["혁오"], "run", NOON, NOON + timedelta(minutes=1))
    until = NOON + timedelta(hours=20)
    assert not store.requests.postpone("혁오", "another run", NOON, until, "not its own")
    assert store.requests.postpone("혁오", "run", NOON, until, "spotify is parked")
    request = store.requests.get("혁오")
    assert request
    assert (request.state, request.attempts, request.next_attempt_at) == (State.PENDING, 0, until)
    assert request.error == "spotify is parked"
    assert store.requests.due(until - timedelta(seconds=1), 10) == []
    assert [due.name_key for due in store.requests.due(until, 10)] == ["혁오"]
