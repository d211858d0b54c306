"""What the text of a setting may be: each function here returns a reader, which turns a text into a value.

A reader raises `ValueError` with a sentence that says what is allowed; what already is a value goes through
the same rules. Here: kinds of values, whoever has them. Not here: which settings there are (`settings.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Reader = Callable[[Any], T]


class Secret:
    """A text that is not shown where settings are."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Return the text."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret('**********')"


def one_of(*allowed: T) -> Reader[T]:
    """Return a reader of one of a few words."""
    words = [repr(word) for word in allowed]
    sentence = f"{', '.join(words[:-1])} or {words[-1]} is allowed"

    def read(value: Any) -> T:
        if value not in allowed:
            raise ValueError(sentence)
        return value  # type: ignore[no-any-return]

    return read


def whole_number(at_least: int) -> Reader[int]:
    """Return a reader of whole numbers."""

    def read(value: Any) -> int:
        if not re.fullmatch("-?[0-9]{1,18}", str(value).strip(), re.ASCII) or int(value) < at_least:
            raise ValueError(f"a whole number of {at_least} or more is allowed")
        return int(value)

    return read


def number(at_least: float = 0, at_most: float = float("inf"), above: float = -1) -> Reader[float]:
    """Return a reader of finite numbers."""
    least = f"of more than {above:g}" if above >= at_least else f"of {at_least:g} or more"
    most = f" and {at_most:g} or less" if at_most != float("inf") else ""

    def read(value: Any) -> float:
        try:
            found = float(value)
        except (TypeError, ValueError):
            found = float("nan")
        if not (at_least <= found <= at_most and above < found < float("inf")):
            raise ValueError(f"a number {least}{most} is allowed")
        return found

    return read


def text(allowed: str = "any text", pattern: str = "(?s).*") -> Reader[str]:
    """Return a reader of what a pattern matches as a whole; `allowed` says it in words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(f"{allowed} is allowed")
        return value

    return read


def secret(allowed: str = "any text", pattern: str = "(?s).*") -> Reader[Secret]:
    """Return a reader as `text` does, of what is not shown."""
    read_text = text(allowed, pattern)
    return lambda value: value if isinstance(value, Secret) else Secret(read_text(value))


def path_from(root: Path) -> Reader[Path]:
    """Return a reader of paths; relative ones begin at `root`, wherever the command was started."""
    return lambda value: root / Path(value).expanduser()


def address(ending: str = "") -> Reader[str]:
    """Return a reader of addresses of services, with what each must end in."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not value.startswith(("http://", "https://")):
            raise ValueError("an http:// or https:// address is allowed")
        found = value.rstrip("/")
        if not found.endswith(ending):
            raise ValueError(f"the address must end in {ending}")
        return found

    return read


def names_in_order(value: Any) -> tuple[str, ...]:
    """Read `spotify,reccobeats`; `off` is nobody."""
    names = _listed(value)
    if names == ("off",):
        return ()
    if not all(names) or len(set(names)) < len(names):
        raise ValueError("names of sources, each once, separated by commas, or off are allowed")
    return names


def hosts(value: Any) -> tuple[str, ...]:
    """Read `host,host:port`."""
    found = tuple(host.lower() for host in _listed(value))
    if not all(re.fullmatch(r"[a-z0-9.-]+(:[0-9]{1,5})?", host) for host in found):
        raise ValueError("names of hosts are allowed, such as bot-api.kakao.com, separated by commas")
    return found


def days_per_table(default: Mapping[str, int]) -> Reader[dict[str, int]]:
    """Return a reader of `artists=7,tracks=7` on top of `default`."""

    def read(value: Any) -> dict[str, int]:
        if not isinstance(value, str):
            return {**default, **value}
        days = dict(default)
        for part in _listed(value):
            table, _, number_of_days = part.partition("=")
            if table not in days or not re.fullmatch("0*[1-9][0-9]{0,8}", number_of_days):
                raise ValueError(
                    f"{part!r} is not TABLE=DAYS with a whole number of days of 1 or more "
                    f"and one of the tables {', '.join(days)}"
                )
            days[table] = int(number_of_days)
        return days

    return read


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else tuple(value)
