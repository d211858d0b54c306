"""The battery: queries of expressions.jsonl against what Trino's documentation says they answer.

    python -m tests.doubles.athena.battery

A query differs loudly where the double refuses it or does not support it, silently where it answers something else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from .errors import AthenaFailure, NotSupportedByDouble
from .refusals import parse
from .session import failure
from .translate import MACROS, SESSION, to_duckdb
from .values import text

CASES = Path(__file__).with_name("expressions.jsonl")
AGREES, LOUD, SILENT = "agrees", "differs loudly", "differs silently"


@dataclass(frozen=True)
class Verdict:
    """One query: `wanted` and `got` are values, or the code of a failure."""

    sql: str
    wanted: Any
    got: Any
    outcome: str


def verdicts() -> Iterator[Verdict]:
    """Every query of the battery, judged."""
    con = duckdb.connect()
    for statement in SESSION + MACROS:
        con.execute(statement)
    for line in CASES.read_text().splitlines():
        case = json.loads(line)
        sql, refused = case["sql"], case.get("refused")
        try:
            got: Any = _answer(con, sql)
        except AthenaFailure as refusal:
            outcome = AGREES if refused else LOUD
            yield Verdict(sql, refused or case["answer"], str(refusal), outcome)
        except NotSupportedByDouble as lack:
            yield Verdict(sql, refused or case.get("answer"), str(lack), LOUD)
        else:
            agrees = not refused and _same(got, case["answer"])
            yield Verdict(sql, refused or case["answer"], got, AGREES if agrees else SILENT)


def _answer(con: duckdb.DuckDBPyConnection, sql: str) -> Any:
    query = to_duckdb(parse(sql), {}, "default")
    try:
        row = con.execute(query).fetchone()
    except duckdb.Error as error:
        raise failure(error) from error
    return row[0] if row else None


def _same(got: Any, wanted: Any) -> bool:
    numbers = isinstance(wanted, int | float) and not isinstance(wanted, bool)
    if numbers and not isinstance(got, str | bool):
        return got is not None and math.isclose(float(got), wanted, abs_tol=1e-9)
    if isinstance(wanted, str):
        # Dates and times are compared as Athena writes them, whole milliseconds left out.
        written = str(text(got))
        return written.removesuffix(".000").removesuffix(" 00:00:00") == wanted or written == wanted
    return bool(got == wanted)


def main() -> None:
    """Print what differs, and the count of each outcome."""
    judged = list(verdicts())
    for verdict in judged:
        if verdict.outcome != AGREES:
            print(f"{verdict.outcome}: {verdict.sql}\n    wanted {verdict.wanted!r}, got {verdict.got!r}")
    for outcome in (AGREES, LOUD, SILENT):
        print(f"{sum(verdict.outcome == outcome for verdict in judged)} of {len(judged)} {outcome}")


if __name__ == "__main__":
    main()
