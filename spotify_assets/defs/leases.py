"""A lease in the serving store: who, of several machines, uses the warehouse.

Here: taking turns between machines, and noticing that a turn was lost. Not here: turns within one machine,
which the system keeps for us (`locks.py`), or where the lease is kept (`core/store`).

The holder is the machine, not the process: whoever has the machine's own lock takes over what a process of
it left behind. A machine that is gone loses its lease when it runs out.
"""

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from spotify_assets.core.errors import PlatformError, StoreError
from spotify_assets.core.store import Leases

LEASE_SECONDS = 90.0
"""For how long a machine that died keeps the others waiting; more than clocks of machines differ."""

RENEW_SHARE = 1 / 6
"""Share of a lease's length after which it is renewed: four renewals may fail before it is lost."""

ASK_AGAIN_AFTER = 1.0
"""Seconds between two tries for a lease that another machine has."""

REMIND_AFTER = 30.0
"""Seconds between two reminders that somebody waits."""

log = logging.getLogger(__name__)


class LeaseLostError(PlatformError):
    """Another machine may have used what this one held."""


class Turn:
    """One holder's turn. It may be lost without the holder's doing: ask before what cannot be undone."""

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._lost = threading.Event()

    def confirm(self) -> None:
        """Return while the turn is this machine's.

        Raises:
            LeaseLostError: it is not, or nobody can say.
        """
        if self._lost.is_set():
            raise LeaseLostError(
                f"The lease of the {self._name} ran out, because the serving store could not be reached in "
                "time or this machine stood still, and another machine may use it by now. Nothing more was "
                "published: see that SERVING_URL can be reached, and run this again"
            )

    def lose(self) -> None:
        """Note that the turn is over before its holder is done."""
        self._lost.set()


@contextmanager
def leased(
    leases: Leases,
    name: str,
    holder: str,
    user: str,
    waiting: Callable[[str], None],
    seconds: float = LEASE_SECONDS,
) -> Iterator[Turn]:
    """Hold a lease, waiting for other machines; `waiting` hears who has it meanwhile.

    Raises:
        LeaseLostError: on leaving; it was lost, so what was done may have met another's work.
        StoreError: the store cannot be reached.
    """
    _take(leases, name, holder, user, waiting, seconds)
    turn, over = Turn(name), threading.Event()
    renewing = threading.Thread(
        target=_keep, args=(leases, name, holder, seconds, turn, over), name="lease", daemon=True
    )
    renewing.start()
    try:
        yield turn
        turn.confirm()
    finally:
        over.set()
        renewing.join()
        _give_back(leases, name, holder)


def machine(home: Path) -> str:
    """Return what this machine, or rather its `PLATFORM_HOME`, is known by; made once."""
    path = home / "machine"
    if not path.exists():
        # Whole before it has its name: who finds it reads it.
        written = home / f".machine-{uuid.uuid4().hex}"
        written.write_text(uuid.uuid4().hex, encoding="utf-8")
        try:
            os.link(written, path)
        except FileExistsError:
            pass  # another process was quicker: its name counts
        finally:
            written.unlink()
    return path.read_text(encoding="utf-8")


def _take(
    leases: Leases, name: str, holder: str, user: str, waiting: Callable[[str], None], seconds: float
) -> None:
    remind_at = time.monotonic()
    while True:
        now = datetime.now(UTC)
        lease = leases.take(name, holder, user, now, now + timedelta(seconds=seconds))
        if lease.holder == holder:
            return
        if time.monotonic() >= remind_at:
            waiting(f"{lease.user} on another machine")
            remind_at = time.monotonic() + REMIND_AFTER
        time.sleep(min(ASK_AGAIN_AFTER, seconds / 10))


def _keep(leases: Leases, name: str, holder: str, seconds: float, turn: Turn, over: threading.Event) -> None:
    """Renew until `over`; without a renewal in time, or where another has it, the turn is lost."""
    runs_out = time.monotonic() + seconds
    while not over.wait(seconds * RENEW_SHARE):
        asked = time.monotonic()
        if asked >= runs_out:
            break
        try:
            is_ours = leases.renew(name, holder, datetime.now(UTC) + timedelta(seconds=seconds))
        except StoreError as error:
            log.warning("the lease of the %s could not be renewed: %s", name, error)
            continue
        if not is_ours:
            break
        runs_out = asked + seconds
    else:
        return
    turn.lose()


def _give_back(leases: Leases, name: str, holder: str) -> None:
    try:
        leases.release(name, holder)
    except StoreError as error:
        # It falls free by itself; what the turn was for is done, or has said why not.
        log.warning("the lease of the %s could not be given back and runs out by itself: %s", name, error)
