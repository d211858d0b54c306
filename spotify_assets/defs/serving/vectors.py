"""The similarity model in the serving store, part by part: by it the bot places artists it does not know.

Here: which parts there are, and writing those that changed. Not here: what is done with them
(`core/similarity.py`), or the fit (`defs/marts/similarity_fit.py`).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads

from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.pointers import ModelPart, model_path
from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.core.similarity import Model
from spotify_assets.core.store import ServingStore
from spotify_assets.core.store.vectors import Part, PartKind
from spotify_assets.defs.marts.similarity_fit import GENRE_DIMENSIONS
from spotify_assets.defs.marts.warehouse import Marts

CELLS = """
    select
        cast(c.cell as varchar) as cell,
        '[' || string_agg(
            '[' || cast(to_json(p.artist_id) as varchar) || ','
            || cast(p.span as varchar) || ',' || cast(to_json(p.vector) as varchar) || ']',
            ',' order by p.artist_id
        ) || ']' as body
    from int_artist_points as p
    inner join int_artist_cells as c on p.artist_id = c.artist_id
    where p.is_listed and p.is_compared
    group by c.cell
"""
"""Each cell's artists that may be recommended to those near them: their ids, spans and vectors."""


@dataclass(frozen=True)
class PublishedModel:
    """What publishing the model came to."""

    version: str | None
    written: int
    """Parts that changed."""


def publish_model(marts: Marts, lake: Lake, store: ServingStore) -> PublishedModel:
    """Bring the store's model to the one that the lists were made with, and its cells to who lies in them.

    Parts are written first, and readers see another version only when it is there whole.
    """
    ((version,),) = marts.sql("select max(model_version) from int_artist_points").fetchall()
    if version is None:
        return PublishedModel(None, 0)
    vectors = store.vectors
    there, gone = vectors.digests(version), set(vectors.digests(version))
    written = 0
    fitted = list(model_parts(version, _read(lake, version, "breakpoints"), _read(lake, version, "vectors")))
    written += vectors.put(version, (part for part in fitted if there.get(_key(part)) != _digest(part.body)))
    gone.difference_update(map(_key, fitted))
    digests = dict(marts.sql(f"select cell, md5(body) from ({CELLS})").fetchall())  # noqa: S608 - a text of our own
    changed = pa.table({"cell": [c for c, digest in digests.items() if there.get(("cell", c)) != digest]})
    marts.register("changed_cells", changed.cast(pa.schema([("cell", pa.string())])))
    try:
        rows = marts.sql(f"select cell, body from ({CELLS}) semi join changed_cells using (cell)")  # noqa: S608
        written += vectors.put(version, _cells(rows.to_arrow_reader(100)))
    finally:
        marts.unregister("changed_cells")
    vectors.remove(version, gone.difference(("cell", cell) for cell in digests))
    if vectors.version() != version:
        vectors.make_current(version)
    return PublishedModel(version, written)


def model_parts(version: str, breakpoints: pa.Table, vectors: pa.Table) -> Iterator[Part]:
    """Yield a fitted model as the bot reads it: the model itself, and every term and word by its name."""
    found: dict[str, dict[str, list[int]]] = {}
    for row in vectors.to_pylist():
        found.setdefault(row["kind"], {})[row["name"]] = row["vector"]
    yield Part("model", "-", _model(version, breakpoints, found).to_text())
    kinds: tuple[PartKind, ...] = ("term", "word")
    for kind in kinds:
        for name, vector in found.get(kind, {}).items():
            yield Part(kind, name, json.dumps(vector, separators=(",", ":")))


def _model(version: str, breakpoints: pa.Table, found: Mapping[str, Mapping[str, list[int]]]) -> Model:
    parameter = found["parameter"]
    eras, cells = _by_number(found["era"]), _by_number(found.get("cell", {}))
    steps: dict[str, list[float]] = {}
    for row in breakpoints.sort_by([("feature", "ascending"), ("quantile", "ascending")]).to_pylist():
        steps.setdefault(row["feature"], []).append(row["breakpoint"])
    return Model(
        version=version,
        features=SIMILARITY_FEATURES,
        breakpoints=steps,
        genre_length=parameter["genre_length"][0],
        sound_scale=parameter["sound_scale"][0],
        complete=parameter["complete"][0],
        related=parameter["related"][0],
        first_year=min(eras),
        eras=[eras[year] for year in sorted(eras)],
        popularities=[vector for _, vector in sorted(_by_number(found["popularity"]).items())],
        cells=[vector for _, vector in sorted(cells.items())],
        genre_dimensions=GENRE_DIMENSIONS,
    )


def _by_number(entries: Mapping[str, Any]) -> dict[int, Any]:
    return {int(name): value for name, value in entries.items()}


def _read(lake: Lake, version: str, part: ModelPart) -> pa.Table:
    path = lake.storage.full_path(model_path(version, part))
    return pads.dataset(path, filesystem=lake.storage.filesystem, format="parquet").to_table()


def _cells(batches: pa.RecordBatchReader) -> Iterator[Part]:
    for batch in batches:
        for row in batch.to_pylist():
            yield Part("cell", row["cell"], row["body"])


def _key(part: Part) -> tuple[PartKind, str]:
    return part.kind, part.name


def _digest(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
