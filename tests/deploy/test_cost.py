"""The cost page: its sums follow from prices and usage, and usage from what the bot and the templates do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chatbot.answer import Question
from chatbot.bot import Bot
from chatbot.channels.kakao_callback import SECONDS_TO_WAIT
from deploy import cost
from spotify_assets.core.settings import PROJECT_ROOT
from spotify_assets.core.store import ServingStore, open_at
from tests.chatbot.library import published
from tests.deploy.templates import resources
from tests.doubles.aws import CREDENTIALS, AwsDouble, aws_double


def test_the_page_has_the_tables_of_today() -> None:
    page = cost.PAGE.read_text("utf-8")
    assert page == cost.written(page), "write it anew: python -m deploy.cost"
    assert f"{cost.REGION} in {cost.DATE}" in page
    assert all(f"<!-- {name} -->\n|" in page for name in cost.parts())


def test_a_bill_worked_out_by_hand() -> None:
    bill = cost.dollars(1_000_000)
    assert bill["Kinesis, shards"] == (pytest.approx(730 * 0.015), 0)
    # 30.4 million requests, the first million free, at 0.20 for each
    assert bill["Lambda, requests"] == (pytest.approx(6.08), pytest.approx(0.20))
    # 30.4 million × (0.30 × 80 + 0.60 × 30 + 0.05 × 300 + 0.05 × 150) ms × 1 GB = 1,960,800 GB-seconds
    assert bill["Lambda, compute on arm64"] == (
        pytest.approx(26.144, abs=0.01),
        pytest.approx(5.333, abs=0.01),
    )
    # 30.4 million × (0.30 × 5 + 0.60 × 1 + 0.05 × 27.5 + 0.05 × 16.5) units
    assert bill["DynamoDB, reads"][0] == pytest.approx(30.4 * 4.3 * 0.125)
    assert bill["DynamoDB, writes"][0] == pytest.approx(30.4 * 1.15 * 0.625)
    # 5 KB each: 145 GB
    assert bill["Firehose, each record counted as 5 KB"][0] == pytest.approx(144.958 * 0.029, abs=0.01)
    assert bill["Athena, refreshes"][0] == pytest.approx(288 * 30.4 * 0.0029)
    assert cost.dollars(1_000)["Athena, refreshes"][0] == pytest.approx(1_000 * 0.05 * 0.3 * 30.4 * 0.0029)
    assert all(free <= full for full, free in bill.values())


def test_the_assumptions_are_those_of_code_and_templates() -> None:
    assert sum(turn.share for turn in cost.TURNS.values()) == pytest.approx(1)
    assert len(resources("AWS::CloudWatch::Alarm")) == cost.ALARMS
    assert set(cost.usage(1)) == set(cost.PRICES)
    [delivery] = resources("AWS::KinesisFirehose::DeliveryStream").values()
    seconds = delivery["ExtendedS3DestinationConfiguration"]["BufferingHints"]["IntervalInSeconds"]
    assert 86_400 / seconds == cost.FILES_A_DAY
    [bucket] = resources("AWS::S3::Bucket").values()
    kept = [
        rule["ExpirationInDays"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "chat-events" in rule["Id"]
    ]
    assert kept == [cost.EVENT_DAYS]
    athena = (PROJECT_ROOT / "docs/athena-cost.md").read_text("utf-8")
    refresh = re.findall(
        r"^\| 1,000 artists: refresh of 10(?:, publishing it)? \|.*\$([\d.]+) \|$", athena, re.M
    )
    assert len(refresh) == 2
    assert sum(map(float, refresh)) == pytest.approx(cost.PRICES["Athena, refreshes"].dollars)
    average = sum(turn.share * turn.milliseconds for turn in cost.TURNS.values())
    assert f"{round(SECONDS_TO_WAIT * 1000 / average, -1):.0f} average answers" in cost.PAGE.read_text(
        "utf-8"
    )


class Meter:
    """Counts request units of items below 4 KB; put where a role stands, it allows everything."""

    def __init__(self) -> None:
        self.reads, self.writes = 0.0, 0

    def allows(self, target: str, path: str, body: bytes) -> bool:
        operation, asked = target.partition(".")[2], json.loads(body)
        match operation:
            case "GetItem" | "Query":
                self.reads += 1 if asked.get("ConsistentRead") or "IndexName" in asked else 0.5
            case "BatchGetItem":
                self.reads += sum(len(table["Keys"]) for table in asked["RequestItems"].values())
            case "BatchWriteItem":
                self.writes += sum(len(items) for items in asked["RequestItems"].values())
            case "PutItem" | "UpdateItem" | "DeleteItem":
                # A request stands in the index, too.
                self.writes += 2 if asked["TableName"].endswith("-requests") else 1
            case "TransactWriteItems":
                self.writes += 2 * len(asked["TransactItems"])
        return True


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsDouble]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with aws_double() as double:
        yield double
        double.role = None
        client = double.client("dynamodb")
        for name in client.list_tables()["TableNames"]:
            if name.startswith("metered-"):
                client.delete_table(TableName=name)


def opened(aws: AwsDouble) -> ServingStore:
    return open_at(f"dynamodb://metered?endpoint={aws.url}")


def test_a_chat_of_each_kind_uses_what_the_page_says(aws: AwsDouble) -> None:
    store = opened(aws)
    wanted = ("aespa", "dynamite")
    store.answers.put(one for one in published() if any(name in one.body.lower() for name in wanted))
    store.close()
    store = opened(aws)
    bot = Bot(store, lambda: datetime.now(UTC), behind=False)
    used = {}
    asked = ("aespa", "aespa", "zzz nobody at all", "espa")
    for text, kind in zip(asked, cost.TURNS, strict=True):
        question = Question("somebody", text, "web")
        meter = Meter()
        aws.role = meter  # type: ignore[assignment]
        answer = (bot.by_heart(question) if store.answers.at_hand else None) or bot.answer(question)
        aws.role = None
        assert answer.kind == {"zzz nobody at all": "pending", "espa": "choices"}.get(text, "artist")
        used[kind] = (meter.reads, meter.writes)
    store.close()
    assert used == {name: (turn.reads, turn.writes) for name, turn in cost.TURNS.items()}
