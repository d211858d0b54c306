"""A file of related artists is read whole, or refused in a sentence that says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.errors import EvaluationError
from spotify_assets.core.evaluation.pairs import read_pairs


def written(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_every_pair_counts_once_and_nobody_is_related_to_itself(tmp_path: Path) -> None:
    path = written(
        tmp_path / "pairs.parquet",
        artist_id=["b", "a", "a", "a"],
        related_id=["a", "c", "a", "c"],
        rank=pa.array([1, 1, 2, 3], pa.int16()),
        more=["ignored"] * 4,
    )
    truth = read_pairs(path)
    assert truth.pairs.to_pylist() == [
        {"artist_id": "a", "related_id": "c"},
        {"artist_id": "b", "related_id": "a"},
    ]
    assert truth.set_aside == 2


def test_the_digest_stands_for_the_pairs_in_whatever_order(tmp_path: Path) -> None:
    one = read_pairs(written(tmp_path / "1", artist_id=["a", "b"], related_id=["b", "a"], rank=[1, 1]))
    same = read_pairs(written(tmp_path / "2", artist_id=["b", "a"], related_id=["a", "b"], rank=[2, 1]))
    other = read_pairs(written(tmp_path / "3", artist_id=["a", "b"], related_id=["b", "c"], rank=[1, 1]))
    assert one.digest == same.digest != other.digest


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"artist_id": ["a"], "rank": [1]}, "lacks related_id"),
        ({"artist_id": ["a"], "related_id": ["b"], "rank": ["first"]}, "ranks whole numbers"),
        ({"artist_id": ["a", None], "related_id": ["b", "c"], "rank": [1, 2]}, "rows without artist_id"),
        ({"artist_id": ["a"], "related_id": ["b"], "rank": [0]}, "ranks below 1"),
        (
            {
                "artist_id": pa.array([], pa.string()),
                "related_id": pa.array([], pa.string()),
                "rank": pa.array([], pa.int32()),
            },
            "no rows",
        ),
    ],
)
def test_a_bad_file_is_refused_with_its_fault(
    tmp_path: Path, columns: dict[str, Any], complaint: str
) -> None:
    path = written(tmp_path / "pairs.parquet", **columns)
    with pytest.raises(EvaluationError, match=complaint) as refused:
        read_pairs(path)
    assert f"EVALUATION_PAIRS={path}" in str(refused.value)


def test_a_file_that_is_missing_or_no_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no such file"):
        read_pairs(tmp_path / "nowhere.parquet")
    text = tmp_path / "pairs.csv"
    text.write_text("artist_id,related_id,rank\na,b,1\n")
    with pytest.raises(EvaluationError, match="cannot be read as Parquet"):
        read_pairs(text)
