"""How good similar artists are: nDCG@10 and its fellows on MusicOSet, beside chance and the first model.

`python -m benchmarks.quality HOME` measures a platform that is built already, without Dagster, in a second.
The truth is EVALUATION_PAIRS, or what Spotify called related in ../shared/data.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.build import MUSICOSET
from benchmarks.platform_process import PROJECT_ROOT, environment, script
from spotify_assets.core.evaluation.measures import DEPTH, judge, spread
from spotify_assets.core.evaluation.noise import intervals
from spotify_assets.core.evaluation.pairs import Truth, read_pairs
from spotify_assets.core.records import SIMILARITY_FEATURES

PAIRS = PROJECT_ROOT.parent / "shared" / "data" / "eval_dev" / "related_pairs_dev.parquet"

NO_GENRES = "select * replace (cast([] as varchar[]) as genres) from {table}"
NO_POPULARITY = "select * replace (cast(null as integer) as popularity) from {table}"
FIRST_TRACK = """
    select * from {table}
    qualify row_number() over (partition by artist_id order by track_id) = 1
"""


@dataclass(frozen=True)
class Variant:
    """What is built: MusicOSet with some tables replaced, and under which settings."""

    name: str
    replaced: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)


VARIANTS = (
    Variant("the present model"),
    Variant("the present model, 2,500 most popular", settings={"ROSTER_SIZE": "2500"}),
    Variant("without genres", {"artists": NO_GENRES}),
    Variant("without popularity", {"artists": NO_POPULARITY, "tracks": NO_POPULARITY}),
    Variant("one track each", {"track_artists": FIRST_TRACK}),
)


def rows() -> Iterator[tuple[str, str]]:
    """Yield nDCG@10, recall@10 and MAP with their intervals, hubs and the share of artists recommended."""
    if not MUSICOSET.is_dir():
        yield "MusicOSet", "not measured: ../shared/data is not there"
        return
    truth = the_truth()
    catalogue = _performers()
    yield "chance", figures(_at_random(catalogue["artist_id"]), catalogue["artist_id"], truth)
    first = _nearest(catalogue)
    yield (
        "the first model: Euclid on means of 11 quantile-normalised features",
        figures(first, catalogue["artist_id"], truth),
    )
    for variant in VARIANTS:
        with tempfile.TemporaryDirectory() as directory:
            home, data = Path(directory) / "home", _dataset(Path(directory) / "data", variant.replaced)
            source = {"CATALOG_SOURCE": "dataset", "CATALOG_DATASET": str(data)}
            _build(environment(home, {**source, **variant.settings}))
            yield variant.name, of_platform(home, truth)


def the_truth() -> Truth:
    """Return the pairs of EVALUATION_PAIRS, or of ../shared/data."""
    return read_pairs(Path(os.environ.get("EVALUATION_PAIRS") or PAIRS))


def of_platform(home: Path, truth: Truth) -> str:
    """Measure the lists of a built platform."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        lists = warehouse.sql(
            f"select artist_id, related_id, rank from artist_similarity where rank <= {DEPTH}"  # noqa: S608 - a number
        ).to_arrow_table()
        known = warehouse.sql(
            "select artist_id from dim_artists semi join artist_similarity using (artist_id)"
        ).to_arrow_table()
    return figures(lists, known["artist_id"], truth)


def figures(lists: pa.Table, known: pa.ChunkedArray, truth: Truth) -> str:
    """Return the measures of lists in one line; artists who can have no list are not in `known`."""
    judged, spreading = judge(lists, truth.pairs, known), spread(lists, known)
    ndcg, recall, average = (
        f"{one.mean:.3f} [{one.low:.3f}, {one.high:.3f}]" for one in intervals(judged).values()
    )
    return (
        f"nDCG@10 {ndcg}, recall@10 {recall}, MAP {average}; {len(judged.sources)} sources; "
        f"in {spreading.largest_hub} lists at most; "
        f"{spreading.recommended:.1%} of {spreading.artists:,} recommended"
    )


def _build(env: dict[str, str]) -> None:
    done = subprocess.run(
        [script("spotify-assets"), "materialize"], env=env, capture_output=True, text=True, cwd=PROJECT_ROOT
    )
    if done.returncode:
        raise RuntimeError(f"the platform was not built:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def _dataset(directory: Path, replaced: dict[str, str]) -> Path:
    """Write the data set with some columns replaced; return its directory."""
    directory.mkdir()
    for source in MUSICOSET.glob("*.parquet"):
        query = replaced.get(source.stem, "select * from {table}").format(table=f"'{source}'")
        duckdb.sql(f"copy ({query}) to '{directory / source.name}'")
    return directory


def _performers() -> pa.Table:
    """Return every artist with a song, and the means of the songs' quantile-normalised features."""
    quantiles = ", ".join(
        f"(2 * rank() over (order by {name}) + count(*) over (partition by {name}) - 3)"
        f" / 2 / (count(*) over () - 1) as {name}"
        for name in SIMILARITY_FEATURES
    )
    means = ", ".join(f"avg({name}) as {name}" for name in SIMILARITY_FEATURES)
    return duckdb.sql(
        f"""
        with heard as (select track_id, {quantiles} from '{MUSICOSET}/audio_features.parquet')
        select artist_id, {means}
        from '{MUSICOSET}/track_artists.parquet'
        semi join '{MUSICOSET}/artists.parquet' using (artist_id)
        join heard using (track_id)
        group by artist_id order by artist_id
        """  # noqa: S608 - names of our own
    ).to_arrow_table()


def _nearest(performers: pa.Table) -> pa.Table:
    vectors = np.column_stack([performers[name].to_numpy() for name in SIMILARITY_FEATURES])
    lengths = (vectors**2).sum(axis=1)
    distances = lengths[:, None] + lengths - 2 * vectors @ vectors.T
    np.fill_diagonal(distances, np.inf)
    return _lists(performers["artist_id"], np.argsort(distances, axis=1, kind="stable")[:, :DEPTH])


def _at_random(ids: pa.ChunkedArray) -> pa.Table:
    return _lists(ids, np.random.default_rng(0).integers(0, len(ids), (len(ids), DEPTH)))


def _lists(ids: pa.ChunkedArray, places: np.ndarray) -> pa.Table:
    owners = np.repeat(np.arange(len(ids)), DEPTH)
    return pa.table(
        {
            "artist_id": ids.take(pa.array(owners)),
            "related_id": ids.take(pa.array(places.ravel())),
            "rank": np.tile(np.arange(1, DEPTH + 1), len(ids)),
        }
    )


if __name__ == "__main__":
    print(of_platform(Path(sys.argv[1]), the_truth()))
