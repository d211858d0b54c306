"""A platform's home as dbt sees it: a lake, a fitted model, and dbt run on them as a developer runs it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.moods import PARTS, SCHEMAS, directory
from spotify_assets.core.lake.pointers import model_path
from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.lake.storage import LocalStorage
from spotify_assets.core.moods import MOODS
from spotify_assets.core.records import SIMILARITY_FEATURES, TABLES
from spotify_assets.defs.marts.similarity_fit import EXACT_PROBES, fit_cells, fit_terms, points, vectors
from tests import forked
from tests.homes import parsed_before

from . import recomputation
from .chat_turns import FIRST
from .recomputation import QUANTILES

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


def run_dbt(
    *args: str, scratch: Path, variables: Mapping[str, str], ok: bool = True, project: Path = PROJECT
) -> subprocess.CompletedProcess[str]:
    """Run dbt in the project's directory, or in a changed copy's, with these variables and no others of the platform."""
    target = str(scratch / "dbt")
    places = ("--target-path", target, "--log-path", target, "--log-level-file", "none", "--no-use-colors")
    scratch.mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(scratch), **variables}
    chosen = args[args.index("--vars") + 1] if "--vars" in args else ""
    is_parsed = project == PROJECT and "--target" not in args
    with parsed_before(scratch, chosen) if is_parsed else nullcontext():
        done = forked.run("dbt", [*args, *places], project, environment, scratch / "said")
    assert (done.returncode == 0) == ok, done.stdout[-8000:] + done.stderr[-2000:]
    return done


@dataclass(frozen=True)
class Platform:
    """One PLATFORM_HOME with its lake and warehouse."""

    home: Path

    @property
    def lake(self) -> Lake:
        return Lake(LocalStorage(self.home / "lake"))

    def observe(
        self,
        table: str,
        rows: Sequence[Mapping[str, Any]] | pa.Table,
        at: datetime,
        source: str = "dataset",
        run_id: str = "first-run",
        asked: Sequence[str] | None = None,
    ) -> None:
        """Write what a source answered; of `asked`, ids without a row become markers."""
        schema = record_schema(table)
        if not isinstance(rows, pa.Table):
            rows = pa.Table.from_pylist(
                [{n: row.get(n) for n in schema.names} for row in rows], schema=schema
            )
        stamp = Stamp(source=source, run_id=run_id, fetched_at=at, expire_days=30)
        self.lake.append(table, rows, stamp, asked)

    def observe_catalogue(self, tables: Mapping[str, pa.Table], at: datetime) -> None:
        """Write a whole catalogue, and that somebody asked for it; tables it lacks get a file without rows."""
        for name in TABLES:
            schema = record_schema(name)
            rows = tables.get(name, schema.empty_table())
            columns = [
                rows[f.name].cast(f.type) if f.name in rows.column_names else pa.nulls(rows.num_rows, f.type)
                for f in schema
            ]
            self.observe(name, pa.table(columns, schema=schema), at)
        self.observe("chat_turns", FIRST, at, source="chat")

    def observe_moods(self, tables: Mapping[str, pa.Table]) -> None:
        """Write moods dealt out in turn, an older version of other moods, and a newer one that was not finished."""
        sorted_in = tables["audio_features"].select(["track_id"]).sort_by("track_id")
        credits = tables["track_artists"].select(["track_id", "artist_id"])
        for version, first, parts in (("t1", 3, PARTS), ("t2", 0, PARTS), ("t3", 5, PARTS[:2])):
            keys = [MOODS[(first + place) % len(MOODS)].key for place in range(sorted_in.num_rows)]
            tracks = sorted_in.append_column("mood", pa.array(keys))
            counted = tracks.join(credits, "track_id", join_type="inner").group_by(["artist_id", "mood"])
            artists = counted.aggregate([("track_id", "count")]).rename_columns(
                ["artist_id", "mood", "n_tracks"]
            )
            whole = artists.group_by("artist_id").aggregate([("n_tracks", "sum")])
            joined = artists.join(whole, "artist_id")
            share = pc.divide(joined["n_tracks"].cast("double"), joined["n_tracks_sum"].cast("double"))
            names = pa.table({"mood": [mood.key for mood in MOODS]})
            rows = {
                "tracks": tracks,
                "artists": joined.drop_columns("n_tracks_sum").append_column("share", share),
                "years": SCHEMAS["years"].empty_table(),
                "moods": names,
            }
            for part in parts:
                found, schema = rows[part], SCHEMAS[part]
                columns = [
                    found[f.name].cast(f.type)
                    if f.name in found.column_names
                    else pa.nulls(len(found), f.type)
                    for f in schema
                ]
                self.lake.write_table(
                    f"{directory(part, version)}/part-0.parquet", pa.table(columns, schema=schema)
                )

    def fit_model(
        self,
        version: str,
        tables: Mapping[str, pa.Table],
        names: Sequence[str] = SIMILARITY_FEATURES,
        probes: int = EXACT_PROBES,
    ) -> dict[str, np.ndarray]:
        """Fit a model on a catalogue and write it; return the quantiles of each feature."""
        features = tables["audio_features"].select(["track_id", *SIMILARITY_FEATURES]).drop_null()
        breakpoints = {n: np.quantile(features[n].to_numpy().astype(float), QUANTILES) for n in names}
        table = pa.table(
            {
                "feature": np.repeat(list(breakpoints), len(QUANTILES)),
                "quantile": np.tile(QUANTILES, len(breakpoints)),
                "breakpoint": np.concatenate(list(breakpoints.values())),
            }
        )
        artists = recomputation.artists_of(tables, breakpoints)
        terms = fit_terms(artists)
        cells = fit_cells(*(rows[artists.is_listed] for rows in points(artists, terms)))
        self.lake.write_table(
            model_path(version, "vectors"), vectors(terms, cells, probes), grouped_by="kind"
        )
        self.lake.write_table(model_path(version), table)
        return breakpoints

    def dbt(self, *args: str, ok: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run dbt on this home."""
        return run_dbt(
            *args, scratch=self.home, variables={"PLATFORM_HOME": str(self.home), **variables}, ok=ok
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return the rows of every table and view of the warehouse, sorted, without when they were written."""
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            names = connection.execute(
                "select table_name from information_schema.tables where table_schema = 'main' order by 1"
            ).fetchall()
            written = "select columns(lambda c: c not in ('changed_at', 'written_at'))"
            return {
                name: connection.execute(f"{written} from {name} order by all").fetchall()
                for (name,) in names
            }


def day(number: int, hour: int = 12, minute: int = 0) -> datetime:
    """Return a moment of November 2026."""
    return datetime(2026, 11, number, hour, minute, tzinfo=UTC)
