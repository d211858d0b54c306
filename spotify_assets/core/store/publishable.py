"""What a document must be to be published, whatever the store's engine, and what its names are filed under.

Here: batches, and the check of each document before anything of its batch is written. Not here: writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from spotify_assets.core.errors import StoreError
from spotify_assets.core.names import MAX_KEY, PART
from spotify_assets.core.spelling import keys_of, title_keys_of
from spotify_assets.core.store.documents import Kind
from spotify_assets.core.store.rows import Document
from spotify_assets.core.store.text import checked_key, is_plain, shown

BATCH = 500
"""Documents that are checked, and written, at a time."""


def batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Yield a stream in batches of checked documents, sorted; of two with one kind and id the later counts.

    Raises:
        StoreError: a document cannot be stored; nothing of its batch has been yielded.
    """
    stream = iter(documents)
    while batch := list(islice(stream, BATCH)):
        # Sorted, so that two publishers take their locks in the same order.
        latest = {(document.kind, document.target_id): document for document in batch}
        yield [_checked(latest[key]) for key in sorted(latest)]


def spellings(kind: Kind, name_key: str) -> list[str]:
    """Return the keys of `core/spelling.py` under which a name of an artist or a song's title is filed."""
    if name_key.endswith(PART):
        return []
    return sorted(title_keys_of(name_key) if kind == "track" else keys_of(name_key))


def _checked(document: Document) -> Document:
    """Return a document that every engine can store: each name once, labels cut to what is shown."""
    what = f"The answer for {document.kind} {document.target_id!r}"
    checked_key(document.target_id)
    checked_key(document.version)
    if not is_plain(document.body):
        raise StoreError(f"{what} holds NUL or lone surrogates as such: write them as JSON escapes")
    names = {}
    for name in document.names:
        if (name.kind, name.target_id) != (document.kind, document.target_id):
            raise StoreError(
                f"{what} brings a name of {name.kind} {name.target_id!r}: a document may only name itself"
            )
        names[checked_key(name.name_key, MAX_KEY)] = replace(name, label=shown(name.label))
    return replace(document, names=tuple(names.values()))
