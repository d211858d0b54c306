"""The stack in CloudFormation: what it needs beforehand, bringing it up to date, going back.

    python -m deploy.stack update|check|restore --stack music …

deploy.sh calls these in order. Here: CloudFormation, the bucket of packages and templates, the key of the
users' hashes. Not here: building the package (`package.py`), what a bot must answer (`smoke.py`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deploy.smoke import CHECKS, SECONDS, failures
from spotify_assets.core import aws
from spotify_assets.core.errors import PlatformError

HERE = Path(__file__).resolve().parent
NESTED = {"StorageTemplate": "storage.yaml", "EventsTemplate": "events.yaml"}
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
SECONDS_TO_WAIT = 3600
_PEPPER_BYTES = 32


class DeploymentError(PlatformError):
    """Something could not be deployed; the text says what and why."""


class Deployment:
    """One stack of one account and region."""

    def __init__(self, stack: str, bucket: str | None = None, poll: float = 5.0) -> None:
        self._session = aws.session(DeploymentError)
        self._cloudformation, self._s3 = (self._client(name) for name in ("cloudformation", "s3"))
        self.region: str = self._cloudformation.meta.region_name
        self.stack = stack
        self._poll = poll
        self._given_bucket = bucket

    def prepare(self) -> None:
        """Make the bucket of packages, and the key of the users' hashes, where they are missing."""
        bucket = self.bucket
        with aws.explained(f"the bucket {bucket} cannot be made", DeploymentError):
            elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
            try:
                self._s3.create_bucket(Bucket=bucket, **({} if self.region == "us-east-1" else elsewhere))
            except ClientError as error:
                if aws.error_code(error) != "BucketAlreadyOwnedByYou":
                    raise
            closed = dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
            )
            self._s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=closed)
        name = f"/{self.stack}/bot/USER_ID_PEPPER"
        with aws.explained(f"the parameter {name} cannot be made", DeploymentError):
            value = secrets.token_hex(_PEPPER_BYTES)
            try:
                self._client("ssm").put_parameter(Name=name, Value=value, Type="SecureString")
            except ClientError as error:
                # Another key would make strangers of everybody who ever asked.
                if aws.error_code(error) != "ParameterAlreadyExists":
                    raise

    def update(self, package: Path, given: Mapping[str, str], before: Path) -> None:
        """Upload, note in `before` how the stack stands, and bring it up to date; wait until it is.

        Raises:
            DeploymentError: CloudFormation refused, or failed and has gone back by itself.
        """
        uploaded = {name: self._url(self._upload(HERE / file, "templates")) for name, file in NESTED.items()}
        code = {"CodeBucket": self.bucket, "CodeKey": self._upload(package, "code")}
        template = self._url(self._upload(HERE / "template.yaml", "templates"))
        standing = self._standing()
        before.write_text(json.dumps(standing), encoding="utf-8")
        with aws.explained(f"the stack {self.stack} cannot be deployed", DeploymentError):
            declared = self._cloudformation.validate_template(TemplateURL=template)["Parameters"]
            wanted = {one["ParameterKey"]: one["DefaultValue"] for one in declared if "DefaultValue" in one}
            known = {one["ParameterKey"] for one in declared}
            kept = standing["parameters"] if standing else {}
            wanted |= {name: value for name, value in kept.items() if name in known}
            wanted |= {**given, **uploaded, **code}
            wanted["Version"] = _digest({name: wanted[name] for name in set(wanted) - {"Version", *NESTED}})
            self._apply({"TemplateURL": template}, wanted, is_new=standing is None)

    def restore(self, before: Path) -> None:
        """Bring the stack back to what `before` says.

        Raises:
            DeploymentError: there is nothing to go back to, or it cannot be done.
        """
        standing = json.loads(before.read_text(encoding="utf-8"))
        if standing is None:
            raise DeploymentError(
                f"The stack {self.stack} is new: there is nothing to go back to, and it stays as it is; see "
                f"`aws logs tail /aws/lambda/{self.stack}-bot`, put it right and deploy again"
            )
        with aws.explained(f"the stack {self.stack} cannot be brought back", DeploymentError):
            self._apply({"TemplateBody": standing["template"]}, standing["parameters"], is_new=False)

    def output(self, name: str) -> str:
        """Return one of the stack's outputs."""
        with aws.explained(f"the stack {self.stack} cannot be seen", DeploymentError):
            found = self._described() or {}
        for output in found.get("Outputs", []):
            if output["OutputKey"] == name:
                return str(output["OutputValue"])
        raise DeploymentError(f"The stack {self.stack} has no {name}: deploy it first")

    @property
    def bucket(self) -> str:
        """The bucket of packages and templates: the one given, or one of the stack's own."""
        if self._given_bucket is None:
            with aws.explained("the account cannot be told", DeploymentError):
                account = self._client("sts").get_caller_identity()["Account"]
            self._given_bucket = f"{self.stack}-code-{account}-{self.region}"
        return self._given_bucket

    def _client(self, service: str) -> Any:
        return aws.client(self._session, service)

    def _upload(self, file: Path, where: str) -> str:
        """Put a file under a key that names its content; return the key."""
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:16]
        stem = file.stem if digest in file.stem else f"{file.stem}-{digest}"
        key = f"{where}/{stem}{file.suffix}"
        with aws.explained(f"{file.name} cannot be uploaded to {self.bucket}", DeploymentError):
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return key

    def _url(self, key: str) -> str:
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://{self.bucket}.s3.{self.region}.{suffix}/{key}"

    def _described(self) -> dict[str, Any] | None:
        try:
            found = self._cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        except ClientError as error:
            if aws.error_code(error) == "ValidationError" and "does not exist" in str(error):
                return None
            raise
        return dict(found)

    def _standing(self) -> dict[str, Any] | None:
        """Return the stack's template and parameters, None where there is no stack."""
        with aws.explained(f"the stack {self.stack} cannot be seen", DeploymentError):
            found = self._described()
            if found is None:
                return None
            if found["StackStatus"] not in (*WELL, "UPDATE_ROLLBACK_COMPLETE"):
                raise DeploymentError(
                    f"The stack {self.stack} is {found['StackStatus']}: wait until it is done, or delete it "
                    f"where it never came to be (`aws cloudformation delete-stack --stack-name {self.stack}`)"
                )
            template = self._cloudformation.get_template(StackName=self.stack, TemplateStage="Original")
        given = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])}
        return {"template": template["TemplateBody"], "parameters": given}

    def _apply(self, template: Mapping[str, str], given: Mapping[str, str], is_new: bool) -> None:
        parameters = [
            {"ParameterKey": name, "ParameterValue": value} for name, value in sorted(given.items())
        ]
        do = self._cloudformation.create_stack if is_new else self._cloudformation.update_stack
        try:
            do(StackName=self.stack, Parameters=parameters, Capabilities=CAPABILITIES, **template)
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
            print(f"{self.stack} is up to date")
            return
        began, deadline, status = time.time(), time.monotonic() + SECONDS_TO_WAIT, "PROGRESS"
        while "PROGRESS" in status:
            if time.monotonic() > deadline:
                raise DeploymentError(f"The stack {self.stack} is still {status} after {SECONDS_TO_WAIT} s")
            before, status = status, str((self._described() or {})["StackStatus"])
            if status != before:
                print(f"{self.stack}: {status}", flush=True)
            if "PROGRESS" in status:
                time.sleep(self._poll)
        if status not in WELL:
            raise DeploymentError(f"The stack {self.stack} is {status}: {self._reasons(began)}")

    def _reasons(self, since: float) -> str:
        """Return what failed first, in CloudFormation's words."""
        events = self._cloudformation.describe_stack_events(StackName=self.stack)["StackEvents"]
        failed = [
            f"{one['LogicalResourceId']} ({one.get('ResourceStatusReason', 'no reason given')})"
            for one in reversed(events)
            if one["ResourceStatus"].endswith("FAILED") and one["Timestamp"].timestamp() >= since - 60
        ]
        return "; ".join(failed[:3]) or "see its events in CloudFormation"


def _digest(parameters: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()


def main(arguments: list[str]) -> None:
    """Do one step of a deployment."""
    parser = argparse.ArgumentParser(description="One step of a deployment.")
    parser.add_argument("step", choices=("update", "check", "restore"))
    parser.add_argument("--stack", required=True)
    parser.add_argument("--bucket")
    parser.add_argument("--package", type=Path)
    parser.add_argument("--before", type=Path, help="where is kept how the stack stood")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for which a check is repeated")
    parser.add_argument("--poll", type=float, default=5.0, help="seconds between two looks")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a template's parameter"
    )
    given = parser.parse_args(arguments)
    deployment = Deployment(given.stack, given.bucket, given.poll)
    if given.step == "update":
        values = dict(one.partition("=")[::2] for one in given.set)
        deployment.prepare()
        deployment.update(given.package, values, given.before)
    elif given.step == "restore":
        deployment.restore(given.before)
    else:
        address = deployment.output("BotUrl")
        if wrong := failures(address, given.seconds):
            raise DeploymentError("\n".join(wrong))
        print(f"{address} answers as it should ({len(CHECKS)} checks)")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except PlatformError as error:
        sys.exit(str(error))
