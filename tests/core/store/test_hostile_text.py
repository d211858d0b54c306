"""Text that would hurt a careless store is kept, found or refused, never obeyed."""

import pytest
from store_examples import HOSTILE, LEASE, NOON, UNSTORABLE, artist, found

from spotify_assets.core.errors import StoreError
from spotify_assets.core.names import name_key
from spotify_assets.core.store import Document, NameEntry, Priority, RosterEntry, ServingStore, State


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_kept_as_text(store: ServingStore, text: str) -> None:
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
def test_hostile_text_finds_nothing(store: ServingStore, text: str) -> None:
    store.answers.put([artist("a1", "aespa")])
    assert store.answers.find(text) == []
    assert store.answers.artist(text) is None
    assert store.answers.versions("artist", [text]) == {}
    assert store.requests.claim([text], "run", NOON, LEASE) == []
    assert store.answers.remove("artist", [text]) == 0
    assert found(store, "aespa") == ["a1"]


@pytest.mark.parametrize("key", [*UNSTORABLE.values(), ""], ids=[*UNSTORABLE, "empty"])
def test_a_key_that_no_engine_could_hold_finds_nothing_and_is_refused(store: ServingStore, key: str) -> None:
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


def test_what_no_engine_could_hold_is_left_out_of_shown_text(store: ServingStore) -> None:
    assert store.requests.ask("ab", "a\0b\ud83d", NOON).query == "ab"
    store.requests.claim(["ab"], "run", NOON, LEASE)
    store.requests.finish("ab", "run", State.FAILED, NOON, error="x\0\ud83dy")
    assert store.requests.all()[0].error == "xy"
    name = NameEntry("ab", "artist", "a1", "a\ud83d\0b", 0)
    store.answers.put([Document("artist", "a1", "v1", "{}", (name,))])
    assert store.answers.find("ab")[0].label == "ab"


def test_a_body_with_nul_is_refused(store: ServingStore) -> None:
    with pytest.raises(StoreError, match="artist 'a1' holds NUL"):
        store.answers.put([Document("artist", "a1", "v1", '{"a": "\0"}', ())])
    store.answers.put([Document("artist", "a1", "v1", artist("a1", label="\\u0000").body, ())])
    assert store.answers.artist("a1") is not None
