"""With what a process reaches the sources: settings, the shared store, how patient and how urgent it is.

Here: what every source is made from, and how its questions are spread over threads. Not here: any one source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TypeVar

from spotify_assets.core.catalog import NotOffered, Parked
from spotify_assets.core.catalog.http import Endpoint, Patience, PoliteSession
from spotify_assets.core.catalog.quota import Quota, utc_now
from spotify_assets.core.errors import CatalogError
from spotify_assets.core.settings import Settings
from spotify_assets.core.store import Sources, Urgency

B = TypeVar("B")
T = TypeVar("T")

FAILURES_BORNE = 3
"""At so many questions that failed by themselves a source is asked no more."""

_ENDS = (Parked, NotOffered)


@dataclass(frozen=True, slots=True)
class Access:
    """How this process reaches the sources."""

    settings: Settings
    store: Sources
    urgency: Urgency = Urgency.ROUTINE
    patience: Patience = field(default_factory=Patience)
    workers: int = 4
    """Questions of one topic that are asked at the same time."""
    clock: Callable[[], datetime] = utc_now

    def quota(self, source: str, daily_budget: int | None = None, interval: float = 0.0) -> Quota:
        """Return what a source may be asked."""
        return Quota(
            self.store, source, self.urgency, daily_budget=daily_budget, interval=interval, clock=self.clock
        )

    def session(
        self,
        quota: Quota,
        endpoint_of: Callable[[str], Endpoint],
        renew: Callable[[str], str] | None = None,
    ) -> PoliteSession:
        """Return a session that keeps a quota."""
        return PoliteSession(quota, endpoint_of, self.patience, renew=renew, connections=self.workers)

    def ask_all(self, ask: Callable[[B], T], questions: Sequence[B], one_first: bool = False) -> Iterator[T]:
        """Yield the answers to questions as they arrive, a few asked at the same time.

        With `one_first` the first is asked alone, so that a closed endpoint is met by one call.

        A question that fails by itself does not hold up the others: its error is raised after them, or at
        the third such. Anything else ends the asking; what is under way by then is still yielded.

        Raises:
            Parked, NotOffered: as soon as one question met it.
            CatalogError: naming how many questions failed, and the first one's reason.
        """
        failures: list[CatalogError] = []
        if one_first:
            yield from _queue(ask, questions[:1], failures)
            questions = questions[1:]
        many = min(self.workers, len(questions)) > 1
        yield from (self._spread if many else _queue)(ask, questions, failures)
        if failures:
            raise _summed(failures)

    def _spread(
        self, ask: Callable[[B], T], questions: Sequence[B], failures: list[CatalogError]
    ) -> Iterator[T]:
        left = iter(questions)
        end: BaseException | None = None
        with ThreadPoolExecutor(self.workers, thread_name_prefix="source") as pool:
            under_way: set[Future[T]] = {pool.submit(ask, one) for one in islice(left, self.workers)}
            while under_way:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    error = future.exception()
                    if error is None:
                        yield future.result()
                    elif isinstance(error, CatalogError) and not isinstance(error, _ENDS):
                        failures.append(error)
                    else:
                        end = end or error
                if end is None and len(failures) < FAILURES_BORNE:
                    under_way |= {pool.submit(ask, one) for one in islice(left, len(done))}
        if end is not None:
            raise end


def groups_of(subjects: Sequence[B], size: int) -> list[Sequence[B]]:
    """Cut subjects into groups that one call can answer."""
    return [subjects[start : start + size] for start in range(0, len(subjects), size)]


def _queue(ask: Callable[[B], T], questions: Sequence[B], failures: list[CatalogError]) -> Iterator[T]:
    for one in questions:
        try:
            answer = ask(one)
        except _ENDS:
            raise
        except CatalogError as error:
            failures.append(error)
            if len(failures) == FAILURES_BORNE:
                return
        else:
            yield answer


def _summed(failures: list[CatalogError]) -> CatalogError:
    if len(failures) == 1:
        return failures[0]
    return CatalogError(f"{len(failures)} questions failed; the first: {failures[0]}")
