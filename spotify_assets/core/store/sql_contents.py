"""All that the SQL tables hold, row by row, in the words that all engines share (`contents.py`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, tuple_

from spotify_assets.core.store.contents import KEYS, Part, Row, document_of
from spotify_assets.core.store.sql_answers import SqlAnswers
from spotify_assets.core.store.sql_engine import CHUNK, Database
from spotify_assets.core.store.sql_schema import (
    answer_names,
    answers,
    artist_requests,
    conversations,
    inbox,
    learnt_links,
    request_choices,
    request_findings,
    roster,
    similarity_parts,
    similarity_version,
    source_calls,
    source_capabilities,
    source_cooldowns,
)
from spotify_assets.core.store.sql_types import Moment
from spotify_assets.core.store.text import in_utc

_TABLES: dict[Part, Table] = {
    Part.DOCUMENTS: answers,
    Part.SIMILARITY: similarity_parts,
    Part.MODEL: similarity_version,
    Part.REQUESTS: artist_requests,
    Part.FINDINGS: request_findings,
    Part.ROSTER: roster,
    Part.LINKS: learnt_links,
    Part.INBOX: inbox,
    Part.CONVERSATIONS: conversations,
    Part.COOLDOWNS: source_cooldowns,
    Part.CALLS: source_calls,
    Part.CAPABILITIES: source_capabilities,
}
_WAITING = "received"


class SqlContents:
    """`Contents` of the tables of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __repr__(self) -> str:
        return self._database.where

    def rows(self, part: Part) -> Iterator[Row]:
        """Yield the rows of a part, read in pages by key."""
        table = _TABLES[part]
        keys = [table.c[column] for column in KEYS[part]]
        statement = select(table).order_by(*keys).limit(CHUNK)
        page = self._database.rows(statement)
        while page:
            rows = [{name: _shared(value) for name, value in row._mapping.items()} for row in page]
            yield from _COMPLETED.get(part, _as_it_is)(self._database, rows)
            last = [page[-1]._mapping[column] for column in KEYS[part]]
            page = self._database.rows(statement.where(tuple_(*keys) > tuple_(*last)))

    def write(self, part: Part, rows: Sequence[Row]) -> None:
        """Write rows whole, in place of those with the same keys."""
        if part is Part.DOCUMENTS:
            SqlAnswers(self._database).put(document_of(row) for row in rows)
            return
        table = _TABLES[part]
        others = [column.name for column in table.columns if column.name not in KEYS[part]]
        statement = self._database.upsert(table, lambda new: [(name, new[name]) for name in others])
        values = [
            {column.name: _own(column.type, row.get(column.name)) for column in table.columns}
            for row in (map(_message, rows) if part is Part.INBOX else rows)
        ]
        if part is Part.REQUESTS:
            values = [{**one, "artist_ids": json.dumps(one["artist_ids"])} for one in values]

        def write(connection: Connection) -> None:
            connection.execute(statement, values)
            if part is Part.REQUESTS:
                _replace_choices(connection, rows)

        self._database.write(write)


def _shared(value: Any) -> Any:
    if isinstance(value, datetime):
        return in_utc(value).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _own(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Moment):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if kind.python_type is date else value


def _as_it_is(_database: Database, rows: list[Row]) -> list[Row]:
    return rows


def _with_names(database: Database, rows: list[Row]) -> list[Row]:
    names = answer_names.c
    targets = [(row["kind"], row["target_id"]) for row in rows]
    statement = select(answer_names).where(tuple_(names.kind, names.target_id).in_(targets))
    found: dict[tuple[str, str], list[Any]] = {target: [] for target in targets}
    for name in database.rows(statement.order_by(names.name_key)):
        found[name.kind, name.target_id].append([name.name_key, name.label, name.popularity])
    return [{**row, "names": found[row["kind"], row["target_id"]]} for row in rows]


def _with_choices(database: Database, rows: list[Row]) -> list[Row]:
    columns = request_choices.c
    keys = [row["name_key"] for row in rows]
    statement = select(request_choices).where(columns.name_key.in_(keys))
    found: dict[str, list[Any]] = {key: [] for key in keys}
    for choice in database.rows(statement.order_by(columns.name_key, columns.position)):
        found[choice.name_key].append([choice.artist_id, choice.label])
    return [
        {**row, "artist_ids": json.loads(row["artist_ids"]), "choices": found[row["name_key"]]}
        for row in rows
    ]


def _messages(_database: Database, rows: list[Row]) -> list[Row]:
    ended = ("key", "state", "ended_at")
    return [row if row["state"] == _WAITING else {name: row[name] for name in ended} for row in rows]


_COMPLETED: dict[Part, Callable[[Database, list[Row]], list[Row]]] = {
    Part.DOCUMENTS: _with_names,
    Part.REQUESTS: _with_choices,
    Part.INBOX: _messages,
}


def _message(row: Row) -> Row:
    """Return a message with all the columns that SQL wants of one that has ended, too."""
    if row["state"] == _WAITING:
        return row
    return {**row, "account": "", "sender": "", "body": "", "sent_at": row["ended_at"], "attempts": 0}


def _replace_choices(connection: Connection, rows: Sequence[Row]) -> None:
    keys = [row["name_key"] for row in rows]
    connection.execute(delete(request_choices).where(request_choices.c.name_key.in_(keys)))
    choices = [
        {"name_key": row["name_key"], "position": place, "artist_id": artist_id, "label": label}
        for row in rows
        for place, (artist_id, label) in enumerate(row["choices"])
    ]
    if choices:
        connection.execute(insert(request_choices), choices)
