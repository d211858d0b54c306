"""Similar songs of synthetic catalogues: a full build, increments, memory; with artists akin and without any.

`python -m benchmarks songs`; 1,000,000 songs with BENCH_SONGS=10000,100000,1000000.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.platform_process import PROJECT_ROOT, environment, measure, script
from spotify_assets.core.records import SIMILARITY_FEATURES

SIZES = (10_000, 100_000)
CHANGED = 10
"""Artists with a changed song, in an increment."""
SAMPLED = 200
"""Songs whose lists are compared with the exact ones."""

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
            yield f"{size:,} songs, full build, no artist akin to another", _build(home)
            yield f"{size:,} songs, recall of the cells then", _recall(home)


def _make(home: Path, size: int) -> None:
    """Write what lists are made from into a warehouse; every other feature goes with the others."""
    features = ", ".join(
        f"round((u{place} + {place % 2} * near) / {1 + place % 2}, 9) as {name}"
        for place, name in enumerate(SIMILARITY_FEATURES)
    )
    draws = ", ".join(f"random() as u{place}" for place in range(len(SIMILARITY_FEATURES)))
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute("select setseed(0.5)")
        # An increment is one to a run that came to its end.
        warehouse.execute("create table int_refreshed_until (changed_at timestamp)")
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


def _build(home: Path, refresh: bool = False) -> str:
    """Have dbt build the lists; return the seconds that its models took, and its peak memory."""
    env = environment(home, {"DBT_REFRESH": "true"} if refresh else {})
    project = str(PROJECT_ROOT / "dbt_project")
    places = ["--project-dir", project, "--profiles-dir", project]
    scratch = ["--target-path", str(home / "dbt"), "--log-path", str(home / "dbt")]
    measured = measure([script("dbt"), "run", "--select", *MODELS, *places, *scratch], env)
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
                    + 15 * (least(abs(o.release_year - s.release_year), 30) * 1000000 // 30) as millionths
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
