"""Ports for programs that must be told one.

Not here: those that take any, which is port 0.
"""

from __future__ import annotations

import random
import socket

BELOW = 32_768
"""From here on Linux gives a port to whoever asks for any, such as the servers of other tests."""


def free_port() -> int:
    """Return a port at which nobody listens, and which nobody is given who asks for any."""
    while True:
        port = random.randrange(20_000, BELOW)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
