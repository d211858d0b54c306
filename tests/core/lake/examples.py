"""Rows, stamps and a small dataset for the lake's tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.lake.stamp import Stamp

NOW = datetime(2026, 11, 20, 13, 15, tzinfo=UTC)


def rows(table: str, *records: dict[str, Any]) -> pa.Table:
    """Rows of a table's own types; what a record does not name is null."""
    schema = record_schema(table)
    return pa.Table.from_pylist([{name: r.get(name) for name in schema.names} for r in records], schema)


def stamp(**changes: Any) -> Stamp:
    """A stamp of one run of the dataset source."""
    return Stamp(**{"source": "dataset", "run_id": "run-1", "fetched_at": NOW, "expire_days": 30, **changes})


SMALL_DATASET: dict[str, list[dict[str, Any]]] = {
    "artists": [
        {"artist_id": "a1", "name": "aespa", "popularity": 80, "genres": ["k-pop"], "followers": 9},
        {"artist_id": "a2", "name": "Aespaland", "popularity": 90},
        {"artist_id": "a3", "name": "SHINee", "popularity": 80},
        {"artist_id": "a4", "name": "Nobody Knows"},
    ],
    "tracks": [
        {"track_id": "t1", "name": "Supernova", "duration_ms": 179_000},
        {"track_id": "t2", "name": "Duet", "explicit": False},
        {"track_id": "t3", "name": "View", "release_date": "2015-05", "release_date_precision": "month"},
    ],
    "track_artists": [
        {"track_id": "t1", "artist_id": "a1", "position": 0},
        {"track_id": "t2", "artist_id": "a3", "position": 0},
        {"track_id": "t2", "artist_id": "a1", "position": 1},
        {"track_id": "t3", "artist_id": "a3", "position": 0},
    ],
    "audio_features": [
        {"track_id": "t1", "energy": 0.9, "tempo": 120.0},
        {"track_id": "t2", "energy": 0.5},
    ],
    "artist_aliases": [
        {"artist_id": "a1", "alias": "에스파", "locale": "ko", "kind": "native"},
        {"artist_id": "a3", "alias": "샤이니", "locale": "ko", "kind": "native"},
        {"artist_id": "gone", "alias": "Supernova Band"},
    ],
}
