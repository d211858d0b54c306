"""Every change of what is published counts, on every engine."""

from __future__ import annotations

from spotify_assets.core.store import Document, ServingStore, open_at


def document(number: int) -> Document:
    return Document("artist", f"a{number}", "v1", "{}", ())


def test_every_change_counts_and_every_connection_sees_it(store: ServingStore, store_url: str) -> None:
    other = open_at(store_url)
    seen = [other.answers.publication()]
    store.answers.put([document(1), document(2)])
    seen.append(other.answers.publication())
    store.answers.put([document(1)])
    seen.append(other.answers.publication())
    store.answers.remove("artist", ["a1"])
    seen.append(other.answers.publication())
    assert len(set(seen)) == 4
    assert store.answers.publication() == seen[-1]
    other.close()
    assert other.answers.publication() == seen[-1], "a closed store opens again"
    other.close()
