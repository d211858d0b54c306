"""The stamp: what every row of the lake says about its own origin.

Here: source, time, expiry and run of a batch. Not here: the rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake.schemas import STAMP_SCHEMA

_FILE_NAME_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who said it, when, in which run, and for how many days it may be kept.

    Raises:
        LakeError: the run id cannot be part of a file's name, the time has no zone, or a day count below 1.
    """

    source: str
    run_id: str
    fetched_at: datetime
    expire_days: int

    def __post_init__(self) -> None:
        """Refuse what would make a row that nobody can place."""
        if not self.source:
            raise LakeError("A stamp needs the name of its source")
        if not _FILE_NAME_PART.fullmatch(self.run_id):
            raise LakeError(
                f"The run id {self.run_id!r} cannot be part of a file's name: at most 100 letters, digits, "
                "'.', '_' and '-' are allowed, a letter or digit first"
            )
        if self.fetched_at.tzinfo is None:
            raise LakeError(f"The time {self.fetched_at} has no zone: observations are stamped in UTC")
        if self.expire_days < 1:
            raise LakeError(f"Observations cannot be kept for {self.expire_days} days: 1 or more are allowed")

    @property
    def expires_at(self) -> datetime:
        """When the rows must be gone."""
        return self.fetched_at + timedelta(days=self.expire_days)

    @property
    def ingest_date(self) -> date:
        """The day, in UTC, whose directory the rows go to."""
        return self.fetched_at.astimezone(UTC).date()

    def put_on(self, rows: pa.Table) -> pa.Table:
        """Return the rows with the stamp's columns at their end."""
        values = (self.source, self.fetched_at, self.expires_at, self.run_id)
        for field, value in zip(STAMP_SCHEMA, values, strict=True):
            rows = rows.append_column(field, pa.repeat(pa.scalar(value, field.type), rows.num_rows))
        return rows
