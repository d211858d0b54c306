"""The Messenger channel: every message that was received gets its reply, whatever happens in between.

A delivery is only kept (`core/store/inbox.py`) and acknowledged; here messages are taken up, answered, sent
and settled. What a process leaves behind that dies is taken up by another when its claim has passed: nothing
is lost, and only what was being sent at that very moment may be sent again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import to_thread

from chatbot.answer import Question
from chatbot.channels.messenger_api import Outcome, SendApi
from chatbot.channels.messenger_reply import render
from chatbot.service import language_for
from spotify_assets.core.errors import StoreError
from spotify_assets.core.store.inbox import InboxMessage, Settled

if TYPE_CHECKING:
    from chatbot.service import Service

T = TypeVar("T")

LEASE = timedelta(seconds=25)
"""How long a claim lasts: longer than typing, answering and sending may take together."""

WINDOW = timedelta(hours=24)
"""How long after a person's message a page may reply."""

KEPT = timedelta(days=3)
"""How long a message is known again after its reply; Messenger gives up delivering sooner."""

SECONDS_TO_COMPOSE = 3.0
"""Within which a reply is composed, so that it is sent within four."""

AT_ONCE = 8
"""Messages in the works at the same time."""

SECONDS_BETWEEN = 5.0
"""How often is looked for what others left behind or what was put off."""

_ROUNDS_BETWEEN_FORGETTING = 500
_LONGEST_PAUSE = timedelta(minutes=10)
_PAUSE_WHEN_TOO_OFTEN = timedelta(minutes=1)

_log = logging.getLogger(__name__)


class Outbox:
    """Takes up the inbox's messages and sends their replies, in the order in which each person wrote."""

    def __init__(self, service: Service, api: SendApi) -> None:
        self._service = service
        self.api = api
        self._inbox = service.store.inbox
        self._woken = asyncio.Event()
        self._working: dict[asyncio.Task[None], str] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._senders: Counter[str] = Counter()

    def wake(self) -> None:
        """Look at once: something was received."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; then end what is being sent, and give back the rest."""
        rounds = 0
        try:
            while True:
                self._woken.clear()
                try:
                    if rounds % _ROUNDS_BETWEEN_FORGETTING == 0:
                        await self._aside(self._inbox.forget, self._service.clock() - KEPT)
                    await self._take_up()
                except StoreError as error:
                    _log.error("The inbox cannot be read: %s", error)
                rounds += 1
                await self._wait(SECONDS_BETWEEN)
        finally:
            for task in self._working:
                task.cancel()
            if self._working:
                await asyncio.wait(self._working)

    async def drain(self) -> None:
        """Work until nothing is due."""
        while await self._take_up():
            await asyncio.wait(self._working)

    async def _take_up(self) -> int:
        """Claim what is due and begin with it; return how many messages that were."""
        taken = 0
        while (free := AT_ONCE - len(self._working)) > 0:
            if not await self._aside(self._inbox.waiting):
                break
            claimed = await self._claim(free)
            for message in claimed:
                task = asyncio.create_task(self._reply(message))
                self._working[task] = message.sender
                task.add_done_callback(self._done)
            taken += len(claimed)
            if not claimed:
                break
        return taken

    async def _claim(self, number: int) -> list[InboxMessage]:
        """Claim what is due; where this is cancelled meanwhile, give it back."""
        now = self._service.clock()
        claiming = asyncio.ensure_future(self._aside(self._inbox.claim, now, now + LEASE, number))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            with suppress(StoreError):
                for message in await claiming:
                    await self._give_back(message)
            raise

    async def _give_back(self, message: InboxMessage) -> None:
        await self._aside(partial(self._inbox.put_off, count=False), message.key, self._service.clock())

    async def _wait(self, seconds: float) -> None:
        """Wait until something was received or ended, but no longer than so many seconds."""
        woken = asyncio.create_task(self._woken.wait())
        try:
            await asyncio.wait([woken, *self._working], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()

    async def _reply(self, message: InboxMessage) -> None:
        """Answer one message, after those the same person wrote before."""
        until = self._service.clock() + LEASE
        self._senders[message.sender] += 1
        turn = self._turns.setdefault(message.sender, asyncio.Lock())
        sending: asyncio.Future[None] | None = None
        try:
            async with turn:
                payload = await self._compose(message) if self._service.clock() < until else None
                if payload is not None:
                    sending = asyncio.ensure_future(self._send(message, payload))
                    await asyncio.shield(sending)
        except asyncio.CancelledError:
            if sending:
                # It is not broken off: nobody would know whether it was sent.
                await sending
            else:
                await self._give_back(message)
            raise
        except StoreError as error:
            _log.error("A message waits for its reply: %s", error)
        finally:
            self._senders[message.sender] -= 1
            if not self._senders[message.sender]:
                del self._senders[message.sender], self._turns[message.sender]

    async def _compose(self, message: InboxMessage) -> dict[str, Any] | None:
        """Return the reply, or None where it is too late for one."""
        now = self._service.clock()
        if now - message.sent_at >= WINDOW:
            await self._aside(self._inbox.settle, message.key, Settled.EXPIRED, now)
            self._service.metrics.count("sent", "messenger", "expired")
            return None
        question = _question(self._service, message)
        typing = asyncio.ensure_future(self._aside(self.api.typing, message.account, message.sender))
        answer = await self._service.friendly(question)
        await typing
        return render(answer, language_for(question))

    async def _send(self, message: InboxMessage, payload: dict[str, Any]) -> None:
        outcome = await self._aside(self.api.send, message.account, message.sender, payload)
        self._service.metrics.count("sent", "messenger", outcome.kind)
        now = self._service.clock()
        if outcome.kind == "passing":
            _log.warning("A reply is tried again later (%s)", outcome.reason)
            await self._aside(self._inbox.put_off, message.key, now + _pause(message, outcome))
        elif outcome.kind == "refused":
            _log.error("Messenger refused a reply (%s)", outcome.reason)
            await self._aside(self._inbox.settle, message.key, Settled.REFUSED, now)
        else:
            await self._aside(self._inbox.settle, message.key, Settled.SENT, now)

    async def _aside(self, work: Callable[..., T], *arguments: Any) -> T:
        return await to_thread.run_sync(work, *arguments)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._working[task]
        if not task.cancelled() and (error := task.exception()):
            _log.error("A message waits for its reply: %s", type(error).__name__, exc_info=error)


def _question(service: Service, message: InboxMessage) -> Question:
    asked = json.loads(message.body)
    user = service.users.of("messenger", f"{message.account}/{message.sender}")
    return Question(
        user=user,
        text=asked["text"],
        channel="messenger",
        cursor=asked["cursor"],
        language=asked["language"],
        budget=SECONDS_TO_COMPOSE,
        media=asked["media"],
        vouched_by=user,
    )


def _pause(message: InboxMessage, outcome: Outcome) -> timedelta:
    """Return how long to wait: twice as long each time, never quite the same."""
    pause = min(timedelta(seconds=1 << min(message.attempts, 10)), _LONGEST_PAUSE)
    if outcome.too_often:
        pause = max(pause, _PAUSE_WHEN_TOO_OFTEN)
    return pause * random.uniform(0.75, 1.25)


async def drain(service: Service, _fields: Mapping[str, str]) -> None:
    """Reply to everything that is due, where no process stays to do so."""
    if service.outbox:
        await Outbox(service, service.outbox.api).drain()


async def wake(service: Service, _fields: Mapping[str, str]) -> None:
    """Tell this process's outbox that something was received."""
    if service.outbox:
        service.outbox.wake()
