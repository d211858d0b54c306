"""The dbt project run on Athena and on DuckDB from one lake, stage by stage; what was sent and what came of it.

A stage is: the lake changes, both engines build, the marts of both are read. Not here: what is expected of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from spotify_assets.defs.marts.models import REFRESHED_UNTIL
from tests.dbt.platform import PROJECT, Platform, day, run_dbt

from .account import Account
from .changes import OTHER_SOURCE, observe_changes
from .parity import Compared, compare

MARTS = sorted(path.stem for path in PROJECT.glob("models/marts/*.sql"))


@dataclass(frozen=True)
class Stage:
    """One state of the lake as both engines see it."""

    name: str
    seconds: float
    statements: tuple[dict[str, Any], ...]
    """What dbt sent to Athena, as the double notes it; empty on a real account."""
    results: dict[str, str]
    """What became of each node, by its name."""
    marts: dict[str, Compared]


def without_stamp(rows: pa.Table) -> pa.Table:
    """Rows without when they were written, in which engines differ."""
    return rows.drop_columns([name for name in rows.column_names if name == "changed_at"])


def differences(stage: Stage) -> list[str]:
    """What is not as on DuckDB."""
    return [text for one in stage.marts.values() for text in one.differences]


@dataclass
class Project:
    """One lake, two warehouses."""

    platform: Platform
    account: Account
    log: Path | None = None
    """Where the double notes statements."""
    stages: dict[str, Stage] = field(default_factory=dict)

    def stage(
        self, name: str, change: Callable[[Platform], object], on_duckdb: Sequence[str], **variables: str
    ) -> None:
        """Change the lake, build both warehouses, compare the marts.

        Where there is nothing to be done `on_duckdb`, which has built it already, Athena builds with all checks; later
        it runs what DuckDB runs, since comparing says more than they do.
        """
        change(self.platform)
        self.account.hold(self.platform.home / "lake")
        if on_duckdb:
            self.platform.dbt(*on_duckdb, **variables)
        self._note(name, *(on_duckdb or ["build"]), **variables)
        with duckdb.connect(str(self.platform.home / "warehouse.duckdb"), read_only=True) as warehouse:
            wanted = {mart: warehouse.sql(f"from main.{mart}").to_arrow_table() for mart in MARTS}
        for mart in MARTS:
            found = (without_stamp(rows) for rows in (self.account.table(mart), wanted[mart]))
            self.stages[name].marts[mart] = compare(mart, *found)

    def all_stages(self, tables: dict[str, pa.Table]) -> None:
        """Build, refresh, stage again, purge and build from nothing; then what else dbt does, `tables` being in the lake."""
        self.stage("build", lambda platform: None, [])
        self.stage(
            "increment",
            lambda platform: observe_changes(platform, tables),
            ["run", "--exclude", REFRESHED_UNTIL],
            DBT_REFRESH="true",
        )
        self.command("tests", "test", "--exclude-resource-type", "unit_test", DBT_REFRESH="true")
        self.command("end", "run", "--select", REFRESHED_UNTIL, DBT_REFRESH="true")
        self.command("night", "run", "--select", "config.materialized:incremental")
        self.stage(
            "purge", lambda platform: platform.lake.purge(day(4), OTHER_SOURCE), ["run", "--full-refresh"]
        )
        self.command("freshness", "source", "freshness")
        self.command("docs", "docs", "generate")

    def command(self, name: str, *args: str, ok: bool = True, **variables: str) -> None:
        """Run another command of dbt on Athena."""
        self._note(name, *args, ok=ok, **variables)

    def _note(self, name: str, *args: str, ok: bool = True, **variables: str) -> None:
        before, began = len(self._statements()), time.monotonic()
        scratch = self.platform.home / "athena"
        run_dbt(
            *args,
            "--target",
            "athena",
            scratch=scratch,
            variables={**self.account.dbt_variables, **variables},
            ok=ok,
        )
        seconds = time.monotonic() - began
        results = json.loads((scratch / "dbt" / "run_results.json").read_text())["results"]
        statements = tuple(self._statements()[before:])
        self.stages[name] = Stage(
            name, seconds, statements, {r["unique_id"]: r["status"] for r in results}, {}
        )

    def _statements(self) -> list[dict[str, Any]]:
        if self.log is None or not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]
