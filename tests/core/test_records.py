"""The records name every column once; whatever else names columns agrees with them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from spotify_assets.core.lake.schemas import ARROW_TYPES, raw_schema, record_schema
from spotify_assets.core.records import CHAT_TURNS, LAKE_TABLES, MAX_ID, SIMILARITY_FEATURES, TABLES, Table
from spotify_assets.core.settings import DAYS_TO_EXPIRY, DAYS_TO_REFRESH, PROJECT_ROOT

EACH = pytest.mark.parametrize("table", LAKE_TABLES.values(), ids=LAKE_TABLES)
SOURCES = PROJECT_ROOT / "dbt_project" / "models" / "staging" / "_sources.yml"


@EACH
def test_a_table_has_a_key_an_id_and_a_description_of_everything(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert set(table.key) <= set(names)
    assert table.id_column in table.key
    assert table.description.endswith(".")
    assert all(column.description and not column.description.endswith(".") for column in table.columns)


@EACH
def test_keys_are_required_and_nothing_that_is_required_may_be_left_out(table: Table) -> None:
    columns = {column.name: column for column in table.columns}
    assert all(columns[name].required for name in table.key)
    assert not any(column.required and column.optional for column in table.columns)


@EACH
def test_types_and_bounds_fit_each_other(table: Table) -> None:
    for column in table.columns:
        assert column.type in ARROW_TYPES
        bounded = column.ge is not None or column.le is not None
        assert not bounded or column.type in ("integer", "bigint", "double"), column
        assert not column.choices or column.type == "string", column
        if column.ge is not None and column.le is not None:
            assert column.ge < column.le


@EACH
def test_a_record_of_its_bounds_can_be_made_and_is_frozen(table: Table) -> None:
    values = {"string": "x", "integer": 1, "bigint": 1, "double": 0.5, "boolean": True, "list<string>": ["x"]}
    values["timestamp"] = datetime(2026, 11, 20, tzinfo=UTC)
    record = table.record(**{c.name: values[c.type] if c.required else None for c in table.columns})
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, table.key[0], "y")


@EACH
def test_the_lake_has_these_columns_in_this_order_and_then_the_stamp(table: Table) -> None:
    assert record_schema(table.name) == pa.schema(
        [(column.name, ARROW_TYPES[column.type]) for column in table.columns]
    )
    stamp = raw_schema(table.name).names[len(table.columns) :]
    assert stamp == ["source", "fetched_at", "expires_at", "run_id"]


@EACH
def test_dbt_declares_these_columns_with_these_descriptions(table: Table) -> None:
    declared = {t["name"]: t for t in yaml.safe_load(SOURCES.read_text())["sources"][0]["tables"]}[table.name]
    described = {c["name"]: " ".join(c["description"].split()) for c in declared["columns"]}
    assert {c.name: c.description for c in table.columns}.items() <= described.items()
    assert set(described) - {c.name for c in table.columns} == {
        "source", "fetched_at", "expires_at", "run_id", "ingest_date",
    }  # fmt: skip


def test_every_table_says_how_long_it_is_kept_and_when_it_is_due() -> None:
    assert set(DAYS_TO_EXPIRY) == set(LAKE_TABLES)
    # Nobody is asked for chat events: they come by themselves.
    assert set(DAYS_TO_REFRESH) == set(LAKE_TABLES) - {CHAT_TURNS.name}
    for table in TABLES:
        assert 0 < DAYS_TO_REFRESH[table] < DAYS_TO_EXPIRY[table], f"{table} would expire before it is due"


def test_a_distance_is_made_of_audio_features_that_are_numbers() -> None:
    features = {column.name: column for column in TABLES["audio_features"].columns}
    assert len(set(SIMILARITY_FEATURES)) == len(SIMILARITY_FEATURES)
    assert all(features[name].type in ("double", "integer", "bigint") for name in SIMILARITY_FEATURES)


def test_an_id_of_spotify_and_of_musicbrainz_fits() -> None:
    assert len("06HL4z0CvFAxyc27GXpf02") <= len("a74b1b7f-71a5-4011-9441-d0b5e4122711") <= MAX_ID


def test_the_records_need_nothing_heavy() -> None:
    source = (Path(PROJECT_ROOT) / "spotify_assets/core/records.py").read_text()
    imported = {
        line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import ", "from "))
    }
    assert imported <= {"__future__", "dataclasses", "datetime", "typing"}
