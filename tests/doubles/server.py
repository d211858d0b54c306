"""What every double is made of: a threaded HTTP/1.1 server on loopback, a log of calls, room for faults.

Here: sockets, routing, logging. Not here: what any one service answers.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.doubles.exchange import Call, Request, Response
from tests.doubles.faults import Faults
from tests.doubles.world import World

DRIPS = 10
"""In how many pieces a slow body comes."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call goes; the pattern's groups are the handler's further arguments."""

    endpoint: str
    pattern: str
    handler: Callable[..., Response]
    method: str = "GET"


class Pace:
    """A service's own limit: so many calls in any window of so many seconds."""

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls = calls
        self.seconds = seconds
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def excess(self) -> float:
        """Take one call; return 0 where it is within the limit, else the seconds until one would be.

        A tenth of early arrival is forgiven, since the real limits are averages.
        """
        with self._lock:
            now = time.monotonic()
            while self._times and now - self._times[0] >= self.seconds * 0.9:
                self._times.popleft()
            if len(self._times) >= self.calls:
                return self.seconds - (now - self._times[0])
            self._times.append(now)
            return 0.0


class Double(ABC):
    """A service on loopback, for as long as its `with` block lasts.

    Raises:
        AssertionError: on leaving the block, when the double itself broke while answering.
    """

    def __init__(self, world: World, *, port: int = 0, latency: float = 0.0) -> None:
        self.world = world
        self.latency = latency
        """Seconds that every answer takes, faults aside."""
        self.faults = Faults()
        self.calls: list[Call] = []
        self.stopping = threading.Event()
        self._broke: list[str] = []
        self._lock = threading.Lock()
        self._routes = [(route, re.compile(route.pattern)) for route in self.routes()]
        self._server = _Server(self, port)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @abstractmethod
    def routes(self) -> tuple[Route, ...]:
        """Return what the service offers."""

    @abstractmethod
    def refusal(self, status: int, message: str, reason: str | None = None) -> Response:
        """Return an error in the service's own shape."""

    def admission(self, request: Request, endpoint: str) -> Response | None:
        """Return why a call is turned away before anything else is looked at, or None."""
        return None

    def unknown(self, request: Request) -> Response:
        """Return the answer to an address that the service does not have."""
        return self.refusal(404, "Not Found")

    def start(self) -> Self:
        """Serve until `stop`."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Serve no more, and close what is open."""
        self.stopping.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._broke and error is None:
            raise AssertionError(f"{type(self).__name__} itself broke:\n" + "\n".join(self._broke))

    def count(
        self, endpoint: str | None = None, *, status: int | None = None, path: str | None = None
    ) -> int:
        """Count the calls so far, of one endpoint, status or path (a regular expression) if given."""
        return sum(
            endpoint in (None, call.endpoint)
            and status in (None, call.status)
            and (path is None or re.search(path, call.path) is not None)
            for call in self.calls
        )

    def duplicates(self) -> dict[str, int]:
        """Return the pages that were answered well (200, no fault) more than once, and how often."""
        pages = Counter(
            call.page
            for call in self.calls
            if call.method == "GET" and call.status == 200 and call.fault is None
        )
        return {page: times for page, times in pages.items() if times > 1}

    def forget_calls(self) -> None:
        """Empty the log."""
        self.calls.clear()

    def answer(self, request: Request) -> Response:
        """Answer one call, faults included, and write it down."""
        began = time.monotonic()
        route, groups = self._routed(request)
        endpoint = route.endpoint if route else "unknown"
        fault = self.faults.striking(request, endpoint)

        def genuine() -> Response:
            return self._genuine(request, route, groups)

        try:
            response = fault.strike(self, genuine) if fault else genuine()
        except Exception:  # noqa: BLE001 - reported on leaving the block; the client gets what a client would
            self._broke.append(traceback.format_exc())
            response = Response.text("the double itself broke", 500)
        if self.latency:
            self.stopping.wait(self.latency)
        self.calls.append(
            Call(
                endpoint,
                request.method,
                request.path,
                request.query,
                request.headers,
                request.page,
                response.status if response.delivery.kind in ("whole", "drip") else 0,
                fault.name if fault else None,
                began,
                time.monotonic() - began,
            )
        )
        return response

    def _routed(self, request: Request) -> tuple[Route | None, tuple[str, ...]]:
        for route, pattern in self._routes:
            if (match := pattern.fullmatch(request.path)) is not None:
                return route, match.groups()
        return None, ()

    def _genuine(self, request: Request, route: Route | None, groups: tuple[str, ...]) -> Response:
        if route is None:
            return self.unknown(request)
        if request.method != route.method:
            return self.refusal(405, "Method not allowed")
        refused = self.admission(request, route.endpoint)
        return refused if refused is not None else route.handler(request, *groups)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, double: Double, port: int) -> None:
        self.double = double
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def close_connections(self) -> None:
        """End what clients keep alive."""
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # the client was quicker
                continue

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that left; `Double.answer` reports everything else."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        request = Request.parse(self.command, self.path, dict(self.headers.items()), body)
        self._send(self.server.double.answer(request))

    do_POST = do_PUT = do_DELETE = do_GET

    def _send(self, response: Response) -> None:
        how = response.delivery
        if how.kind == "stall":
            self.server.double.stopping.wait(how.seconds)
            self.close_connection = True
            return
        if how.kind == "reset" and not how.after:
            self._reset()
            return
        head, body = self._head(response), response.body
        if how.kind == "drip":
            self.wfile.write(head)
            size = max(1, len(body) // DRIPS)
            for start in range(0, len(body), size):
                self.server.double.stopping.wait(how.seconds / DRIPS)
                self.wfile.write(body[start : start + size])
        elif how.kind == "whole":
            # One write: two would wait for each other's acknowledgement.
            self.wfile.write(head + body)
        else:
            self.wfile.write(head + body[: how.after])
            self.close_connection = True
            if how.kind == "reset":
                time.sleep(0.05)  # a reset would overtake what was sent before it
                self._reset()

    def _head(self, response: Response) -> bytes:
        phrase = self.responses.get(response.status, ("",))[0]
        headers = {
            "Date": self.date_time_string(),
            **response.headers,
            "Content-Length": str(len(response.body)),
        }
        lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def _reset(self) -> None:
        """Close with RST: linger 0, and no other hold on the socket."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet; the double has its own log."""
