"""The published model is seen whole, under one version."""

from __future__ import annotations

import hashlib

from spotify_assets.core.store import ServingStore
from spotify_assets.core.store.vectors import Part


def test_parts_are_read_by_name_under_their_version(store: ServingStore) -> None:
    vectors = store.vectors
    assert vectors.version() is None
    parts = [
        Part("term", "k-pop", "[1]"),
        Part("term", "케이팝 ", "[2]"),
        Part("cell", "1", "[]"),
        Part("word", "pop", "[3]"),
    ]
    assert vectors.put("m1", parts) == 4
    assert vectors.version() is None, "not seen before it is current"
    vectors.make_current("m1")
    assert vectors.version() == "m1"
    assert vectors.parts("m1", "term", ["k-pop", "케이팝 ", "케이팝", "", "x" * 500]) == {
        "k-pop": "[1]",
        "케이팝 ": "[2]",
    }
    assert vectors.parts("m1", "word", ["k-pop", "pop"]) == {"pop": "[3]"}
    assert vectors.parts("m2", "term", ["k-pop"]) == {}


def test_a_part_is_replaced_and_can_be_dropped(store: ServingStore) -> None:
    vectors = store.vectors
    vectors.put("m1", [Part("cell", "1", "old"), Part("cell", "2", "same")])
    vectors.put("m1", [Part("cell", "1", "new")])
    digests = vectors.digests("m1")
    assert digests[("cell", "1")] == hashlib.md5(b"new").hexdigest()
    assert set(digests) == {("cell", "1"), ("cell", "2")}
    vectors.remove("m1", [("cell", "2"), ("cell", "3")])
    assert vectors.parts("m1", "cell", ["1", "2"]) == {"1": "new"}


def test_the_next_version_takes_the_place_of_the_last(store: ServingStore) -> None:
    vectors = store.vectors
    vectors.put("m1", [Part("model", "-", "one")])
    vectors.make_current("m1")
    vectors.put("m2", (Part("cell", str(number), "x") for number in range(600)))
    assert vectors.version() == "m1"
    assert vectors.parts("m1", "model", ["-"]) == {"-": "one"}
    vectors.make_current("m2")
    assert (vectors.version(), vectors.digests("m1"), len(vectors.digests("m2"))) == ("m2", {}, 600)


def test_a_part_whose_name_no_engine_could_store_is_left_out(store: ServingStore) -> None:
    parts = [Part("term", "x" * 121, "[]"), Part("term", "", "[]"), Part("term", "ok", "[1]")]
    assert store.vectors.put("m1", parts) == 1
    assert store.vectors.put("m1", parts[:1]) == 0
    assert set(store.vectors.digests("m1")) == {("term", "ok")}
