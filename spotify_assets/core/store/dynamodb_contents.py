"""All that the DynamoDB tables hold, row by row, in the words that all engines share (`contents.py`).

Here: items as rows, and rows as items. Every part but the smallest reads its table from end to end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from spotify_assets.core.store.contents import Part, Row, document_of
from spotify_assets.core.store.dynamodb_answers import DynamoAnswers
from spotify_assets.core.store.dynamodb_inbox import RECEIVED, ended_item, known_item, waiting_item
from spotify_assets.core.store.dynamodb_people import DynamoLinks, conversation_item
from spotify_assets.core.store.dynamodb_requests import finding_item, reached_item, request_key
from spotify_assets.core.store.dynamodb_roster import DynamoRoster, roster_item, roster_keys
from spotify_assets.core.store.dynamodb_schema import REQUESTS, WORKING
from spotify_assets.core.store.dynamodb_sources import calls_item, capability_item, cooldown_item
from spotify_assets.core.store.dynamodb_tables import Tables
from spotify_assets.core.store.dynamodb_values import Item, at, moment, unpacked
from spotify_assets.core.store.dynamodb_vectors import DynamoVectors
from spotify_assets.core.store.inbox import InboxMessage
from spotify_assets.core.store.rows import CallCount, Capability
from spotify_assets.core.store.vectors import Part as ModelPart

_REQUEST_MOMENTS = (
    "first_asked_at",
    "last_asked_at",
    "changed_at",
    "next_attempt_at",
    "lease_until",
)
_REQUEST_VALUES = ("name_key", "query", "state", "attempts", "generation", "ask_count", "run_id", "error")


class DynamoContents:
    """`Contents` of the tables of one prefix."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __repr__(self) -> str:
        return self._tables.where

    def rows(self, part: Part) -> Iterator[Row]:
        """Yield the rows of a part, in any order."""
        rows: Iterator[Row] = getattr(self, f"_{part.value}")()
        return rows

    def write(self, part: Part, rows: Sequence[Row]) -> None:
        """Write rows whole, in place of those with the same keys."""
        getattr(self, f"_write_{part.value}")(rows)

    # Documents and requests

    def _documents(self) -> Iterator[Row]:
        for one in DynamoAnswers(self._tables).documents():
            names = sorted([name.name_key, name.label, name.popularity] for name in one.names)
            row = {"kind": one.kind, "target_id": one.target_id, "version": one.version, "body": one.body}
            yield {**row, "names": names}

    def _write_documents(self, rows: Sequence[Row]) -> None:
        DynamoAnswers(self._tables).put(document_of(row) for row in rows)

    def _similarity(self) -> Iterator[Row]:
        vectors = DynamoVectors(self._tables)
        for version in vectors.versions():
            for part in vectors.all_parts(version):
                digest = hashlib.md5(part.body.encode(), usedforsecurity=False).hexdigest()
                row = {"version": version, "kind": part.kind, "name": part.name}
                yield {**row, "digest": digest, "body": part.body}

    def _write_similarity(self, rows: Sequence[Row]) -> None:
        vectors = DynamoVectors(self._tables)
        for version in {row["version"] for row in rows}:
            mine = (row for row in rows if row["version"] == version)
            vectors.put(version, (ModelPart(row["kind"], row["name"], row["body"]) for row in mine))

    def _model(self) -> Iterator[Row]:
        if version := DynamoVectors(self._tables).version():
            yield {"id": 1, "version": version}

    def _write_model(self, rows: Sequence[Row]) -> None:
        for row in rows:
            DynamoVectors(self._tables).make_current(row["version"])

    def _requests(self) -> Iterator[Row]:
        for item in self._tables.scan(REQUESTS.name, "request#"):
            if item["sk"] != "request":
                continue
            row = {name: item.get(name) for name in _REQUEST_VALUES}
            row |= {name: _shared(item.get(name)) for name in _REQUEST_MOMENTS}
            lists = {name: json.loads(item.get(name, "[]")) for name in ("artist_ids", "choices")}
            yield {**row, **lists}

    def _write_requests(self, rows: Sequence[Row]) -> None:
        items: list[Item] = []
        for row in rows:
            item = {**request_key(row["name_key"]), **{name: row[name] for name in _REQUEST_VALUES}}
            item |= {name: _own(row[name]) for name in _REQUEST_MOMENTS}
            lists = {name: json.dumps(row[name], ensure_ascii=False) for name in ("artist_ids", "choices")}
            items.append({**item, **lists})
            if row["run_id"] and row["lease_until"]:
                lease = datetime.fromisoformat(row["lease_until"])
                items.append(reached_item(row["run_id"], row["name_key"], lease))
        self._tables.write_many(REQUESTS.name, items)

    def _findings(self) -> Iterator[Row]:
        for item in self._tables.scan(REQUESTS.name, "request#"):
            if item["sk"] != "request":
                name_key, source = item["pk"].removeprefix("request#"), item["sk"].removeprefix("finding#")
                yield {"name_key": name_key, "source": source, "body": unpacked(item["body"])}

    def _write_findings(self, rows: Sequence[Row]) -> None:
        items = [finding_item(row["name_key"], row["source"], row["body"]) for row in rows]
        for item in items:
            self._tables.fits(item, "What was fetched for a request")
        self._tables.write_many(REQUESTS.name, items)

    # Roster and links

    def _roster(self) -> Iterator[Row]:
        for artist_id, items in DynamoRoster(self._tables).by_artist().items():
            first = min(items, key=lambda item: (item["added_at"], item["position"]))
            yield {
                "artist_id": artist_id,
                "name": first["name"],
                "urgency": min(item["urgency"] for item in items),
                "added_at": _shared(first["added_at"]),
                "position": first["position"],
            }

    def _write_roster(self, rows: Sequence[Row]) -> None:
        keys = [key for row in rows for key in roster_keys(row["artist_id"])]
        there = self._tables.get_many(REQUESTS.name, keys, ("pk", "sk"))
        self._tables.write_many(REQUESTS.name, deletes=there)
        self._tables.write_many(
            REQUESTS.name,
            [
                roster_item(
                    row["artist_id"],
                    row["name"],
                    row["urgency"],
                    _own(row["added_at"]) or "",
                    row["position"],
                )
                for row in rows
            ],
        )

    def _links(self) -> Iterator[Row]:
        for item in self._tables.scan(REQUESTS.name, "link#"):
            if item["sk"].startswith("person#"):
                yield {
                    "name_key": item["pk"].removeprefix("link#"),
                    "person": item["sk"].removeprefix("person#"),
                    "artist_id": item["artist_id"],
                    "confirmed_at": _shared(item["confirmed_at"]),
                }

    def _write_links(self, rows: Sequence[Row]) -> None:
        # One by one, since how many mean an artist is counted along.
        links = DynamoLinks(self._tables)
        for row in rows:
            confirmed_at = datetime.fromisoformat(row["confirmed_at"])
            links.keep(row["person"], row["name_key"], row["artist_id"], confirmed_at)

    # What passes

    def _inbox(self) -> Iterator[Row]:
        waiting = {item["sk"]: item for item in self._query("waiting")}
        for known in self._tables.scan(WORKING.name, "message#"):
            row = {"key": known["key"], "state": known["state"], "ended_at": _shared(known.get("ended_at"))}
            if known["state"] == RECEIVED and known["key"] in waiting:
                item = waiting[known["key"]]
                row |= {name: item[name] for name in ("account", "sender", "attempts")}
                row |= {name: _shared(item[name]) for name in ("sent_at", "due_at")}
                row["body"] = unpacked(item["body"])
            yield row

    def _write_inbox(self, rows: Sequence[Row]) -> None:
        items: list[Item] = []
        for row in rows:
            key = row["key"]
            if row["state"] != RECEIVED:
                ended_at = datetime.fromisoformat(row["ended_at"])
                items += [known_item(key, row["state"], ended_at), ended_item(key, ended_at)]
                continue
            sent_at, due_at = (datetime.fromisoformat(row[name]) for name in ("sent_at", "due_at"))
            message = InboxMessage(key, row["account"], row["sender"], row["body"], sent_at, row["attempts"])
            items += [known_item(key), waiting_item(message, due_at)]
        self._tables.write_many(WORKING.name, items)

    def _conversations(self) -> Iterator[Row]:
        for item in self._tables.scan(WORKING.name, "conversation#"):
            row = {"person": item["person"], "body": unpacked(item["body"])}
            yield {**row, "expires_at": _shared(item["expires_at"])}

    def _write_conversations(self, rows: Sequence[Row]) -> None:
        items = [
            conversation_item(row["person"], row["body"], datetime.fromisoformat(row["expires_at"]))
            for row in rows
        ]
        self._tables.write_many(WORKING.name, items)

    def _cooldowns(self) -> Iterator[Row]:
        for item in self._query("cooldowns"):
            yield {"source": item["sk"], "ends_at": _shared(item["ends_at"]), "reason": item["reason"]}

    def _write_cooldowns(self, rows: Sequence[Row]) -> None:
        items = [
            cooldown_item(row["source"], datetime.fromisoformat(row["ends_at"]), row["reason"])
            for row in rows
        ]
        self._tables.write_many(WORKING.name, items)

    def _calls(self) -> Iterator[Row]:
        for item in self._query("calls"):
            yield {name: item[name] for name in ("source", "family", "day", "asked", "routine")}

    def _write_calls(self, rows: Sequence[Row]) -> None:
        counts = [CallCount(**{**row, "day": date.fromisoformat(row["day"])}) for row in rows]
        self._tables.write_many(WORKING.name, [calls_item(count) for count in counts])

    def _capabilities(self) -> Iterator[Row]:
        for item in self._query("capabilities"):
            row = {name: item[name] for name in ("source", "endpoint", "allowed")}
            yield {**row, **{name: _shared(item[name]) for name in ("learnt_at", "expires_at")}}

    def _write_capabilities(self, rows: Sequence[Row]) -> None:
        moments = ("learnt_at", "expires_at")
        known = [
            Capability(**{**row, **{name: datetime.fromisoformat(row[name]) for name in moments}})
            for row in rows
        ]
        self._tables.write_many(WORKING.name, [capability_item(one) for one in known])

    def _query(self, pk: str) -> Iterator[Item]:
        return self._tables.query(WORKING.name, "pk = :pk", {"pk": pk})


def _shared(text: Any) -> str | None:
    return None if text is None else at(text).isoformat()


def _own(text: str | None) -> str | None:
    return None if text is None else moment(datetime.fromisoformat(text))
