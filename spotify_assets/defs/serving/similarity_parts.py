"""The fitted model and the artists' points in the serving store, for answers before a refresh.

Here: models of the warehouse → the parts of `store.vectors`, written where they changed. Not here: what a
part means (`core/similarity.py`).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.core.similarity import Model
from spotify_assets.core.store.vectors import Part, Vectors
from spotify_assets.defs.marts.warehouse import Marts

_TERMS = f"""
    select kind, name, cast(to_json(vector) as varchar) as body
    from stg_similarity_model__vectors
    where kind in ('term', 'word') and length(name) between 1 and {MAX_KEY}
"""  # noqa: S608 - a limit of our own

_CELLS = """
    select
        'cell' as kind,
        cast(cells.cell as varchar) as name,
        '[' || string_agg(
            '[' || to_json(points.artist_id) || ',' || points.span || ',' || to_json(points.vector) || ']',
            ',' order by points.artist_id
        ) || ']' as body
    from int_artist_points as points
    inner join int_artist_cells as cells on points.artist_id = cells.artist_id
    where points.is_listed
    group by cells.cell
"""


@dataclass(frozen=True)
class PublishedModel:
    """What publishing the model came to."""

    version: str
    parts: int
    written: int


def publish_model(marts: Marts, vectors: Vectors) -> PublishedModel:
    """Bring the store's model and the artists of its cells to what the warehouse says; write what changed.

    Readers go on with the version that is current until all parts of another are there.
    """
    model = read_model(marts)
    there = dict(vectors.digests(model.version))
    wanted: set[tuple[str, str]] = set()

    def changed() -> Iterator[Part]:
        for part in _parts(marts, model):
            key = (part.kind, part.name)
            wanted.add(key)
            if there.get(key) != hashlib.md5(part.body.encode(), usedforsecurity=False).hexdigest():
                yield part

    written = vectors.put(model.version, changed())
    vectors.remove(model.version, [key for key in there if key not in wanted])
    if vectors.version() != model.version:
        vectors.make_current(model.version)
    return PublishedModel(model.version, len(wanted), written)


def _parts(marts: Marts, model: Model) -> Iterator[Part]:
    yield Part("model", "-", model.to_text())
    for sql in (_TERMS, _CELLS):
        rows: duckdb.DuckDBPyRelation = marts.sql(sql)
        for batch in rows.to_arrow_reader(1000):
            for row in batch.to_pylist():
                yield Part(row["kind"], row["name"], row["body"])


def read_model(marts: Marts) -> Model:
    """Return the model that the warehouse's points were made with."""
    steps: dict[str, list[list[float]]] = {name: [] for name in SIMILARITY_FEATURES}
    for feature, *step in marts.sql(
        "select feature, breakpoint, first_quantile, last_quantile from stg_similarity_model__breakpoints "
        "order by feature, breakpoint"
    ).fetchall():
        if feature in steps:
            steps[feature].append([float(value) for value in step])
    (version,) = marts.sql("select max(model_version) from stg_similarity_model__vectors").fetchall()[0]
    eras = _table(marts, "era")
    popularities = _table(marts, "popularity")
    cells = _table(marts, "cell")
    known = dict(
        marts.sql(
            "select name, vector from stg_similarity_model__vectors where kind = 'parameter'"
        ).fetchall()
    )
    size = len(cells[min(cells)]) - 2 if cells else 0
    beside = len(eras[min(eras)]) + len(popularities[0]) + len(SIMILARITY_FEATURES)
    return Model(
        version=version,
        features=SIMILARITY_FEATURES,
        breakpoints=steps,
        genre_length=known["genre_length"][0],
        sound_scale=known["sound_scale"][0],
        complete=known["complete"][0],
        related=known["related"][0],
        first_year=min(eras),
        eras=[eras[year] for year in sorted(eras)],
        popularities=[popularities[number] for number in sorted(popularities)],
        # Without the coordinate of what an artist lacks, which does not count for cells to look into.
        cells=[[*cells[number][:size], cells[number][-1]] for number in sorted(cells)],
        genre_dimensions=max(size - beside, 0),
    )


def _table(marts: Marts, kind: str) -> dict[int, list[int]]:
    sql = f"select cast(name as integer), vector from stg_similarity_model__vectors where kind = '{kind}'"  # noqa: S608 - a word of ours
    rows = marts.sql(sql).fetchall()
    return {number: list(vector) for number, vector in rows}
