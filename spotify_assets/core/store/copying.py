"""Moving a store to another engine: `spotify-assets store copy FROM TO`.

A copy may be repeated: rows that are there as they should be are left alone, so one that was cut short goes
on where it ended. It is done when both hold the same rows with the same contents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from spotify_assets.core.errors import StoreError
from spotify_assets.core.store.contents import (
    Contents,
    Fingerprint,
    Part,
    Row,
    digest_of,
    fingerprint,
    key_of,
)

BATCH = 500
"""Rows that are written at a time."""

Digests = dict[tuple[str, ...], bytes]


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of copying one part."""

    part: Part
    written: int
    """Rows that were missing or differed."""
    there: Fingerprint
    """What both hold now."""


def copy(source: Contents, target: Contents, told: Callable[[Copied], None] = lambda _: None) -> list[Copied]:
    """Make `target` hold what `source` does, part by part; return what was written and what both hold now.

    Raises:
        StoreError: a store cannot be read or written, `target` holds rows that `source` does not (nothing was
            written then), or the two still differ at the end.
    """
    _refuse_strangers(source, target)
    done = []
    for part in Part:
        done.append(_copy_part(source, target, part))
        told(done[-1])
    return done


def _refuse_strangers(source: Contents, target: Contents) -> None:
    for part in Part:
        if there := {key_of(part, row) for row in target.rows(part)}:
            there -= {key_of(part, row) for row in source.rows(part)}
        if there:
            raise StoreError(
                f"{target!r} holds {len(there)} rows of {part.value} that {source!r} does not, such as "
                f"{'/'.join(min(there))!r}: copy to an empty store. Nothing was written"
            )


def _copy_part(source: Contents, target: Contents, part: Part) -> Copied:
    there = _digests(target, part)
    wanted: Digests = {}
    written = 0
    for batch in _batches(source.rows(part)):
        changed = []
        for row in batch:
            key, digest = key_of(part, row), digest_of(row)
            wanted[key] = digest
            if there.get(key) != digest:
                changed.append(row)
        if changed:
            target.write(part, changed)
            written += len(changed)
    found = fingerprint(_digests(target, part) if written else there)
    if found != fingerprint(wanted):
        raise StoreError(
            f"{part.value} differ after copying: {source!r} has {len(wanted)} rows, {target!r} {found.rows}, "
            "or other contents. Somebody writes to one of them: stop bot and platform, and copy again"
        )
    return Copied(part, written, found)


def _digests(contents: Contents, part: Part) -> Digests:
    return {key_of(part, row): digest_of(row) for row in contents.rows(part)}


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
