"""The dbt models `int_artist_placed` and `int_artist_neighbours` on DuckDB: tables in, a table out.

Here: reading the warehouse into arrays and naming what comes back. Not here: the arithmetic
(`similarity_lists.py`), or the same models on Athena (`dbt_project/models/intermediate/on_athena`), which
tests hold to the same rows.

Relations are queried by the names of the arguments, as DuckDB finds them.
"""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.defs.marts.similarity_fit import ERA_CENTRES, GENRE_DIMENSIONS, POPULARITY_CENTRES
from spotify_assets.defs.marts.similarity_lists import (
    CELLS,
    FARTHEST,
    Cells,
    Links,
    Pairs,
    Places,
    Points,
    entered,
    nearest,
    place,
    products,
)

Relation = duckdb.DuckDBPyRelation
Connection = duckdb.DuckDBPyConnection

_ERA = GENRE_DIMENSIONS + len(ERA_CENTRES)
_POPULARITY = _ERA + len(POPULARITY_CENTRES)
PARTS = {
    "genre_part": slice(0, GENRE_DIMENSIONS),
    "era_part": slice(GENRE_DIMENSIONS, _ERA),
    "popularity_part": slice(_ERA, _POPULARITY),
}
"""Coordinates that add to a score; those of the sound, which come after them, take away."""
_SOUND = slice(_POPULARITY, _POPULARITY + len(SIMILARITY_FEATURES))


def placed_artists(
    session: Connection, *, changes: Relation, points: Relation, model_vectors: Relation, probes: int
) -> pa.Table:
    """Return where the artists in `changes` lie: artist_id, model_version, cell, nearest_cells (bigint[])."""
    changed = session.sql(
        "select artist_id, model_version, vector, lacking from points semi join changes using (artist_id)"
    ).to_arrow_table()
    centres = session.sql(
        "select vector from model_vectors where kind = 'cell' order by cast(name as integer)"
    ).to_arrow_table()
    if not centres.num_rows:
        changed = changed.slice(0, 0)
    own, places = place(
        _rows(changed["vector"], np.float32),
        changed["lacking"].to_numpy(),
        _rows(centres["vector"], np.int64),
        probes,
    )
    return pa.table(
        {
            "artist_id": changed["artist_id"],
            "model_version": changed["model_version"],
            "cell": own.astype(np.int32),
            "nearest_cells": _lists(places),
        }
    )


def artist_neighbours(
    session: Connection,
    *,
    changes: Relation,
    points: Relation,
    cells: Relation,
    links: Relation,
    model_vectors: Relation,
    lists: str,
    size: int,
) -> pa.Table:
    """Return the lists that can be others than before, now that some artists changed.

    `lists` names the standing lists; it is read unless all artists changed. Columns of the result:
    artist_id, model_version, rank, related_id, millionths (by how much the score falls short of 1), and in
    millionths too genre_part, era_part, popularity_part, sound_part. An artist whose list is empty, or who is
    gone, has a row of nulls.
    """
    # There is no model where dbt builds from no rows (`--empty`), and then nobody to compare.
    complete, probes = session.sql(
        "select coalesce(max(vector[1]) filter (where name = 'complete'), 0),"
        " coalesce(max(vector[1]) filter (where name = 'probes'), 0)"
        " from model_vectors where kind = 'parameter'"
    ).fetchall()[0]
    artists, placed, looking = _artists(session, points, cells, probes)
    numbered = pa.table({"artist_id": artists["artist_id"], "number": np.arange(artists.num_rows)})
    ties = _ties(session, numbered, links)
    owners = _numbers(session.sql("select number from numbered semi join changes using (artist_id)"))
    if len(owners) < len(placed.spans):
        changed = _numbers(
            session.sql(
                "select number from numbered"
                " semi join (from changes where what <> 'without a list') as other using (artist_id)"
            )
        )
        holding = _numbers(
            session.sql(
                f"select distinct number from {lists} inner join numbered using (artist_id)"  # noqa: S608 - dbt's
                " where related_id in (select artist_id from changes where what <> 'without a list')"
            )
        )
        beside = ties.owner[np.isin(ties.related, changed)]
        near = entered(placed, looking, changed, _reach(session, numbered, lists, size))
        owners = np.unique(np.concatenate([owners, holding, beside, near]))
    pairs = nearest(placed, looking, ties, owners, size)
    alone = artists.select(["artist_id"]).take(np.setdiff1d(owners, pairs.owner))
    gone = session.sql("select artist_id from changes where what = 'gone'").to_arrow_table()
    return pa.concat_tables(
        [_entries(artists, placed, pairs, complete), alone, gone], promote_options="default"
    )


def _artists(
    session: Connection, points: Relation, cells: Relation, probes: int
) -> tuple[pa.Table, Points, Cells]:
    """Return the artists that have a cell, by their ids: artist_id and model_version; points; cells."""
    rows = session.sql(
        "select artist_id, model_version, is_listed, is_compared, cast(vector as smallint[]) as vector, span"
        " from points"
    ).to_arrow_table()
    of_cells = session.sql("select artist_id, cell, nearest_cells from cells").to_arrow_table()
    # Joined and put in order here: DuckDB would carry the vectors through both, which takes twice as long.
    in_cells = pc.index_in(rows["artist_id"], value_set=of_cells["artist_id"])
    order = pc.sort_indices(rows["artist_id"]).to_numpy()
    order = order[pc.is_valid(in_cells).to_numpy()[order]]
    at = pc.fill_null(in_cells, 0).to_numpy()[order]
    placed = Points(
        _rows(rows["vector"], np.float32, order),
        rows["span"].to_numpy()[order],
        rows["is_listed"].to_numpy()[order],
        rows["is_compared"].to_numpy()[order],
    )
    nearest_cells = _rows(of_cells["nearest_cells"], np.int64, at)
    nearest_cells %= CELLS
    looking = Cells(
        of_cells["cell"].to_numpy()[at].astype(np.int64), nearest_cells if probes else nearest_cells[:, :0]
    )
    return rows.select(["artist_id", "model_version"]).take(order), placed, looking


def _entries(artists: pa.Table, placed: Points, pairs: Pairs, complete: int) -> pa.Table:
    parts = {
        name: 2 * products(placed, pairs.owner, pairs.related, coordinates)
        for name, coordinates in PARTS.items()
    }
    spans = placed.spans[pairs.owner] + placed.spans[pairs.related] - 2 * complete
    return pa.table(
        {
            "artist_id": artists["artist_id"].take(pairs.owner),
            "model_version": artists["model_version"].take(pairs.owner),
            "rank": pairs.ranks().astype(np.int32),
            "related_id": artists["artist_id"].take(pairs.related),
            "millionths": pairs.millionths,
            **parts,
            "sound_part": 2 * products(placed, pairs.owner, pairs.related, _SOUND) - spans,
        }
    )


def _ties(session: Connection, numbered: pa.Table, links: Relation) -> Links:
    found = session.sql(
        "select o.number as owner, r.number as related, together_bonus + related_bonus as bonus from links"
        " inner join numbered as o on links.artist_id = o.artist_id"
        " inner join numbered as r on links.related_id = r.artist_id"
    ).to_arrow_table()
    return Links(*(found[name].to_numpy().astype(np.int64) for name in ("owner", "related", "bonus")))


def _reach(session: Connection, numbered: pa.Table, lists: str, size: int) -> Places:
    """Return how far each artist's standing list reaches, in millionths; -1 where there is none."""
    reach = np.full(numbered.num_rows, -1)
    found = session.sql(
        "select number, min(case when rank = $size"  # noqa: S608 - a name of dbt's own
        " then 1000000 - cast(round(score * 1e6) as bigint) else $farthest end) as millionths"
        f" from {lists} inner join numbered using (artist_id) where rank in (1, $size) group by number",
        params={"size": size, "farthest": FARTHEST},
    ).to_arrow_table()
    reach[found["number"].to_numpy()] = found["millionths"].to_numpy()
    return reach


def _numbers(found: Relation) -> Places:
    numbers: Places = found.to_arrow_table()["number"].to_numpy()
    return numbers


def _rows(column: pa.ChunkedArray, kind: Any, order: Places | None = None) -> NDArray[Any]:
    """Return a column of lists of one length as rows of a kind of number: all of them, or those at `order`.

    Each chunk goes straight to where it belongs: memory touched for the first time costs more than what is
    written into it.
    """
    order = np.arange(len(column)) if order is None else order
    numbers = np.full(len(column), -1)
    numbers[order] = np.arange(len(order))
    size = len(column[0]) if len(column) else 0
    rows, start = np.empty((len(order), size), kind), 0
    for chunk in column.chunks:
        wanted = numbers[start : start + len(chunk)]
        start += len(chunk)
        values = chunk.flatten().to_numpy().reshape(len(chunk), size)
        rows[wanted[wanted >= 0]] = values if (wanted >= 0).all() else values[wanted >= 0]
    return rows


def _lists(rows: Places) -> pa.ListArray:
    count, size = rows.shape
    return pa.ListArray.from_arrays(
        np.arange(0, count * size + 1, max(size, 1), dtype=np.int32)[: count + 1], rows.ravel()
    )
