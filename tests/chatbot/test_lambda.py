"""The bot on Lambda: recorded events of both kinds of API Gateway, jobs of its own, and the real runtime client."""

from __future__ import annotations

import base64
import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spotify_assets.core.store.sql import SqlStore
from tests.chatbot import limits
from tests.chatbot.conftest import SECRETS
from tests.chatbot.test_kakao import skill, wait_for
from tests.conftest import NO_SETTINGS
from tests.doubles.kakao import KakaoCallbackDouble
from tests.doubles.lambda_runtime import LambdaRuntimeDouble
from tests.doubles.messenger import MessengerDouble, delivery, signed, text_event

EVENTS = Path(__file__).parent / "lambda_events"
KINDS = ["rest_v1", "http_v2"]
HEAVY = (
    "pydantic",
    "pandas",
    "pyarrow",
    "dagster",
    "dbt",
    "numpy",
    "duckdb",
    "matplotlib",
    "sklearn",
    "spotipy",
    "boto3",
)


def recorded(kind: str, **changes: Any) -> dict[str, Any]:
    """A recorded event, with another path, method, body or headers."""
    event: dict[str, Any] = json.loads((EVENTS / f"{kind}.json").read_text(encoding="utf-8"))
    method, path = changes.pop("method", None), changes.pop("path", None)
    headers = changes.pop("headers", {})
    if kind == "http_v2":
        event["requestContext"]["http"]["method"] = method or "POST"
        event["rawPath"] = event["requestContext"]["http"]["path"] = path or event["rawPath"]
        event["headers"]["content-length"] = str(len((changes.get("body") or "").encode()))
        event["headers"].update({name.lower(): value for name, value in headers.items()})
    else:
        event["httpMethod"] = method or "POST"
        event["path"] = path or event["path"]
        event["headers"].update(headers)
        event["multiValueHeaders"].update({name: [value] for name, value in headers.items()})
    return {**event, **changes}


class Function:
    """The function's process under the real runtime client, for as long as the block lasts."""

    def __init__(self, store_path: Path, name: str = "chatbot", **settings: str) -> None:
        self.name = name
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            **NO_SETTINGS,
            **{name.upper(): value for name, value in SECRETS.items()},
            "PLATFORM_HOME": str(store_path.parent),
            "SERVING_URL": f"sqlite:///{store_path}",
            "USER_ID_PEPPER": "a long random text",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_REGION": "ap-northeast-2",
            **settings,
        }

    def run(self, *events: dict[str, Any]) -> list[Any]:
        with LambdaRuntimeDouble(list(events), name=f"{self.name}:live") as runtime:
            environment = {**self.environment, "AWS_LAMBDA_RUNTIME_API": runtime.url.removeprefix("http://")}
            command = [sys.executable, "-m", "awslambdaric", "chatbot.lambda_handler.handler"]
            process = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            try:
                wait_for(
                    lambda: (
                        len(runtime.results + runtime.errors) == len(events) or process.poll() is not None
                    ),
                    60,
                )
            finally:
                process.kill()
                said = process.communicate()[0].decode(errors="replace")
            assert runtime.errors == [], said
            assert len(runtime.results) == len(events), said
            return runtime.results


@pytest.fixture
def function(store: SqlStore, store_path: Path) -> Function:
    return Function(store_path)


@pytest.fixture
def callbacks() -> Iterator[KakaoCallbackDouble]:
    with KakaoCallbackDouble() as host:
        yield host


def body_of(result: dict[str, Any]) -> Any:
    body = base64.b64decode(result["body"]) if result["isBase64Encoded"] else result["body"]
    return json.loads(body)


def test_recorded_events_are_answered_by_the_real_runtime_client(function: Function) -> None:
    chats = [recorded(kind) for kind in KINDS]
    encoded = copy.deepcopy(chats[1])
    encoded |= {"body": base64.b64encode(encoded["body"].encode()).decode(), "isBase64Encoded": True}
    kakao = [
        recorded(
            kind,
            path="/kakao/skill",
            body=json.dumps(skill("에스파")),
            headers={"X-Skill-Secret": SECRETS["kakao_skill_secret"]},
        )
        for kind in KINDS
    ]
    forged = [recorded(kind, path="/messenger/webhook", body="{}") for kind in KINDS]
    pages = [recorded(kind, path="/", method="GET", body=None) for kind in KINDS]
    ready = [recorded(kind, path="/readyz", method="GET", body=None) for kind in KINDS]
    results = function.run(*chats, encoded, *kakao, *forged, *pages, *ready)
    for result in results[:3]:
        assert result["statusCode"] == 200
        assert body_of(result)["artist"]["name"] == "aespa"
    for result in results[3:5]:
        limits.kakao(body_of(result))
    assert [result["statusCode"] for result in results[5:7]] == [403, 403]
    for result in results[7:9]:
        assert result["statusCode"] == 200
        cookies = json.dumps([result.get("cookies"), result.get("headers"), result.get("multiValueHeaders")])
        assert "session=" in cookies
        assert "; Secure" in cookies, "it was https that reached API Gateway"
    assert [body_of(result) for result in results[9:]] == [{"status": "ready"}] * 2


def test_without_the_key_of_the_hashes_it_says_what_to_set(store: SqlStore, store_path: Path) -> None:
    function = Function(store_path, USER_ID_PEPPER="")
    with pytest.raises(AssertionError, match="USER_ID_PEPPER is needed on Lambda"):
        function.run(recorded("http_v2"))


def test_messages_are_kept_by_one_invocation_and_answered_by_another(
    store: SqlStore, store_path: Path
) -> None:
    body = delivery(*(text_event(f"m_{n}", "에스파", timestamp=now_ms()) for n in range(12))).decode()
    headers = signed(body.encode(), SECRETS["messenger_app_secret"])
    with MessengerDouble(token=SECRETS["messenger_page_token"]) as graph:
        function = Function(store_path, MESSENGER_API_URL=graph.url, AWS_ENDPOINT_URL="http://127.0.0.1:9")
        [received] = function.run(recorded("http_v2", path="/messenger/webhook", body=body, headers=headers))
        assert received["statusCode"] == 200, "that it cannot invoke itself delays the replies and loses none"
        assert graph.sent == []
        function.run({"job": "messenger", "fields": {}}, {"job": "messenger"})
        assert len(graph.sent) == 12
    assert store.inbox.waiting() == 0


def test_a_callback_is_promised_only_where_another_invocation_can_keep_it(
    store: SqlStore, store_path: Path, callbacks: KakaoCallbackDouble
) -> None:
    function = Function(store_path, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    body = json.dumps(skill("전혀 모르는 가수", callbacks.address()))
    headers = {"X-Skill-Secret": SECRETS["kakao_skill_secret"]}
    [result] = function.run(recorded("rest_v1", path="/kakao/skill", body=body, headers=headers))
    assert "useCallback" not in body_of(result)
    limits.kakao(body_of(result))


def test_an_event_of_neither_kind_is_left_alone(function: Function) -> None:
    assert function.run({"job": "format the disk"}, {"Records": []}, {}) == [None, None, None]


def test_the_handler_imports_nothing_heavy_and_does_nothing_yet(tmp_path: Path) -> None:
    program = "import sys, chatbot.lambda_handler; print(*sys.modules)"
    environment = {**os.environ, **NO_SETTINGS, "PLATFORM_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint(HEAVY)
    assert not (tmp_path / "home").exists()


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)
