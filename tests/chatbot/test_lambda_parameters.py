"""Secrets of the bot on Lambda: read from Parameter Store once, and whatever is wrong with them told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from chatbot.lambda_parameters import VARIABLE, take_parameters
from spotify_assets.core.errors import SettingsError
from tests.doubles.aws import CREDENTIALS, AwsDouble, aws_double


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsDouble]:
    with aws_double() as double:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": double.url, VARIABLE: "/music/bot"}.items():
            monkeypatch.setenv(name, value)
        yield double


def holding(aws: AwsDouble, **values: str) -> None:
    found = [{"Name": f"/music/bot/{name}", "Value": value} for name, value in values.items()]
    aws.fail(200, "", lambda call: call.target.endswith("ByPath"), body=json.dumps({"Parameters": found}))


def test_parameters_become_settings_and_the_functions_own_win(
    aws: AwsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAKAO_SKILL_SECRET", "")
    monkeypatch.setenv("SPOTIFY_MARKET", "JP")
    holding(aws, KAKAO_SKILL_SECRET="of the store", SPOTIFY_MARKET="KR")
    take_parameters()
    assert (os.environ["KAKAO_SKILL_SECRET"], os.environ["SPOTIFY_MARKET"]) == ("of the store", "JP")


def test_a_parameter_that_no_setting_is_named_after_is_told_without_its_value(aws: AwsDouble) -> None:
    holding(aws, KAKAO_SECRET="hush")
    with pytest.raises(SettingsError, match="/music/bot holds KAKAO_SECRET: no setting is named so") as error:
        take_parameters()
    assert "hush" not in str(error.value)


def test_parameters_that_cannot_be_read_are_told(aws: AwsDouble) -> None:
    aws.fail(400, "AccessDeniedException")
    with pytest.raises(SettingsError, match="PARAMETERS_PATH=/music/bot cannot be read: AWS denies GetParam"):
        take_parameters()


def test_elsewhere_nobody_is_asked(aws: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")
    take_parameters()
    assert aws.calls == []
