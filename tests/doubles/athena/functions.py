"""The names of Athena's functions, as functions.txt lists them."""

from __future__ import annotations

from pathlib import Path

_LISTED = [
    word
    for line in Path(__file__).with_name("functions.txt").read_text().splitlines()
    if not line.startswith("#")
    for word in line.split()
]
YOUNG = frozenset(word[1:] for word in _LISTED if word.startswith("~"))
"""Functions that Trino got after Athena's engine version 3, which Athena may have or not."""
FUNCTIONS = frozenset(word.removeprefix("~") for word in _LISTED)
"""All of them, the young among them."""
