"""The published similarity model and where artists stand in it, part by part, whatever the store's engine.

Here: the protocol, with its promise. A part is a piece that is read alone: the model, a term, a word of a
term, the artists of a cell. Not here: what a part says (`core/similarity.py`), who publishes it
(`defs/serving`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

PartKind = Literal["model", "term", "word", "cell"]


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a model."""

    kind: PartKind
    name: str
    """The term or word, the cell's number; "-" for the model itself."""
    body: str


class Vectors(Protocol):
    """Readers see one version whole: parts are written before it becomes current, and dropped after."""

    def version(self) -> str | None:
        """Return the version that is current, or None where none is published."""
        ...

    def parts(self, version: str, kind: PartKind, names: Sequence[str]) -> dict[str, str]:
        """Return the bodies of those parts that are there, by name."""
        ...

    def digests(self, version: str) -> Mapping[tuple[PartKind, str], str]:
        """Return the MD5 of each part's body, by kind and name."""
        ...

    def put(self, version: str, parts: Iterable[Part]) -> int:
        """Write parts, replacing those of their kind and name; return how many. Reads a stream.

        A part whose name is no key (longer than 120 characters, say) is left out: nobody could read it.
        """
        ...

    def remove(self, version: str, parts: Iterable[tuple[PartKind, str]]) -> None:
        """Drop parts of a version."""
        ...

    def make_current(self, version: str) -> None:
        """Let readers see a version, and drop all others."""
        ...
