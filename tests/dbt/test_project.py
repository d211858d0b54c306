"""The project itself: it names what the records name, compiles for Athena, and its checks can fail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from spotify_assets.core.lake.schemas import STAMP_SCHEMA
from spotify_assets.core.records import LAKE_TABLES, SIMILARITY_FEATURES
from spotify_assets.defs.marts import similarity_fit
from spotify_assets.defs.marts.mirror_sql import STAMP
from spotify_assets.defs.marts.warehouse import MARTS

from .catalogue import draw
from .compiled import compiled_for_athena
from .platform import PROJECT, Platform


def read(path: str) -> Any:
    return yaml.safe_load((PROJECT / path).read_text(encoding="utf-8"))


def test_sources_describe_the_columns_of_the_records() -> None:
    raw = next(s for s in read("models/staging/_sources.yml")["sources"] if s["name"] == "raw")
    assert [table["name"] for table in raw["tables"]] == list(LAKE_TABLES)
    for table in raw["tables"]:
        record = LAKE_TABLES[table["name"]]
        assert table["description"] == record.description
        described = {column["name"]: column["description"] for column in table["columns"]}
        assert list(described) == [*(c.name for c in record.columns), *STAMP_SCHEMA.names, "ingest_date"]
        for column in record.columns:
            assert described[column.name] == column.description


def test_a_distance_is_made_of_what_the_model_is_fitted_on() -> None:
    variables = read("dbt_project.yml")["vars"]
    assert tuple(variables["similarity_features"]) == SIMILARITY_FEATURES
    assert variables["genre_dimensions"] == similarity_fit.GENRE_DIMENSIONS
    assert variables["era_dimensions"] == len(similarity_fit.ERA_CENTRES)
    assert variables["popularity_dimensions"] == len(similarity_fit.POPULARITY_CENTRES)
    assert variables["cells_looked_into"] == similarity_fit.PROBES


@pytest.mark.parametrize(
    "path",
    [*(f"marts/{mart}" for mart in MARTS), "intermediate/int_artist_points", "intermediate/int_artist_cells"],
)
def test_what_is_published_is_renewed_by_its_first_column(path: str) -> None:
    """By that a copy follows it: rows that are newer are put in the place of all rows of their ids."""
    sql = (PROJECT / f"models/{path}.sql").read_text(encoding="utf-8")
    (model,) = read(f"models/{path}.yml")["models"]
    first, *_ = model["columns"]
    assert re.findall(r"unique_key=\['(\w+)'", sql) == [first["name"]]
    assert STAMP in [column["name"] for column in model["columns"]]
    assert re.findall(r"renewed_by=\{'(\w+)': '[\w.]+'\}", sql) == [first["name"]]


def test_the_fitted_vectors_are_read_by_their_kind() -> None:
    models = {path.stem: path.read_text(encoding="utf-8") for path in PROJECT.glob("models/**/*.sql")}
    reads = [
        (model, line)
        for model, sql in models.items()
        for line in re.findall(r"from model_vectors\n(.*)", sql)
    ]
    assert len(reads) > 5
    assert [(model, line) for model, line in reads if not line.strip().startswith("where kind = '")] == []


@pytest.mark.parametrize("path", sorted(PROJECT.glob("models/*/*.sql")), ids=lambda path: path.stem)
def test_every_model_has_a_description_of_itself_and_its_columns(path: Path) -> None:
    (model,) = read(f"models/{path.parent.name}/{path.stem}.yml")["models"]
    assert model["name"] == path.stem
    assert model["description"].startswith("One row per ")
    assert all(column["description"] for column in model["columns"])


def test_compiles_for_athena_without_network_or_credentials(tmp_path_factory: pytest.TempPathFactory) -> None:
    files = compiled_for_athena(tmp_path_factory)
    compiled = {path.stem: sql for path, sql in files.items() if "models" in path.parts}
    assert compiled.keys() >= {path.stem for path in PROJECT.glob("models/*/*.sql")}
    for name, sql in compiled.items():
        for only_duckdb in ("read_parquet", "struct_pack", "list_sort", "list_extract", "varchar[]", "::"):
            assert only_duckdb not in sql, name


def test_a_model_that_lacks_a_feature_stops_the_build(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    platform.fit_model("m20261102T120000Z-0001", draw(), SIMILARITY_FEATURES[1:])
    done = platform.dbt("build", "--select", "stg_similarity_model__breakpoints", ok=False)
    assert "FAIL" in done.stdout
    assert "similarity_model_fits_every_feature" in done.stdout
