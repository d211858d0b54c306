"""The contract as SQL: for each column, the expressions that read it, judge it and show it.

Here: SQL text made from `core/records.py` alone; no value of a batch ever becomes part of it. Not here:
running it (`contract.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from spotify_assets.core.records import MAX_ID, Column

MAX_TEXT = 1_000
"""Longest name, title or other text, in characters."""

MAX_URL = 2_048
"""Longest address, in characters; what browsers and chat platforms take."""

UNPRINTABLE_OR_SPACE = r"\s\p{C}\p{Z}"
"""What no id may hold, as part of a regular expression's character class."""

_SQL_TYPES = {"integer": "integer", "bigint": "bigint", "double": "double"}


@dataclass(frozen=True, slots=True)
class Judged:
    """How one column is read from a row of `found`; each field is an SQL expression but `name`."""

    name: str
    value: str
    """The value in the record's type; null where it does not fit."""
    fault: str
    """The reason this value breaks the contract, or null."""
    shown: str
    """The value as text, as it was found."""


def judge(column: Column, found: pa.DataType) -> Judged:
    """Return the expressions for a column whose values arrive in the arrow type `found`."""
    raw = f'"{column.name}"'
    value = f"nullif({raw}, '')" if is_text(found) else raw
    if column.type == "list<string>":
        return Judged(column.name, f"{raw}::varchar[]", _list_fault(column, raw), f"to_json({raw})::varchar")
    if column.type == "string":
        text = f"{value}::varchar"
        return Judged(column.name, text, _text_fault(column, text), f"{raw}::varchar")
    if column.type == "boolean":
        return Judged(column.name, _boolean(value), _boolean_fault(column, value), f"{raw}::varchar")
    number = f"try_cast({value} as {_SQL_TYPES[column.type]})"
    return Judged(column.name, number, _number_fault(column, value), f"{raw}::varchar")


def judge_copies(key: Sequence[Judged], order: str) -> str:
    """Return the expression that finds later copies by `order`, good rows (`fault` null) apart from bad."""
    names = " and ".join(j.name for j in key)
    by = ", ".join(["fault is null", *(j.value for j in key)])
    place = f'row_number() over (partition by {by} order by "{order}")'
    reason = f"'duplicate of an earlier row with the same {names}'"
    return f"case when {place} > 1 then {reason} end"


def is_text(found: pa.DataType) -> bool:
    """Whether an arrow type holds text."""
    return found in (pa.string(), pa.large_string(), pa.string_view())


def is_id(text: str) -> str:
    """Return the expression that holds for a well-formed id; null for null."""
    return f"length({text}) <= {MAX_ID} and regexp_full_match({text}, '[^{UNPRINTABLE_OR_SPACE}]+')"


def _text_fault(column: Column, text: str) -> str:
    name = column.name
    cases = []
    if column.required:
        is_blank = f"not regexp_matches({text}, '[^\\s\\p{{Z}}]')"
        cases.append((f"{text} is null or {is_blank}", f"'{name} is missing'"))
    longest = MAX_ID if name.endswith("_id") else MAX_URL if name.endswith("_url") else MAX_TEXT
    length = f"'{name} is ' || length({text}) || ' characters long, at most {longest}'"
    cases.append((f"length({text}) > {longest}", length))
    if name.endswith("_id"):
        cases.append((f"not ({is_id(text)})", f"'{name} holds a space or an unprintable character'"))
    else:
        cases.append((f"contains({text}, chr(0))", f"'{name} holds a NUL character'"))
    if column.choices:
        choices = ", ".join(f"'{c}'" for c in column.choices)
        cases.append((f"{text} not in ({choices})", f"'{name} is none of {', '.join(column.choices)}'"))
    return _first(cases)


def _number_fault(column: Column, value: str) -> str:
    name = column.name
    number = f"try_cast({value} as double)"
    cases = [(f"{value} is null", f"'{name} is missing'" if column.required else "null")]
    cases.append((f"{number} is null or isnan({number})", f"'{name} is not a number'"))
    cases.append((f"isinf({number})", f"'{name} is infinite'"))
    if column.type != "double":
        cases.append((f"{number} <> floor({number})", f"'{name} is not a whole number'"))
    if column.ge is not None or column.le is not None:
        bounds = [f"{number} < {column.ge}"] if column.ge is not None else []
        bounds += [f"{number} > {column.le}"] if column.le is not None else []
        cases.append((" or ".join(bounds), f"'{name} is out of range ({_range(column)})'"))
    sql_type = _SQL_TYPES[column.type]
    cases.append((f"try_cast({value} as {sql_type}) is null", f"'{name} is too large for {sql_type}'"))
    return _first(cases)


def _range(column: Column) -> str:
    if column.ge is None:
        return f"at most {column.le:g}"
    return f"at least {column.ge:g}" if column.le is None else f"{column.ge:g} to {column.le:g}"


def _boolean(value: str) -> str:
    """Return the boolean that a boolean, a 0 or 1 (pandas makes them 0.0 and 1.0) or such a text means."""
    number = f"try_cast({value}::varchar as double)"
    return f"case {number} when 1 then true when 0 then false else try_cast({value}::varchar as boolean) end"


def _boolean_fault(column: Column, value: str) -> str:
    missing = f"'{column.name} is missing'" if column.required else "null"
    wrong = f"'{column.name} is neither true nor false'"
    return _first([(f"{value} is null", missing), (f"({_boolean(value)}) is null", wrong)])


def _list_fault(column: Column, values: str) -> str:
    name = column.name
    cases = [(f"{values} is null", f"'{name} is missing'")] if column.required else []
    faults = {
        "is empty": "coalesce(entry, '') = ''",
        "holds a NUL character": "contains(entry, chr(0))",
        f"is longer than {MAX_TEXT} characters": f"length(entry) > {MAX_TEXT}",
    }
    cases += [
        (f"len(list_filter({values}, lambda entry: {test})) > 0", f"'{name} has an entry that {fault}'")
        for fault, test in faults.items()
    ]
    return _first(cases)


def _first(cases: Sequence[tuple[str, str]]) -> str:
    """Return the expression for the first case that holds, else null."""
    return "case " + " ".join(f"when {test} then {then}" for test, then in cases) + " else null end"
