"""When something was last observed, as the lake itself tells.

The lake is the only record of what was fetched: whatever a run committed before it was parked or killed is
fresh for the next one, and is not fetched again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.schemas import table_spec

_CONTENT = {"audio_features": "energy"}
"""The column that tells a row from a marker, where that is not the table's next required one."""


@dataclass(frozen=True, slots=True)
class LastSeen:
    """When each id of a table was last observed by a source."""

    at: dict[tuple[str, str], datetime]
    """(id, source) → newest observation, UTC."""
    found: frozenset[tuple[str, str]]
    """Those whose newest observation had content: not a dead id, not an empty list."""


def last_seen(lake: Lake, table: str, ids: Sequence[str]) -> LastSeen:
    """Return when these ids were last observed in a table."""
    spec = table_spec(table)
    content = _CONTENT.get(table) or next(
        c.name for c in spec.columns if c.required and c.name != spec.id_column
    )
    rows = lake.read(table, [spec.id_column, "source", "fetched_at", content])
    rows = rows.filter(pc.is_in(rows[spec.id_column], value_set=pa.array(ids, pa.string())))
    rows = rows.append_column("has_content", pc.cast(pc.is_valid(rows[content]), pa.int8()))
    by_time = rows.group_by([spec.id_column, "source", "fetched_at"]).aggregate([("has_content", "max")])
    newest: dict[tuple[str, str], tuple[datetime, bool]] = {}
    columns = (
        by_time[name].to_pylist() for name in (spec.id_column, "source", "fetched_at", "has_content_max")
    )
    for one, source, at, has_content in zip(*columns, strict=True):
        if (one, source) not in newest or newest[one, source][0] < at:
            newest[one, source] = (at, bool(has_content))
    return LastSeen(
        {key: at for key, (at, _) in newest.items()},
        frozenset(key for key, (_, has_content) in newest.items() if has_content),
    )


def due(
    ids: Sequence[str], sources: Sequence[str], position: int, seen: LastSeen, age: timedelta, now: datetime
) -> tuple[list[str], int]:
    """Return the ids that source `position` of the ordered `sources` is to be asked about, and how many not.

    Not due are ids that this source answered recently enough, and ids that a source before it has something
    fresh on. Never observed ones come first, then the oldest; otherwise the given order stays.
    """

    def is_fresh(one: str, source: str) -> bool:
        return seen.at.get((one, source), datetime.min.replace(tzinfo=now.tzinfo)) > now - age

    def is_settled(one: str) -> bool:
        return is_fresh(one, sources[position]) or any(
            (one, earlier) in seen.found and is_fresh(one, earlier) for earlier in sources[:position]
        )

    stale = [one for one in ids if not is_settled(one)]
    never = datetime.min.replace(tzinfo=now.tzinfo)
    ordered = sorted(stale, key=lambda one: seen.at.get((one, sources[position]), never))
    return ordered, len(ids) - len(stale)
