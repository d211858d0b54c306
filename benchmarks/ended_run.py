"""What a run of dbt leaves when it comes to its end, for benches that run some models alone."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb


def end_run(home: Path) -> None:
    """Let the next run in a warehouse go on from what is there, and find nothing that changed in staging."""
    now = datetime.now(UTC).replace(tzinfo=None)
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute(
            "create or replace table int_refreshed_until as"
            " select cast($1 as timestamp) as changed_at, cast($1 as timestamp) as written_at",
            [now],
        )
        for kind in ("artist", "track"):
            warehouse.execute(
                f"create table if not exists int_renewed_{kind}s"
                f" ({kind}_id varchar, changed_at timestamp, is_doubted boolean)"
            )
