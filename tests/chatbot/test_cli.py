"""The `chatbot` command, as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from spotify_assets.core.settings import PROJECT_ROOT
from spotify_assets.core.store.sql import SqlStore

COMMAND = [sys.executable, "-c", "from chatbot.cli import main; main()"]
Chatbot = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def env(tmp_path: Path, store: SqlStore, store_path: Path) -> dict[str, str]:
    store.close()
    kept = {
        name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
    }
    return {
        **kept,
        "PYTHONPATH": str(PROJECT_ROOT),
        "PYTHONUTF8": "1",
        "PLATFORM_HOME": str(tmp_path / "home"),
        "SERVING_URL": f"sqlite:///{store_path}",
    }


@pytest.fixture
def chatbot(env: dict[str, str], tmp_path: Path) -> Chatbot:
    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        command, given = [*COMMAND, *arguments], {**env, **changes}
        return subprocess.run(
            command, env=given, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=150
        )

    return run


def test_ask_json_prints_the_answer_and_nothing_else(chatbot: Chatbot) -> None:
    done = chatbot("ask", "에스파", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["artist"]["name"] == "aespa"
    assert "좋아하신다면" in done.stdout


def test_ask_json_survives_a_terminal_that_is_not_utf_8(chatbot: Chatbot) -> None:
    done = chatbot("ask", "에스파", "--json", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert "좋아하신다면" in json.loads(done.stdout)["text"]
    assert chatbot("ask", "에스파", PYTHONUTF8="0", PYTHONIOENCODING="ascii").returncode == 0


def test_ask_shows_card_songs_and_reasons_as_plain_text(chatbot: Chatbot) -> None:
    done = chatbot("ask", "aespa")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    for words in (
        "aespa", "k-pop girl group, dance pop", "♪ Supernova (Armageddon)", "1. Neighbour 1",
        "same scene: k-pop girl group, dance pop · similar energy and tempo", "If you like aespa",
    ):  # fmt: skip
        assert words in done.stdout


def test_ask_takes_several_words_a_cursor_and_nothing(chatbot: Chatbot) -> None:
    assert "The The" in chatbot("ask", "who", "sounds", "like", "The", "The").stdout
    cursor = json.loads(chatbot("ask", "aespa", "--json").stdout)["cursor"]
    assert "Neighbour 11" in chatbot("ask", "--cursor", cursor).stdout
    assert json.loads(chatbot("ask", "--json").stdout)["kind"] == "help"
    assert "Zion · “Hola”" in chatbot("ask", "Zion").stdout
    assert "NewJeans, Guest" in chatbot("ask", "Ditto").stdout


def test_an_unknown_name_is_recorded_by_the_command_too(chatbot: Chatbot, store: SqlStore) -> None:
    assert json.loads(chatbot("ask", "Nobody Yet", "--json").stdout)["kind"] == "pending"
    assert json.loads(chatbot("ask", "nobody yet", "--json").stdout)["kind"] == "pending"
    [request] = store.requests.all()
    assert (request.query, request.ask_count) == ("Nobody Yet", 2)


def test_escape_sequences_in_a_question_do_not_reach_the_terminal(chatbot: Chatbot) -> None:
    assert "\x1b" not in chatbot("ask", "\x1b]0;evil\x07 aespa2").stdout


@pytest.mark.parametrize("arguments", [("ask", "aespa"), ("serve", "--port", "0")])
def test_a_wrong_setting_is_named_and_exits_2(chatbot: Chatbot, arguments: tuple[str, ...]) -> None:
    done = chatbot(*arguments, ROSTER_SIZE="many")
    assert done.returncode == 2
    assert "ROSTER_SIZE=many" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_stream_that_cannot_be_is_named_before_anything_is_served(chatbot: Chatbot, workers: str) -> None:
    done = chatbot("serve", "--port", "0", "--workers", workers, EVENTS_URL="kinesis://chat?shards=2")
    assert done.returncode == 2
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith(
        "EVENTS_URL is not an address of a stream of Kinesis: write kinesis://<stream>"
    )


def test_an_answer_stands_where_no_event_can_tell_of_it(chatbot: Chatbot) -> None:
    done = chatbot("ask", "aespa", "--json", EVENTS_URL="kinesis://chat?shards=2")
    assert json.loads(done.stdout)["kind"] == "artist"
    assert done.stderr.startswith("The answer stands, but no event tells of it: EVENTS_URL is not an address")


@pytest.mark.parametrize("arguments", [("ask", "aespa", "--json"), ("serve", "--port", "0")])
def test_a_store_out_of_reach_is_explained_and_exits_1(chatbot: Chatbot, arguments: tuple[str, ...]) -> None:
    done = chatbot(*arguments, SERVING_URL="postgresql+psycopg://u:hidden@127.0.0.1:1/x?connect_timeout=2")
    assert done.returncode == 1
    assert "serving store" in done.stderr
    assert "hidden" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_one_sentence_and_exits_1(chatbot: Chatbot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = chatbot("serve", "--port", str(port))
    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert f"127.0.0.1 port {port}" in sentence
    assert "--port" in sentence


def test_a_host_that_is_not_ours_is_explained(chatbot: Chatbot) -> None:
    done = chatbot("serve", "--host", "203.0.113.1", "--port", "0")
    assert done.returncode == 1
    assert "203.0.113.1" in done.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_serve_answers_and_stops_within_ten_seconds_of_sigterm(
    env: dict[str, str], tmp_path: Path, workers: int
) -> None:
    command = [*COMMAND, "serve", "--port", "0", "--workers", str(workers)]
    with subprocess.Popen(command, env=env, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr
            told = re.search(r"http://127\.0\.0\.1:(\d+)/", server.stderr.readline())
            assert told
            with httpx.Client(base_url=told[0], trust_env=False, timeout=60) as client:
                wait_until_ready(client)
                assert client.post("/v1/chat", json={"user": "u", "text": "aespa"}).json()["kind"] == "artist"
                asked = time.monotonic()
                server.send_signal(signal.SIGTERM)  # with the client's connection still open
                server.wait(timeout=10)
            assert time.monotonic() - asked < 10
            assert "Traceback" not in server.stderr.read()
        finally:
            server.kill()


SLOW_TO_START = """
import os, sys, time
if any("spawn_main" in word for word in sys.orig_argv):
    open(f"began-{os.getpid()}", "w").close()
    time.sleep(8)
"""
"""What makes processes that another Python starts begin late, as on a busy machine."""


def test_workers_that_take_long_to_start_are_waited_for(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "sitecustomize.py").write_text(SLOW_TO_START)
    env["PYTHONPATH"] += f"{os.pathsep}{tmp_path / 'slow'}"
    command = [*COMMAND, "serve", "--port", "0", "--workers", "2"]
    with subprocess.Popen(command, env=env, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr
            told = re.search(r"http://127\.0\.0\.1:(\d+)/", server.stderr.readline())
            assert told
            with httpx.Client(base_url=told[0], trust_env=False, timeout=60) as client:
                wait_until_ready(client)
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)
            assert len(list(tmp_path.glob("began-*"))) == 2, "none was killed and started anew"
        finally:
            server.kill()


def wait_until_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the server did not become ready")


def test_answering_imports_nothing_heavy(env: dict[str, str], tmp_path: Path) -> None:
    script = """
import sys
from chatbot.answer import Question
from chatbot.app import create, utc_now
from chatbot.bot import Bot
from spotify_assets.core.settings import settings
from spotify_assets.core.store import open_store
create()
assert Bot(open_store(settings()), utc_now).answer(Question("u", "aespa", "test")).kind == "artist"
heavy = {"pyarrow", "pandas", "duckdb", "dagster", "dbt", "numpy"} & set(sys.modules)
print(sorted(heavy))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
