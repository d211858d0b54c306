"""The one polite way to call a source: ask the quota, call, wait shortly or not at all, say what was wrong.

Here: a `requests` session whose every call keeps the rules, so that a library built on `requests` keeps them
too. Not here: what an answer means (`answers.py`), what may be asked (`quota.py`).
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from spotify_assets.core.catalog import NotOffered
from spotify_assets.core.catalog.answers import Meaning, Verdict, judge
from spotify_assets.core.catalog.quota import Quota
from spotify_assets.core.errors import CatalogError

_log = logging.getLogger(__name__)

LARGEST_BODY = 20_000_000
"""Bytes; no answer of any source comes near."""

COOLDOWN_AFTER_BUSY = 60.0
"""Seconds that a source is left alone that stays busy and does not say for how long."""

COOLDOWN_AFTER_SPENT = 3600.0
"""Seconds that a source is left alone whose quota is spent and that does not say until when."""

RENEWALS = 2
"""New tokens that are tried for one question: the first may expire while another thread renews it."""

_CHUNK = 65_536

# Bodies are read here, and a token is shown to nobody that an answer points to.
_WHOLE = {"stream": True, "allow_redirects": False}


class NoSuchThing(CatalogError):
    """The source knows nothing of that id."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a caller is willing to wait, in seconds."""

    deadline: float = 90.0
    """For one question, its repetitions included."""
    connect: float = 3.05
    read: float = 15.0
    """Without a byte."""
    wait: float = 5.0
    """The longest `Retry-After` that is waited for."""
    attempts: int = 4
    """How often a question is asked at most."""
    backoff: float = 0.25
    """Before the second attempt; doubled for each further one."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is called, as budgets and capabilities speak of it."""

    name: str
    family: str
    """On whose budget a call is."""
    optional: bool = False
    """Closed to some apps: a 403 is learnt. Elsewhere a 403 is about the whole account."""
    takes_list: bool = False
    """Of ids, where an unknown one is left out or null: a 404 says that the endpoint is gone."""
    budgeted: bool = True


@dataclass(slots=True)
class Tally:
    """What was spent on a source by this process."""

    calls: int = 0
    repeated: int = 0
    """Calls that had to be made again."""
    waited: float = 0.0
    """Seconds that threads slept: for a turn, a `Retry-After` or a backoff."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *, calls: int = 0, repeated: int = 0, waited: float = 0.0) -> None:
        """Count on, from any thread."""
        with self._lock:
            self.calls += calls
            self.repeated += repeated
            self.waited += waited


class PoliteSession(requests.Session):
    """A session whose calls answer with good JSON, or raise; threads may share it.

    `endpoint_of` names what a path calls. `renew`, given a refused Authorization header, returns a new one.
    Every call raises, instead of returning anything but a good answer:

    Raises:
        Parked: the source may not be called for a while; no process will.
        NotOffered: the endpoint is closed to this app.
        NoSuchThing: 404.
        CatalogError: it could not be asked, after a few attempts.
    """

    def __init__(
        self,
        quota: Quota,
        endpoint_of: Callable[[str], Endpoint],
        patience: Patience,
        *,
        renew: Callable[[str], str] | None = None,
        connections: int = 10,
    ) -> None:
        super().__init__()
        self.tally = Tally()
        self._quota = quota
        self._endpoint_of = endpoint_of
        self._patience = patience
        self._renew = renew
        self._resume_at = 0.0
        # Its own repetitions sleep through any Retry-After; the rules here take their place.
        adapter = HTTPAdapter(pool_maxsize=connections, max_retries=0)
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def json(self, url: str, params: Any = None, **headers: str) -> Any:
        """Return the JSON that a GET answers with: an object or a list."""
        question = requests.Request("GET", url, {"Accept": "application/json", **headers}, params=params)
        request = self.prepare_request(question)
        options = self.merge_environment_settings(url, {}, None, None, None)
        return self._answer(request, dict(options))[1]

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a prepared request under the rules; `requests` sends everything through here."""
        return self._answer(request, options)[0]

    def _answer(
        self, request: requests.PreparedRequest, options: dict[str, Any]
    ) -> tuple[requests.Response, Any]:
        endpoint = self._endpoint_of(urlsplit(request.url or "").path)
        deadline = time.monotonic() + self._patience.deadline
        attempt, renewals = 1, 0
        while True:
            self._wait_until_free(deadline)
            self._quota.before_call(endpoint.family, endpoint.budgeted)
            response, verdict = self._attempt(request, options, deadline)
            if verdict.meaning is Meaning.GOOD and response is not None:
                if endpoint.optional:
                    self._quota.learn(endpoint.name, True)
                return response, verdict.body
            if verdict.meaning is Meaning.UNAUTHORISED and self._renew and renewals < RENEWALS:
                refused = str(request.headers.get("Authorization", ""))
                request.headers["Authorization"] = self._renew(refused)
                renewals += 1
                self.tally.add(repeated=1)
                continue
            wait = self._wait_before(verdict, attempt, deadline)
            if wait is None:
                raise self._given_up(endpoint, verdict, attempt)
            _log.info(
                "%s: %s answered %s; asked again in %.1f s",
                self._quota.source, endpoint.name, verdict.reason, wait,
            )  # fmt: skip
            self._pause(verdict, wait)
            attempt += 1

    def _attempt(
        self, request: requests.PreparedRequest, options: dict[str, Any], deadline: float
    ) -> tuple[requests.Response | None, Verdict]:
        left = max(deadline - time.monotonic(), 0.01)
        timeout = (min(self._patience.connect, left), min(self._patience.read, left))
        self.tally.add(calls=1)
        try:
            response = super().send(request, **{**options, **_WHOLE, "timeout": timeout})
            body = _read(response, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, TimeoutError) as error:
            return None, Verdict(Meaning.BROKEN, _why(error))
        return response, judge(response.status_code, response.headers, body)

    def _wait_before(self, verdict: Verdict, attempt: int, deadline: float) -> float | None:
        """Return how long to wait before asking again, or None where that has no use."""
        if verdict.meaning not in (Meaning.BUSY, Meaning.BROKEN) or attempt >= self._patience.attempts:
            return None
        if verdict.seconds is not None and verdict.seconds > self._patience.wait:
            return None
        backoff = min(self._patience.backoff * 2 ** (attempt - 1), self._patience.wait)
        # Whoever was told the same time should not come back together.
        wait = max(verdict.seconds or 0.0, backoff * random.uniform(0.5, 1)) + random.uniform(0, backoff / 4)
        return wait if time.monotonic() + wait < deadline else None

    def _given_up(self, endpoint: Endpoint, verdict: Verdict, attempt: int) -> CatalogError:
        source, reason = self._quota.source, verdict.reason
        match verdict.meaning:
            case Meaning.BUSY:
                told = verdict.seconds
                # What stays busy longer than it said is left alone for longer.
                is_enough = told is not None and (
                    told > self._patience.wait or attempt < self._patience.attempts
                )
                seconds = told if told and is_enough else COOLDOWN_AFTER_BUSY
                said = "" if told is None else f" (Retry-After {told:.0f} s)"
                return self._quota.park(seconds, f"{reason}{said}")
            case Meaning.SPENT:
                return self._quota.park(verdict.seconds or COOLDOWN_AFTER_SPENT, reason)
            case Meaning.CLOSED | Meaning.MISSING if endpoint.optional and (
                verdict.meaning is Meaning.CLOSED or endpoint.takes_list
            ):
                self._quota.learn(endpoint.name, False)
                return NotOffered(source, endpoint.name)
            case Meaning.CLOSED:
                return self._quota.park(COOLDOWN_AFTER_SPENT, reason)
            case Meaning.MISSING:
                return NoSuchThing(f"{source}: {endpoint.name} has no such id ({reason})")
            case Meaning.BROKEN:
                times = f" after {attempt} attempts" if attempt > 1 else ""
                return CatalogError(
                    f"{source} could not be asked for {endpoint.name}{times} ({reason}): try again later"
                )
        return CatalogError(f"{source} refuses a call to {endpoint.name} ({reason})")

    def _wait_until_free(self, deadline: float) -> None:
        """Wait out what another thread was told, and for the source's turn."""
        wait = self._resume_at - time.monotonic()
        if wait > 0:
            time.sleep(wait)
            self.tally.add(waited=wait)
        self.tally.add(waited=self._quota.wait_for_turn(deadline - time.monotonic()))

    def _pause(self, verdict: Verdict, wait: float) -> None:
        if verdict.meaning is Meaning.BUSY:
            self._resume_at = max(self._resume_at, time.monotonic() + wait)
        time.sleep(wait)
        self.tally.add(repeated=1, waited=wait)


def user_agent(contact: str = "") -> str:
    """Return how the platform names itself: name, version, and where whoever runs it can be reached."""
    try:
        number = version("spotify-assets")
    except PackageNotFoundError:  # run from a checkout
        number = "dev"
    return f"spotify-assets/{number}" + (f" ( {contact} )" if contact else "")


def _read(response: requests.Response, deadline: float) -> bytes:
    """Read a body to its end, however it drips, until the deadline."""
    parts: list[bytes] = []
    size = 0
    while part := response.raw.read1(_CHUNK, decode_content=True):
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline or size > LARGEST_BODY:
            response.close()
            raise TimeoutError("its answer did not end in time" if size <= LARGEST_BODY else "too long")
    body = b"".join(parts)
    # What `requests` does itself when it reads a body, which it can only do without a deadline.
    response._content = body
    vars(response)["_content_consumed"] = True
    return body


def _why(error: Exception) -> str:
    """Say what happened on the way, without addresses and object names."""
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "it did not answer in time"
    if isinstance(error, TimeoutError):
        return str(error)
    if isinstance(error, requests.ConnectionError | urllib3.exceptions.HTTPError):
        return "the connection failed or broke off"
    return type(error).__name__
