"""What the tests borrow of a real AWS account: said before, made, and removed afterwards whatever happened.

Asked for by AWS_TEST_BUCKET, a bucket that exists; credentials and region are found as every AWS client finds them.
Everything has one name of its own, so that two runs at once, and what others keep in the account, stay apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .account import Account

MB = 2**20
STATEMENTS = 1000
"""What all stages, or the loop, send to Athena, generously."""
DOLLARS = STATEMENTS * 10 * MB / 2**40 * 5
"""At the least that a statement is billed for; the data are too small for more."""
LIMIT_BYTES = 1024 * MB
HOW = (
    "a real account is tested where AWS_TEST_BUCKET names a bucket, with credentials and a region: "
    "AWS_TEST_BUCKET=my-bucket AWS_REGION=ap-northeast-2 python -m pytest -m aws -s"
)


class NotConfigured(Exception):
    """No account was given, or not all of it."""


@dataclass(frozen=True)
class Loan:
    """One run's part of an account."""

    account: Account

    @property
    def serving_url(self) -> str:
        """A store of its own in DynamoDB, whose tables are made when it is first opened."""
        return f"dynamodb://{self.account.prefix}?create=true"

    @classmethod
    def asked_for(cls, environment: Mapping[str, str]) -> Loan:
        """The part of the account that an environment gives.

        Raises:
            NotConfigured: there is no bucket, no region or no credentials; the message says how to give them.
        """
        bucket = environment.get("AWS_TEST_BUCKET", "")
        if not bucket:
            raise NotConfigured(HOW)
        session = boto3.Session(region_name=environment.get("AWS_REGION") or None)
        credentials = session.get_credentials()
        if credentials is None or not session.region_name:
            missing = "AWS credentials" if credentials is None else "AWS_REGION"
            raise NotConfigured(f"AWS_TEST_BUCKET is set, but there is no {missing}: {HOW}")
        signs = credentials.get_frozen_credentials()
        variables = {
            "AWS_ACCESS_KEY_ID": signs.access_key,
            "AWS_SECRET_ACCESS_KEY": signs.secret_key,
            "AWS_REGION": session.region_name,
            "AWS_DEFAULT_REGION": session.region_name,
        }
        if signs.token:
            variables["AWS_SESSION_TOKEN"] = signs.token
        if endpoint := environment.get("AWS_ENDPOINT_URL"):
            variables["AWS_ENDPOINT_URL"] = endpoint
        return cls.of(variables, bucket)

    @classmethod
    def of(cls, variables: Mapping[str, str], bucket: str) -> Loan:
        """A part that nobody else has, of a bucket."""
        name = uuid4().hex[:8]
        return cls(
            Account(
                variables,
                bucket,
                prefix=f"spotify-assets-test-{name}",
                raw_schema=f"spotify_assets_test_{name}_raw",
                schema=f"spotify_assets_test_{name}",
                work_group=f"spotify-assets-test-{name}",
            )
        )

    def __str__(self) -> str:
        account = self.account
        return (
            f"This creates in {account.variables['AWS_REGION']} objects below {account.lake_uri}/, the Glue databases "
            f"{account.raw_schema} and {account.schema}, and the Athena work group {account.work_group}, in which a "
            f"statement may read {LIMIT_BYTES // MB} MB; a store also the DynamoDB tables {account.prefix}-*, paid per "
            f"request. It sends {STATEMENTS} statements at most, for ${DOLLARS:.2f} or less, stores some megabytes for "
            f"minutes, and removes all of it at the end."
        )

    def take(self) -> None:
        """Make the work group; the rest is made by what is tested.

        Raises:
            NotConfigured: the bucket is not there or not allowed; nothing was made.
        """
        try:
            self.account.client("s3").head_bucket(Bucket=self.account.bucket)
        except ClientError as error:
            raise NotConfigured(
                f"The bucket {self.account.bucket} cannot be used ({error}): {HOW}"
            ) from error
        self.account.client("athena").create_work_group(
            Name=self.account.work_group,
            Configuration={
                "EnforceWorkGroupConfiguration": False,
                "PublishCloudWatchMetricsEnabled": False,
                "BytesScannedCutoffPerQuery": LIMIT_BYTES,
                "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
            },
        )

    def give_back(self) -> list[str]:
        """Remove everything, each whether or not the others could be; what is left, and why."""
        left = []
        for what, remove in (
            (f"objects below {self.account.lake_uri}/", self._remove_objects),
            (
                f"the Glue database {self.account.raw_schema}",
                lambda: self._remove_database(self.account.raw_schema),
            ),
            (f"the Glue database {self.account.schema}", lambda: self._remove_database(self.account.schema)),
            (f"the work group {self.account.work_group}", self._remove_work_group),
            (f"the DynamoDB tables {self.account.prefix}-*", self._remove_store),
        ):
            try:
                _unless_gone(remove)
            except (BotoCoreError, ClientError) as error:
                left.append(f"{what} is left, remove it by hand: {error}")
        return left

    def _remove_objects(self) -> None:
        s3 = self.account.client("s3")
        below = {"Bucket": self.account.bucket, "Prefix": f"{self.account.prefix}/"}
        # From the beginning each time, until nothing is there: a page may hang on what the one before it named.
        while True:
            found = s3.list_object_versions(**below)
            named = [
                {"Key": one["Key"], "VersionId": one["VersionId"]}
                for one in (*found.get("Versions", []), *found.get("DeleteMarkers", []))
            ]
            if not named:
                return
            answer = s3.delete_objects(Bucket=self.account.bucket, Delete={"Objects": named})
            for error in answer.get("Errors", []):
                raise ClientError({"Error": error}, "DeleteObjects")

    def _remove_database(self, name: str) -> None:
        # Its tables go with it.
        self.account.client("glue").delete_database(Name=name)

    def _remove_work_group(self) -> None:
        self.account.client("athena").delete_work_group(
            WorkGroup=self.account.work_group, RecursiveDeleteOption=True
        )

    def _remove_store(self) -> None:
        dynamodb = self.account.client("dynamodb")
        for page in dynamodb.get_paginator("list_tables").paginate():
            for name in page["TableNames"]:
                if name.startswith(f"{self.account.prefix}-"):
                    dynamodb.delete_table(TableName=name)


def _unless_gone(remove: Callable[[], Any]) -> None:
    try:
        remove()
    except ClientError as error:
        code, message = error.response["Error"]["Code"], str(error)
        if code not in ("EntityNotFoundException", "NoSuchBucket") and "not found" not in message:
            raise
