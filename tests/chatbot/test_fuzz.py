"""Whatever is sent, to whatever address, nothing breaks: no server error, errors as JSON, nothing let in unproved.

`FUZZ=100000 .venv/bin/python -m pytest tests/chatbot/test_fuzz.py --timeout=0` is the full measure.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from chatbot.app import make_app, utc_now
from chatbot.rate_limit import RateLimit
from chatbot.routes.inventory import inventory
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot import limits
from tests.chatbot.answers import TEXTS
from tests.chatbot.conftest import SECRETS, served
from tests.chatbot.library import published
from tests.chatbot.test_kakao import SECRET, skill
from tests.doubles.messenger import signed

CASES = int(os.environ.get("FUZZ", "4000"))
PER_TEST = CASES // 5
LOOSE = settings(
    max_examples=PER_TEST,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Every channel on, no limit of questions."""
    home = tmp_path_factory.mktemp("fuzz")
    store = SqlStore(f"sqlite:///{home}/serving.db")
    store.answers.put(published())
    config = load_settings(platform_home=home, messenger_api_url="http://127.0.0.1:9", **SECRETS)
    with served(make_app(store, utc_now, RateLimit(limit=10**9), config)) as client:
        yield client


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def in_order(response: Any, *statuses: int) -> None:
    assert response.status_code in statuses, (response.status_code, response.text[:300])
    assert response.headers["x-content-type-options"] == "nosniff"
    if response.status_code >= 400:
        assert set(response.json()["error"]) == {"message"}


DESCRIBED = [found.ok() for found in schemathesis.openapi.from_dict(inventory()).get_all_operations()]


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["by it", "against it"]
)
@pytest.mark.parametrize("operation", DESCRIBED, ids=lambda operation: operation.label)
def test_whatever_is_sent_nothing_breaks(operation: Any, mode: GenerationMode, client: httpx.Client) -> None:
    """By the inventory, and against it: every status is one that the inventory names."""
    named = {int(status) for status in operation.definition.raw["responses"]}

    @settings(parent=LOOSE, max_examples=max(5, PER_TEST // len(DESCRIBED) // 2))
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        response = case.call(base_url=str(client.base_url))
        assert response.status_code in named | {405}, response.text

    try:
        send()
    except Unsatisfiable:
        pytest.skip("it takes nothing that could be wrong")


@LOOSE
@given(body=st.binary(max_size=300) | JSON.map(encoded))
def test_any_body_is_answered_or_refused_in_chat(client: httpx.Client, body: bytes) -> None:
    in_order(client.post("/v1/chat", content=body), 200, 400, 413)


@LOOSE
@given(text=TEXTS, user=TEXTS | st.none(), cursor=TEXTS | st.none(), again=st.booleans())
def test_any_question_is_answered_in_chat(
    client: httpx.Client, text: str, user: str | None, cursor: str | None, again: bool
) -> None:
    fields = {"text": text, "user": user and user[:200], "cursor": cursor, "again": again}
    in_order(client.post("/v1/chat", content=encoded(fields)), 200, 413)


@LOOSE
@given(
    utterance=TEXTS | JSON,
    extra=JSON,
    changes=st.dictionaries(st.sampled_from(["lang", "user", "params", "callbackUrl"]), JSON),
)
def test_any_skill_request_gets_a_skill_response(
    client: httpx.Client, utterance: Any, extra: Any, changes: dict[str, Any]
) -> None:
    body = skill(utterance)
    body["action"]["clientExtra"] = extra
    body["userRequest"].update(changes)
    response = client.post("/kakao/skill", content=encoded(body), headers=SECRET)
    in_order(response, 200, 413)
    if response.status_code == 200:
        limits.kakao(response.json())


EVENT = st.dictionaries(st.sampled_from(["sender", "recipient", "message", "postback", "timestamp"]), JSON)


@LOOSE
@given(
    body=st.binary(max_size=200) | JSON.map(encoded) | st.lists(EVENT, max_size=3).map(lambda e: encoded({"entry": [{"messaging": e}]})),
    forged=st.sampled_from(["", "sha256=", "cut", "flipped", "missing", "other"]) | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80),
)  # fmt: skip
def test_only_what_is_signed_is_taken(client: httpx.Client, body: bytes, forged: str) -> None:
    genuine = signed(body, SECRETS["messenger_app_secret"])
    in_order(client.post("/messenger/webhook", content=body, headers=genuine), 200, 400)
    signature = genuine["X-Hub-Signature-256"]
    flipped = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    given = {
        "cut": signature[:-2],
        "flipped": flipped,
        "other": signed(body, "x")["X-Hub-Signature-256"],
    }.get(forged, forged)
    headers = [] if forged == "missing" else [(b"x-hub-signature-256", given.encode("utf-8", "replace"))]
    in_order(client.post("/messenger/webhook", content=body, headers=headers), 403)


def test_the_store_is_whole_afterwards(client: httpx.Client, tmp_path: Path) -> None:
    assert (
        client.post("/v1/chat", json={"text": "에스파", "user": str(tmp_path)}).json()["artist"]["name"]
        == "aespa"
    )
    assert client.get("/readyz").status_code == 200
