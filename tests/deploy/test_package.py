"""The function's package: complete without anything else at hand, and the same bytes each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy.package import PLATFORMS, RUNTIME, compile_all, copy_sources, install, write_zip
from spotify_assets.core.store import open_at
from tests.chatbot.library import published
from tests.chatbot.test_lambda import recorded
from tests.conftest import NO_SETTINGS
from tests.deploy.templates import load

HOST = f"{sys.version_info.major}.{sys.version_info.minor}"

ANSWER = """
import importlib, json, pkgutil, sys
sys.path[:0] = [sys.argv[1]]
import chatbot, chatbot.lambda_handler as function
for found in pkgutil.walk_packages(chatbot.__path__, "chatbot."):
    importlib.import_module(found.name)
class Context: invoked_function_arn = "arn:aws:lambda:ap-northeast-2:123456789012:function:bot:live"
for event in json.loads(sys.stdin.read()):
    print(json.dumps(function.handler(event, Context)))
print(*{module.split(".")[0] for module in sys.modules})
"""


@pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="runs what Lambda would"
)
def test_the_package_answers_with_nothing_else_on_the_path(tmp_path: Path) -> None:
    tree = tmp_path / "package"
    install(tree, "x86_64", HOST)
    copy_sources(tree)
    store = open_at(f"sqlite:///{tmp_path / 'serving.db'}")
    store.answers.put(one for one in published() if '"aespa"' in one.body)
    store.close()
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", ANSWER, tree],
        env={
            **NO_SETTINGS, "SERVING_URL": f"sqlite:///{tmp_path / 'serving.db'}", "USER_ID_PEPPER": "long random",
            "EVENTS_URL": "off", "PLATFORM_HOME": str(tmp_path), "AWS_LAMBDA_FUNCTION_NAME": "bot",
        },
        input=json.dumps(
            [recorded("http_v2"), recorded("http_v2", path="/static/chat.css", method="GET", body=None)]
        ),
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    chat, style, loaded = done.stdout.splitlines()
    assert json.loads(json.loads(chat)["body"])["artist"]["name"] == "aespa"
    assert json.loads(style)["statusCode"] == 200
    assert {"sqlalchemy", "mangum", "starlette"} <= set(loaded.split())


def test_a_package_is_the_same_bytes_each_time_whenever_and_wherever_it_is_built(tmp_path: Path) -> None:
    made = []
    for place in ("one", "another/and/deeper"):
        tree = tmp_path / place / "package"
        copy_sources(tree)
        for file in tree.rglob("*.py"):
            os.utime(file, (len(made) * 10**9, len(made) * 10**9))
            file.chmod(0o600 if made else 0o755)
        assert compile_all(tree, HOST)
        made.append(write_zip(tree, tmp_path / place, "bot-arm64"))
    assert made[0].name == made[1].name
    assert made[0].read_bytes() == made[1].read_bytes()
    with zipfile.ZipFile(made[0]) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    names = {entry.filename for entry in entries}
    assert {"chatbot/lambda_handler.py", "chatbot/web/index.html", "spotify_assets/core/kinesis.py"} <= names
    assert not [name for name in names if name.startswith(("spotify_assets/core/lake/", "chatbot/cli."))]
    compiled = [name for name in names if name.endswith(".pyc")]
    assert len(compiled) == len([name for name in names if name.endswith(".py")])


def test_a_runtime_that_is_not_here_leaves_the_bytecode_out(tmp_path: Path) -> None:
    assert not compile_all(tmp_path, "2.9")


def test_the_package_is_built_for_the_runtime_of_the_template() -> None:
    template = load("template.yaml")
    assert template["Resources"]["Bot"]["Properties"]["Runtime"] == f"python{RUNTIME}"
    assert template["Parameters"]["Architecture"]["AllowedValues"] == sorted(PLATFORMS)
