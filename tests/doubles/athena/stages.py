"""The stages that Trino would part a statement into, which it limits.

Here: how many, by the operators of the plan. Not here: making the plan (`scans`).

A stage ends wherever rows must meet others: what is read, joined, grouped, numbered or put in order is one each. That
is more than Trino needs, which leaves rows where they are right already, or sends the smaller side of a join to where
the other is read. As there, a WITH query that is named twice counts twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MOST_STAGES = 150
"""Of one statement: `query.max-stage-count` as Trino has it by default."""
OUTPUT = 3
"""At the end: written by some, committed by one, told by one."""

_MEETING = ("JOIN", "PRODUCT", "GROUP_BY", "AGGREGATE", "WINDOW", "ORDER_BY", "TOP_N", "LIMIT", "DISTINCT")
_CONSTANTS = ("DUMMY_SCAN", "COLUMN_DATA_SCAN")


def stages_of(operators: Iterable[Any]) -> int:
    """At most so many stages, without those that read tables, of operators as DuckDB's EXPLAIN tells them in JSON."""
    names = [operator["name"].strip() for operator in operators]
    return OUTPUT + sum(name in _CONSTANTS or any(word in name for word in _MEETING) for name in names)
