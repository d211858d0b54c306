"""What observing came to: rows taken in and set aside, by table, and what was left for later.

Here: the numbers, added up over the batches of a run. Not here: how a batch is checked and written
(`lake.py`), or who was asked for it (`bulk_observer.py`, `live_observer.py`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

from spotify_assets.core.catalog import Parked
from spotify_assets.core.lake.lake import Observation
from spotify_assets.core.lake.schemas import record_schema

SHOWN = 8
"""Rows kept to be looked at."""


@dataclass
class TableObserved:
    """One table of one run."""

    table: str
    offered: bool = True
    """False where no configured source has such a table."""
    rows: int = 0
    bad: int = 0
    markers: int = 0
    """Dead ids and empty lists."""
    reasons: Counter[str] = field(default_factory=Counter)
    sample: pa.Table | None = None
    path: str | None = None
    """The last file written, below the lake's root."""

    def add(self, observation: Observation) -> None:
        """Count a batch in."""
        good = observation.checked.good
        self.rows += observation.written.rows
        self.bad += observation.checked.bad.num_rows
        self.markers += observation.written.marker_rows
        self.reasons.update(observation.checked.reasons())
        self.path = observation.written.path or self.path
        if self.sample is None or not self.sample.num_rows:
            self.sample = good.slice(0, SHOWN)

    @property
    def bad_share(self) -> float:
        """Share of the rows read that broke the contract, 0 to 1."""
        return self.bad / (self.rows + self.bad) if self.bad else 0.0

    @property
    def preview(self) -> pa.Table:
        """The first rows taken in."""
        return record_schema(self.table).empty_table() if self.sample is None else self.sample


@dataclass
class Observed:
    """What one raw asset's run came to; the table it is named after first."""

    tables: list[TableObserved]
    subjects: int
    """Artists (or tracks, for what is known by track) the run was about."""
    fresh: int = 0
    """Of these, those observed recently enough not to be asked about."""
    fetched: int = 0
    left: list[str] = field(default_factory=list)
    """Ids of artists of whom something was due and not asked, because its source is parked."""
    parked: list[Parked] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What else to know: an endpoint that is closed to this app, how answers were come by."""

    @property
    def main(self) -> TableObserved:
        """The table that the asset is named after."""
        return self.tables[0]
