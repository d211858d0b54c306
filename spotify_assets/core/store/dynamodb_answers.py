"""Documents and names as DynamoDB items.

A document is one item, written in one put and read in one get; it says by which names it goes. Rows in the
table `names` lead to it and decide nothing: who follows one asks the document whether it goes by that name.
So publishing needs no transaction. Rows are written before the document that needs them and deleted after the
one that no longer does, and each belongs to one filing of one document, so that nobody deletes another's.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from zlib import crc32

from spotify_assets.core.errors import StoreError
from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.spelling import LONGEST, TITLE
from spotify_assets.core.store import Document, NameEntry, NameMatch, Near
from spotify_assets.core.store.documents import ArtistDocument, Kind, TrackDocument
from spotify_assets.core.store.dynamodb_schema import DOCUMENTS, NAMES
from spotify_assets.core.store.dynamodb_tables import Tables
from spotify_assets.core.store.dynamodb_values import Item, joined, packed, unpacked
from spotify_assets.core.store.publishable import batches, spellings
from spotify_assets.core.store.text import is_key

SHELVES = 16
"""Partitions of the index of versions: one takes 1,000 writes a second."""

MAX_INLINE = 300 * 1024
"""Compressed bytes of a body that stay in the document's own item; a larger one lies in parts beside it."""

_ROUNDS = 10
_INDEX = DOCUMENTS.index.name if DOCUMENTS.index else ""
_HEAD = ("pk", "version", "names", "filed", "spelled", "body_id", "parts")
_MOST_POPULAR = 2**31 - 1
_FILED: dict[Kind, str] = {"artist": "", "track": "u"}
"""What filings of spellings begin with. A song's that begins otherwise is of a time when titles had none, or
(`t`) partitions of their own: it is found again when it is published anew."""
_PUBLICATION: Item = {"pk": "publication"}

Names = dict[str, tuple[str, int]]
"""Label and popularity by normalised name."""


@dataclass(slots=True)
class _Plan:
    """What publishing one document takes."""

    document: Document
    item: Item
    rows: list[Item] = field(default_factory=list)
    parts: list[Item] = field(default_factory=list)
    """Written before it."""
    old_rows: list[Item] = field(default_factory=list)
    old_parts: list[Item] = field(default_factory=list)
    """Deleted after it."""
    kept: dict[str, str] = field(default_factory=dict)
    """Filings of the document that is there which this one goes on using."""


class DynamoAnswers:
    """`Answers` in the tables `documents` and `names`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def artist(self, artist_id: str) -> ArtistDocument | None:
        """Return the artist's document, or None.

        Raises:
            StoreError: the store cannot be read, or the document is not in this program's shape.
        """
        body = self._body("artist", artist_id)
        if body is None:
            return None
        try:
            return ArtistDocument.from_json(json.loads(body))
        except (ValueError, KeyError, TypeError) as error:
            raise self._unreadable("artist", artist_id, error) from error

    def track(self, track_id: str) -> TrackDocument | None:
        """Return the song's document, or None.

        Raises:
            StoreError: the store cannot be read, or the document is not in this program's shape.
        """
        body = self._body("track", track_id)
        if body is None:
            return None
        try:
            return TrackDocument.from_json(json.loads(body))
        except (ValueError, KeyError, TypeError) as error:
            raise self._unreadable("track", track_id, error) from error

    def find(self, name_key: str, limit: int = 10) -> list[NameMatch]:
        """Return what goes by exactly this normalised name: artists before songs, then by popularity, id."""
        if not is_key(name_key, MAX_KEY):
            return []
        rows = self._tables.query(
            NAMES.name, "pk = :pk", {"pk": _name_pk(name_key)}, page=2 * limit, only=("target",)
        )
        targets = (str(row["target"]) for row in rows)
        matches: dict[str, NameMatch] = {}
        while len(matches) < limit and (some := list(islice(targets, limit))):
            for target, names in self._names(some).items():
                if name_key in names:
                    kind, target_id = _taken_apart(target)
                    matches[target] = NameMatch(kind, target_id, *names[name_key])
        ranked = sorted(matches.values(), key=lambda one: (one.kind, -one.popularity, one.target_id))
        return ranked[:limit]

    def near(self, spellings: Iterable[str], limit: int = 5000) -> Near:
        """Return the normalised names that are filed under one of these keys, each kind in their order.

        A song that was published a moment ago may be missing: nobody mistypes it so soon, and a read that may
        lag costs half a unit.
        """
        keys = {one for one in spellings if is_key(one, LONGEST + 10)}

        def filed(partition: str) -> list[Item]:
            pk = {"pk": f"spelling#{partition}"}
            only = ("name_key", "kind")
            return list(self._tables.query(NAMES.name, "pk = :pk", pk, only=only, may_lag=True))

        names: dict[str, set[str]] = {"artist": set(), "track": set()}
        partitions = sorted({one.removeprefix(TITLE) for one in keys})
        for partition, rows in zip(partitions, self._tables.at_once(filed, partitions), strict=True):
            for row in rows:
                kind = row.get("kind", "artist")
                if (TITLE + partition if kind == "track" else partition) in keys:
                    names[kind].add(row["name_key"])
        return Near(sorted(names["artist"])[:limit], sorted(names["track"])[:limit])

    def versions(self, kind: Kind, ids: Sequence[str] | None = None) -> dict[str, str]:
        """Return the published version by id, of all documents of a kind or of `ids`; reads no body.

        All of a kind are read from an index, which may lag behind a document by a moment.
        """
        if ids is not None:
            keys = [{"pk": _target(kind, one)} for one in dict.fromkeys(ids) if is_key(one)]
            found = self._tables.get_many(DOCUMENTS.name, keys, ("target_id", "version"))
            return {item["target_id"]: item["version"] for item in found}

        def shelf(number: int) -> dict[str, str]:
            values = {"shelf": f"{kind}#{number}"}
            items = self._tables.query(DOCUMENTS.name, "#shelf = :shelf", values, index=_INDEX)
            return {item["target_id"]: item["version"] for item in items}

        shelves = self._tables.at_once(shelf, range(SHELVES))
        return {target_id: version for one in shelves for target_id, version in one.items()}

    @property
    def at_hand(self) -> bool:
        """Whether `publication` takes microseconds, as no network lies between."""
        return False

    def publication(self) -> int:
        """Return a number that is another after every change of what this part holds."""
        counted = self._tables.get(DOCUMENTS.name, _PUBLICATION, ("number",))
        return int(counted["number"]) if counted else 0

    def put(self, documents: Iterable[Document]) -> int:
        """Write documents and replace their names, in batches of 500; each document is old or new as a whole.

        Returns how many were written; of two with the same kind and id the later counts. Reads `documents`
        as a stream; when it fails half-way, what was written until then stays.

        Raises:
            StoreError: the store cannot be written, or a document cannot be stored.
        """
        written = 0
        for batch in batches(documents):
            left: list[Document] = batch
            for _ in range(_ROUNDS):
                left = self._replace(left)
                if not left:
                    break
            else:
                raise StoreError(
                    f"The serving store, {self._tables.where}, could not publish {len(left)} documents in "
                    f"{_ROUNDS} attempts, since somebody else publishes them as well: see who does"
                )
            written += len(batch)
            self._count()
        return written

    def remove(self, kind: Kind, ids: Sequence[str]) -> int:
        """Delete documents and their names; return how many documents were there."""
        keys = [{"pk": _target(kind, one)} for one in dict.fromkeys(ids) if is_key(one)]
        there = self._tables.get_many(DOCUMENTS.name, keys, _HEAD)
        self._tables.write_many(DOCUMENTS.name, deletes=[{"pk": head["pk"]} for head in there])
        rows = [_key(row) for head in there for row in [*_name_rows(head), *_spelling_rows(head)]]
        self._tables.write_many(NAMES.name, deletes=rows)
        self._tables.write_many(DOCUMENTS.name, deletes=[part for head in there for part in _part_keys(head)])
        self._count()
        return len(there)

    def _count(self) -> None:
        # Last, so that whoever keeps an answer with this number never keeps one that was about to change.
        self._tables.update(DOCUMENTS.name, _PUBLICATION, "ADD #number :one", {"one": 1})

    def documents(self) -> Iterator[Document]:
        """Yield all documents with their names, reading the whole table."""
        kinds: tuple[Kind, ...] = ("artist", "track")
        for kind in kinds:
            for head in self._tables.scan(DOCUMENTS.name, f"{kind}#"):
                target_id = head["target_id"]
                body = unpacked(head["body"]) if "body" in head else self._body(kind, target_id)
                entries = _names_of(head).items()
                names = tuple(NameEntry(key, kind, target_id, *about) for key, about in entries)
                if body is not None:
                    yield Document(kind, target_id, head["version"], body, names)

    def _replace(self, documents: Sequence[Document]) -> list[Document]:
        """Write documents; return those that somebody else wrote at the same moment, to be tried again."""
        keys = [{"pk": _target(one.kind, one.target_id)} for one in documents]
        heads = {head["pk"]: head for head in self._tables.get_many(DOCUMENTS.name, keys, _HEAD)}
        plans = [self._plan(one, heads.get(_target(one.kind, one.target_id))) for one in documents]
        tables = self._tables
        tables.write_many(NAMES.name, [row for plan in plans for row in plan.rows])
        tables.write_many(DOCUMENTS.name, [part for plan in plans for part in plan.parts])
        tables.write_many(DOCUMENTS.name, [plan.item for plan in plans if not plan.kept])

        def put(plan: _Plan) -> bool:
            # What it goes on using must still be in use: another publisher may have filed its own.
            same = " AND ".join(f"#{name} = :{name}" for name in plan.kept)
            return tables.put(DOCUMENTS.name, plan.item, same, plan.kept).done

        bound = [plan for plan in plans if plan.kept]
        refused = [plan for plan, done in zip(bound, tables.at_once(put, bound), strict=True) if not done]
        lost = {id(plan) for plan in refused}
        done = [plan for plan in plans if id(plan) not in lost]
        rows = [row for plan in done for row in plan.old_rows] + [
            row for plan in refused for row in plan.rows
        ]
        parts = [part for plan in done for part in plan.old_parts]
        parts += [{"pk": part["pk"]} for plan in refused for part in plan.parts]
        tables.write_many(NAMES.name, deletes=[_key(row) for row in rows])
        tables.write_many(DOCUMENTS.name, deletes=parts)
        return [plan.document for plan in refused]

    def _plan(self, document: Document, old: Item | None) -> _Plan:
        names: Names = {name.name_key: (name.label, name.popularity) for name in document.names}
        item: Item = {
            "pk": _target(document.kind, document.target_id),
            "shelf": f"{document.kind}#{crc32(document.target_id.encode()) % SHELVES}",
            "target_id": document.target_id,
            "version": document.version,
            "names": json.dumps([[key, *about] for key, about in names.items()], ensure_ascii=False),
            "filed": uuid.uuid4().hex[:12],
            "spelled": _FILED[document.kind] + uuid.uuid4().hex[:12],
        }
        plan = _Plan(document, item)
        before: Names = _names_of(old) if old else {}
        ranks = {key: popularity for key, (_, popularity) in names.items()}
        if old and ranks == {key: popularity for key, (_, popularity) in before.items()}:
            item["filed"] = plan.kept["filed"] = old["filed"]
        else:
            plan.rows += _name_rows(item)
            plan.old_rows += _name_rows(old) if old else []
        is_filed = old is not None and old["spelled"].startswith(_FILED[document.kind])
        if old and is_filed and names.keys() == before.keys():
            item["spelled"] = plan.kept["spelled"] = old["spelled"]
        else:
            plan.rows += _spelling_rows(item)
            plan.old_rows += _spelling_rows(old) if old else []
        body = packed(document.body)
        if len(body) <= MAX_INLINE:
            item["body"] = body
        else:
            item["body_id"], item["parts"] = uuid.uuid4().hex, -(-len(body) // MAX_INLINE)
            plan.parts = [
                {**key, "body": body[number * MAX_INLINE : (number + 1) * MAX_INLINE]}
                for number, key in enumerate(_part_keys(item))
            ]
        plan.old_parts = _part_keys(old) if old else []
        self._tables.fits(item, f"The answer for {document.kind} {document.target_id!r}")
        return plan

    def _body(self, kind: Kind, target_id: str) -> str | None:
        if not is_key(target_id):
            return None
        for _ in range(_ROUNDS):
            item = self._tables.get(
                DOCUMENTS.name, {"pk": _target(kind, target_id)}, ("body", "body_id", "parts")
            )
            if item is None:
                return None
            if "body" in item:
                return unpacked(item["body"])
            keys = _part_keys(item)
            parts = {part["pk"]: part["body"] for part in self._tables.get_many(DOCUMENTS.name, keys)}
            if len(parts) == len(keys):
                return unpacked(b"".join(parts[key["pk"]] for key in keys))
            # Replaced between the two reads: the new one is there by now.
        raise StoreError(
            f"The answer for {kind} {target_id!r} in the serving store, {self._tables.where}, lacks parts: "
            "publish it again"
        )

    def _names(self, targets: Iterable[str]) -> dict[str, Names]:
        keys = [{"pk": target} for target in sorted(set(targets))]
        found = self._tables.get_many(DOCUMENTS.name, keys, ("pk", "names"))
        return {item["pk"]: _names_of(item) for item in found}

    def _unreadable(self, kind: Kind, target_id: str, error: Exception) -> StoreError:
        return StoreError(
            f"The answer for {kind} {target_id!r} in the serving store, {self._tables.where}, is not in "
            f"the shape this program reads ({type(error).__name__}: {error}): publish it again"
        )


def _target(kind: Kind, target_id: str) -> str:
    return f"{kind}#{target_id}"


def _taken_apart(target: str) -> tuple[Kind, str]:
    kind, _, target_id = target.partition("#")
    return ("artist" if kind == "artist" else "track"), target_id


def _name_pk(name_key: str) -> str:
    return f"name#{name_key}"


def _names_of(head: Item) -> Names:
    entries: list[tuple[str, str, int]] = json.loads(head["names"])
    return {key: (label, popularity) for key, label, popularity in entries}


def _name_rows(head: Item) -> list[Item]:
    """Return the rows that lead from a document's names to it, in the order in which matches are offered."""
    target, filed = head["pk"], head["filed"]
    kind, target_id = _taken_apart(target)
    rows: list[Item] = []
    for name_key, (_, popularity) in _names_of(head).items():
        rank = _MOST_POPULAR - max(-_MOST_POPULAR, min(popularity, _MOST_POPULAR))
        sk = f"{kind}#{rank:010d}#{target_id}!{filed}"
        rows.append({"pk": _name_pk(name_key), "sk": sk, "target": target})
    return rows


def _spelling_rows(head: Item) -> Iterator[Item]:
    """Yield the rows that lead from keys of `core/spelling.py` to an artist's names or a song's title.

    Of titles they lie beside those of artists' names that have the same letters, so that both are one read.
    """
    target, spelled = head["pk"], head["spelled"]
    kind, target_id = _taken_apart(target)
    beside = spelled.startswith(_FILED[kind])
    if not beside and not spelled.startswith(TITLE):
        return
    for name_key in _names_of(head):
        row = {"sk": f"{joined(target_id, name_key)}!{spelled}", "name_key": name_key}
        for spelling in spellings(kind, name_key):
            if kind == "artist":
                yield {"pk": f"spelling#{spelling}", **row}
            else:
                pk = f"spelling#{spelling.removeprefix(TITLE) if beside else spelling}"
                yield {"pk": pk, **row, "kind": kind}


def _part_keys(head: Item) -> list[dict[str, Any]]:
    return [{"pk": f"part#{head['body_id']}#{number}"} for number in range(head.get("parts", 0))]


def _key(row: Item) -> Item:
    return {"pk": row["pk"], "sk": row["sk"]}
