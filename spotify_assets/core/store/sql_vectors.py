"""The published similarity model in SQL tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from typing import cast

from sqlalchemy import Connection, Delete, delete, select, tuple_

from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.store.sql_engine import CHUNK, Database, chunks
from spotify_assets.core.store.sql_schema import similarity_parts, similarity_version
from spotify_assets.core.store.sql_types import is_key
from spotify_assets.core.store.vectors import Part, PartKind

_PART = similarity_parts.c


class SqlVectors:
    """`Vectors` in the tables `similarity_parts` and `similarity_version`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> str | None:
        """Return the version that is current, or None where none is published."""
        statement = select(similarity_version.c.version)
        version: str | None = self._database.read(lambda connection: connection.scalar(statement))
        return version

    def parts(self, version: str, kind: PartKind, names: Sequence[str]) -> dict[str, str]:
        """Return the bodies of those parts that are there, by name."""
        of_kind = select(_PART.name, _PART.body).where(_PART.version == version, _PART.kind == kind)
        wanted = sorted({name for name in names if is_key(name, MAX_KEY)})
        return {
            row.name: row.body
            for chunk in chunks(wanted)
            for row in self._database.rows(of_kind.where(_PART.name.in_(chunk)))
        }

    def digests(self, version: str) -> dict[tuple[PartKind, str], str]:
        """Return the MD5 of each part's body, by kind and name."""
        statement = select(_PART.kind, _PART.name, _PART.digest).where(_PART.version == version)
        return {(cast(PartKind, row.kind), row.name): row.digest for row in self._database.rows(statement)}

    def put(self, version: str, parts: Iterable[Part]) -> int:
        """Write parts, replacing those of their kind and name, in transactions of 500; return how many.

        A part whose name is no key (longer than 120 characters, say) is left out: nobody could read it.

        Raises:
            StoreError: the store cannot be written.
        """
        statement = self._database.upsert(
            similarity_parts, lambda new: [("digest", new.digest), ("body", new.body)]
        )

        def write(rows: list[dict[str, str]], connection: Connection) -> None:
            connection.execute(statement, rows)

        stream, written = iter(parts), 0
        while batch := list(islice(stream, CHUNK)):
            rows = {
                (part.kind, part.name): {
                    "version": version,
                    "kind": part.kind,
                    "name": part.name,
                    "digest": hashlib.md5(part.body.encode(), usedforsecurity=False).hexdigest(),
                    "body": part.body,
                }
                for part in batch
                if is_key(part.name, MAX_KEY)
            }
            # Sorted, so that two publishers take their locks in the same order.
            if rows:
                self._database.write(partial(write, [rows[key] for key in sorted(rows)]))
            written += len(rows)
        return written

    def remove(self, version: str, parts: Iterable[tuple[PartKind, str]]) -> None:
        """Drop parts of a version."""
        for chunk in chunks(sorted(parts)):
            statement = delete(similarity_parts).where(
                _PART.version == version, tuple_(_PART.kind, _PART.name).in_(chunk)
            )
            self._database.write(partial(_execute, statement))

    def make_current(self, version: str) -> None:
        """Let readers see a version, and drop all others."""
        row = {"id": 1, "version": version}
        statement = self._database.upsert(similarity_version, lambda new: [("version", new.version)])
        self._database.write(lambda connection: connection.execute(statement, row).rowcount)
        others = delete(similarity_parts).where(_PART.version != version)
        self._database.write(lambda connection: connection.execute(others).rowcount)


def _execute(statement: Delete, connection: Connection) -> int:
    return connection.execute(statement).rowcount
