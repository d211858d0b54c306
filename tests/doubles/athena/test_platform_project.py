"""The platform's own dbt project gives the same marts on the double as on DuckDB, row for row.

It proves that the project's SQL is portable and that the double translates it; it does not prove Athena.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("moto.server")
pytest.importorskip("pyiceberg.catalog")
pytest.importorskip("dbt.adapters.athena", reason="the platform's project is built by dbt-athena")

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tests.dbt.catalogue import draw
from tests.dbt.platform import PROJECT, Platform, day

from . import hive
from .client import Client
from .server import AthenaDouble, ExecutingAthena

RAW, MODEL = "spotify_assets_raw", "m20261101T120000Z-0001"
MARTS = [
    "dim_artists",
    "dim_artist_aliases",
    "dim_tracks",
    "artist_top_tracks",
    "artist_similarity",
    "track_similarity",
]
DAYS = {
    "projection.enabled": "true",
    "projection.ingest_date.type": "date",
    "projection.ingest_date.format": "yyyy-MM-dd",
    "projection.ingest_date.range": "2020-01-01,NOW+1DAY",
}
MODELS = {
    "projection.enabled": "true",
    "projection.model_version.type": "enum",
    "projection.model_version.values": MODEL,
}
IN_GLUE = {"int32": "int", "int64": "bigint", "bool": "boolean"}


def in_glue(kind: pa.DataType) -> str:
    """The type in Glue of an arrow type of the lake."""
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_list(kind):
        return f"array<{in_glue(kind.value_type)}>"
    return IN_GLUE.get(str(kind), str(kind))


def share(platform: Platform, client: Client) -> None:
    """Put a platform's lake into S3, and its tables into Glue."""
    lake = platform.home / "lake"
    for path in lake.rglob("*.parquet"):
        client.s3.upload_file(str(path), "lake", str(path.relative_to(lake)))
    client.glue.create_database(DatabaseInput={"Name": RAW})
    tables = [*(lake / "raw").iterdir(), lake / "similarity_model"]
    for table in tables:
        schema = pq.read_schema(next(table.rglob("*.parquet")))
        columns = [(field.name, in_glue(field.type)) for field in schema]
        key, projection = ("ingest_date", DAYS) if table.parent.name == "raw" else ("model_version", MODELS)
        client.glue.create_table(
            DatabaseName=RAW,
            TableInput={
                "Name": table.name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"EXTERNAL": "TRUE", **projection},
                "PartitionKeys": [{"Name": key, "Type": "string"}],
                "StorageDescriptor": hive.descriptor(
                    columns, f"s3://lake/{table.relative_to(lake)}/", "parquet"
                ),
            },
        )


def sorted_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Rows in an order that both engines have."""
    names = [name for name in ("artist_id", "track_id", "rank", "alias") if name in table.column_names]
    return sorted(table.to_pylist(), key=lambda row: [str(row[name]) for name in names] + [str(row)])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_marts_are_those_of_duckdb(double: AthenaDouble, client: Client, tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    catalogue = draw()
    platform.observe_catalogue(catalogue, day(1))
    platform.fit_model(MODEL, catalogue["audio_features"].drop_null())
    share(platform, client)
    platform.dbt("run")
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")), "run", "--target", "athena", "--no-use-colors",
            "--target-path", str(tmp_path / "athena"), "--log-path", str(tmp_path / "athena"),
        ],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LAKE_URI": "s3://lake", **double.env},
        capture_output=True,
        text=True,
        timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    iceberg = ExecutingAthena.statements.engine.iceberg
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as warehouse:
        for mart in MARTS:
            wanted = sorted_rows(warehouse.execute(f"from main.{mart}").to_arrow_table())
            found = sorted_rows(iceberg.read("spotify_assets", mart)[0])
            assert len(found) == len(wanted), mart
            for one, other in zip(found, wanted, strict=True):
                assert one == pytest.approx(other, abs=1e-9) if not _nested(other) else one == other, mart


def _nested(row: dict[str, Any]) -> bool:
    return any(isinstance(value, list | dict) for value in row.values())
