"""Messages that are delivered again and again, in any order, while the server restarts or is killed.

`MESSAGES=10000 .venv/bin/python -m pytest tests/chatbot/test_messenger_restarts.py` is the full measure.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatbot.channels.messenger_outbox import AT_ONCE
from tests.chatbot.conftest import SECRETS
from tests.chatbot.test_kakao import wait_for
from tests.conftest import NO_SETTINGS
from tests.doubles.messenger import MessengerDouble, delivery, signed, text_event

EVENTS = int(os.environ.get("MESSAGES", "120"))
NAMES = ["에스파", "aespa", "아이유", "NewJeans", "Loner", "안녕", "nobody knows me", "Eve"]
PATIENCE = 60 + EVENTS / 20
"""Seconds; a message of a killed process waits for its claim to pass."""


@contextmanager
def server(
    store: Path, graph: MessengerDouble, log: Path, *, workers: int = 1
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`chatbot serve` as people start it, with its address; killed on leaving if it still runs."""
    environment = {
        **os.environ,
        **NO_SETTINGS,
        **{name.upper(): value for name, value in SECRETS.items()},
        "PLATFORM_HOME": str(store.parent),
        "SERVING_URL": f"sqlite:///{store}",
        "MESSENGER_API_URL": graph.url,
    }
    command = [Path(sys.executable).with_name("chatbot"), "serve", "--port", "0", "--workers", str(workers)]
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        wait_for(
            lambda: re.search(r"http://127\.0\.0\.1:\d+", log.read_text()) or process.poll() is not None, 60
        )
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        assert found, log.read_text()
        wait_for(lambda: is_ready(found[0]), 60)
        yield process, found[0]
    finally:
        process.kill()
        process.wait()


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def deliveries() -> list[dict[str, Any]]:
    """Every event once to ten times, shuffled; each from a person of its own."""
    draw = random.Random(f"{EVENTS}")
    now = int(time.time() * 1000)
    events = [text_event(f"m_{n}", draw.choice(NAMES), sender=f"{n}", timestamp=now) for n in range(EVENTS)]
    repeated = [event for event in events for _ in range(draw.randint(1, 10))]
    draw.shuffle(repeated)
    return repeated


def deliver(url: str, events: Sequence[dict[str, Any]], unacknowledged: list[dict[str, Any]]) -> None:
    """Deliver events, some together, from several connections; keep those that were not acknowledged."""
    batches = [events[start : start + 3] for start in range(0, len(events), 3)]
    with httpx.Client(trust_env=False, timeout=30) as client, ThreadPoolExecutor(4) as pool:

        def post(batch: Sequence[dict[str, Any]]) -> None:
            body = delivery(*batch)
            try:
                response = client.post(
                    f"{url}/messenger/webhook",
                    content=body,
                    headers=signed(body, SECRETS["messenger_app_secret"]),
                )
                acknowledged = response.status_code == 200
            except httpx.TransportError:
                acknowledged = False
            if not acknowledged:
                unacknowledged.extend(batch)

        list(pool.map(post, batches))


def replies(graph: MessengerDouble) -> Counter[str]:
    return Counter(body["recipient"]["id"] for body in list(graph.sent))


@pytest.mark.parametrize(
    ("end", "workers"), [(signal.SIGTERM, 2), (signal.SIGKILL, 1)], ids=["graceful", "killed"]
)
def test_every_message_gets_its_reply_across_a_restart(
    store_path: Path, store: object, tmp_path: Path, end: signal.Signals, workers: int
) -> None:
    events = deliveries()
    half = len(events) // 2
    again: list[dict[str, Any]] = []
    with MessengerDouble(token=SECRETS["messenger_page_token"], latency=0.02) as graph:
        with (
            server(store_path, graph, tmp_path / "first.log", workers=workers) as (process, url),
            ThreadPoolExecutor(1) as pool,
        ):
            first = pool.submit(deliver, url, events[:half], again)
            wait_for(lambda: len(graph.sent) >= EVENTS // 5, PATIENCE)
            process.send_signal(end)
            process.wait(timeout=60)
            first.result(timeout=60)
        assert len(graph.sent) < EVENTS, "it ended before all was done"
        with server(store_path, graph, tmp_path / "second.log", workers=workers) as (process, url):
            deliver(url, again + events[half:], lost := [])
            assert lost == []
            wait_for(lambda: len(replies(graph)) == EVENTS, PATIENCE)
            time.sleep(1)  # whatever would be sent once more is sent by now, or waits for a claim to pass
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
        repeated = sum(count - 1 for count in replies(graph).values())
        assert len(replies(graph)) == EVENTS, "none is lost"
    if end is signal.SIGTERM:
        assert repeated == 0, "exactly one each"
    else:
        assert max(replies(graph).values()) <= 2
        assert repeated <= AT_ONCE, "at most one more for each that was being sent"
