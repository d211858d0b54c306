"""What the templates promise: the code's own addresses, tables and names, and what an operator relies on."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.routing import Mount, Route

from chatbot.app import make_app
from chatbot.channels.kakao_callback import SECONDS_TO_WAIT
from chatbot.lambda_handler import JOBS
from chatbot.lambda_parameters import VARIABLE
from spotify_assets.core.lake.chat_events import STREAM
from spotify_assets.core.records import CHAT_TURNS
from spotify_assets.core.settings import DAYS_TO_EXPIRY, PROJECT_ROOT, Settings, load_settings
from spotify_assets.core.store import ServingStore, open_at
from spotify_assets.core.store.dynamodb_schema import EXPIRES, TABLES, definition
from spotify_assets.defs.marts.mirror import RESULTS
from tests.deploy.templates import DEPLOY, STACK, expand, expanded, load, resolved, resources


def only(kind: str, name: str) -> dict[str, Any]:
    [found] = resources(kind, name).values()
    return found


def test_the_api_has_every_address_of_the_bot_and_no_other(tmp_path: Any) -> None:
    store: ServingStore = open_at(f"sqlite:///{tmp_path / 'serving.db'}")
    app = make_app(store, config=load_settings(platform_home=tmp_path))
    store.close()
    wanted = set()
    for route in app.routes:
        if isinstance(route, Mount):
            wanted.add((f"{route.path}/{{path+}}", "get"))
        elif isinstance(route, Route):
            wanted |= {(route.path, method.lower()) for method in (route.methods or {"GET"}) - {"HEAD"}}
    paths = only("AWS::ApiGatewayV2::Api", "template.yaml")["Body"]["paths"]
    assert {(path, method) for path, methods in paths.items() for method in methods} == wanted
    permitted = [
        one for one in resources("AWS::Lambda::Permission", "template.yaml").values()
        if one["Principal"] == "apigateway.amazonaws.com"
    ]  # fmt: skip
    assert len(permitted) == len(wanted)


@pytest.mark.parametrize("schema", TABLES, ids=lambda schema: schema.name)
def test_the_tables_are_those_that_the_store_makes_by_itself(schema: Any) -> None:
    made = resolved(resources("AWS::DynamoDB::Table", "storage.yaml")[schema.name.capitalize()])
    expected = definition(schema, f"{STACK}-{schema.name}")
    assert {name: made.get(name) for name in expected} == expected
    expiry = {"AttributeName": EXPIRES, "Enabled": True} if schema.expires else None
    assert made.get("TimeToLiveSpecification") == expiry
    recovered = made.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled", False)
    assert recovered == (schema.name == "requests"), "what must not be lost can be restored"


def test_what_holds_data_outlives_the_stack() -> None:
    kinds = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Glue::Database")
    for logical, one in expanded("storage.yaml")["Resources"].items():
        kept = (one.get("DeletionPolicy"), one.get("UpdateReplacePolicy"))
        assert kept == ("Retain", "Retain") or one["Type"] not in kinds, logical


def test_the_function_starts_with_settings_that_there_are() -> None:
    function = only("AWS::Lambda::Function", "template.yaml")
    given = resolved(function["Environment"]["Variables"])
    assert {name.lower() for name in set(given) - {VARIABLE}} <= set(Settings.names())
    settings = load_settings(**{name.lower(): value for name, value in given.items() if name != VARIABLE})
    assert settings.serving_url == f"dynamodb://{STACK}"
    assert settings.events_url == f"kinesis://{STACK}-chat-events"
    secrets = [one.name for one in fields(Settings) if "Secret" in str(one.type)]
    assert not {name.upper() for name in secrets} & set(given), "secrets are in Parameter Store"
    module, _, name = function["Handler"].rpartition(".")
    assert module == "chatbot.lambda_handler" and name == "handler"


def test_what_goes_on_after_a_reply_has_time_for_it_and_a_place_where_it_ends_when_it_fails() -> None:
    function = only("AWS::Lambda::Function", "template.yaml")
    assert function["Timeout"] > SECONDS_TO_WAIT + 8, "the last look and the post come after the wait"
    config = resolved(only("AWS::Lambda::EventInvokeConfig", "template.yaml"))
    assert config["Qualifier"] == "live", "as which it is invoked"
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": "<FailedJobs.Arn>"}}
    rule = only("AWS::Events::Rule", "template.yaml")
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    [target] = rule["Targets"]
    assert target["Arn"] == {"Ref": "BotAliaslive"}
    assert re.fullmatch(r'\{"job": "(\w+)", "fields": \{\}\}', target["Input"])[1] in JOBS  # type: ignore[index]


def test_each_deployed_version_is_a_version_of_its_own_behind_the_alias() -> None:
    def version(digit: str) -> str:
        given = {"CodeBucket": "code", "CodeKey": "code/a.zip", "Version": digit * 64}
        made = expand(load("template.yaml"), **given)["Resources"]
        alias = made["BotAliaslive"]["Properties"]
        [name] = [name for name, one in made.items() if one["Type"] == "AWS::Lambda::Version"]
        assert alias["Name"] == "live" and alias["FunctionVersion"] == {"Fn::GetAtt": [name, "Version"]}
        return name

    assert version("a") != version("b"), "else the alias would stay where it is"
    assert version("a") == version("a"), "and going back is the version of before"


def test_firehose_puts_files_where_the_reader_looks() -> None:
    target = only("AWS::KinesisFirehose::DeliveryStream", "events.yaml")["ExtendedS3DestinationConfiguration"]
    now = datetime(2026, 11, 20, 12, 0, 3, tzinfo=UTC)
    prefix = target["Prefix"].replace("!{timestamp:yyyy-MM-dd}", f"{now:%Y-%m-%d}")
    assert prefix == f"lake/{STREAM}/dt=2026-11-20/"
    assert (target["CompressionFormat"], target["FileExtension"]) == ("GZIP", ".jsonl.gz")
    assert target["CustomTimeZone"] == "UTC"
    assert not target["ErrorOutputPrefix"].startswith(f"lake/{STREAM}")
    [processor] = target["ProcessingConfiguration"]["Processors"]
    assert processor["Type"] == "AppendDelimiterToRecord"
    assert processor["Parameters"] == [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}]


def test_the_bucket_is_closed_encrypted_and_cleans_up() -> None:
    bucket = only("AWS::S3::Bucket", "storage.yaml")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert "VersioningConfiguration" not in bucket, "a purge promises that rows are gone"
    days = {
        rule.get("Prefix"): rule.get("ExpirationInDays") for rule in bucket["LifecycleConfiguration"]["Rules"]
    }
    assert days == {
        None: None,
        f"lake/{RESULTS}/": 1,
        f"lake/{STREAM}/dt=": DAYS_TO_EXPIRY[CHAT_TURNS.name],
        "lake/chat_events_failed/": 30,
    }
    [unfinished] = [r for r in bucket["LifecycleConfiguration"]["Rules"] if "Prefix" not in r]
    assert unfinished["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    [statement] = only("AWS::S3::BucketPolicy", "storage.yaml")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_streams_and_queues_are_encrypted() -> None:
    assert only("AWS::Kinesis::Stream", "events.yaml")["StreamEncryption"]["EncryptionType"] == "KMS"
    assert only("AWS::SQS::Queue", "template.yaml")["SqsManagedSseEnabled"] is True


def test_every_log_ends_and_every_function_has_one() -> None:
    logs = resources("AWS::Logs::LogGroup")
    assert set(logs) == {"BotLog", "ApiLog", "DeliveryLog"}
    assert all(log["RetentionInDays"] == {"Ref": "LogDays"} for log in logs.values())
    for function in resources("AWS::Lambda::Function").values():
        assert function["LoggingConfig"] == {"LogGroup": {"Ref": "BotLog"}}
    said = only("AWS::ApiGatewayV2::Stage", "template.yaml")["AccessLogSettings"]["Format"]
    assert not re.findall(r"sourceIp|path|identity|protocol|\$context\.domain|userAgent", said)


def test_what_may_go_wrong_raises_an_alarm() -> None:
    alarms = resources("AWS::CloudWatch::Alarm")
    watched = {(resolved(alarm["Namespace"]), alarm["MetricName"]) for alarm in alarms.values()}
    assert watched == {
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds"),
        ("AWS/Kinesis", "WriteProvisionedThroughputExceeded"),
        ("AWS/Firehose", "DeliveryToS3.DataFreshness"),
        (STACK, "ErrorsLogged"),
    }
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms.values())
    [line] = resources("AWS::Logs::MetricFilter").values()
    assert line["FilterPattern"] == '{ $.level = "error" }', "as chatbot/logs.py writes it"


def test_nobody_can_spend_without_somebody_being_told() -> None:
    budget = only("AWS::Budgets::Budget", "template.yaml")
    kinds = {
        (one["Notification"]["NotificationType"], one["Subscribers"][0]["SubscriptionType"])
        for one in budget["NotificationsWithSubscribers"]
    }
    assert kinds == {("ACTUAL", "EMAIL"), ("FORECASTED", "EMAIL")}
    group = only("AWS::Athena::WorkGroup", "storage.yaml")["WorkGroupConfiguration"]
    assert group["BytesScannedCutoffPerQuery"] == {"Ref": "ScanLimit"}
    assert load("template.yaml")["Parameters"]["ScanLimit"]["Default"] == 100 * 2**30
    assert group["EnforceWorkGroupConfiguration"] is False
    stage = only("AWS::ApiGatewayV2::Stage", "template.yaml")["DefaultRouteSettings"]
    assert set(stage) == {"ThrottlingRateLimit", "ThrottlingBurstLimit"}


def test_nested_templates_are_given_what_they_ask_for() -> None:
    for logical, name in (("Storage", "storage.yaml"), ("Events", "events.yaml")):
        given = load("template.yaml")["Resources"][logical]["Properties"]["Parameters"]
        assert set(given) == set(load(name)["Parameters"])
        used = set(re.findall(rf"{logical}\.Outputs\.(\w+)", (DEPLOY / "template.yaml").read_text("utf-8")))
        assert used <= set(load(name)["Outputs"])


def test_the_databases_are_named_as_the_settings_have_them() -> None:
    given = load("template.yaml")["Parameters"]["DatabaseName"]["Default"]
    assert given == Settings().athena_schema
    databases = resolved(resources("AWS::Glue::Database", "storage.yaml")).values()
    names = {one["DatabaseInput"]["Name"].replace("<DatabaseName>", given) for one in databases}
    assert names == {getattr(Settings(), name) for name in ("athena_schema", "athena_raw_schema")}


def test_every_command_that_lints_knows_the_templates() -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    assert "cfn-lint deploy/*.yaml" in makefile
    assert "shellcheck deploy/*.sh" in makefile
