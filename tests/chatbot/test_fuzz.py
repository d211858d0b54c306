"""Whatever is sent, to whatever address, nothing breaks: no server error, errors as JSON, nothing let in unproved.

`FUZZ=100000 .venv/bin/python -m pytest tests/chatbot/test_fuzz.py --timeout=0 -rP` is the full measure; it says
how many requests got which status. Drawing a request from the inventory costs as much as answering fifty, so
that each is sent again and again with other proofs of identity and other bodies made of its own.
"""

from __future__ import annotations

import json
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
import requests
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

CASES = int(os.environ.get("FUZZ", "15000"))
"""How many requests are sent, about: two minutes of them on a busy machine."""

PER_TEST = CASES // 5
MADE_OF_ONE, MADE_OF_A_DEAR_ONE = 8, 24
"""How many requests are made of one that is drawn, itself among them; of one from the inventory."""

ANSWERS: Counter[tuple[str, int]] = Counter()
"""How many requests of which kind got which status."""

LOOSE = settings(
    max_examples=PER_TEST // MADE_OF_ONE,
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


def in_order(response: Any, *statuses: int, kind: str = "drawn") -> None:
    ANSWERS[kind, response.status_code] += 1
    assert response.status_code in statuses, (response.status_code, response.text[:300])
    assert response.headers["x-content-type-options"] == "nosniff"
    if response.status_code >= 400:
        assert set(response.json()["error"]) == {"message"}


def made_of(body: bytes, many: int = MADE_OF_ONE) -> Iterator[bytes]:
    """Cut a body, change, double and drop parts of it, nest it and write it in another encoding."""
    random = Random(zlib.crc32(body))
    # No deeper: where Python's own stack is full, whatever Hypothesis does just then fails as well.
    depth = random.randrange(1, 200)
    yield b"[" * depth + body + b"]" * depth
    yield body.decode("utf-8", "replace").encode("utf-16")
    for _ in range(many - 3):
        first, last = sorted(random.choices(range(len(body) + 1), k=2))
        part = [body[first:last] * 2, random.randbytes(2), b"null", b"-1e999", b'"\\ud800"', b"{}", b""]
        yield body[:first] + random.choice(part) + body[last if random.random() < 0.5 else first :]


def proved(path: str, body: bytes) -> dict[str, str]:
    """Return the headers with which an address takes a body for what it says."""
    if path == "/messenger/webhook":
        return signed(body, SECRETS["messenger_app_secret"])
    return {**SECRET, "Authorization": f"Bearer {SECRETS['events_api_key']}"}


DESCRIBED = [found.ok() for found in schemathesis.openapi.from_dict(inventory()).get_all_operations()]


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["by it", "against it"]
)
@pytest.mark.parametrize("operation", DESCRIBED, ids=lambda operation: operation.label)
def test_whatever_is_sent_nothing_breaks(operation: Any, mode: GenerationMode, client: httpx.Client) -> None:
    """By the inventory, and against it: every status is one that the inventory names."""
    named = {int(status) for status in operation.definition.raw["responses"]} | {405}
    drawn = PER_TEST // len(DESCRIBED) // 2 // (MADE_OF_A_DEAR_ONE if operation.method == "post" else 1)
    session = requests.Session()

    @settings(parent=LOOSE, max_examples=max(5, drawn))
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        response = case.call(base_url=str(client.base_url), session=session)
        ANSWERS["described", response.status_code] += 1
        assert response.status_code in named, response.text
        if operation.method != "post":
            return
        whole = response.request.body or b""
        body = whole.encode() if isinstance(whole, str) else whole
        for other in (body, *made_of(body, MADE_OF_A_DEAR_ONE)):
            in_order(
                client.post(operation.path, content=other, headers=proved(operation.path, other)),
                *named,
                kind="made of it",
            )

    try:
        send()
    except Unsatisfiable:
        pytest.skip("it takes nothing that could be wrong")


@LOOSE
@given(body=st.binary(max_size=300) | JSON.map(encoded))
def test_any_body_is_answered_or_refused_in_chat(client: httpx.Client, body: bytes) -> None:
    for other in (body, *made_of(body)):
        in_order(client.post("/v1/chat", content=other), 200, 400, 413)


@LOOSE
@given(text=TEXTS, user=TEXTS | st.none(), cursor=TEXTS | st.none(), again=st.booleans())
def test_any_question_is_answered_in_chat(
    client: httpx.Client, text: str, user: str | None, cursor: str | None, again: bool
) -> None:
    fields = {"text": text, "user": user and user[:200], "cursor": cursor, "again": again}
    said = [
        text,
        text[::-1],
        f"{text} {cursor}",
        f"songs like {text}",
        f"{user}의 {text} 틀어줘",
        "1번",
        "more",
        text,
    ]
    for turn in said:
        in_order(client.post("/v1/chat", content=encoded({**fields, "text": turn})), 200, 413)


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
    whole = encoded(body)
    for sent in (whole, *made_of(whole)):
        response = client.post("/kakao/skill", content=sent, headers=SECRET)
        in_order(response, 200, 413, *([400] if sent != whole else []))
        if response.status_code == 200:
            limits.kakao(response.json())


EVENT = st.dictionaries(st.sampled_from(["sender", "recipient", "message", "postback", "timestamp"]), JSON)


BODIES = (
    st.binary(max_size=200)
    | JSON.map(encoded)
    | st.lists(EVENT, max_size=3).map(lambda events: encoded({"entry": [{"messaging": events}]}))
)


@LOOSE
@given(body=BODIES, made_up=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80))
def test_only_what_is_signed_is_taken(client: httpx.Client, body: bytes, made_up: str) -> None:
    genuine = signed(body, SECRETS["messenger_app_secret"])
    in_order(client.post("/messenger/webhook", content=body, headers=genuine), 200, 400)
    signature = genuine["X-Hub-Signature-256"]
    flipped = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    other = signed(body, "x")["X-Hub-Signature-256"]
    for forged in (None, "", "sha256=", signature[:-2], flipped, other, made_up):
        headers = [] if forged is None else [(b"x-hub-signature-256", forged.encode())]
        response = client.post("/messenger/webhook", content=body, headers=headers)
        in_order(response, 403, kind="forged")


def test_the_store_is_whole_afterwards(client: httpx.Client, tmp_path: Path) -> None:
    assert (
        client.post("/v1/chat", json={"text": "에스파", "user": str(tmp_path)}).json()["artist"]["name"]
        == "aespa"
    )
    assert client.get("/readyz").status_code == 200
    print(f"{sum(ANSWERS.values())} requests:", dict(sorted(ANSWERS.items())))
