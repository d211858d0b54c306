"""The published similarity model as items of the table `names`: a partition for each kind of part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import get_args

from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.store.dynamodb_schema import NAMES
from spotify_assets.core.store.dynamodb_tables import Tables
from spotify_assets.core.store.dynamodb_values import Item, packed, unpacked
from spotify_assets.core.store.text import checked_key, is_key
from spotify_assets.core.store.vectors import Part, PartKind

_BATCH = 500
_KINDS: tuple[PartKind, ...] = get_args(PartKind)
_CURRENT: Item = {"pk": "similarity", "sk": "current"}


class DynamoVectors:
    """`Vectors` in the table `names`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def version(self) -> str | None:
        """Return the version that is current, or None where none is published."""
        current = self._tables.get(NAMES.name, _CURRENT)
        return str(current["version"]) if current else None

    def parts(self, version: str, kind: PartKind, names: Sequence[str]) -> dict[str, str]:
        """Return the bodies of those parts that are there, by name."""
        keys = [_key(version, kind, name) for name in names if is_key(name, MAX_KEY)]
        found = self._tables.get_many(NAMES.name, keys, ("sk", "body"))
        return {item["sk"]: unpacked(item["body"]) for item in found}

    def digests(self, version: str) -> dict[tuple[PartKind, str], str]:
        """Return the MD5 of each part's body, by kind and name."""
        return {
            (kind, item["sk"]): item["digest"]
            for kind in _KINDS
            for item in self._of_kind(version, kind, ("sk", "digest"))
        }

    def put(self, version: str, parts: Iterable[Part]) -> int:
        """Write parts, replacing those of their kind and name, in batches of 500; return how many.

        A part whose name is no key is left out.

        Raises:
            StoreError: the store cannot be written, or a part is too long for it.
        """
        # First, so that whatever is written is found again to be dropped.
        self._tables.write_many(NAMES.name, [{"pk": "similarity", "sk": f"version#{checked_key(version)}"}])
        stream, written = iter(parts), 0
        while batch := list(islice(stream, _BATCH)):
            kept = [part for part in batch if is_key(part.name, MAX_KEY)]
            items = {(part.kind, part.name): _item(version, part) for part in kept}
            for (kind, name), item in items.items():
                self._tables.fits(item, f"The {kind} {name!r} of the similarity model")
            self._tables.write_many(NAMES.name, items.values())
            written += len(items)
        return written

    def remove(self, version: str, parts: Iterable[tuple[PartKind, str]]) -> None:
        """Drop parts of a version."""
        self._tables.write_many(NAMES.name, deletes=[_key(version, kind, name) for kind, name in parts])

    def make_current(self, version: str) -> None:
        """Let readers see a version, and drop all others."""
        self._tables.put(NAMES.name, {**_CURRENT, "version": checked_key(version)})
        for other in self.versions():
            if other != version:
                self.remove(other, self.digests(other))
                self._tables.delete(NAMES.name, {"pk": "similarity", "sk": f"version#{other}"})

    def versions(self) -> list[str]:
        """Return all versions of which there may be parts."""
        found = self._tables.query(
            NAMES.name, "pk = :pk AND begins_with(sk, :sk)", {"pk": "similarity", "sk": "version#"}
        )
        return [item["sk"].removeprefix("version#") for item in found]

    def all_parts(self, version: str) -> Iterator[Part]:
        """Yield all parts of a version."""
        for kind in _KINDS:
            for item in self._of_kind(version, kind):
                yield Part(kind, item["sk"], unpacked(item["body"]))

    def _of_kind(self, version: str, kind: PartKind, only: Sequence[str] = ()) -> Iterator[Item]:
        return self._tables.query(NAMES.name, "pk = :pk", {"pk": f"similarity#{kind}#{version}"}, only=only)


def _key(version: str, kind: PartKind, name: str) -> Item:
    return {"pk": f"similarity#{kind}#{version}", "sk": checked_key(name, MAX_KEY)}


def _item(version: str, part: Part) -> Item:
    digest = hashlib.md5(part.body.encode(), usedforsecurity=False).hexdigest()
    return {**_key(version, part.kind, part.name), "digest": digest, "body": packed(part.body)}
