"""Homes whose dbt goes on from what it parsed in another.

dbt parses the whole project where its profile is another, of which it keeps a digest; the warehouse's path is part of
that. It takes as long as a run. Where an environment variable is another, it parses the files that read it.
"""

from __future__ import annotations

import hashlib
import pprint
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from spotify_assets.core.settings import PROJECT_ROOT

PARSED = Path("dbt") / "partial_parse.msgpack"
"""Where in a home dbt keeps what it parsed."""


def copy_home(original: Path, home: Path) -> None:
    """Copy a home to a place where nothing is yet."""
    shutil.copytree(original, home, symlinks=True)
    if (home / PARSED).exists():
        (home / PARSED).write_bytes(moved((home / PARSED).read_bytes(), original, home))


def moved(parsed: bytes, original: Path, home: Path) -> bytes:
    """What dbt parsed in one home, for another."""
    return parsed.replace(digest_of_profile(original), digest_of_profile(home))


def digest_of_profile(home: Path) -> bytes:
    """The digest by which dbt tells one DuckDB profile from another, as ManifestLoader makes it."""
    from dbt.adapters.duckdb.credentials import DuckDBCredentials

    warehouse = str(home / "warehouse.duckdb")
    told = DuckDBCredentials(database="warehouse", schema="main", path=warehouse, settings=settings())
    return hashlib.sha256(pprint.pformat(sorted(told.connection_info())).encode()).hexdigest().encode()


_parsed: dict[str, tuple[Path, bytes]] = {}
"""By the variables of a command: a home where dbt has parsed with them, and what it kept."""

_last: dict[Path, str] = {}
"""By home: the variables of its last command."""


@contextmanager
def parsed_before(home: Path, variables: str) -> Iterator[None]:
    """Let a command that is run in a home, with `--vars` or "", begin with what another parsed."""
    place = home / PARSED
    if variables in _parsed and (not place.exists() or variables != _last.get(home, "")):
        place.parent.mkdir(exist_ok=True)
        original, parsed = _parsed[variables]
        place.write_bytes(moved(parsed, original, home))
    yield
    _last[home] = variables
    if variables not in _parsed and place.exists():
        _parsed[variables] = home, place.read_bytes()


@cache
def settings() -> dict[str, Any]:
    """DuckDB's, of the profile, where no variable changes them."""
    profiles = yaml.safe_load((PROJECT_ROOT / "dbt_project" / "profiles.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = profiles["spotify_assets"]["outputs"]["duckdb"]["settings"]
    return {**found, "memory_limit": "1500MB"}
