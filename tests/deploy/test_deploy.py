"""deploy.sh: what it shows, what it deploys, and that a bot which does not answer is taken back."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from chatbot.app import make_app
from deploy.smoke import CHECKS, failures
from deploy.stack import Deployment, DeploymentError
from spotify_assets.core.settings import PROJECT_ROOT, load_settings
from spotify_assets.core.store import open_at
from tests.chatbot.conftest import served
from tests.deploy.templates import load
from tests.doubles.aws import AwsDouble, aws_double
from tests.doubles.cloudformation import CloudFormationDouble

STACK = "deployed"
EMAIL = {"AlarmEmail": "me@example.org"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a bot that answers."""
    home = tmp_path_factory.mktemp("bot")
    app = make_app(open_at(f"sqlite:///{home / 'serving.db'}"), config=load_settings(platform_home=home))
    with served(app) as http:
        yield str(http.base_url)


@pytest.fixture(scope="module")
def does_not() -> Iterator[str]:
    """The address of one that knows nothing."""
    with served(Starlette()) as http:
        yield str(http.base_url)


@pytest.fixture
def aws(answers: str, does_not: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsDouble]:
    """An account with nothing in it; packages named bad make a bot that does not answer."""
    with aws_double() as double:
        s3 = double.client("s3")

        def fetch(bucket: str, key: str) -> bytes | None:
            try:
                body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            except s3.exceptions.ClientError:
                return None
            return body

        double.cloudformation = CloudFormationDouble(
            fetch, lambda given: {"BotUrl": does_not if "bad" in given["CodeKey"] else answers}
        )
        # moto takes five seconds to know any parameter.
        double.fail(
            200, "", lambda call: call.target.endswith("PutParameter"), times=1, body='{"Version": 1}'
        )
        double.fail(400, "ParameterAlreadyExists", lambda call: call.target.endswith("PutParameter"))
        for name, value in double.environment.items():
            monkeypatch.setenv(name, value)
        yield double
        double.faults.clear()
        for bucket in s3.list_buckets()["Buckets"]:
            if bucket["Name"].startswith(STACK):
                for found in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
                    s3.delete_object(Bucket=bucket["Name"], Key=found["Key"])
                s3.delete_bucket(Bucket=bucket["Name"])


Deploy = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def deploy(tmp_path: Path) -> Deploy:
    def deploy(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [PROJECT_ROOT / "deploy/deploy.sh", "--stack", STACK, *options]
        quick = {
            "PYTHON": sys.executable,
            "POLL_SECONDS": "0",
            "SMOKE_SECONDS": "0",
            "BUILD_DIRECTORY": str(tmp_path / "build"),
        }
        return subprocess.run(
            command, env={**os.environ, **quick, **environment}, capture_output=True, text=True, timeout=120
        )

    return deploy


@pytest.fixture
def package(tmp_path: Path) -> Callable[[str], Path]:
    def package(name: str) -> Path:
        path = tmp_path / f"bot-{name}.zip"
        path.write_bytes(f"the package {name}".encode())
        return path

    return package


def test_a_bot_that_does_not_answer_is_taken_back(
    aws: AwsDouble, deploy: Deploy, package: Callable[[str], Path]
) -> None:
    assert aws.cloudformation is not None
    first = deploy("--email", "me@example.org", "--package", str(package("good")), "--set", "Shards=2")
    assert first.returncode == 0, first.stdout + first.stderr
    assert f"answers as it should ({len(CHECKS)} checks)" in first.stdout
    stack = aws.cloudformation.stacks[STACK]
    good = dict(stack.parameters)
    assert (good["Shards"], good["AlarmEmail"], good["Architecture"]) == ("2", "me@example.org", "arm64")
    assert stack.template == (PROJECT_ROOT / "deploy/template.yaml").read_text("utf-8")
    bucket = good["CodeBucket"]
    assert bucket == f"{STACK}-code-123456789012-{aws.region}"
    closed = aws.client("s3").get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    stored = aws.client("s3").get_object(Bucket=bucket, Key=good["CodeKey"])["Body"].read()
    assert stored == b"the package good"

    second = deploy("--package", str(package("bad")))
    assert second.returncode == 1
    assert "GET /readyz: its store can be read? It answered 404" in second.stderr
    assert "bring the stack back to what it was" in second.stderr
    assert f"answers as it should ({len(CHECKS)} checks)" in second.stdout, (
        "it was tried again after going back"
    )
    assert second.stdout.count("UPDATE_COMPLETE\n") == 2, "there and back"
    assert (stack.parameters, stack.states) == (good, ["UPDATE_COMPLETE"])


def test_a_dry_run_shows_every_command_and_does_nothing(deploy: Deploy, tmp_path: Path) -> None:
    done = deploy("--dry-run", "--set", "Memory=512", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    steps = re.findall(r"^\+ \S+ -m deploy\.(\w+)(?: (update|check|restore))?", done.stderr, re.MULTILINE)
    assert steps == [
        ("package", ""),
        ("stack", "update"),
        ("stack", "check"),
        ("stack", "restore"),
        ("stack", "check"),
    ]
    assert len(re.findall(r"^# ", done.stderr, re.MULTILINE)) == 5, "each with what it is for"
    assert "--set Memory=512 --set Architecture=arm64" in done.stderr
    assert not (tmp_path / "build").exists()


def test_the_commands_of_the_page_are_taken_as_they_stand(deploy: Deploy) -> None:
    page = (PROJECT_ROOT / "docs/deploy.md").read_text("utf-8")
    commands = re.findall(r"^deploy/deploy\.sh (.*)$", page, re.MULTILINE)
    assert len(commands) == 4
    template = load("template.yaml")["Parameters"]
    for command in commands:
        done = deploy(*shlex.split(command), "--dry-run")
        assert done.returncode == 0, done.stderr
    assert set(re.findall(r"--set (\w+)=", page)) <= set(template)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--stack", "A stack"), "--stack: 3 to 41 small letters"),
        (("--architecture", "sparc"), "--architecture: arm64 or x86_64"),
        (("--set", "Shards"), "--set Shards: write NAME=VALUE"),
        (("--force",), "There is no option --force"),
        (("--email",), "--email needs a value"),
    ],
)
def test_a_wrong_option_is_told(deploy: Deploy, options: tuple[str, ...], said: str) -> None:
    done = deploy(*options)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_first_deployment_that_fails_stays_to_be_looked_at(
    aws: AwsDouble, package: Callable[[str], Path], tmp_path: Path
) -> None:
    deployment, before = Deployment(STACK, poll=0), tmp_path / "before.json"
    deployment.prepare()
    deployment.update(package("bad"), EMAIL, before)
    with pytest.raises(DeploymentError, match=f"{STACK} is new: there is nothing to go back to"):
        deployment.restore(before)


def test_what_cloudformation_refuses_or_cannot_make_is_told(
    aws: AwsDouble, package: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert aws.cloudformation is not None
    deployment, before = Deployment(STACK, poll=0), tmp_path / "before.json"
    deployment.prepare()
    deployment.prepare()  # again does no harm
    with pytest.raises(DeploymentError, match=r"cannot be deployed: .*\[AlarmEmail\] must have values"):
        deployment.update(package("good"), {}, before)
    with pytest.raises(DeploymentError, match=r"\[Shard\] do not exist in the template"):
        deployment.update(package("good"), {**EMAIL, "Shard": "2"}, before)
    deployment.update(package("good"), EMAIL, before)
    deployment.update(package("good"), {}, before)
    assert "deployed is up to date" in capsys.readouterr().out
    version = aws.cloudformation.stacks[STACK].parameters["Version"]
    deployment.update(package("good"), {"Memory": "2048"}, before)
    assert aws.cloudformation.stacks[STACK].parameters["Version"] != version, "memory alone is a new version"
    aws.cloudformation.stacks[STACK].parameters["OfAnEarlierTemplate"] = "1"
    deployment.update(package("good"), {"Memory": "1024"}, before)
    assert aws.cloudformation.stacks[STACK].parameters["Version"] == version, "the same is the same"
    fetch = aws.cloudformation.fetch
    aws.cloudformation.fetch = lambda bucket, key: None if key.startswith("code/") else fetch(bucket, key)
    with pytest.raises(
        DeploymentError, match=r"is UPDATE_ROLLBACK_COMPLETE: Bot \(S3 Error Code: NoSuchKey\)"
    ):
        deployment.update(package("gone"), {}, before)
    assert "good" in aws.cloudformation.stacks[STACK].parameters["CodeKey"], "it went back by itself"
    aws.cloudformation.fetch = fetch
    deployment.update(package("better"), {}, before)
    assert deployment.output("BotUrl")
    aws.fail(400, "ExpiredToken")
    with pytest.raises(
        DeploymentError, match=r"cannot be uploaded to deployed-code-.*credentials have expired"
    ):
        deployment.update(package("later"), {}, before)


def test_the_bot_answers_every_check_and_another_server_none_but_those_of_absence(
    answers: str, does_not: str
) -> None:
    assert failures(answers, 0) == []
    wrong = failures(does_not, 0)
    assert len(wrong) == len(CHECKS) - 3, wrong
    assert all("404" in one for one in wrong)
    [*unreached] = failures("http://127.0.0.1:9", 0)
    assert len(unreached) == len(CHECKS)
