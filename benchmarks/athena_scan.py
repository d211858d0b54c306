"""Bytes that Athena would read: for a rebuild, and for a refresh of some artists, on the double of Athena.

The most popular artists of MusicOSet, a seventh of them observed each day of four weeks, then some once more.
Figures are what the double counts (tests/doubles/athena/scans.py), for 1,000 artists. `ATHENA_SCAN=10000`
measures so many instead, which takes some twenty minutes, and works 100,000 out from those;
`ATHENA_SCAN_DAYS=266` observes them for so many days, of which a rebuild reads all and a refresh the last.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.build import MUSICOSET
from benchmarks.platform_process import PROJECT_ROOT
from spotify_assets.core.lake.glue_table import FIRST_INGEST_DATE
from spotify_assets.defs.marts.models import CHAT, MOOD_MODELS, REFRESHED_UNTIL

PAGE = PROJECT_ROOT / "docs" / "athena-cost.md"
SIZE = int(os.environ.get("ATHENA_SCAN", "1000"))
"""Artists of the catalogue."""
WORKED_OUT_FROM = 10_000
"""Fewer are the popular ones alone, who have several times as many songs each."""
REFRESHED = (10, 100)
"""How many of them are refreshed."""
FOUR_WEEKS = 28
DAYS = int(os.environ.get("ATHENA_SCAN_DAYS", FOUR_WEEKS))
"""Days of history, which always ends on the same."""
FIRST_DAY = datetime(2026, 9, 29, 12, tzinfo=UTC) - timedelta(days=DAYS)
EVERY = 7
"""Days after which an artist is observed again, as `REFRESH_AFTER_DAYS` has it."""
MODEL = "m20261101T120000Z-0001"

MB = 2**20
TB = 2**40
DOLLARS_PER_TB = 5.0
LEAST_BILLED = 10 * MB
BILLED = frozenset({"SELECT", "CREATE_TABLE_AS_SELECT", "INSERT", "MERGE", "UNLOAD"})
"""What a statement must be to be billed, and read a table: DDL is free, making views among it."""


OF_CHECKS = ('"node_id": "test.', " as test_id")
"""What is in the SQL of a test of dbt, and of all tests of a model at once."""


@dataclass(frozen=True)
class Bytes:
    """What the statements of one run of dbt read, and what they are billed as."""

    statements: int
    raw: int
    """Of observations in the lake."""
    model: int
    """Of the fitted similarity model, which grows with neither artists nor history."""
    tables: int
    """Of tables that dbt built, by models."""
    checks: int
    """Of anything, by dbt's tests."""
    whole: int
    """Of tables read whole, all columns of all partitions and files, as often as they are read."""
    each: tuple[int, ...]
    """Of every statement that is billed."""

    @property
    def scanned(self) -> int:
        """All of it."""
        return self.raw + self.model + self.tables + self.checks

    @property
    def billed(self) -> int:
        """Whole megabytes, ten at least for each statement."""
        return sum(max(LEAST_BILLED, -(-size // MB) * MB) for size in self.each)

    def times(self, factor: int) -> "Bytes":
        """What the same statements read of so many times as many rows."""
        return Bytes(
            self.statements,
            factor * self.raw,
            self.model,
            factor * self.tables,
            factor * self.checks,
            factor * self.whole,
            tuple(factor * size for size in self.each),
        )

    def __str__(self) -> str:
        """The figures of the table."""
        of = ", ".join(f"{one / MB:.1f}" for one in (self.raw, self.model, self.tables, self.checks))
        price = self.billed / TB * DOLLARS_PER_TB
        return f"{self.statements}; {of} MB; {self.billed / MB:,.0f} MB; ${price:.4f}"


def count(statements: Sequence[dict[str, Any]], raw_schema: str) -> Bytes:
    """Sum what the double noted of statements."""
    raw = model = tables = checks = whole = 0
    each = []
    for statement in statements:
        whole += statement["whole"]
        if any(mark in statement["sql"] for mark in OF_CHECKS):
            checks += statement["scanned"]
        else:
            for table, size in statement["read"].items():
                schema, name = table.split(".")
                if schema != raw_schema:
                    tables += size
                elif name.startswith("similarity_"):
                    model += size
                else:
                    raw += size
        # The adapter keeps counts by selecting them as constants, which reads nothing.
        if statement["kind"] in BILLED and statement["read"]:
            each.append(statement["scanned"])
    return Bytes(len(statements), raw, model, tables, checks, whole, tuple(each))


def catalogue(size: int) -> dict[str, pa.Table]:
    """The most popular artists of MusicOSet with the tracks that credit them."""
    tables = {path.stem: pq.read_table(path) for path in sorted(MUSICOSET.glob("*.parquet"))}
    order = [("popularity", "descending"), ("artist_id", "ascending")]
    tables["artists"] = tables["artists"].sort_by(order).slice(0, size)
    return cut(tables, tables["artists"]["artist_id"])


def cut(tables: dict[str, pa.Table], artists: pa.ChunkedArray) -> dict[str, pa.Table]:
    """What tables say of some artists."""

    def among(table: str, column: str, ids: pa.ChunkedArray) -> pa.Table:
        return tables[table].filter(pc.is_in(tables[table][column], value_set=ids.combine_chunks()))

    credits = among("track_artists", "artist_id", artists)
    return {
        "artists": among("artists", "artist_id", artists),
        "track_artists": among("track_artists", "track_id", credits["track_id"]),
        "tracks": among("tracks", "track_id", credits["track_id"]),
        "audio_features": among("audio_features", "track_id", credits["track_id"]),
    }


def rows() -> Iterator[tuple[str, str]]:
    """Yield what was measured and its figures."""
    if not MUSICOSET.is_dir():
        yield "MusicOSet", "not measured: ../shared/data is not there"
        return
    if f"{FIRST_DAY:%Y-%m-%d}" < FIRST_INGEST_DATE:
        yield f"{DAYS} days", f"not measured: the lake's tables begin on {FIRST_INGEST_DATE}"
        return
    measured: dict[int | None, Bytes] = {}
    with tempfile.TemporaryDirectory() as directory:
        for artists, read, published in _measure(Path(directory), SIZE, REFRESHED):
            measured[artists] = read
            yield _called(SIZE, artists), str(read)
            yield f"{_called(SIZE, artists)}, publishing it", str(published)
    for artists, read in measured.items() if SIZE >= WORKED_OUT_FROM else ():
        again = 10 * artists if artists else None
        yield f"{_called(10 * SIZE, again)}, worked out", str(read.times(10))
    whole, few = measured[None], measured[REFRESHED[0]]
    yield (
        f"{_called(SIZE, REFRESHED[0])} : rebuild",
        f"observations {few.raw / whole.raw:.3f}, derived tables {few.tables / whole.tables:.2f}, "
        f"checks {few.checks / whole.checks:.2f}, all {few.scanned / whole.scanned:.2f}",
    )
    for artists in (None, REFRESHED[0]):
        read = measured[artists]
        yield (
            f"{_called(SIZE, artists)}, with tables read whole",
            f"{read.whole / MB:,.1f} MB instead of {read.scanned / MB:,.1f}",
        )


def _called(size: int, artists: int | None) -> str:
    seen = "" if DAYS == FOUR_WEEKS else f" over {DAYS} days"
    return f"{size:,} artists{seen}: " + ("rebuild" if artists is None else f"refresh of {artists:,}")


def _measure(home: Path, size: int, refreshed: Sequence[int]) -> Iterator[tuple[int | None, Bytes, Bytes]]:
    """Build a catalogue of so many artists, then refresh some; yield what dbt and what publishing read."""
    # The double is of the tests' packages, which a bench-only import must not need.
    from tests.athena.account import Account
    from tests.dbt.platform import Platform, run_dbt
    from tests.doubles.athena.server import AthenaDouble

    tables, platform, log = catalogue(size), Platform(home), home / "statements.jsonl"
    artists = tables["artists"]["artist_id"]
    for day in range(DAYS):
        due = cut(tables, artists.take(list(range(day % EVERY, size, EVERY))))
        if day == 0:
            platform.observe_catalogue(due, FIRST_DAY)
        for table, rows_due in due.items() if day else ():
            platform.observe(table, rows_due.to_pylist(), FIRST_DAY + timedelta(days=day), run_id="daily")
    platform.fit_model(MODEL, tables)
    with AthenaDouble(log=log) as double:
        account = Account(double.env, bucket="lake")
        account.client("s3").create_bucket(Bucket=account.bucket)

        def noted(since: int = 0) -> list[dict[str, Any]]:
            return [json.loads(line) for line in log.read_text().splitlines()[since:]] if log.exists() else []

        def sent(*commands: Sequence[str], **variables: str) -> tuple[Bytes, Bytes]:
            account.hold(home / "lake")
            before = len(noted())
            variables = {**account.dbt_variables, **variables}
            for command in commands:
                run_dbt(*command, "--target", "athena", scratch=home, variables=variables)
            built = noted(before)
            before += len(built)
            _read_to_publish({**variables, "PLATFORM_HOME": str(home)})
            return count(built, account.raw_schema), count(noted(before), account.raw_schema)

        yield None, *sent(["build"])
        for number, few in enumerate(refreshed):
            at = FIRST_DAY + timedelta(days=DAYS + number)
            for table, again in cut(tables, artists.slice(0, few)).items():
                platform.observe(table, _once_more(table, again), at, run_id="again")
            left_out = ["--exclude", CHAT, *MOOD_MODELS]
            made = (
                ["run", *left_out, REFRESHED_UNTIL],
                ["test", *left_out],
                ["run", "--select", REFRESHED_UNTIL],
            )
            yield few, *sent(*made, DBT_REFRESH="true")


def _read_to_publish(variables: Mapping[str, str]) -> None:
    """Bring the copy that publishing reads up to date."""
    from spotify_assets.core.settings import load_settings
    from spotify_assets.defs.marts.athena_warehouse import AthenaWarehouse
    from spotify_assets.defs.marts.warehouse import EXPORTED

    with patch.dict(os.environ, variables), AthenaWarehouse(load_settings()).connect() as marts:
        for model in (*EXPORTED, "int_artist_points", "int_artist_cells"):
            marts.sql(f"from {model} limit 0")


def _once_more(table: str, rows_of_table: pa.Table) -> list[dict[str, Any]]:
    """Rows with what a second observation changes: how popular they are."""
    found = rows_of_table.to_pylist()
    if table in ("artists", "tracks"):
        for row in found:
            row["popularity"] = max(0, (row["popularity"] or 0) - 1)
    return found
