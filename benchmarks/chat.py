"""`POST /v1/chat` for known artists under load from another process, beside a constant of the same server.

`CHAT_SECONDS=10` makes it shorter; a minute for each row is the measure.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import uvloop

from benchmarks.platform_process import PROJECT_ROOT, environment, running, script, wait_for_text
from spotify_assets.core.names import name_key
from spotify_assets.core.store import Document, NameEntry
from spotify_assets.core.store.sql import SqlStore

CONNECTIONS = 8
WORKERS = 2
SECONDS = float(os.environ.get("CHAT_SECONDS", "60"))
NAMES = ("에스파", "샤이니", "BTS", "아이유", "NewJeans", "The Beatles", "Radiohead", "TWICE")
TURNS = 12
PUBLISHED_EVERY = 0.25
STARTS = 7
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def rows() -> Iterator[tuple[str, str]]:
    """Yield requests per second, p50 and p99 of both, their ratio, while publishing, and the import."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        env = environment(home, {})
        subprocess.run([script("spotify-assets"), "materialize"], env=env, check=True, capture_output=True)
        yield from _measured(home, env)


def _measured(home: Path, env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    command = [script("chatbot"), "serve", "--port", "0", "--workers", str(WORKERS)]
    with running(command, env, home / "bot.log"):
        port = int(wait_for_text(home / "bot.log", r"127\.0\.0\.1:(\d+)")[1])
        _wait_until_ready(port)
        constant, chat = _load(port, "constant", "chat")
        with _Publishing(home / "serving.db") as publishing:
            [published] = _load(port, "chat")
    load = f"{CONNECTIONS} connections, {WORKERS} workers, {SECONDS:.0f} s"
    for name, figures in (
        ("GET /healthz (a constant)", constant),
        ("POST /v1/chat, known artists", chat),
        (f"the same while {publishing.count} publications rewrite these artists", published),
    ):
        yield (
            f"{name}, {load}",
            f"{figures['rps']:.0f} requests/s, p50 {figures['p50']:.1f} ms, p99 {figures['p99']:.1f} ms",
        )
    yield "chat : constant, requests per second", f"{chat['rps'] / constant['rps']:.2f}"
    answered = f"{published['errors']:.0f} errors, {published['mixed']:.0f} mixed"
    yield "of the answers while publishing", f"{answered}, {published['versions']:.0f} versions seen"
    clock, cpu = _import()
    yield (
        f"import of the Lambda handler, best of {STARTS}",
        f"{clock * 1000:.0f} ms, {cpu * 1000:.0f} ms of CPU",
    )


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success:
                return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


class _Publishing:
    """Rewrites the artists asked for, again and again: every name and song of a document says its number."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._store = SqlStore(f"sqlite:///{path}")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._publish)
        answers = self._store.answers
        self._entries = [match for name in NAMES for match in answers.find(name_key(name), 1)]
        self._documents = [answers.artist(match.target_id) for match in self._entries]

    def __enter__(self) -> "_Publishing":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._store.close()

    def _publish(self) -> None:
        while not self._ended.wait(PUBLISHED_EVERY):
            self.count += 1
            self._store.answers.put(
                self._document(name, match, document)
                for name, match, document in zip(NAMES, self._entries, self._documents, strict=True)
            )

    def _document(self, name: str, match: Any, document: Any) -> Document:
        mark = f" ~{self.count}~"
        songs = [replace(song, name=song.name + mark) for song in document.top_tracks]
        similar = [
            replace(one, artist=replace(one.artist, name=one.artist.name + mark), tracks=songs[:1])
            for one in document.similar
        ]
        body = json.dumps(asdict(replace(document, top_tracks=songs, similar=similar)))
        entry = NameEntry(name_key(name), "artist", match.target_id, match.label, match.popularity)
        return Document("artist", match.target_id, f"v{self.count}", body, (entry,))


def _import() -> tuple[float, float]:
    """Return seconds by the clock and of the processor, each the least of several starts."""
    program = (
        "from time import perf_counter, process_time as cpu; began = perf_counter(), cpu(); "
        "import chatbot.lambda_handler; print(perf_counter() - began[0], cpu() - began[1])"
    )
    command = [sys.executable, "-c", program]
    starts = [
        subprocess.run(command, check=True, capture_output=True, cwd=PROJECT_ROOT).stdout.split()
        for _ in range(STARTS)
    ]
    return min(float(clock) for clock, _ in starts), min(float(cpu) for _, cpu in starts)


def _load(port: int, *what: str) -> list[dict[str, float]]:
    command = [sys.executable, "-m", "benchmarks.chat", str(port), *what]
    done = subprocess.run(command, check=True, capture_output=True, cwd=PROJECT_ROOT)
    figures: list[dict[str, float]] = json.loads(done.stdout)
    return figures


class _Seen:
    """What the clients of one measurement saw."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.errors = self.mixed = 0
        self.versions: set[bytes] = set()

    def answer(self, head: bytes, body: bytes, seconds: float) -> None:
        self.took.append(seconds)
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            self.errors += 1
        marks = set(re.findall(rb"~(\d+)~", body)) if b"~" in body else set()
        self.mixed += len(marks) > 1
        self.versions |= marks

    def told(self) -> dict[str, float]:
        """Return the figures."""
        took = sorted(self.took)
        return {
            "rps": len(took) / SECONDS,
            "p50": took[len(took) // 2] * 1e3,
            "p99": took[int(len(took) * 0.99)] * 1e3,
            "errors": self.errors,
            "mixed": self.mixed,
            "versions": len(self.versions),
        }


class _Client(asyncio.Protocol):
    """Asks one question after the other on a connection; a stream would take as long as the server."""

    def __init__(self, what: str, number: int, until: float, seen: _Seen) -> None:
        self.ended = asyncio.get_running_loop().create_future()
        self._what, self._number, self._until, self._seen = what, number, until, seen
        self._count, self._asked, self._answer = 0, 0.0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, _, body = self._answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if length and len(body) == int(length[1]):
            self._seen.answer(head, body, time.perf_counter() - self._asked)
            self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        self.ended.set_result(None)

    def _ask(self) -> None:
        if time.monotonic() >= self._until:
            self._transport.close()
            return
        self._count += 1
        if self._what == "chat":
            # A user may ask sixty times a minute: every question comes from somebody else.
            asked = {"user": f"{self._number}-{self._count}", "text": NAMES[self._count % len(NAMES)]}
            body = json.dumps(asked).encode()
            head = b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        else:
            body, head = b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        self._answer, self._asked = b"", time.perf_counter()
        self._transport.write(head + body)


async def _measure(port: int, what: str, seconds: float, seen: _Seen) -> None:
    until = time.monotonic() + seconds
    connect = asyncio.get_running_loop().create_connection
    clients = [
        (await connect(partial(_Client, what, number, until, seen), "127.0.0.1", port))[1]
        for number in range(CONNECTIONS)
    ]
    await asyncio.gather(*(client.ended for client in clients))


async def _compare(port: int, what: Sequence[str]) -> list[dict[str, float]]:
    """Measure in turns, so that whatever else the machine does at times weighs on all alike."""
    for one in what:
        await _measure(port, one, 2.0, _Seen())
    seen = {one: _Seen() for one in what}
    for _ in range(TURNS):
        for one in what:
            await _measure(port, one, SECONDS / TURNS, seen[one])
    return [figures.told() for figures in seen.values()]


if __name__ == "__main__":
    # The clients share the processors with the server: the less they take, the more is measured of it.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(_compare(int(sys.argv[1]), sys.argv[2:]))))
