"""A table of the lake as Glue describes it to Athena, and how one description may follow another.

Here: types, formats, partition projection, which changes are safe; all of it pure. Not here: the calls of
Glue (`glue.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake import moods
from spotify_assets.core.lake.pointers import MODEL_ROOT, ModelPart
from spotify_assets.core.lake.schemas import MODEL_VECTORS_SCHEMA, raw_schema, table_spec
from spotify_assets.core.lake.storage import Storage
from spotify_assets.core.records import LAKE_TABLES

FIRST_INGEST_DATE = "2026-01-01"
"""The first day that Athena looks for; no lake of this platform is older. A query that names no day asks S3
for every day since."""

WIDER = frozenset({("int", "bigint"), ("float", "double")})
"""Changes of a column's type after which Athena reads the older Parquet files too."""

COLUMNS_KEY = "spotify_assets.columns"
LOCATION_KEY = "spotify_assets.location"
DIGEST_KEY = "spotify_assets.digest"
"""What this platform last wrote, noted in the table: so one changed by hand is told from one that is old."""

_GLUE_TYPES: dict[pa.DataType, str] = {
    pa.string(): "string",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
}
_HIVE = "org.apache.hadoop.hive.ql.io.parquet"
_STAMP_DESCRIPTIONS = {
    "source": "Who said it",
    "fetched_at": "When it was said (UTC)",
    "expires_at": "When the row must be gone from the lake",
    "run_id": "The run that wrote it",
}
_BREAKPOINTS_SCHEMA = pa.schema(
    [("feature", pa.string()), ("quantile", pa.float64()), ("breakpoint", pa.float64())]
)
_BREAKPOINTS_DESCRIPTIONS = {
    "feature": "Audio feature",
    "quantile": "Share of the tracks that lie at or below the breakpoint, 0 to 1",
    "breakpoint": "The feature's value there, in its own measure",
}
_VECTORS_DESCRIPTIONS = {
    "kind": "What has this place: term, word, era, popularity, cell or parameter",
    "name": "Which one of its kind",
    "vector": "Its coordinates, or a parameter's values; whole numbers",
}


@dataclass(frozen=True, slots=True)
class GlueTable:
    """An external Parquet table, partitioned by one string that is part of its files' paths."""

    name: str
    description: str
    schema: pa.Schema
    descriptions: Mapping[str, str]
    """What each column is."""
    location: str
    """`s3://…/`, above the partitions."""
    partition: str
    projected: bool
    """Athena works the partitions out (days since `FIRST_INGEST_DATE`); otherwise Glue lists them."""

    def definition(self) -> dict[str, Any]:
        """Return the table as Glue's `TableInput`.

        Raises:
            LakeError: a column is of a type that no table of the lake has.
        """
        table: dict[str, Any] = {
            "Name": self.name,
            "Description": self.description,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": self.partition, "Type": "string"}],
            "StorageDescriptor": self.storage_descriptor(self.location),
            "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet", **self._projection()},
        }
        columns = table["StorageDescriptor"]["Columns"]
        table["Parameters"][COLUMNS_KEY] = json.dumps({c["Name"]: c["Type"] for c in columns})
        table["Parameters"][LOCATION_KEY] = self.location
        table["Parameters"][DIGEST_KEY] = digest(table)
        return table

    def storage_descriptor(self, location: str) -> dict[str, Any]:
        """Return how the files at a location are read."""
        return {
            "Columns": [
                {"Name": f.name, "Type": glue_type(f), "Comment": self.descriptions.get(f.name, "")}
                for f in self.schema
            ],
            "Location": location,
            "InputFormat": f"{_HIVE}.MapredParquetInputFormat",
            "OutputFormat": f"{_HIVE}.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": f"{_HIVE}.serde.ParquetHiveSerDe",
                "Parameters": {"serialization.format": "1"},
            },
        }

    def _projection(self) -> dict[str, str]:
        if not self.projected:
            return {}
        of = f"projection.{self.partition}"
        return {
            "projection.enabled": "true",
            f"{of}.type": "date",
            f"{of}.format": "yyyy-MM-dd",
            f"{of}.range": f"{FIRST_INGEST_DATE},NOW",
            f"{of}.interval": "1",
            f"{of}.interval.unit": "DAYS",
            "storage.location.template": f"{self.location}{self.partition}=${{{self.partition}}}/",
        }


def raw_table(storage: Storage, table: str) -> GlueTable:
    """Return a table of `raw/`, by day."""
    spec = table_spec(table)
    return GlueTable(
        name=table,
        description=spec.description,
        schema=raw_schema(table),
        descriptions={**{c.name: c.description for c in spec.columns}, **_STAMP_DESCRIPTIONS},
        location=f"{storage.uri_of(f'raw/{table}')}/",
        partition="ingest_date",
        projected=True,
    )


def model_tables(storage: Storage) -> list[GlueTable]:
    """Return the parts of the fitted similarity models, by version."""
    return [
        _model_table(
            storage,
            "similarity_model",
            "breakpoints",
            "One row per version of the model, audio feature and quantile",
            _BREAKPOINTS_SCHEMA,
            _BREAKPOINTS_DESCRIPTIONS,
        ),
        _model_table(
            storage,
            "similarity_vectors",
            "vectors",
            "One row per version of the model and thing that has a place in it",
            MODEL_VECTORS_SCHEMA,
            _VECTORS_DESCRIPTIONS,
        ),
    ]


def _model_table(
    storage: Storage,
    name: str,
    part: ModelPart,
    description: str,
    schema: pa.Schema,
    descriptions: Mapping[str, str],
) -> GlueTable:
    return GlueTable(
        name=name,
        description=description,
        schema=schema,
        descriptions=descriptions,
        location=f"{storage.uri_of(f'{MODEL_ROOT}/{part}')}/",
        partition="model_version",
        projected=False,
    )


def mood_tables(storage: Storage) -> list[GlueTable]:
    """Return the parts of the tracks' moods, by version."""
    return [
        GlueTable(
            name="moods" if part == "moods" else f"mood_{part}",
            description=moods.GRAINS[part],
            schema=moods.SCHEMAS[part],
            descriptions=moods.DESCRIPTIONS,
            location=f"{storage.uri_of(f'{moods.ROOT}/{part}')}/",
            partition=moods.PARTITION,
            projected=False,
        )
        for part in moods.PARTS
    ]


def lake_tables(storage: Storage) -> list[GlueTable]:
    """Return every table of a lake that Athena reads."""
    raw = (raw_table(storage, table) for table in LAKE_TABLES)
    return [*raw, *model_tables(storage), *mood_tables(storage)]


def glue_type(field: pa.Field) -> str:
    """Return Glue's name of an arrow type.

    Raises:
        LakeError: no table of the lake has such a column.
    """
    if pa.types.is_list(field.type):
        return f"array<{glue_type(field.type.value_field)}>"
    if pa.types.is_timestamp(field.type):
        return "timestamp"
    if field.type not in _GLUE_TYPES:
        raise LakeError(f"Column {field.name} is of {field.type}, for which Glue has no type here")
    return _GLUE_TYPES[field.type]


def evolution(recorded: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """Return what has to change from the recorded columns to the wanted ones, name to type, as phrases.

    Raises:
        ValueError: naming every change after which older files could not be read, or data would vanish.
    """
    gone = [f"{name} ({kind}) would go" for name, kind in recorded.items() if name not in wanted]
    changed = {
        name: (recorded[name], kind)
        for name, kind in wanted.items()
        if name in recorded and recorded[name] != kind
    }
    narrowed = [
        f"{name} would turn from {a} to {b}" for name, (a, b) in changed.items() if (a, b) not in WIDER
    ]
    if gone or narrowed:
        raise ValueError("; ".join([*gone, *narrowed]))
    added = [f"{name} ({kind}) added" for name, kind in wanted.items() if name not in recorded]
    return [*added, *(f"{name} widened from {a} to {b}" for name, (a, b) in changed.items())]


def digest(table: Mapping[str, Any]) -> str:
    """Return 16 hexadecimal digits that stand for a definition, as far as this platform writes it."""
    return hashlib.sha256(json.dumps(essence(table), sort_keys=True).encode()).hexdigest()[:16]


def essence(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a definition that decide what Athena reads, under names for people."""
    stored = table.get("StorageDescriptor") or {}
    serde = stored.get("SerdeInfo") or {}
    parameters = table.get("Parameters") or {}
    return {
        "its type": table.get("TableType"),
        "its partition keys": _columns(table.get("PartitionKeys") or ()),
        "its columns": _columns(stored.get("Columns") or ()),
        "its location": str(stored.get("Location", "")).rstrip("/"),
        "its formats": [
            stored.get("InputFormat"),
            stored.get("OutputFormat"),
            serde.get("SerializationLibrary"),
        ],
        "its partition projection": {
            name: value
            for name, value in parameters.items()
            if name.startswith("projection.") or name == "storage.location.template"
        },
    }


def _columns(columns: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    return [[column["Name"].lower(), column.get("Type", "").lower()] for column in columns]
