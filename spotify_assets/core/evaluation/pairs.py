"""The truth that lists are measured against: a Parquet file of related artists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spotify_assets.core.errors import EvaluationError

COLUMNS = {"artist_id": pa.string(), "related_id": pa.string(), "rank": pa.int64()}


@dataclass(frozen=True, slots=True)
class Truth:
    """Who is related to whom, according to somebody else."""

    pairs: pa.Table
    """Columns artist_id, related_id: each pair once, nobody related to itself, in the order of ids."""
    set_aside: int
    """Rows that say nothing new: a pair again, or an artist related to itself."""

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that stand for the pairs; figures of other pairs cannot be compared."""
        text = "\n".join(
            f"{a}\t{b}" for a, b in zip(*(c.to_pylist() for c in self.pairs.columns), strict=True)
        )
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_pairs(path: Path) -> Truth:
    """Read a Parquet file with artist_id, related_id and rank (1 or more, the closest first).

    Raises:
        EvaluationError: it is not there, is no Parquet file, lacks a column, or has a row without a value.
    """
    try:
        rows = pq.ParquetFile(path).read(columns=list(COLUMNS))
    except FileNotFoundError as error:
        raise EvaluationError(f"EVALUATION_PAIRS={path}: there is no such file") from error
    except (pa.ArrowInvalid, OSError) as error:
        raise EvaluationError(f"EVALUATION_PAIRS={path} cannot be read as Parquet: {error}") from error
    if missing := [name for name in COLUMNS if name not in rows.column_names]:
        raise EvaluationError(
            f"EVALUATION_PAIRS={path} lacks {', '.join(missing)}: it needs the columns {', '.join(COLUMNS)}"
        )
    try:
        rows = rows.select(list(COLUMNS)).cast(pa.schema(COLUMNS.items()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise EvaluationError(
            f"EVALUATION_PAIRS={path}: ids must be text and ranks whole numbers ({error})"
        ) from error
    if without := [name for name in COLUMNS if rows[name].null_count]:
        raise EvaluationError(
            f"EVALUATION_PAIRS={path} has rows without {', '.join(without)}: leave them out"
        )
    if rows.num_rows == 0:
        raise EvaluationError(f"EVALUATION_PAIRS={path} has no rows: unset it to measure nothing")
    if pc.min(rows["rank"]).as_py() < 1:
        raise EvaluationError(f"EVALUATION_PAIRS={path} has ranks below 1: the closest has rank 1")
    others = rows.filter(pc.not_equal(rows["artist_id"], rows["related_id"]))
    pairs = others.group_by(["artist_id", "related_id"], use_threads=False).aggregate([])
    pairs = pairs.sort_by([("artist_id", "ascending"), ("related_id", "ascending")])
    return Truth(pairs, rows.num_rows - pairs.num_rows)
