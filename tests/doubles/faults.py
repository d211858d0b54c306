"""What goes wrong on purpose, and when.

Here: faults that any double accepts, and the rules that say which calls they strike. Not here: what a service
refuses by itself (a bad limit, an unknown id, a closed endpoint), which the doubles do without being told.

    spotify.faults.add(too_many_requests(1), endpoint="search", nth=2)
    spotify.faults.add(bad_gateway(), path="/v1/artists", probability=0.01, seed=7)
    with spotify.faults.during(quota_exceeded(), path="/v1/"): ...
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Protocol

from tests.doubles.exchange import Delivery, Request, Response

A_DAY = 85_771
"""The longest `Retry-After` that has been seen, in seconds."""

PREMIUM_MESSAGE = (
    "Active premium subscription required for the owner of the app. When the subscription status changes, "
    "it can take a few hours before requests are allowed again."
)


class Refuser(Protocol):
    """A service that has its own shape of error."""

    def refusal(self, status: int, message: str, reason: str | None = None) -> Response:
        """Return an error in the service's own shape."""
        ...


class HoldsTokens(Protocol):
    """A service whose tokens can be made to expire."""

    def expire_tokens(self) -> None:
        """Let every token that was given out expire now."""
        ...


Genuine = Callable[[], Response]
"""What the service would have answered."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which an answer goes wrong."""

    name: str
    strike: Callable[[Refuser, Genuine], Response]


def too_many_requests(
    retry_after: int | timedelta | str | None = 1, *, reason: str | None = None, plain: bool = False
) -> Fault:
    """429; `retry_after` is seconds, a timedelta (sent as an HTTP date), a text sent as it is, or absent."""

    def strike(service: Refuser, _: Genuine) -> Response:
        if plain:
            answer = Response.text("Too many requests", 429)
        else:
            message = "Quota exceeded" if reason else "API rate limit exceeded"
            answer = service.refusal(429, message, reason)
        if retry_after is None:
            return answer
        if isinstance(retry_after, timedelta):
            sent = format_datetime(datetime.now(UTC) + retry_after, usegmt=True)
        else:
            sent = str(retry_after)
        return replace(answer, headers={**answer.headers, "Retry-After": sent})

    return Fault("too many requests" + (f" ({reason})" if reason else ""), strike)


def quota_exceeded(retry_after: int | timedelta | str | None = A_DAY) -> Fault:
    """429 with `reason: QUOTA_EXCEEDED`: the account's calls are spent until tomorrow."""
    return too_many_requests(retry_after, reason="QUOTA_EXCEEDED")


def bad_gateway(status: int = 502) -> Fault:
    """An answer of the load balancer's, not of the service's."""
    body = f"<html><head><title>{status}</title></head><body>upstream error</body></html>"
    return Fault(f"gateway {status}", lambda service, genuine: Response.text(body, status, kind="text/html"))


def premium_lapse() -> Fault:
    """403 in plain text, as every Web API endpoint answers once the owner's subscription has lapsed."""
    return Fault("premium lapse", lambda service, genuine: Response.text(PREMIUM_MESSAGE, 403))


def token_expiry(service: HoldsTokens) -> Fault:
    """Every token given out so far expires; the call that is struck answers 401 by itself."""

    def strike(_: Refuser, genuine: Genuine) -> Response:
        service.expire_tokens()
        return genuine()

    return Fault("token expiry", strike)


def html_page() -> Fault:
    """A page for people, with status 200."""
    page = "<!doctype html><html><body><h1>We will be right back</h1></body></html>"
    return Fault("html page", lambda service, genuine: Response.text(page, 200, kind="text/html"))


def wrong_content_type(content_type: str = "text/plain") -> Fault:
    """The right body under a wrong type."""

    def strike(_: Refuser, genuine: Genuine) -> Response:
        answer = genuine()
        return replace(answer, headers={**answer.headers, "Content-Type": content_type})

    return Fault("wrong content type", strike)


def truncated_json(keep: float = 0.5) -> Fault:
    """A body that ends in mid-JSON, under a `Content-Length` that agrees with it."""

    def strike(_: Refuser, genuine: Genuine) -> Response:
        answer = genuine()
        return replace(answer, body=answer.body[: int(len(answer.body) * keep)])

    return Fault("truncated json", strike)


def cut_off(after: int = 10) -> Fault:
    """The connection closes in mid-body, short of its `Content-Length`."""
    return _delivered("cut off", Delivery("cut", after=after))


def slow_body(seconds: float = 1.0) -> Fault:
    """A body that drips for so long."""
    return _delivered("slow body", Delivery("drip", seconds=seconds))


def stall(seconds: float = 60.0) -> Fault:
    """The request is taken and never answered; the connection closes after so long."""
    return Fault("stall", lambda service, genuine: Response(0, delivery=Delivery("stall", seconds=seconds)))


def connection_reset(after: int = 0) -> Fault:
    """A TCP reset, before any answer or in mid-body."""
    if after:
        return _delivered("connection reset", Delivery("reset", after=after))
    return Fault("connection reset", lambda service, genuine: Response(0, delivery=Delivery("reset")))


def _delivered(name: str, delivery: Delivery) -> Fault:
    return Fault(name, lambda service, genuine: replace(genuine(), delivery=delivery))


@dataclass(slots=True)
class Rule:
    """Which calls a fault strikes. Those that match are counted; `nth`, `after` and `times` speak of them."""

    fault: Fault
    path: str = ""
    """Regular expression, found anywhere in the path."""
    endpoint: str | None = None
    query: str = ""
    """Regular expression, found anywhere in the parameters of the address."""
    nth: Collection[int] | None = None
    """The first is 1."""
    after: int = 0
    """Spare so many first."""
    times: int | None = None
    """Strike no more often than this."""
    probability: float = 1.0
    seed: int = 0
    matched: int = 0
    struck: int = 0
    _seen: Counter[str] = field(default_factory=Counter)

    def strikes(self, request: Request, endpoint: str) -> bool:
        """Say whether this call is struck, and count it."""
        if self.endpoint not in (None, endpoint) or not re.search(self.path, request.path):
            return False
        if not re.search(self.query, request.page.partition("?")[2]):
            return False
        self.matched += 1
        self._seen[request.page] += 1
        spared = (
            self.matched <= self.after
            or (self.nth is not None and self.matched not in self.nth)
            or (self.times is not None and self.struck >= self.times)
        )
        if spared or not self._drawn(request.page):
            return False
        self.struck += 1
        return True

    def _drawn(self, page: str) -> bool:
        """Draw by page and attempt, so that threads may come in any order and the draw stays the same."""
        if self.probability >= 1:
            return True
        return random.Random(f"{self.seed}|{page}|{self._seen[page]}").random() < self.probability


class Faults:
    """The faults of one double; of several that strike a call, the rule added first decides."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(
        self,
        fault: Fault,
        *,
        path: str = "",
        endpoint: str | None = None,
        query: str = "",
        nth: int | Collection[int] | None = None,
        after: int = 0,
        times: int | None = None,
        probability: float = 1.0,
        seed: int = 0,
    ) -> Rule:
        """Let `fault` strike; see `Rule` for which calls. The rule's `struck` counts how often it did."""
        numbers = (nth,) if isinstance(nth, int) else nth
        rule = Rule(fault, path, endpoint, query, numbers, after, times, probability, seed)
        with self._lock:
            self._rules.append(rule)
        return rule

    def remove(self, rule: Rule) -> None:
        """Let this rule strike no more."""
        with self._lock:
            self._rules.remove(rule)

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._rules.clear()

    @contextmanager
    def during(
        self, fault: Fault, *, path: str = "", endpoint: str | None = None, after: int = 0
    ) -> Iterator[Rule]:
        """Let `fault` strike for as long as the block lasts."""
        rule = self.add(fault, path=path, endpoint=endpoint, after=after)
        try:
            yield rule
        finally:
            self.remove(rule)

    def striking(self, request: Request, endpoint: str) -> Fault | None:
        """Return the fault that strikes this call, and count the call with every rule that matches."""
        with self._lock:
            struck = [rule.fault for rule in self._rules if rule.strikes(request, endpoint)]
        return struck[0] if struck else None
