"""What the bot keeps about the people it talks to, as DynamoDB items: conversations, links, lookups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from spotify_assets.core.errors import StoreError
from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.store import Lookup
from spotify_assets.core.store.dynamodb_schema import EXPIRES, REQUESTS, WORKING
from spotify_assets.core.store.dynamodb_tables import Tables
from spotify_assets.core.store.dynamodb_values import Item, at, epoch, moment, packed, unpacked
from spotify_assets.core.store.people import VOUCHED
from spotify_assets.core.store.text import checked_key, is_key, plain

_ROUNDS = 20


class DynamoConversations:
    """`Conversations` in the table `working`; DynamoDB deletes the expired by itself."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def remember(self, bodies: Mapping[str, str], now: datetime, expires_at: datetime) -> None:
        """Keep where conversations stand, by person, until they expire.

        Raises:
            StoreError: the store cannot be written, or a conversation is too long for it.
        """
        items: list[Item] = []
        for person, body in bodies.items():
            items.append(conversation_item(person, body, expires_at))
            self._tables.fits(items[-1], "A conversation")
        self._tables.write_many(WORKING.name, items)

    def recall(self, person: str, now: datetime) -> str | None:
        """Return where a person's conversation stands, or None where there is none or it has expired."""
        if not is_key(person):
            return None
        item = self._tables.get(WORKING.name, _conversation(person))
        # DynamoDB deletes what has expired when it finds the time.
        return None if item is None or at(item["expires_at"]) <= now else unpacked(item["body"])


class DynamoLinks:
    """`Links` in the table `requests`: an item for each person, and for each target how many mean it.

    So that answering reads a handful of items, however many people have chosen. Both are written together.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def confirm(
        self, person: str, name_key: str, target: str, now: datetime, vouched_by: str | None = None
    ) -> None:
        """Remember that a person means this artist or song by a name; of two confirmations the later counts.

        For everybody it counts where somebody vouches for the person, and once for whoever does.

        Raises:
            StoreError: the store cannot be written, or a key is not storable.
        """
        self.keep(person, name_key, target, now)
        if vouched_by:
            self.keep(VOUCHED + vouched_by, name_key, target, now)

    def keep(self, person: str, name_key: str, target: str, now: datetime) -> None:
        """Keep one link under the key of a person, or of who vouches for one.

        Raises:
            StoreError: the store cannot be written, or a key is not storable.
        """
        counts = person.startswith(VOUCHED)
        pk = f"link#{checked_key(name_key, MAX_KEY)}"
        mine: Item = {"pk": pk, "sk": f"person#{checked_key(person)}"}
        new = {**mine, "artist_id": checked_key(target), "confirmed_at": moment(now)}
        for _ in range(_ROUNDS):
            old = self._tables.get(REQUESTS.name, mine)
            if old and old["artist_id"] == target:
                if self._tables.put(REQUESTS.name, new, "#artist_id = :same", {"same": target}).done:
                    return
                continue
            unchanged, values = "attribute_not_exists(pk)", {}
            if old:
                unchanged, values = "#artist_id = :old", {"old": old["artist_id"]}
            writes = [self._tables.put_in(REQUESTS.name, new, unchanged, values)]
            if counts:
                writes.append(self._counted(pk, target, 1))
            if counts and old:
                writes.append(self._counted(pk, old["artist_id"], -1))
            if all(change.done for change in self._tables.transact(writes)):
                return
        raise StoreError(
            f"The serving store, {self._tables.where}, could not note a choice in {_ROUNDS} attempts: "
            "try again"
        )

    def learnt(self, person: str, name_key: str, agreed: int = 3) -> str | None:
        """Return the target a name means: to this person, else to so many vouched for who alone agree."""
        if not is_key(name_key, MAX_KEY):
            return None
        pk = f"link#{name_key}"
        own = (
            self._tables.get(REQUESTS.name, {"pk": pk, "sk": f"person#{person}"}) if is_key(person) else None
        )
        if own:
            target: str = own["artist_id"]
            return target
        counts = self._tables.query(
            REQUESTS.name, "pk = :pk AND begins_with(sk, :sk)", {"pk": pk, "sk": "artist#"}
        )
        of_many = [str(item["sk"]).removeprefix("artist#") for item in counts if item["people"] >= agreed]
        return of_many[0] if len(of_many) == 1 else None

    def _counted(self, pk: str, target: str, by: int) -> dict[str, Any]:
        key = {"pk": pk, "sk": f"artist#{target}"}
        return self._tables.update_in(REQUESTS.name, key, "ADD #people :by", {"by": by})


class DynamoLookups:
    """`Lookups` in the table `working`; DynamoDB deletes the expired by itself."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def begin(self, name_key: str, holder: str, now: datetime, lease_until: datetime) -> bool:
        """Take a name to look it up; False where somebody else does, or its result is still good.

        Raises:
            StoreError: the store cannot be written.
        """
        item = {**_lookup(checked_key(name_key, MAX_KEY)), "holder": checked_key(holder)}
        # Until there is a body it expires with its lease.
        item |= {"expires_at": moment(lease_until), EXPIRES: epoch(lease_until)}
        over = "attribute_not_exists(pk) OR #expires_at <= :now"
        return self._tables.put(WORKING.name, item, over, {"now": moment(now)}).done

    def end(self, name_key: str, holder: str, body: str | None, now: datetime, expires_at: datetime) -> None:
        """Keep what a lookup found until it expires; with None, let the next who asks look again.

        Does nothing where another holds the name by now.

        Raises:
            StoreError: the store cannot be written, or the result is too long for it.
        """
        key, mine = _lookup(checked_key(name_key, MAX_KEY)), {"holder": checked_key(holder)}
        if body is None:
            self._tables.delete(WORKING.name, key, "#holder = :holder", mine)
            return
        kept = {"body": packed(plain(body)), "expires_at": moment(expires_at), EXPIRES: epoch(expires_at)}
        self._tables.fits({**key, **mine, **kept}, "What was looked up")
        change = "SET " + ", ".join(f"#{name} = :{name}" for name in kept)
        self._tables.update(WORKING.name, key, change, {**kept, **mine}, "#holder = :holder")

    def get(self, name_key: str, now: datetime) -> Lookup | None:
        """Return the lookup of a name that is under way or whose result is still good, or None."""
        if not is_key(name_key, MAX_KEY):
            return None
        item = self._tables.get(WORKING.name, _lookup(name_key))
        if item is None or at(item["expires_at"]) <= now:
            return None
        return Lookup(unpacked(item["body"]) if "body" in item else None)

    def count_new(self, person: str, now: datetime, limit: int) -> bool:
        """Count one more new name that a person asks for on this UTC day; False, uncounted, past the limit.

        Raises:
            StoreError: the store cannot be written.
        """
        day = now.astimezone(UTC).date()
        key = {"pk": f"new#{checked_key(person)}", "sk": day.isoformat()}
        values = {"one": 1, "limit": limit, "ttl": epoch(now + timedelta(days=2))}
        within = "#names < :limit" if limit < 1 else "attribute_not_exists(pk) OR #names < :limit"
        change = f"SET #{EXPIRES} = :ttl ADD #names :one"
        return self._tables.update(WORKING.name, key, change, values, within).done


def conversation_item(person: str, body: str, expires_at: datetime) -> Item:
    """Return where a conversation stands as it is stored."""
    item = {**_conversation(checked_key(person)), "person": person, "body": packed(plain(body))}
    return {**item, "expires_at": moment(expires_at), EXPIRES: epoch(expires_at)}


def _conversation(person: str) -> Item:
    return {"pk": f"conversation#{person}", "sk": "conversation"}


def _lookup(name_key: str) -> Item:
    return {"pk": f"lookup#{name_key}", "sk": "lookup"}
