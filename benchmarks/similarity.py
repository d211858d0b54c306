"""What lists of similar artists cost: synthetic artists with Zipf genres, as dbt makes them, beside faiss.

10,000 and 100,000 artists; `SIMILARITY_BENCH=1000000` measures so many instead, and `SIMILARITY_IN_SQL=1` the
SQL of Athena on DuckDB at every size. Seconds are those of dbt's models (`run_results.json`), in a process
that has imported numpy and arrow, as Dagster's has.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.ended_run import end_run
from benchmarks.platform_process import PROJECT_ROOT, measure
from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.defs.marts.similarity_fit import (
    EXACT_PROBES,
    PROBES,
    Artists,
    Places,
    fit_cells,
    fit_terms,
    points,
    vectors,
)

MODELS = (
    "int_artist_changes",
    "int_artist_placed",
    "int_artist_cells",
    "int_artist_similarity_scope",
    "int_artist_neighbours",
    "artist_similarity",
    "int_artist_similarity_basis",
)
GENRES = 2_000
TOP = 20
DBT = (
    "import pyarrow.dataset, spotify_assets.defs.marts.similarity_on_duckdb;"
    "from dbt.cli.main import cli; cli()"
)
"""dbt in a process that has imported numpy and arrow, as Dagster's has."""
CROSS_JOIN = 10_000


def rows() -> Iterator[tuple[str, str]]:
    """Yield what was measured and its figure."""
    sizes = [int(n) for n in os.environ.get("SIMILARITY_BENCH", "10000,100000").split(",")]
    crossed: float | None = None
    for n in sizes:
        with tempfile.TemporaryDirectory() as directory:
            home = _Home(Path(directory), n)
            if n == CROSS_JOIN:
                crossed = home.cross_join()
                yield f"{n:,} artists, cross join and row_number", f"{crossed:.1f} s"
            yield from home.rows(crossed)


class _Home:
    """A warehouse that holds what lists are made from, of so many artists drawn at random."""

    def __init__(self, path: Path, n: int) -> None:
        self.path, self.n = path, n
        began = time.monotonic()
        artists = _draw(n)
        terms = fit_terms(artists)
        self.points, lacking = points(artists, terms)
        cells = fit_cells(self.points, lacking)
        self.fitted = time.monotonic() - began
        self.probes = EXACT_PROBES if n <= 20_000 else PROBES
        self.ids = np.char.add("a", np.char.zfill(np.arange(n).astype(str), 21))
        sound = self.points[:, -len(SIMILARITY_FEATURES) :]
        span = 220_000 + (sound**2).sum(axis=1)
        with duckdb.connect(str(path / "warehouse.duckdb")) as warehouse:
            self._keep(warehouse, "stg_similarity_model__vectors", vectors(terms, cells, self.probes), "'m1'")
            flat = pa.array(self.points.ravel().astype(np.int32))
            columns = {
                "artist_id": self.ids,
                "is_listed": np.ones(n, bool),
                "is_compared": np.ones(n, bool),
                "vector": pa.FixedSizeListArray.from_arrays(flat, self.points.shape[1]).cast(
                    pa.list_(pa.int32())
                ),
                "span": span,
                "lacking": lacking,
                "digest": self.ids,
            }
            self._keep(warehouse, "int_artist_points", pa.table(columns), "'m1'")
            features = {name: artists.sound[:, i] for i, name in enumerate(SIMILARITY_FEATURES)}
            self._keep(warehouse, "int_artist_vectors", pa.table({"artist_id": self.ids, **features}), "'m1'")
            warehouse.execute(
                "create table dim_artists as"
                " select artist_id, cast([] as varchar[]) as genres from int_artist_points"
            )
            warehouse.execute(
                "create table int_artist_links as"
                " select artist_id, artist_id as related_id, 'Song' as shared_track,"
                " 1 as n_shared, cast(null as double) as closeness, 0 as together_bonus, 0 as related_bonus"
                " from int_artist_points where false"
            )
        end_run(path)

    @staticmethod
    def _keep(warehouse: duckdb.DuckDBPyConnection, name: str, rows: pa.Table, version: str) -> None:
        warehouse.register("rows", rows)
        warehouse.execute(f"create table {name} as select *, {version} as model_version from rows")  # noqa: S608
        warehouse.unregister("rows")

    def rows(self, crossed: float | None) -> Iterator[tuple[str, str]]:
        """Yield a full build, its recall, increments, and what faiss takes for the same vectors."""
        of = f"{self.n:,} artists"
        yield f"{of}, fitting the model (numpy)", f"{self.fitted:.1f} s"
        if self.n <= CROSS_JOIN or "SIMILARITY_IN_SQL" in os.environ:
            in_sql, peak = self._run("--vars", "{lists_in_sql: true}")
            yield f"{of}, full build as on Athena, in SQL", f"{in_sql:.1f} s, {peak:.0f} MB"
        full, peak = self._run()
        yield f"{of}, full build", f"{full:.1f} s, {peak:.0f} MB"
        flat, found = self._flat()
        yield f"{of}, faiss IndexFlat", f"{flat:.1f} s; the full build takes {full / flat:.2f} x that"
        if self.n <= 100_000:
            yield f"{of}, faiss HNSW", f"{self._hnsw():.1f} s"
        yield f"{of}, recall of the lists", f"{self._recall(found):.4f}"
        if crossed is not None:
            extrapolated = crossed * (self.n / CROSS_JOIN) ** 2
            yield (
                f"{of}, cross join (from 10,000)",
                f"{extrapolated:,.0f} s: {extrapolated / full:,.0f} x the full build",
            )
        for changed in (1, 10, 1000):
            self._move(changed)
            seconds, _ = self._run(DBT_REFRESH="true")
            yield f"{of}, {changed:,} changed", f"{seconds:.2f} s"

    def _run(self, *args: str, **variables: str) -> tuple[float, float]:
        """Run the models as dbt does; return their seconds and the process' peak memory in MB."""
        command = [
            sys.executable, "-c", DBT, "run", "--quiet", *args, "--select", *MODELS,
            "--project-dir", str(PROJECT_ROOT / "dbt_project"),
            "--profiles-dir", str(PROJECT_ROOT / "dbt_project"),
            "--target-path", str(self.path / "dbt"), "--log-path", str(self.path / "dbt"),
        ]  # fmt: skip
        memory = {
            "DUCKDB_MEMORY_LIMIT": os.environ.get(
                "DUCKDB_MEMORY_LIMIT", "3GB" if self.n <= 100_000 else "8GB"
            )
        }
        env = {**os.environ, "PLATFORM_HOME": str(self.path), **memory, **variables}
        done = measure(command, env)
        end_run(self.path)
        results: list[Any] = json.loads((self.path / "dbt" / "run_results.json").read_text())["results"]
        return sum(one["execution_time"] for one in results), done.peak_mb

    def _move(self, count: int) -> None:
        """Give so many artists the place that another one has, nearly."""
        with duckdb.connect(str(self.path / "warehouse.duckdb")) as warehouse:
            warehouse.execute(
                "create or replace temp table moved as select artist_id,"  # noqa: S608
                " lead(vector, 7) over (order by artist_id) as vector,"
                " lead(span, 7) over (order by artist_id) as span"
                f" from int_artist_points using sample {count + 7} rows (reservoir, {count})"
            )
            warehouse.execute(
                "update int_artist_points as p set vector = m.vector, span = m.span, digest = uuid()"
                " from moved as m where p.artist_id = m.artist_id and m.vector is not null"
            )

    def _flat(self) -> tuple[float, Places]:
        import faiss

        rows = np.ascontiguousarray(self.points, dtype=np.float32)
        began = time.monotonic()
        exact = faiss.IndexFlatL2(rows.shape[1])
        exact.add(rows)
        sample = min(self.n, 20_000)
        _, found = exact.search(rows[:sample], TOP + 1)
        # A brute search takes as long per query however many there are.
        return (time.monotonic() - began) * self.n / sample, found[:2000]

    def _hnsw(self) -> float:
        import faiss

        rows = np.ascontiguousarray(self.points, dtype=np.float32)
        began = time.monotonic()
        graph = faiss.IndexHNSWFlat(rows.shape[1], 16)
        graph.add(rows)
        graph.search(rows, TOP + 1)
        return time.monotonic() - began

    def _recall(self, found: Places) -> float:
        """Return the share of each list that is no farther than the true last of so many; 2,000 artists."""
        owners = self.ids[: len(found)]
        with duckdb.connect(str(self.path / "warehouse.duckdb"), read_only=True) as warehouse:
            warehouse.register("owners", pa.table({"artist_id": owners}))
            lists = warehouse.execute(
                "select artist_id, related_id, score from artist_similarity"
                " semi join owners using (artist_id)"
            ).fetchall()
        scores: dict[str, list[float]] = {}
        for owner, _, score in lists:
            scores.setdefault(owner, []).append(score)
        hits = 0
        for place, near in enumerate(found):
            others = near[near != place][:TOP]
            true = 1 - self._gaps(place, others) / 1e6
            hits += sum(score >= true.min() - 1e-9 for score in scores.get(str(self.ids[place]), []))
        return hits / (TOP * len(found))

    def _gaps(self, place: int, others: Places) -> Any:
        apart = self.points[others] - self.points[place]
        told = self.points[:, : -len(SIMILARITY_FEATURES)]
        short = 440_000 - (told[others] ** 2).sum(axis=1) - (told[place] ** 2).sum()
        return (apart**2).sum(axis=1) + short

    def cross_join(self) -> float:
        """Return the seconds of the query that everybody writes first, with numbers for ids."""
        with duckdb.connect(str(self.path / "warehouse.duckdb")) as warehouse:
            size = self.points.shape[1]
            warehouse.execute("set threads = 2")
            # A hundred million rows to be sorted: beyond this they go to disk, instead of taking the machine.
            warehouse.execute("set memory_limit = '12GB'")
            began = time.monotonic()
            warehouse.execute(
                f"""
                create temp table crossed as
                with v as (
                    select cast(row_number() over (order by artist_id) as integer) as artist,
                        cast(vector as float[{size}]) as v
                    from int_artist_points
                ),
                pairs as (
                    select a.artist, b.artist as related, array_distance(a.v, b.v) as distance
                    from v as a cross join v as b
                    where a.artist <> b.artist
                ),
                ranked as (
                    select artist, related,
                        row_number() over (partition by artist order by distance, related) as rank
                    from pairs
                )
                select * from ranked where rank <= {TOP}
                """  # noqa: S608 - whole numbers of our own
            ).fetchall()
            return time.monotonic() - began


def _draw(n: int) -> Artists:
    """Draw artists of one to five genres, by Zipf's law, near in sound and era where their genres are."""
    random = np.random.default_rng(11)
    weight = 1 / np.arange(1, GENRES + 1)
    weight /= weight.sum()
    first = random.choice(GENRES, n, p=weight)
    count = random.integers(1, 6, n)
    owner = np.repeat(np.arange(n), count)
    # The further ones come from around the first, as scenes do.
    near = (first[owner] + np.rint(random.normal(0, 8, len(owner))).astype(int)) % GENRES
    near[np.r_[True, np.diff(owner) > 0]] = first
    pairs = np.unique(owner * GENRES + near)
    sound = random.beta(2, 2, (GENRES, len(SIMILARITY_FEATURES)))[first]
    era = random.normal(2000, 14, GENRES)[first]
    return Artists(
        popularity=np.clip(np.rint(random.normal(40, 20, n)), 0, 100),
        year=np.clip(np.rint(era + random.normal(0, 5, n)), 1930, 2026),
        sound=np.clip(sound + random.normal(0, 0.12, sound.shape), 0, 1),
        is_listed=np.ones(n, bool),
        term_artist=pairs // GENRES,
        term=[f"scene {genre:04}" for genre in pairs % GENRES],
        term_weight=np.ones(len(pairs)),
    )
