"""Documents and names in SQL tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, insert, select, tuple_

from spotify_assets.core.errors import StoreError
from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.spelling import TITLE
from spotify_assets.core.store import Document, NameMatch, Near
from spotify_assets.core.store.documents import ArtistDocument, Kind, TrackDocument
from spotify_assets.core.store.publishable import batches, spellings
from spotify_assets.core.store.sql_engine import Database, chunks
from spotify_assets.core.store.sql_schema import (
    MAX_SPELLING,
    answer_names,
    answer_spellings,
    answers,
    publication,
)
from spotify_assets.core.store.text import is_key

_PUBLICATION = f"SELECT number FROM {publication.name}"  # noqa: S608 - a constant


class SqlAnswers:
    """`Answers` in the tables `answers` and `answer_names`."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        names = answer_names.c
        statement = (
            select(names.kind, names.target_id, names.label, names.popularity)
            .where(names.name_key == name_key)
            .order_by(names.kind, names.popularity.desc(), names.target_id)  # "artist" < "track"
            .limit(limit)
        )
        return [NameMatch(**row._mapping) for row in self._database.rows(statement)]

    def near(self, spellings: Iterable[str], limit: int = 5000) -> Near:
        """Return the normalised names that are filed under one of these keys, each kind in their order."""
        keys = {one for one in spellings if is_key(one, MAX_SPELLING)}
        of_titles = {one for one in keys if one.startswith(TITLE)}
        return Near(self._filed(keys - of_titles, limit), self._filed(of_titles, limit))

    def _filed(self, keys: set[str], limit: int) -> list[str]:
        filed = answer_spellings.c
        statement = (
            select(filed.name_key)
            .where(filed.spelling.in_(sorted(keys)))
            .distinct()
            .order_by(filed.name_key)
            .limit(limit)
        )
        return [row.name_key for row in (self._database.rows(statement) if keys else [])]

    def versions(self, kind: Kind, ids: Sequence[str] | None = None) -> dict[str, str]:
        """Return the published version by id, of all documents of a kind or of `ids`; reads no body."""
        statement = select(answers.c.target_id, answers.c.version).where(answers.c.kind == kind)
        if ids is None:
            return {row.target_id: row.version for row in self._database.rows(statement)}
        return {
            row.target_id: row.version
            for chunk in chunks([i for i in dict.fromkeys(ids) if is_key(i)])
            for row in self._database.rows(statement.where(answers.c.target_id.in_(chunk)))
        }

    def put(self, documents: Iterable[Document]) -> int:
        """Write documents and replace their names, in transactions of 500 whole documents.

        Returns how many were written; of two with the same kind and id the later counts. Reads `documents`
        as a stream; when it fails half-way, what was committed until then stays and the rest is not there.

        Raises:
            StoreError: the store cannot be written, or a document cannot be stored.
        """
        written = 0
        for batch in batches(documents):
            rows = [_answer_row(document) for document in batch]
            names = [row for document in batch for row in _name_rows(document)]
            self._database.write(partial(self._replace, rows, names))
            written += len(batch)
        return written

    def remove(self, kind: Kind, ids: Sequence[str]) -> int:
        """Delete documents and their names; return how many documents were there."""
        removed = 0
        for chunk in chunks([i for i in dict.fromkeys(ids) if is_key(i)]):
            removed += self._database.write(partial(self._remove, kind, chunk))
        return removed

    @property
    def at_hand(self) -> bool:
        """Whether `publication` takes microseconds, as no network lies between."""
        return self._database.dialect == "sqlite"

    def publication(self) -> int:
        """Return a number that is another after every change of what this part holds."""
        return self._database.glance(_PUBLICATION) or 0

    def _count(self, connection: Connection) -> None:
        # First in its transaction, so that two publishers queue here and nowhere else.
        counted = self._database.upsert(publication, lambda _new: [("number", publication.c.number + 1)])
        connection.execute(counted, {"id": 1, "number": 1})

    def _remove(self, kind: Kind, ids: Sequence[str], connection: Connection) -> int:
        self._count(connection)
        _remove_names(connection, [(kind, target_id) for target_id in ids])
        statement = delete(answers).where(answers.c.kind == kind, answers.c.target_id.in_(ids))
        return connection.execute(statement).rowcount

    def _replace(
        self, rows: list[dict[str, Any]], names: list[dict[str, Any]], connection: Connection
    ) -> None:
        self._count(connection)
        upsert = self._database.upsert(answers, lambda new: [("version", new.version), ("body", new.body)])
        connection.execute(upsert, rows)
        _remove_names(connection, [(row["kind"], row["target_id"]) for row in rows])
        if names:
            connection.execute(insert(answer_names), names)
        filed = [
            {"spelling": spelling, "target_id": name["target_id"], "name_key": name["name_key"]}
            for name in names
            for spelling in spellings(name["kind"], name["name_key"])
        ]
        if filed:
            connection.execute(insert(answer_spellings), filed)

    def _body(self, kind: Kind, target_id: str) -> str | None:
        if not is_key(target_id):
            return None
        statement = select(answers.c.body).where(answers.c.kind == kind, answers.c.target_id == target_id)
        body: str | None = self._database.read(lambda connection: connection.scalar(statement))
        return body

    def _unreadable(self, kind: Kind, target_id: str, error: Exception) -> StoreError:
        return StoreError(
            f"The answer for {kind} {target_id!r} in the serving store, {self._database.where}, is not in "
            f"the shape this program reads ({type(error).__name__}: {error}): publish it again"
        )


def _answer_row(document: Document) -> dict[str, Any]:
    return {
        "kind": document.kind,
        "target_id": document.target_id,
        "version": document.version,
        "body": document.body,
    }


def _name_rows(document: Document) -> list[dict[str, Any]]:
    return [
        {
            "name_key": name.name_key,
            "kind": name.kind,
            "target_id": name.target_id,
            "label": name.label,
            "popularity": name.popularity,
        }
        for name in document.names
    ]


def _remove_names(connection: Connection, targets: Sequence[tuple[str, str]]) -> None:
    names = answer_names.c
    connection.execute(delete(answer_names).where(tuple_(names.kind, names.target_id).in_(targets)))
    filed = answer_spellings.c
    of_title = filed.spelling.startswith(TITLE)
    for kind, is_theirs in (("artist", ~of_title), ("track", of_title)):
        ids = [target_id for one, target_id in targets if one == kind]
        if ids:
            connection.execute(delete(answer_spellings).where(filed.target_id.in_(ids), is_theirs))
