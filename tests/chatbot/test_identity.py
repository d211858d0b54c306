"""Who asks: hashes that need the key, sessions that only the server can issue, a key that is made once."""

from __future__ import annotations

import hmac
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from chatbot.identity import SESSION_SECONDS, UserIds, network_of, same, user_ids
from spotify_assets.core.errors import SettingsError
from spotify_assets.core.settings import load_settings

IDS = UserIds(b"pepper")


def test_a_user_is_a_hash_that_differs_by_key_and_by_where_the_id_comes_from() -> None:
    assert IDS.of("kakao", "620678") == UserIds(b"pepper").of("kakao", "620678")
    told = {
        IDS.of("kakao", "1"),
        IDS.of("messenger", "1"),
        IDS.of("session", "1"),
        UserIds(b"salt").of("kakao", "1"),
    }
    assert len(told) == 4
    assert all(len(user) == 32 and "620678" not in user for user in told)
    assert IDS.of("api", "\ud800")


@pytest.mark.parametrize("key", [b"pepper", b"x" * 64, b"longer than a block of SHA-256" * 3])
def test_the_hash_is_the_hmac_of_the_standard_library(key: bytes) -> None:
    expected = hmac.digest(key, b"kakao\x00620678", "sha256").hex()
    assert UserIds(key).of("kakao", "620678") == expected[:32]


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("a unix socket", "a unix socket"),
    ],
)
def test_addresses_that_one_may_have_by_the_million_are_one_network(host: str, network: str) -> None:
    assert network_of(host) == network


def test_a_session_is_what_this_server_issued() -> None:
    token = IDS.new_session(now=1000)
    assert IDS.session(token, now=1000)
    assert IDS.session(token, now=1000) != IDS.session(IDS.new_session(now=1000), now=1000)
    assert IDS.session(token, now=1000 + SESSION_SECONDS) is None
    assert UserIds(b"another").session(token, now=1000) is None
    name, issued, signature = token.split(".")
    forged = [
        f"{name}.{issued}",
        f"{name}.{issued}.",
        f"{name[:-1]}B.{issued}.{signature}",  # never its last letter: 16 bytes end in A, Q, g or w
        f"{name}.fffffff.{signature}",
    ]
    forged += [
        "",
        ".",
        "..",
        "a.b.c",
        token[:-1],
        token + "A",
        token.upper(),
        "é" * 60,
        f"{name}.{issued}.{'é' * 43}",
    ]
    assert [IDS.session(text, now=1000) for text in forged] == [None] * len(forged)


def test_secrets_are_compared_whole() -> None:
    assert same("secret", "secret")
    assert not same("secre", "secret")
    assert not same("", "secret")
    assert not same("\ud800", "secret")


def test_the_key_is_made_once_for_all_processes_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    program = (
        "import sys; from spotify_assets.core.settings import load_settings; from chatbot.identity import user_ids; "
        "print(user_ids(load_settings(platform_home=sys.argv[1])).of('kakao', '1'))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "home")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = {process.communicate(timeout=60)[0] for process in processes}
    assert len(told) == 1
    [kept] = (tmp_path / "home").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert user_ids(load_settings(platform_home=tmp_path / "home")).of("kakao", "1") == told.pop().strip()


def test_on_lambda_the_key_must_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "chatbot")
    with pytest.raises(SettingsError, match="USER_ID_PEPPER is needed on Lambda"):
        user_ids(load_settings(platform_home=tmp_path))
    assert user_ids(load_settings(platform_home=tmp_path, user_id_pepper="pepper")).of("kakao", "1")


def test_the_page_brings_a_session_that_scripts_and_other_sites_cannot_use(http: httpx.Client) -> None:
    cookie = http.get("/").headers["set-cookie"]
    assert cookie.startswith("session=")
    assert {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={SESSION_SECONDS}"} <= set(cookie.split("; "))
    assert "set-cookie" not in http.get("/").headers, "whoever has one keeps it"
    again = http.get("/", headers={"cookie": "session=made.up.value"})
    assert "set-cookie" in again.headers


def test_a_session_is_a_person_whoever_they_say_they_are(http: httpx.Client) -> None:
    http.get("/")
    statuses = [
        http.post("/v1/chat", json={"user": f"somebody-{n}", "text": "aespa"}).status_code for n in range(6)
    ]
    assert statuses == [200] * 5 + [429]


def test_a_caller_cannot_speak_for_a_session(http: httpx.Client) -> None:
    token = http.get("/").cookies["session"]
    for _ in range(5):
        assert http.post("/v1/chat", json={"text": "aespa"}).status_code == 200
    assert http.post("/v1/chat", json={"text": "aespa"}).status_code == 429
    http.cookies.clear()
    for claim in (token, token.split(".")[0], f"session\0{token.split('.')[0]}"):
        assert http.post("/v1/chat", json={"user": claim, "text": "aespa"}).status_code == 200


def test_whoever_has_neither_session_nor_name_is_an_address(http: httpx.Client) -> None:
    forged = {"cookie": "session=made.up.value"}
    statuses = [http.post("/v1/chat", json={"text": "aespa"}, headers=forged).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
