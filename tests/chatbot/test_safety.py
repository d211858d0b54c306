"""What docs/safety.md promises is tested, and the inventory is the whole of what answers."""

from __future__ import annotations

import re
import socket
import time

import httpx
from starlette.routing import Mount, Route

from chatbot.app import make_app
from chatbot.intake import SECONDS_TO_ARRIVE
from chatbot.routes.inventory import inventory
from spotify_assets.core.settings import PROJECT_ROOT
from spotify_assets.core.store.sql import SqlStore

PAGE = PROJECT_ROOT / "docs" / "safety.md"


def test_everything_said_here_is_tested() -> None:
    text = PAGE.read_text(encoding="utf-8")
    tests = "\n".join(
        path.read_text(encoding="utf-8") for path in (PROJECT_ROOT / "tests").rglob("test_*.py")
    )
    named = set(re.findall(r"`(test_\w+)`", text))
    assert len(named) > 30
    assert [name for name in sorted(named) if f"def {name}(" not in tests] == []
    rows = re.findall(r"^\| (API\d+) .*\| (.*) \|$", text, re.MULTILINE)
    assert [risk for risk, _ in rows] == [f"API{n}" for n in range(1, 11)]
    assert all("`test_" in held for _, held in rows)


def test_the_inventory_lists_every_address_and_no_other(store: SqlStore, http: httpx.Client) -> None:
    answering = set()
    for route in make_app(store).routes:
        if isinstance(route, Route):
            answering |= {
                (route.path, method.lower()) for method in (route.methods or ()) if method != "HEAD"
            }
        else:
            assert isinstance(route, Mount)
            assert route.path == "/static"
    listed = {(path, method) for path, methods in inventory()["paths"].items() for method in methods}
    assert listed == answering
    assert http.get("/openapi.json").json() == inventory()


def test_a_body_that_does_not_come_is_not_waited_for(http: httpx.Client) -> None:
    head = b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
    with socket.create_connection((http.base_url.host, http.base_url.port or 80)) as slow:
        began = time.monotonic()
        slow.sendall(head)
        slow.settimeout(SECONDS_TO_ARRIVE + 20)
        said = slow.recv(4096)
    assert b" 408 " in said.split(b"\r\n", 1)[0]
    assert time.monotonic() - began >= SECONDS_TO_ARRIVE - 1
