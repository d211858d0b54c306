"""What DynamoDB does on a bad day, and what it does not take: told in a sentence, and nothing is half seen."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_engines import empty_store
from store_examples import NOON, artist, found

from spotify_assets.core.errors import StoreError
from spotify_assets.core.spelling import title_keys_near
from spotify_assets.core.store import Document, NameEntry, Priority, RosterEntry, ServingStore, open_at
from spotify_assets.core.store.dynamodb_calls import parse
from spotify_assets.core.store.dynamodb_schema import prepare
from spotify_assets.core.store.dynamodb_tables import Tables
from tests.doubles.aws import AwsCall, AwsDouble


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty store on DynamoDB."""
    yield from empty_store("DynamoDB", request, tmp_path)


@pytest.fixture
def dynamo(url: str) -> Iterator[ServingStore]:
    """An empty store on DynamoDB."""
    opened = open_at(url)
    yield opened
    opened.close()


def is_(operation: str) -> Callable[[AwsCall], bool]:
    return lambda call: call.target.endswith(f".{operation}")


def random_text(kilobytes: int) -> str:
    """Text that no compression makes smaller than two thirds."""
    return random.Random(7).randbytes(kilobytes * 512).hex()


def test_a_batch_that_is_taken_in_part_is_sent_until_it_is_whole(
    dynamo: ServingStore, aws: AwsDouble
) -> None:
    part = aws.dynamodb.take_only(9, times=12)
    assert dynamo.answers.put(artist(f"a{n}", f"name {n}") for n in range(60)) == 60
    assert part.met == 12
    part = aws.dynamodb.take_only(7, times=5)
    assert len(dynamo.answers.versions("artist", [f"a{n}" for n in range(60)])) == 60
    assert part.met == 5
    aws.dynamodb.parts.clear()
    assert all(found(dynamo, f"name {n}") == [f"a{n}"] for n in range(0, 60, 7))


def test_a_throttled_call_is_tried_again_and_at_last_told(dynamo: ServingStore, aws: AwsDouble) -> None:
    busy = "ProvisionedThroughputExceededException"
    fault = aws.fail(400, busy, times=3)
    assert dynamo.requests.ask("aespa", "aespa", NOON).ask_count == 1
    assert fault.met == 3
    aws.fail(400, busy)
    with pytest.raises(StoreError, match=r"too busy in 4 attempts at GetItem \(Provisioned"):
        dynamo.requests.ask("aespa", "aespa", NOON)


def test_a_write_that_meets_a_transaction_is_tried_again(dynamo: ServingStore, aws: AwsDouble) -> None:
    update = aws.fail(400, "TransactionConflictException", is_("UpdateItem"), times=2)
    dynamo.requests.ask("aespa", "aespa", NOON)
    assert dynamo.requests.ask("aespa", "aespa", NOON).ask_count == 2
    met = json.dumps(
        {
            "__type": "TransactionCanceledException",
            "Message": "Transaction cancelled [TransactionConflict, None]",
            "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
        }
    )
    transaction = aws.fail(400, "TransactionCanceledException", is_("TransactWriteItems"), times=2, body=met)
    dynamo.links.confirm("ann", "eve", "eve-jp", NOON)
    assert (update.met, transaction.met) == (2, 2)
    assert dynamo.links.learnt("ann", "eve") == "eve-jp"


def test_a_body_past_an_item_s_limit_is_kept_in_parts_and_replaced_whole(dynamo: ServingStore) -> None:
    long, longer = random_text(900), random_text(2000)
    for name in (long, longer, "short", long):
        dynamo.answers.put([Document("artist", "a1", name[:9], artist("a1", label=name).body, ())])
        document = dynamo.answers.artist("a1")
        assert document is not None
        assert document.artist.name == name
    assert dynamo.answers.remove("artist", ["a1"]) == 1
    assert dynamo.answers.artist("a1") is None


def test_parts_that_are_no_longer_used_are_deleted(dynamo: ServingStore, dynamodb, url: str) -> None:
    for name in (random_text(900), random_text(1000), "short"):
        dynamo.answers.put([Document("artist", "a1", name[:9], artist("a1", label=name).body, ())])
    table = url.removeprefix("dynamodb://").partition("?")[0] + "-documents"
    keys = {item["pk"]["S"] for item in dynamodb.scan(TableName=table)["Items"]}
    assert keys == {"artist#a1", "publication"}


def test_what_no_item_can_hold_is_refused_before_anything_is_written(dynamo: ServingStore) -> None:
    names = tuple(NameEntry(f"{n:0119d}", "artist", "a2", "a2", 0) for n in range(3500))
    with pytest.raises(StoreError, match=r"answer for artist 'a2' cannot be stored .* 4\d\d KB and DynamoDB"):
        dynamo.answers.put([artist("a1"), Document("artist", "a2", "v1", "{}", names)])
    assert dynamo.answers.versions("artist") == {}
    with pytest.raises(StoreError, match="What spotify gave for a request cannot be stored"):
        dynamo.requests.attach("aespa", "spotify", random_text(900))
    assert dynamo.requests.attached(["aespa"]) == []


@pytest.mark.parametrize("after", [0, 2, 5, 8])
def test_credentials_that_expire_while_publishing_leave_every_document_old_or_new(
    dynamo: ServingStore, aws: AwsDouble, after: int
) -> None:
    def documents(version: str) -> list[Document]:
        return [artist(f"a{n}", f"common {n}", f"{version} {n}", version=version) for n in range(60)]

    dynamo.answers.put(documents("old"))
    writes = iter(range(10_000))

    def expired(call: AwsCall) -> bool:
        return call.target.endswith((".BatchWriteItem", ".PutItem")) and next(writes) >= after

    aws.fail(400, "ExpiredTokenException", expired)
    with pytest.raises(StoreError, match=r"credentials have expired \(ExpiredTokenException\): sign in anew"):
        dynamo.answers.put(documents("new"))
    aws.faults.clear()
    versions = dynamo.answers.versions("artist")
    assert len(versions) == 60
    for number in range(60):
        version = versions[f"a{number}"]
        document = dynamo.answers.artist(f"a{number}")
        assert document is not None
        assert document.model_version == version
        assert found(dynamo, f"common {number}") == [f"a{number}"]
        assert found(dynamo, f"{version} {number}") == [f"a{number}"]
        other = "old" if version == "new" else "new"
        assert found(dynamo, f"{other} {number}") == []
    assert dynamo.answers.put(documents("new")) == 60
    assert set(dynamo.answers.versions("artist").values()) == {"new"}


def test_only_what_changed_is_written(dynamo: ServingStore, aws: AwsDouble) -> None:
    dynamo.answers.put(artist(f"a{n}", f"name {n}") for n in range(60))
    aws.calls.clear()
    dynamo.answers.put([artist("a7", "name 7", version="v2")])
    changes = [call.target.rpartition(".")[2] for call in aws.calls]
    assert changes == ["BatchGetItem", "PutItem", "UpdateItem"], "no row of a name is touched"
    aws.calls.clear()
    dynamo.roster.add([RosterEntry("a1", "a1", Priority.LISTED)], NOON)
    dynamo.roster.add([RosterEntry("a1", "a1", Priority.NEIGHBOUR)], NOON)
    assert sum(call.target.endswith(".BatchWriteItem") for call in aws.calls) == 1


def test_a_table_that_is_missing_in_aws_is_not_made_but_named(aws: AwsDouble, url: str) -> None:
    tables = Tables(parse(url))
    with pytest.raises(
        StoreError, match=r"lacks test_\w+-documents, .*-working: deploy the template .* create=true"
    ):
        prepare(tables, may_create=False)
    assert not any(call.target.endswith(".CreateTable") for call in aws.calls)
    tables.close()


@pytest.mark.parametrize(
    "address",
    [
        "dynamodb://",
        "dynamodb://a b",
        "dynamodb://x/y",
        "dynamodb://music?password=x",
        "dynamodb://music?create=1",
    ],
)
def test_an_address_that_cannot_be_used_says_what_is_allowed(address: str) -> None:
    with pytest.raises(StoreError, match=r"write dynamodb://<table-prefix>, .* options are region, profile"):
        open_at(address)


def test_expired_credentials_and_nobody_there_are_told(url: str, aws: AwsDouble) -> None:
    aws.fail(400, "UnrecognizedClientException")
    with pytest.raises(StoreError, match="AWS does not accept the credentials"):
        open_at(url)
    with pytest.raises(StoreError, match=r"DynamoDB tables music-\* in .* cannot be reached"):
        open_at("dynamodb://music?endpoint=http://127.0.0.1:1")


def test_titles_filed_apart_by_an_earlier_version_are_filed_anew_and_leave_nothing_behind(
    dynamo: ServingStore, dynamodb, url: str
) -> None:
    prefix = url.removeprefix("dynamodb://").partition("?")[0]
    entry = NameEntry("dynamite", "track", "t1", "Dynamite – X", 1)
    dynamo.answers.put([Document("track", "t1", "v1", "{}", (entry,))])
    near = title_keys_near("dinamite")
    assert dynamo.answers.near(near).titles == ["dynamite"]
    for item in dynamodb.scan(TableName=f"{prefix}-names")["Items"]:
        if item["pk"]["S"].startswith("spelling#"):
            dynamodb.delete_item(TableName=f"{prefix}-names", Key={key: item[key] for key in ("pk", "sk")})
            old = {**item, "pk": {"S": item["pk"]["S"].replace("#", "#t")}, "sk": {"S": "2:t1dynamite!t0"}}
            dynamodb.put_item(TableName=f"{prefix}-names", Item=old)
    dynamodb.update_item(
        TableName=f"{prefix}-documents",
        Key={"pk": {"S": "track#t1"}},
        UpdateExpression="SET spelled = :old",
        ExpressionAttributeValues={":old": {"S": "t0"}},
    )
    assert dynamo.answers.near(near).titles == []
    dynamo.answers.put([Document("track", "t1", "v2", "{}", (entry,))])
    assert dynamo.answers.near(near).titles == ["dynamite"]
    dynamo.answers.remove("track", ["t1"])
    assert dynamodb.scan(TableName=f"{prefix}-names")["Items"] == []
