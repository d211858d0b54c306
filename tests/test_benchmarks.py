"""The benches that have dbt make lists alone make them in full, and then in part."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

pytest.importorskip("dbt.adapters.duckdb")

from benchmarks import similarity, songs


def runs_that_wrote(home: Path, mart: str) -> int:
    """Of how many runs a mart has rows."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        ((count,),) = warehouse.sql(f"select count(distinct changed_at) from {mart}").fetchall()
    return int(count)


def test_similar_artists_are_made_in_full_and_in_part(tmp_path: Path) -> None:
    home = similarity._Home(tmp_path, 300)
    home._run()
    assert runs_that_wrote(tmp_path, "artist_similarity") == 1
    home._move(1)
    home._run(DBT_REFRESH="true")
    assert runs_that_wrote(tmp_path, "artist_similarity") == 2


def test_similar_songs_are_made_in_full_and_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(songs, "CHANGED", 1)
    songs._make(tmp_path, 3000)
    songs._build(tmp_path)
    assert runs_that_wrote(tmp_path, "track_similarity") == 1
    songs._change(tmp_path, 3000)
    songs._build(tmp_path, refresh=True)
    assert runs_that_wrote(tmp_path, "track_similarity") == 2
