"""Similar songs of synthetic catalogues: a full build, increments, memory; with artists akin and without any.

And which share of the nearest songs cells find where no artist is akin, of these and of MusicOSet's.

`python -m benchmarks songs`; 1,000,000 songs with BENCH_SONGS=10000,100000,1000000.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.build import MUSICOSET
from benchmarks.ended_run import end_run
from benchmarks.platform_process import PROJECT_ROOT, environment, measure, script
from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.defs.marts.similarity_model import fit_breakpoints, quantiles

SIZES = (10_000, 100_000)
CHANGED = 10
"""Artists with a changed song, in an increment."""
SAMPLED = 200
"""Songs whose lists are compared with the exact ones."""
LONELY_UP_TO = 100_000
"""Songs of which all lists are made where no artist is akin; of more only those that are compared."""

MODEL = "m20261101T120000Z-0001"
SONGS_AN_ARTIST = 10
MODELS = (
    "int_artist_kin",
    "int_track_similarity_changes",
    "int_track_similarity_scope",
    "track_similarity",
    "int_track_similarity_basis",
    "int_track_similarity_kin",
)


def rows() -> Iterator[tuple[str, str]]:
    """Yield seconds of SQL and peak memory of a full build and an increment, and recall of the cells."""
    sizes = [int(size) for size in os.environ.get("BENCH_SONGS", "").split(",") if size] or SIZES
    for size in sizes:
        with tempfile.TemporaryDirectory() as directory:
            home = Path(directory)
            _make(home, size)
            yield f"{size:,} songs, full build", _build(home)
            _change(home, size)
            yield f"{size:,} songs, increment of {CHANGED} artists", _build(home, refresh=True)
            _forget_kin(home)
            if size <= LONELY_UP_TO:
                yield f"{size:,} songs, full build, no artist akin to another", _build(home)
            else:
                _build_sample(home)
            yield f"{size:,} songs, recall of the cells then", _recall(home)
    if not MUSICOSET.is_dir():
        yield "MusicOSet", "not measured: ../shared/data is not there"
        return
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        size = _make_real(home)
        yield f"MusicOSet ({size:,} songs), full build, no artist akin to another", _build(home)
        yield f"MusicOSet ({size:,} songs), recall of the cells then", _recall(home)


def _make(home: Path, size: int) -> None:
    """Write what lists are made from into a warehouse; every other feature goes with the others."""
    features = ", ".join(
        f"round((u{place} + {place % 2} * near) / {1 + place % 2}, 9) as {name}"
        for place, name in enumerate(SIMILARITY_FEATURES)
    )
    draws = ", ".join(f"random() as u{place}" for place in range(len(SIMILARITY_FEATURES)))
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute("select setseed(0.5)")
        warehouse.execute(
            f"""
            create table int_track_points as
            with drawn as (
                select i, cast(floor({size // SONGS_AN_ARTIST} * pow(random(), 1.5)) as bigint) as a,
                    random() as near, random() as known, {draws},
                    1960 + cast(floor(60 * random()) as integer) as release_year
                from range({size}) as r(i)
            ),
            ranked as (
                select *, row_number() over (partition by a order by known, i) as place
                from drawn
            )
            select printf('t%09d', i) as track_id, {features}, '{MODEL}' as model_version,
                printf('a%08d', a) as artist_id, release_year, cast(null as varchar) as isrc,
                printf('a%08d song %d', a, i) as artist_title, true as is_named, place <= 10 as is_best_known,
                cast({_cell(size)} as bigint) as cell, i + 1 as number, a + 1 as artist_number,
                -i - 1 as isrc_number, i + 1 as title_number, cast(i as varchar) as digest
            from ranked
            """  # noqa: S608 - numbers and names of our own
        )
        warehouse.execute(
            """
            create table artist_similarity as
            with performers as (select distinct artist_id from int_track_points),
            artists as (select artist_id, row_number() over (order by artist_id) - 1 as a from performers),
            named as (
                select artist_id, k, count(*) over () // 20 as n,
                    cast((a + 1 + k * 211 + hash(a * 31 + k) % 200) % n as bigint) as kin
                from artists cross join range(1, 21) as s(k)
            )
            select o.artist_id, cast(o.k as integer) as rank, r.artist_id as related_id,
                1 - o.k / 100 as score
            from named as o
            join artists as r on o.kin = r.a
            where o.artist_id <> r.artist_id
            qualify row_number() over (partition by o.artist_id, r.artist_id order by o.k) = 1
            """
        )


def _make_real(home: Path) -> int:
    """Write MusicOSet's songs into a warehouse, as if nobody were known to play them; return how many."""
    columns = ", ".join(f"f.{name}" for name in SIMILARITY_FEATURES)
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        songs = warehouse.sql(
            f"""
            select track_id, cast(left(release_date, 4) as integer) as release_year, {columns}
            from '{MUSICOSET}/audio_features.parquet' as f join '{MUSICOSET}/tracks.parquet' using (track_id)
            order by track_id
            """  # noqa: S608 - names of our own
        ).to_arrow_table()
        placed = quantiles(songs, fit_breakpoints(songs)).round(9)
        points = songs.select(["track_id", "release_year"])
        for name, column in zip(SIMILARITY_FEATURES, placed.T, strict=True):
            points = points.append_column(name, pa.array(column))
        warehouse.execute(
            f"""
            create table int_track_points as
            select *, '{MODEL}' as model_version, cast(null as varchar) as artist_id,
                cast(null as varchar) as isrc, cast(null as varchar) as artist_title, true as is_named,
                false as is_best_known, cast({_cell(songs.num_rows)} as bigint) as cell,
                row_number() over (order by track_id) as number, -number as artist_number,
                -number as isrc_number, -number as title_number, track_id as digest
            from points
            """  # noqa: S608 - numbers and names of our own
        )
        warehouse.execute(
            "create table artist_similarity"
            " (artist_id varchar, rank integer, related_id varchar, score double)"
        )
    return songs.num_rows


def _cell(size: int) -> str:
    """Return the cell as `song_cell` has it."""
    bits = (
        f"case when {size} > {max(20_000, 256 * 2**place)} and {name} > 0.5 then {2**place} else 0 end"
        for place, name in enumerate(SIMILARITY_FEATURES)
    )
    return " + ".join(bits)


def _change(home: Path, size: int) -> None:
    """Let one song of each of some artists sound otherwise."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute(
            f"""
            update int_track_points set energy = 1 - energy, digest = uuid()
            where track_id in (
                select min(track_id) from int_track_points where is_best_known group by artist_id
                order by artist_id limit {CHANGED}
            )
            """  # noqa: S608 - a number
        )


def _forget_kin(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute("delete from artist_similarity")
        warehouse.execute(
            "update int_track_points set is_best_known = false, artist_id = null, artist_number = -number"
        )


def _build_sample(home: Path) -> None:
    """Have dbt build the lists of those songs alone that are compared."""
    _build(home, models=MODELS[:3])
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute(
            f"""
            delete from int_track_similarity_scope where track_id not in (
                select track_id from int_track_points order by hash(track_id) limit {SAMPLED}
            )
            """  # noqa: S608 - a number
        )
    _build(home, models=("track_similarity",))


def _build(home: Path, refresh: bool = False, models: Sequence[str] = MODELS) -> str:
    """Have dbt build the lists; return the seconds that its models took, and its peak memory."""
    env = environment(home, {"DBT_REFRESH": "true"} if refresh else {})
    project = str(PROJECT_ROOT / "dbt_project")
    places = ["--project-dir", project, "--profiles-dir", project]
    scratch = ["--target-path", str(home / "dbt"), "--log-path", str(home / "dbt")]
    measured = measure([script("dbt"), "run", "--select", *models, *places, *scratch], env)
    end_run(home)
    results = json.loads((home / "dbt" / "run_results.json").read_text())["results"]
    return f"{sum(one['execution_time'] for one in results):.1f} s, {measured.peak_mb:,.0f} MB"


def _recall(home: Path) -> str:
    """Return which share of the best ten of all songs the lists of some hold, where no artist is akin."""
    apart = " + ".join(f"pow(o.{name} - s.{name}, 2)" for name in SIMILARITY_FEATURES)
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        ((share,),) = warehouse.sql(
            f"""
            with owners as (
                select * from int_track_points order by hash(track_id) limit {SAMPLED}
            ),
            pairs as (
                select o.track_id, s.track_id as related_track_id,
                    50 * cast(round(sqrt(({apart}) / {len(SIMILARITY_FEATURES)}) * 1e6) as bigint)
                    + 15 * (least(coalesce(abs(o.release_year - s.release_year), 10), 30) * 1000000 // 30)
                    as millionths
                from owners as o join int_track_points as s on o.track_id <> s.track_id
            ),
            best as (
                select track_id, unnest(min_by(related_track_id, millionths, 10)) as related_track_id
                from pairs group by track_id
            )
            select count(t.track_id) / count(*) from best left join track_similarity as t
            using (track_id, related_track_id)
            """  # noqa: S608 - numbers and names of our own
        ).fetchall()
    return f"{share:.3f}, of {SAMPLED} songs"
