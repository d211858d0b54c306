"""So many questions a minute for each user, remembered in this process.

Here: counting. Not here: who a user is, or what somebody is told who asks too fast.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock


class RateLimit:
    """At most `limit` questions (one at least) in any `seconds` for each of the `users` who asked last.

    Users beyond that are forgotten, longest silent first, so that made-up users cannot fill the memory.
    `clock` gives seconds that never run backwards. Threads may share it.
    """

    def __init__(
        self,
        limit: int = 60,
        seconds: float = 60,
        users: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._users = users
        self._clock = clock
        self._asked: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = Lock()

    def wait(self, user: str) -> float:
        """Count a question and return 0, or return after how many seconds the user may ask again."""
        with self._lock:
            now = self._clock()
            times = self._asked.get(user)
            if times is None:
                self._asked[user] = [now]
                if len(self._asked) > self._users:
                    self._asked.popitem(last=False)
                return 0
            self._asked.move_to_end(user)
            if times[0] <= now - self._seconds:
                times[:] = [time for time in times if time > now - self._seconds]
            if len(times) >= self._limit:
                return times[0] + self._seconds - now
            times.append(now)
            return 0
