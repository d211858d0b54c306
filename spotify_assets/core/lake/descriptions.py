"""AWS clients that somebody else makes, in a sixth of the time.

dbt-athena makes its clients anew for every model and test, each in a session of its own, which reads and
parses megabytes of botocore's descriptions of services: half of all the work that dbt does. botocore's loader
keeps what it has read; here every session of the process has the same one. Our own clients share one anyway
(`core/aws.py`).
"""

from __future__ import annotations

from functools import lru_cache

import botocore.session


def share_descriptions() -> None:
    """Let sessions made from now on share what they read, by the directories that it is read from."""
    if not hasattr(botocore.session.create_loader, "cache_info"):
        botocore.session.create_loader = lru_cache(botocore.session.create_loader)
