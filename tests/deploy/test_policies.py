"""Who may do what: every statement is walked, and the bot is run with its role's statements and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotify_assets.core.errors import StoreError
from spotify_assets.core.settings import PROJECT_ROOT
from spotify_assets.core.store import open_at
from tests.chatbot.conftest import SECRETS
from tests.chatbot.library import published
from tests.chatbot.test_lambda import Function, body_of, now_ms, recorded
from tests.deploy.templates import ACCOUNT, REGION, STACK, resolved, resources, statements
from tests.doubles.aws import CREDENTIALS, AwsDouble, aws_double
from tests.doubles.iam import RoleDouble
from tests.doubles.messenger import MessengerDouble, delivery, signed, text_event

EVERY_RESOURCE: dict[str, str] = {}
"""Actions that AWS grants on no narrower resource than "*", each with the reason. The templates need none."""

BELOW = {
    "<Lake.Arn>/*": "a Deny, of what does not come over TLS",
    "<LakeArn>/lake/raw/chat_events/*": "Firehose names its objects by itself",
    "<LakeArn>/lake/chat_events_failed/*": "Firehose names its objects by itself",
    f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{STACK}/bot/*": "a secret for each setting",
}
"""Resources that end in a wildcard, each with the reason."""


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_no_statement_allows_more_than_it_names() -> None:
    walked = list(statements())
    assert f"all {len(walked)} statements" in (PROJECT_ROOT / "docs/deploy.md").read_text("utf-8")
    for where, statement in walked:
        assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement), where
        if statement["Effect"] == "Deny":
            continue
        assert statement.get("Principal") != "*", where
        for action in listed(statement["Action"]):
            assert "*" not in action, f"{where}: {action}"
            if "Resource" in statement and "*" in listed(statement["Resource"]):
                assert action in EVERY_RESOURCE, f"{where}: {action}"
    wild = {
        one for _, statement in walked for one in listed(statement.get("Resource", [])) if one.endswith("*")
    }
    assert wild == set(BELOW)


def test_no_role_takes_a_policy_that_is_not_walked() -> None:
    for logical, role in resources("AWS::IAM::Role").items():
        assert not role.get("ManagedPolicyArns"), logical
    assert not resources("AWS::IAM::ManagedPolicy") and not resources("AWS::IAM::Policy")


UNUSED = {
    "dynamodb:ConditionCheckItem": "asking a live catalogue, within its budget",
    "logs:CreateLogStream": "Lambda itself",
    "logs:PutLogEvents": "Lambda itself",
    "sqs:SendMessage": "Lambda itself, once a job failed twice",
}
"""Actions of the bot's role that this run has no need of, each with who has."""


@pytest.fixture
def aws() -> Iterator[AwsDouble]:
    """The account after the templates were deployed: tables, stream, secrets; called under the bot's role."""
    with aws_double() as double, pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        double.client("kinesis").create_stream(StreamName=f"{STACK}-chat-events", ShardCount=1)
        tables = double.client("dynamodb")
        for table in resolved(resources("AWS::DynamoDB::Table", "storage.yaml")).values():
            made = {name: table.get(name) for name in ("GlobalSecondaryIndexes",) if name in table}
            names = ("TableName", "KeySchema", "AttributeDefinitions", "BillingMode")
            tables.create_table(**{name: table[name] for name in names}, **made)
            if expiry := table.get("TimeToLiveSpecification"):
                tables.update_time_to_live(TableName=table["TableName"], TimeToLiveSpecification=expiry)
        secrets = [
            {"Name": f"/{STACK}/bot/{name.upper()}", "Value": value, "Type": "SecureString"}
            for name, value in {**SECRETS, "user_id_pepper": "a long random text"}.items()
        ]
        # moto takes five seconds to know any parameter.
        parameters = json.dumps({"Parameters": secrets})
        double.fail(200, "", lambda call: call.target.endswith("ByPath"), body=parameters)
        [policy] = resolved(resources("AWS::IAM::Role", "template.yaml")["BotRole"])["Policies"]
        double.role = RoleDouble(double.region, policy["PolicyDocument"]["Statement"])
        yield double
        double.role = None
        double.client("kinesis").delete_stream(StreamName=f"{STACK}-chat-events")
        for name in tables.list_tables()["TableNames"]:
            if name.startswith(f"{STACK}-"):
                tables.delete_table(TableName=name)


def test_the_bot_does_all_its_work_with_its_role_and_needs_all_of_it(aws: AwsDouble, tmp_path: Path) -> None:
    assert aws.role is not None
    store = open_at(f"dynamodb://{STACK}?endpoint={aws.url}")  # the first who ever does
    role, aws.role = aws.role, None
    store.answers.put(one for one in published() if '"aespa"' in one.body or "Dynamite" in one.body)
    store.close()
    aws.role = role
    invoked = aws.fail(202, "", lambda call: call.path.endswith("/invocations"), body="")
    environment = resolved(resources("AWS::Lambda::Function", "template.yaml")["Bot"])["Environment"][
        "Variables"
    ]
    with MessengerDouble(token=SECRETS["messenger_page_token"]) as graph:
        function = Function(
            tmp_path / "unused.db", f"{STACK}-bot",
            **{name.upper(): "" for name in SECRETS}, USER_ID_PEPPER="",
            MESSENGER_API_URL=graph.url, AWS_ENDPOINT_URL=aws.url, **environment,
            **{name: value for name, value in CREDENTIALS.items() if "KEY" in name},
        )  # fmt: skip
        written = delivery(*(text_event(f"m_{n}", "에스파", timestamp=now_ms()) for n in range(3))).decode()
        headers = signed(written.encode(), SECRETS["messenger_app_secret"])
        replies = function.run(
            recorded("http_v2", path="/readyz", method="GET", body=None),
            recorded("http_v2"),
            *(
                recorded("http_v2", body=json.dumps({"user": "me", "text": text}))
                for text in ("전혀 모르는 가수", "dynamite", "1", "dynamite by nobody", "aespa, bts")
            ),
            recorded("http_v2", path="/messenger/webhook", body=written, headers=headers),
            {"job": "messenger", "fields": {}},
        )
        assert len(graph.sent) == 3
    assert role.denied == []
    assert {reply["statusCode"] for reply in replies[:-1]} == {200}
    assert [body_of(reply)["kind"] for reply in replies[1:5]] == ["artist", "pending", "choices", "track"]
    assert invoked.met == 1
    [queued] = [call for call in aws.calls if call.path.endswith("/invocations")]
    assert f"{STACK}-bot:live/" in queued.path, "the same version, by the alias"
    allowed = {action for statement in role.statements for action in listed(statement["Action"])}
    assert allowed - {action for action, _ in role.used} == set(UNUSED)


def test_a_role_without_a_statement_is_denied_what_it_allowed(aws: AwsDouble) -> None:
    assert aws.role is not None
    aws.role.statements = [one for one in aws.role.statements if one["Sid"] != "KeepRequestsAndConversations"]
    with pytest.raises(StoreError, match="AWS denies GetItem"):
        open_at(f"dynamodb://{STACK}?endpoint={aws.url}")
    assert aws.role.denied
