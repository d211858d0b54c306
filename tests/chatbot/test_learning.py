"""Who teaches the bot what people mean by a name: whoever is vouched for, once each."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from chatbot.identity import SECONDS_TO_BE_VOUCHED_FOR, user_ids
from chatbot.routes.web import COOKIE
from spotify_assets.core.settings import load_settings
from tests.chatbot.library import AESPA
from tests.chatbot.test_kakao import SECRET, skill

MISTYPED = "에스빠"


def chosen_on_the_web(http: httpx.Client, home: Path, host: str, *, age: float) -> None:
    """Choose aespa for the mistyped name, in a session of that age from that address, as a proxy tells it."""
    session = user_ids(load_settings(platform_home=home)).new_session(time.time() - age)
    headers = {"Cookie": f"{COOKIE}={session}", "X-Forwarded-For": host}
    offered = http.post("/v1/chat", json={"text": MISTYPED}, headers=headers).json()
    tap = {"text": offered["choices"][0]["text"]}
    assert http.post("/v1/chat", json=tap, headers=headers).json()["artist"]["artist_id"] == AESPA
    again = http.post("/v1/chat", json={"text": MISTYPED}, headers=headers).json()
    assert again["artist"]["artist_id"] == AESPA, "what one chose counts for oneself at once"


def is_known_to_strangers(http: httpx.Client) -> bool:
    answer = http.post("/v1/chat", json={"text": MISTYPED, "user": f"stranger {time.time()}"}).json()
    assert answer["kind"] in ("artist", "choices")
    return answer["kind"] == "artist"


def test_sessions_made_up_to_teach_the_bot_teach_nobody_else(http: httpx.Client, tmp_path: Path) -> None:
    for one in range(4):
        chosen_on_the_web(http, tmp_path, f"203.0.113.{one}", age=SECONDS_TO_BE_VOUCHED_FOR - 60)
        chosen_on_the_web(http, tmp_path, "203.0.113.99", age=SECONDS_TO_BE_VOUCHED_FOR)
        chosen_on_the_web(http, tmp_path, f"2001:db8:1:2::{one}", age=SECONDS_TO_BE_VOUCHED_FOR)
    assert not is_known_to_strangers(http)
    chosen_on_the_web(http, tmp_path, "198.51.100.1", age=SECONDS_TO_BE_VOUCHED_FOR)
    assert is_known_to_strangers(http), "three networks agree"


def test_users_whom_a_caller_names_teach_nobody_else(http: httpx.Client) -> None:
    for one in range(4):
        user = {"user": f"user {one}"}
        offered = http.post("/v1/chat", json={"text": MISTYPED, **user}).json()
        http.post("/v1/chat", json={"text": offered["choices"][0]["text"], **user})
    assert not is_known_to_strangers(http)


def test_three_users_of_a_platform_teach_everybody(open_http: httpx.Client) -> None:
    for one in range(3):
        assert not is_known_to_strangers(open_http)
        for text in (MISTYPED, f"artist:{AESPA}"):
            asked = skill(text)
            asked["userRequest"]["user"]["id"] = f"somebody {one}"
            assert open_http.post("/kakao/skill", json=asked, headers=SECRET).status_code == 200
    assert is_known_to_strangers(open_http)
