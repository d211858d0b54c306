"""What is borrowed of an account is said, is nobody else's, and is given back whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("moto.server")
pytest.importorskip("pyiceberg.catalog")

from tests.doubles.athena.server import AthenaDouble

from .account import Account
from .loan import Loan, NotConfigured


@pytest.fixture(scope="module")
def double() -> Iterator[AthenaDouble]:
    with AthenaDouble() as running:
        yield running


@pytest.fixture(scope="module")
def bucket(double: AthenaDouble) -> str:
    s3 = Account(double.env, "theirs").client("s3")
    s3.create_bucket(Bucket="theirs")
    s3.put_object(Bucket="theirs", Key="kept/by-others", Body=b"x")
    return "theirs"


def used(loan: Loan) -> Account:
    """Leave behind what a test of the project does: objects, tables of both kinds, results."""
    account = loan.account
    loan.take()
    account.client("s3").put_object(Bucket=account.bucket, Key=f"{account.prefix}/raw/a", Body=b"x")
    for database in (account.raw_schema, account.schema):
        account.client("glue").create_database(DatabaseInput={"Name": database})
    account.run(
        f"create table {account.schema}.t with (table_type='iceberg', is_external=false, "
        f"location='{account.lake_uri}/t', format='parquet') as select 1 as a"
    )
    assert account.table("t").to_pylist() == [{"a": 1}]
    account.client("dynamodb").create_table(
        TableName=f"{account.prefix}-names",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return account


def databases(account: Account) -> set[str]:
    return {found["Name"] for found in account.client("glue").get_databases()["DatabaseList"]}


def work_groups(account: Account) -> set[str]:
    return {found["Name"] for found in account.client("athena").list_work_groups()["WorkGroups"]}


def test_everything_is_given_back_and_nothing_of_others(double: AthenaDouble, bucket: str) -> None:
    account = used(Loan.of(double.env, bucket))
    others = used(Loan.of(double.env, bucket))
    assert Loan(account).give_back() == []
    assert account.objects() == {}
    assert databases(account) == {others.raw_schema, others.schema}
    assert work_groups(account) == {"primary", others.work_group}
    assert set(others.objects()) >= {"raw/a"}
    tables = account.client("dynamodb").list_tables()["TableNames"]
    assert tables == [f"{others.prefix}-names"]
    assert Loan(others).give_back() == []
    kept = account.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [one["Key"] for one in kept] == ["kept/by-others"]


def test_all_pages_of_objects_are_given_back(
    double: AthenaDouble, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan = Loan.of(double.env, bucket)
    account = used(loan)
    for number in range(5):
        account.client("s3").put_object(Bucket=bucket, Key=f"{account.prefix}/raw/{number}", Body=b"x")
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    assert len(account.client("s3").list_object_versions(Bucket=bucket)["Versions"]) == 2
    assert loan.give_back() == []
    monkeypatch.delenv("MOTO_S3_DEFAULT_MAX_KEYS")
    assert account.objects() == {}


def test_giving_back_twice_or_what_was_never_made_is_no_fault(double: AthenaDouble, bucket: str) -> None:
    loan = Loan.of(double.env, bucket)
    assert loan.give_back() == []
    used(loan)
    assert (loan.give_back(), loan.give_back()) == ([], [])


def test_what_cannot_be_removed_is_told_and_the_rest_removed(double: AthenaDouble, bucket: str) -> None:
    account = used(Loan.of(double.env, bucket))
    elsewhere = Account(
        {**double.env, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, bucket, account.prefix, account.raw_schema
    )
    left = Loan(elsewhere).give_back()
    assert len(left) == 5
    assert left[0].startswith(f"objects below {account.lake_uri}/ is left, remove it by hand: ")
    assert Loan(account).give_back() == []


def test_it_says_what_it_makes_where_and_for_how_much(double: AthenaDouble, bucket: str) -> None:
    loan = Loan.of(double.env, bucket)
    account = loan.account
    for named in (
        account.lake_uri,
        account.raw_schema,
        account.schema,
        account.work_group,
        "us-east-1",
        f"{account.prefix}-*",
        "$0.05",
    ):
        assert named in str(loan)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "a real account is tested where AWS_TEST_BUCKET names a bucket"),
        ({"AWS_TEST_BUCKET": "b"}, "there is no AWS credentials"),
    ],
)
def test_without_an_account_it_says_how_to_give_one(
    given: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in (("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NotConfigured, match=told):
        Loan.asked_for(given)


def test_a_bucket_that_is_not_there_stops_it_before_anything_is_made(double: AthenaDouble) -> None:
    loan = Loan.of(double.env, "nowhere")
    with pytest.raises(NotConfigured, match="The bucket nowhere cannot be used"):
        loan.take()
    assert loan.account.work_group not in work_groups(loan.account)
