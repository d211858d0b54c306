"""`POST /v1/chat` for known artists under load from another process, beside a constant of the same server."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.platform_process import environment, running, script, wait_for_text

CONNECTIONS = 8
SECONDS = 15.0


def rows() -> Iterator[tuple[str, str]]:
    """Yield requests per second, p50 and p99 of both, and the ratio."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        env = environment(home, {})
        subprocess.run([script("spotify-assets"), "materialize"], env=env, check=True, capture_output=True)
        with running([script("chatbot"), "serve", "--port", "0"], env, home / "bot.log"):
            port = int(wait_for_text(home / "bot.log", r"127\.0\.0\.1:(\d+)")[1])
            constant, chat = (_load(port, what) for what in ("constant", "chat"))
    for name, figures in (("GET /healthz (a constant)", constant), ("POST /v1/chat, known artists", chat)):
        yield (
            f"{name}, {CONNECTIONS} connections, {SECONDS:.0f} s",
            f"{figures['rps']:.0f} requests/s, p50 {figures['p50']:.1f} ms, p99 {figures['p99']:.1f} ms",
        )
    yield "chat : constant, requests per second", f"{chat['rps'] / constant['rps']:.2f}"


def _load(port: int, what: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.chat", str(port), what]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return figures


async def _client(port: int, what: str, number: int, until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    names = ("에스파", "샤이니", "BTS", "아이유", "NewJeans", "The Beatles", "Radiohead", "TWICE")
    count = 0
    while time.monotonic() < until:
        count += 1
        if what == "chat":
            # A user may ask sixty times a minute: every question comes from somebody else.
            body = json.dumps({"user": f"{number}-{count}", "text": names[count % len(names)]}).encode()
            head = f"POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        else:
            body, head = b"", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        started = time.perf_counter()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"the server answered {answer[:60]!r}")
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.split(b":")[1]))
        took.append(time.perf_counter() - started)
    writer.close()


async def _measure(port: int, what: str, seconds: float) -> dict[str, float]:
    took: list[float] = []
    until = time.monotonic() + seconds
    await asyncio.gather(*(_client(port, what, number, until, took) for number in range(CONNECTIONS)))
    took.sort()
    return {
        "rps": len(took) / seconds,
        "p50": took[len(took) // 2] * 1e3,
        "p99": took[int(len(took) * 0.99)] * 1e3,
    }


if __name__ == "__main__":
    asyncio.run(_measure(int(sys.argv[1]), sys.argv[2], 2.0))
    print(json.dumps(asyncio.run(_measure(int(sys.argv[1]), sys.argv[2], SECONDS))))
