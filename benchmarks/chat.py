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
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
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
SECONDS_TO_START = 60
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_REQUEST_ID = re.compile(rb"x-request-id: ([0-9a-f]{8})", re.IGNORECASE)
_NAMES = [json.dumps(name).encode() for name in NAMES]
_CONSTANT = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


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
    deadline = time.monotonic() + SECONDS_TO_START
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

    def answer(self, answer: bytes, seconds: float) -> None:
        self.took.append(seconds)
        self.errors += not answer.startswith(b"HTTP/1.1 200 ")
        marks = set(re.findall(rb"~(\d+)~", answer)) if b"~" in answer else set()
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

    def __init__(self, what: str, number: int, seen: _Seen) -> None:
        loop = asyncio.get_running_loop()
        self.worker: asyncio.Future[bytes] = loop.create_future()
        """Which process of the server is at the other end: its request ids begin alike."""
        self.ended: asyncio.Future[None] = loop.create_future()
        self._what, self._number, self._until, self._seen = what, number, 0.0, seen
        self._count, self._asked, self._answer, self._size = 0, 0.0, b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(_CONSTANT)

    def data_received(self, data: bytes) -> None:
        self._answer = self._answer + data if self._answer else data
        if not self._size and (head := self._answer.find(b"\r\n\r\n") + 4) > 3:
            length = _LENGTH.search(self._answer, 0, head)
            self._size = head + int(length[1]) if length else 0
        if len(self._answer) == self._size:
            self._answered(self._answer)

    def connection_lost(self, _: Exception | None) -> None:
        self.ended.set_result(None)

    def begin(self, until: float) -> None:
        """Ask, from now on until then."""
        self._answer, self._size, self._until = b"", 0, until
        self._ask()

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def _answered(self, answer: bytes) -> None:
        if not self.worker.done():
            self.worker.set_result(_REQUEST_ID.findall(answer)[0])
            return
        self._seen.answer(answer, time.perf_counter() - self._asked)
        self._answer, self._size = b"", 0
        if time.monotonic() < self._until:
            self._ask()
        else:
            self.close()

    def _ask(self) -> None:
        self._count += 1
        request = _CONSTANT
        if self._what == "chat":
            # A user may ask sixty times a minute: every question comes from somebody else.
            name = _NAMES[self._count % len(_NAMES)]
            body = b'{"user": "%d-%d", "text": %b}' % (self._number, self._count, name)
            request = b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        self._asked = time.perf_counter()
        self._transport.write(request)


async def _evenly(connect: Callable[[int], Awaitable[_Client]]) -> list[_Client]:
    """Connect until each worker has its share, as a balancer sees to: otherwise chance decides who accepts.

    Raises:
        TimeoutError: some worker accepts nothing.
    """
    of_worker: defaultdict[bytes, list[_Client]] = defaultdict(list)
    clients: list[_Client] = []
    async with asyncio.timeout(SECONDS_TO_START):
        while len(clients) < CONNECTIONS:
            client = await connect(len(clients))
            share = of_worker[await client.worker]
            if len(share) < CONNECTIONS // WORKERS:
                share.append(client)
                clients.append(client)
            else:
                client.close()
                await asyncio.sleep(0.01)
    return clients


async def _measure(port: int, what: str, seconds: float, seen: _Seen) -> None:
    loop = asyncio.get_running_loop()

    async def connect(number: int) -> _Client:
        return (await loop.create_connection(partial(_Client, what, number, seen), "127.0.0.1", port))[1]

    clients = await _evenly(connect)
    for client in clients:
        client.begin(time.monotonic() + seconds)
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
