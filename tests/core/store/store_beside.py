"""What happens to a store beside the program: an administrator's hand, a lost table, a server that hangs up."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import make_url
from store_servers import execute, indexes

from spotify_assets.core.store.dynamodb_calls import parse
from spotify_assets.core.store.dynamodb_schema import TABLES
from tests.doubles.aws import AwsDouble


class Beside(Protocol):
    """The same hand on every engine."""

    def set_version(self, version: int) -> None:
        """Say that another version of the program made the tables."""
        ...

    def forget_version(self) -> None:
        """Leave the tables as they are before the last step of making them."""
        ...

    def lose_sources(self) -> None:
        """Leave the tables as an older program made them, without those of the sources."""
        ...

    def lose_requests_and_roster(self) -> None:
        """Drop the tables of the requests and of the roster."""
        ...

    def lose_an_index(self) -> None:
        """Drop one index."""
        ...

    def has_its_indexes(self) -> bool:
        """Whether each index is there, and none but a primary key is unique."""
        ...

    def hang_up(self) -> None:
        """Drop the connections that are open."""
        ...

    def let_time_pass(self, now: datetime) -> None:
        """Do what the engine does by itself in time."""
        ...

    def kept_of_message(self) -> tuple[str, str, str]:
        """Return sender, body and state of the only message there ever was."""
        ...


class BesideSql:
    """An administrator of the database."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)

    def set_version(self, version: int) -> None:
        execute(self._url, f"UPDATE store_schema SET version = {version}")

    def forget_version(self) -> None:
        execute(self._url, "DELETE FROM store_schema")

    def lose_sources(self) -> None:
        added = ("source_cooldowns", "source_calls", "source_capabilities", "source_turns")
        self.set_version(1)
        execute(self._url, *(f"DROP TABLE {table}" for table in added))

    def lose_requests_and_roster(self) -> None:
        execute(self._url, "DROP TABLE roster", "DROP TABLE artist_requests")

    def lose_an_index(self) -> None:
        on = " ON artist_requests" if self._url.get_backend_name() == "mysql" else ""
        execute(self._url, f"DROP INDEX artist_requests_queue{on}")

    def has_its_indexes(self) -> bool:
        expected = {
            "artist_requests": {"artist_requests_queue": False},
            "answers": {"answers_versions": False},
            "answer_names": {"answer_names_targets": False},
        }
        return {table: indexes(self._url, table) for table in expected} == expected

    def hang_up(self) -> None:
        backend = self._url.get_backend_name()
        if backend == "postgresql":
            mine = f"application_name = '{self._url.query['application_name']}'"
            execute(
                self._url.set(query={}),
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}",
            )
        elif backend == "mysql":
            mine = "db = database() AND id <> connection_id()"
            found = f"SELECT id FROM information_schema.processlist WHERE {mine}"
            for (number,) in execute(self._url, found):
                execute(self._url, f"KILL {number}")

    def let_time_pass(self, now: datetime) -> None:
        """Nothing: these engines delete nothing by themselves."""

    def kept_of_message(self) -> tuple[str, str, str]:
        [(sender, body, state)] = execute(self._url, "SELECT sender, body, state FROM inbox")
        return sender, body, state


class BesideDynamo:
    """Somebody with the AWS command line."""

    def __init__(self, url: str, aws: AwsDouble, client: Any) -> None:
        self._prefix, self._aws, self._client = parse(url).prefix, aws, client

    def set_version(self, version: int) -> None:
        self._client.update_item(
            TableName=f"{self._prefix}-working",
            Key=_VERSION,
            UpdateExpression="SET version = :version",
            ExpressionAttributeValues={":version": {"N": str(version)}},
        )

    def forget_version(self) -> None:
        self._client.delete_item(TableName=f"{self._prefix}-working", Key=_VERSION)

    def lose_sources(self) -> None:
        self._client.delete_table(TableName=f"{self._prefix}-working")

    def lose_requests_and_roster(self) -> None:
        self._client.delete_table(TableName=f"{self._prefix}-requests")

    def lose_an_index(self) -> None:
        dropped = [{"Delete": {"IndexName": "standing"}}]
        self._client.update_table(TableName=f"{self._prefix}-requests", GlobalSecondaryIndexUpdates=dropped)

    def has_its_indexes(self) -> bool:
        described = self._client.describe_table(TableName=f"{self._prefix}-requests")["Table"]
        return [index["IndexName"] for index in described.get("GlobalSecondaryIndexes", [])] == ["standing"]

    def hang_up(self) -> None:
        self._aws.fail(500, "InternalServerError", times=1)

    def let_time_pass(self, now: datetime) -> None:
        """Delete what has expired, as DynamoDB does within days and moto never."""
        name = f"{self._prefix}-working"
        described = self._client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        expires = described["AttributeName"]
        for item in self._client.scan(TableName=name)["Items"]:
            if expires in item and int(item[expires]["N"]) < now.timestamp():
                self._client.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})

    def kept_of_message(self) -> tuple[str, str, str]:
        items = self._client.scan(TableName=f"{self._prefix}-working")["Items"]
        told = [(i.get("sender", {}).get("S", ""), i.get("body", {}).get("B", "")) for i in items]
        [state] = [i["state"]["S"] for i in items if i["pk"]["S"].startswith("message#")]
        return max(sender for sender, _ in told), max(body for _, body in told), state

    def remove(self) -> None:
        """Delete the store's tables."""
        there = set(self._client.list_tables()["TableNames"])
        for schema in TABLES:
            if (name := f"{self._prefix}-{schema.name}") in there:
                self._client.delete_table(TableName=name)


_VERSION = {"pk": {"S": "schema"}, "sk": {"S": "schema"}}
