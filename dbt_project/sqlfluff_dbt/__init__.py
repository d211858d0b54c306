"""What sqlfluff's Jinja templater must know of dbt to render this project's macros.

Here: the few names of dbt's Jinja context that the macros use and sqlfluff's builtins lack, as they are in a
first full build on DuckDB. Not here: dbt; linting needs neither it nor a warehouse.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from yaml import safe_load

_PROJECT = safe_load((Path(__file__).parents[1] / "dbt_project.yml").read_text(encoding="utf-8"))

execute = True
target = SimpleNamespace(type="duckdb", schema="main")
flags = SimpleNamespace(INTROSPECT=False)
run_started_at = datetime.now(UTC)
graph = SimpleNamespace(nodes={})
local_md5 = str


def var(name: str) -> Any:
    """Return a variable as the project sets it, of a list its start: what is made in loops is linted once."""
    value = _PROJECT["vars"][name]
    return value[:2] if isinstance(value, list) else value


@pass_context
def _dispatch(context: Context, name: str) -> Any:
    return context.resolve(f"duckdb__{name}")


adapter = SimpleNamespace(dispatch=_dispatch)
