"""What every channel works with: the bot with its clock, limits, counters and secrets.

Here: one question answered within a channel's time, whatever happens behind it. Not here: how a channel reads
questions and shows answers (`channels/`), or its addresses (`routes/`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from anyio import to_thread

from chatbot import messages
from chatbot.answer import Answer, Question, Reply
from chatbot.bot import Bot
from chatbot.fit import line
from chatbot.identity import UserIds
from chatbot.language import Language, language_of
from chatbot.messages import cards
from chatbot.metrics import Metrics
from chatbot.rate_limit import RateLimit
from chatbot.turns import Turns
from spotify_assets.core.errors import StoreError
from spotify_assets.core.event_stream import NoStream, Stream
from spotify_assets.core.settings import Settings
from spotify_assets.core.store import ServingStore

if TYPE_CHECKING:
    from chatbot.channels.messenger_outbox import Outbox

SECONDS_TO_ANSWER = 4.0
"""After this somebody who waits is told that it takes longer; Kakao hangs up after 5."""

_log = logging.getLogger(__name__)


class Later(Protocol):
    """Starts a job that goes on after the reply has been sent: in this process, or on Lambda in another."""

    def __call__(self, job: str, fields: Mapping[str, str]) -> bool:
        """Start it and return at once: whether it will be done."""
        ...


@dataclass
class Service:
    """The bot and what surrounds it; one for each process."""

    bot: Bot
    store: ServingStore
    settings: Settings
    users: UserIds
    limit: RateLimit
    clock: Callable[[], datetime]
    later: Later
    events: Stream = field(default_factory=NoStream)
    """Told of every turn."""
    metrics: Metrics = field(default_factory=Metrics)
    outbox: Outbox | None = None
    """What replies on Messenger, where that is on."""
    _turns: Turns = field(default_factory=Turns, init=False)

    async def answer(self, question: Question, seconds: float = SECONDS_TO_ANSWER) -> Answer:
        """Answer a question, or say within `seconds` that it takes longer.

        Raises:
            StoreError: the store cannot be read or written.
        """
        began = time.perf_counter()
        # What is known by heart takes less time than a thread that would find it.
        if self.store.answers.at_hand and (known := self.bot.by_heart(question)):
            self._note(question, known, began)
            return known
        try:
            async with asyncio.timeout(seconds):
                # Left behind where it takes too long: its thread ends by its own time limits.
                answer = await to_thread.run_sync(self.bot.answer, question, abandon_on_cancel=True)
        except TimeoutError:
            answer = still_looking(question)
        except StoreError:
            self._note(question, Answer("error", ""), began)
            raise
        self._note(question, answer, began)
        return answer

    def _note(self, question: Question, answer: Answer, began: float) -> None:
        """Count a turn, and tell of it."""
        seconds = time.perf_counter() - began
        self.metrics.answered(question.channel, answer.kind, seconds)
        if event := self._turns.told(question, answer, self.clock(), seconds):
            self.events.emit(event)

    async def friendly(self, question: Question) -> Answer:
        """Answer a question for a channel that shows nothing but answers: refusals are answers, too."""
        if self.limit.wait(question.user):
            self.metrics.count("refused", question.channel, "429")
            return Answer("error", messages.too_fast(language_for(question)))
        try:
            return await self.answer(question)
        except StoreError as error:
            _log.error("No answer: %s", error)
            return Answer("error", messages.unavailable(language_for(question)))


def language_for(question: Question) -> Language:
    """Return the language to answer a question in."""
    return question.language or language_of(question.text)


def still_looking(question: Question) -> Answer:
    """Say that the answer is not there in time, and offer to ask again."""
    language = language_for(question)
    name = line(question.text, messages.MAX_NAME)
    again = [Reply(messages.ask_again(language), name)] if name else []
    return Answer("pending", cards.still_looking(language), quick_replies=again)


Job = Callable[[Service, Mapping[str, str]], Coroutine[Any, Any, None]]


class InThisProcess:
    """Runs jobs beside the requests of the same event loop, and sees that they end with it."""

    def __init__(self, jobs: Mapping[str, Job]) -> None:
        self._jobs = jobs
        self._running: set[asyncio.Task[None]] = set()
        self.service: Service | None = None
        """Set once the service is made, which has this in it."""

    def __call__(self, job: str, fields: Mapping[str, str]) -> bool:
        """Start a job."""
        if self.service is None:
            raise RuntimeError("the service is not made yet")
        task = asyncio.get_running_loop().create_task(self._jobs[job](self.service, fields))
        self._running.add(task)
        task.add_done_callback(self._done)
        return True

    def running(self) -> list[asyncio.Task[None]]:
        """Return the jobs that have not ended."""
        return list(self._running)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("A job after the reply failed: %s", type(error).__name__, exc_info=error)
