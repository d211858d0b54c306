"""moto's server, asked thousands of times: what it would look up for every call, looked up once.

Not here: making it as strict as AWS (`dynamodb.py`, `aws.py`).
"""

from __future__ import annotations

from functools import cache

from moto import backends


@cache
def list_modules_once() -> None:
    """Keep the list of moto's services, for good: to read that directory again is a good part of a small call."""
    modules = list(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
