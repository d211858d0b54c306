"""A process that writes to a lake until it is killed: `python dying_writer.py DIRECTORY WAY`.

`loop` writes for ever. `compact` and `purge` die by SIGKILL at their first deletion.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa

from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.storage import LocalStorage
from tests.core.lake.examples import NOW, rows, stamp

ROWS = 100_000


class DyingStorage(LocalStorage):
    """A disk whose machine loses power when something is to be deleted."""

    def delete(self, path: str) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def version(number: int) -> pa.Table:
    """A table that says in every row which version it is."""
    noise = np.random.default_rng(number).random(ROWS)
    return pa.table({"version": pa.array(np.full(ROWS, number)), "noise": noise})


def write_for_ever(lake: Lake) -> None:
    versions = [version(0), version(1)]
    for number in count():
        lake.write_table("pointed_at.parquet", versions[number % 2])
        lake.write_json("CURRENT.json", {"number": number, "padding": "x" * 100_000})
        artist = {"artist_id": f"a{number}", "name": f"Artist {number}"}
        lake.append("artists", rows("artists", artist), stamp(run_id=f"run-{number}"))


if __name__ == "__main__":
    directory, way = Path(sys.argv[1]), sys.argv[2]
    if way == "loop":
        write_for_ever(Lake(LocalStorage(directory)))
    elif way == "compact":
        Lake(DyingStorage(directory)).compact("artists", NOW.date())
    elif way == "purge":
        Lake(DyingStorage(directory)).purge(NOW + timedelta(days=2))
