"""The bot on Lambda: its package, cold starts, and warm answers through the real runtime client.

A process of `awslambdaric` runs the package as Lambda would, against the tests' own runtime API, DynamoDB and
Kinesis on this machine, and the PostgreSQL here. `LAMBDA_EVENTS=50` makes it shorter.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.store import _server
from deploy.package import PLATFORMS, main
from spotify_assets.core.store import open_at
from tests.chatbot.library import published
from tests.chatbot.test_lambda import recorded
from tests.conftest import NO_SETTINGS
from tests.doubles.aws import CREDENTIALS, aws_double
from tests.doubles.exchange import Request, Response
from tests.doubles.lambda_runtime import LambdaRuntimeDouble

HOST = f"{sys.version_info.major}.{sys.version_info.minor}"
EVENTS = int(os.environ.get("LAMBDA_EVENTS", "400"))
WARM_UP = 20
STARTS = 7
NAMES = ("에스파", "NewJeans", "IU", "aespa")
STREAM = "bench-chat-events"

_IMPORT = (
    "import sys; from time import perf_counter, process_time as cpu; began = perf_counter(), cpu(); "
    "sys.path[:0] = [sys.argv[1]]; import chatbot.lambda_handler; "
    "print(perf_counter() - began[0], cpu() - began[1])"
)


def rows() -> Iterator[tuple[str, str]]:
    """Yield sizes, starts and answers."""
    with tempfile.TemporaryDirectory() as directory:
        for architecture in PLATFORMS:
            package = main(["--architecture", architecture, "--python", HOST, "--out", directory])
            yield f"package for {architecture}, Python {HOST}: zipped; unzipped", _sizes(package)
        tree = Path(directory) / "package"
        with zipfile.ZipFile(package) as archive:
            archive.extractall(tree)
        clock, cpu = _import(tree)
        bare = Path(directory) / "without"
        with zipfile.ZipFile(package) as archive:
            archive.extractall(bare, [name for name in archive.namelist() if not name.endswith(".pyc")])
        bare_clock, bare_cpu = _import(bare)
        yield (
            f"cold import of the handler, best of {STARTS}: with bytecode; without",
            f"{clock * 1e3:.0f} ms, {cpu * 1e3:.0f} ms of CPU; "
            f"{bare_clock * 1e3:.0f} ms, {bare_cpu * 1e3:.0f} ms of CPU ({bare_cpu / cpu:.1f} times)",
        )
        yield from _answers(tree)


def _answers(tree: Path) -> Iterator[tuple[str, str]]:
    os.environ.update(CREDENTIALS)
    with aws_double() as aws, _server("PostgreSQL") as postgres:
        aws.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
        aws.kinesis.shard_records = 10**9
        dynamodb = "dynamodb://bench-lambda"
        for url in (f"{dynamodb}?endpoint={aws.url}", postgres):
            if url:
                store = open_at(url)
                store.answers.put(published())
                store.close()
        at_aws = {"AWS_ENDPOINT_URL": aws.url}
        for what, environment in (
            ("PostgreSQL", {"SERVING_URL": postgres or ""}),
            ("DynamoDB (moto on this machine)", {"SERVING_URL": dynamodb, **at_aws}),
            (
                "the same, and the event to Kinesis (moto)",
                {"SERVING_URL": dynamodb, "EVENTS_URL": f"kinesis://{STREAM}", **at_aws},
            ),
        ):
            if not environment["SERVING_URL"]:
                yield what, "not there"
                continue
            first, constant, chat = _measured(tree, environment)
            yield (
                f"{what}: from start to the first answer; `/healthz`, known artist, {EVENTS} each, warm",
                f"{first:.2f} s; p50 {_at(constant, 0.5):.1f} ms, p99 {_at(constant, 0.99):.1f} ms; "
                f"p50 {_at(chat, 0.5):.1f} ms, p99 {_at(chat, 0.99):.1f} ms "
                f"({_at(chat, 0.5) / _at(constant, 0.5):.1f} of `/healthz`)",
            )


class _Timed(LambdaRuntimeDouble):
    """Notes when each event is handed out, and when its response is there."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        super().__init__(events)
        self.took: list[float] = []
        self._handed = 0.0

    def _next(self, request: Request) -> Response:
        response = super()._next(request)
        self._handed = time.perf_counter()
        return response

    def _response(self, request: Request, _id: str) -> Response:
        self.took.append(time.perf_counter() - self._handed)
        return super()._response(request, _id)


def _measured(tree: Path, environment: Mapping[str, str]) -> tuple[float, list[float], list[float]]:
    """Return seconds to the first answer, then those of a constant and of a chat, in turns."""
    constant = recorded("http_v2", path="/healthz", method="GET", body=None)
    events: list[dict[str, Any]] = []
    for number in range(EVENTS + WARM_UP):
        # A user may ask sixty times a minute: every question comes from somebody else.
        body = json.dumps({"user": f"user {number}", "text": NAMES[number % len(NAMES)]})
        events += [recorded("http_v2", body=body), constant]
    with _Timed(events) as runtime:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", "chatbot.lambda_handler.handler"],
            env={
                **os.environ, **NO_SETTINGS, "PYTHONPATH": str(tree), "USER_ID_PEPPER": "a long random text",
                "EVENTS_URL": "off", "AWS_LAMBDA_FUNCTION_NAME": "bench", **environment,
                "AWS_LAMBDA_RUNTIME_API": runtime.url.removeprefix("http://"),
            },
            cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while not runtime.took and process.poll() is None:
                time.sleep(0.001)
            first = time.perf_counter() - began
            while len(runtime.results) < len(events) and process.poll() is None:
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()
        good = [result.get("statusCode") for result in runtime.results]
        if good != [200] * len(events):
            raise RuntimeError(f"not every event was answered: {runtime.errors or good}")
        took = runtime.took[2 * WARM_UP :]
    return first, took[1::2], took[0::2]


def _sizes(package: Path) -> str:
    with zipfile.ZipFile(package) as archive:
        whole = sum(entry.file_size for entry in archive.infolist())
    return f"{package.stat().st_size / 2**20:.1f} MiB; {whole / 2**20:.0f} MiB of 250 at most"


def _import(tree: Path) -> tuple[float, float]:
    """Return seconds by the clock and of the processor, each the least of several starts."""
    command = [sys.executable, "-I", "-S", "-B", "-c", _IMPORT, tree]
    starts = [
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        for _ in range(STARTS)
    ]
    return min(float(clock) for clock, _ in starts), min(float(cpu) for _, cpu in starts)


def _at(took: list[float], share: float) -> float:
    return sorted(took)[int(len(took) * share)] * 1e3
