"""One item of a source's JSON as a record, or the reason why it is none.

Here: what holds for every source: types, bounds and required columns, all taken from `core/records.py`. Not
here: where in its answers a source keeps a value (`spotify_json.py` and the sources).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from spotify_assets.core.catalog import Rejected
from spotify_assets.core.errors import CatalogError
from spotify_assets.core.records import TABLES, Column

T = TypeVar("T")


class Malformed(CatalogError):
    """An answer, or an item of it, is not what it should be; the text says how."""


def record(table: str, values: Mapping[str, Any]) -> Any:
    """Return a record of a lake table made from JSON values by column; a column not given is null.

    Whole numbers may come as floats, an empty text is null.

    Raises:
        Malformed: naming the first value that is missing, of the wrong type or out of bounds.
    """
    return TABLES[table].record(**{c.name: _value(c, values.get(c.name)) for c in _columns(table)})


def collect(
    table: str, items: Iterable[Any], make: Callable[[Any], T | None]
) -> tuple[list[T], list[Rejected]]:
    """Make something of each item; return what was made, and the items that were malformed.

    Null items, and those that `make` returns None for, are skipped.
    """
    made: list[T] = []
    rejected: list[Rejected] = []
    for item in items:
        if item is None:
            continue
        try:
            one = make(item)
        except Malformed as fault:
            rejected.append(Rejected(table, _shown(item), str(fault)))
        else:
            if one is not None:
                made.append(one)
    return made, rejected


def part(item: Any, *path: str) -> Any:
    """Return what lies at a path through objects; None where a step is absent or null.

    Raises:
        Malformed: a step on the way is no object.
    """
    for place, name in enumerate(path):
        if item is None:
            return None
        if not isinstance(item, dict):
            raise Malformed(f"{'.'.join(path[:place]) or 'the item'} is {_kind(item)}, not an object")
        item = item.get(name)
    return item


def list_at(item: Any, *path: str) -> list[Any]:
    """Return the list at a path.

    Raises:
        Malformed: there is none.
    """
    found = part(item, *path)
    if not isinstance(found, list):
        raise Malformed(f"{'.'.join(path) or 'the answer'} is {_kind(found)}, not a list")
    return found


def list_if_any(item: Any, *path: str) -> list[Any]:
    """Return the list at a path, or [] where there is nothing.

    Raises:
        Malformed: there is something else.
    """
    return [] if part(item, *path) is None else list_at(item, *path)


def number(name: str, found: Any) -> float:
    """Return a finite number.

    Raises:
        Malformed: it is none.
    """
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Malformed(f"{name} is {_kind(found)}, not a number")
    try:
        value = float(found)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise Malformed(f"{name} is not a finite number")
    return value


@cache
def _columns(table: str) -> tuple[Column, ...]:
    return TABLES[table].columns


def _value(column: Column, found: Any) -> Any:
    value = None if found is None or found == "" else _READERS[column.type](column.name, found)
    if value is None:
        if column.required:
            raise Malformed(f"{column.name} is missing")
        return None
    if column.choices and value not in column.choices:
        raise Malformed(f"{column.name} is none of {', '.join(column.choices)}")
    too_low = column.ge is not None and value < column.ge
    if too_low or (column.le is not None and value > column.le):
        raise Malformed(f"{column.name} is out of range")
    return value


def _text(name: str, found: Any) -> str:
    if not isinstance(found, str):
        raise Malformed(f"{name} is {_kind(found)}, not a text")
    if not found.isascii() and any("\ud800" <= char <= "\udfff" for char in found):
        raise Malformed(f"{name} holds half a character")
    return found


def _whole(name: str, found: Any) -> int:
    if not number(name, found).is_integer():
        raise Malformed(f"{name} is not a whole number")
    return int(found)


def _yes_or_no(name: str, found: Any) -> bool:
    if not isinstance(found, bool):
        raise Malformed(f"{name} is {_kind(found)}, not true or false")
    return found


def _texts(name: str, found: Any) -> list[str]:
    if not isinstance(found, list):
        raise Malformed(f"{name} is {_kind(found)}, not a list")
    return [_text(f"an entry of {name}", entry) for entry in found if entry is not None]


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "string": _text,
    "integer": _whole,
    "bigint": _whole,
    "double": number,
    "boolean": _yes_or_no,
    "list<string>": _texts,
}


def _shown(item: Any) -> str:
    """Return an item as JSON that can be stored: half characters are written as escapes."""
    return json.dumps(item, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


def _kind(found: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "missing"}
    return names.get(type(found), "a number")
