"""Sorting all tracks of a lake into moods: k-means of MLlib on their audio features.

    python -m spotify_assets.spark.track_moods LAKE VERSION [--master local[*]] [--memory 2g]

Writes below `LAKE/track_moods/`, each part in a directory of its own `mood_version=VERSION`: `tracks`,
`artists`, `years`, and `moods` last, as one file that is there or not. A version counts once its moods are
there, so that nobody sees half of one, whenever this is killed.

The same observations give the same moods: rows are put in one order in partitions whose number follows from
theirs, since k-means samples and sums by partition; and the seed is fixed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dagster_pipes import (
    PipesContext,
    PipesDefaultMessageWriter,
    PipesEnvVarParamsLoader,
    PipesMessageWriter,
    PipesS3MessageWriter,
    open_dagster_pipes,
)
from pyspark.ml.clustering import KMeans, KMeansModel
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from spotify_assets.core.moods import FEATURES, MOODS, Mood, name_clusters
from spotify_assets.spark.beliefs import Lake, NothingObservedError

SEED = 7
ROUNDS = 20
"""Rounds of Lloyd's algorithm at most."""

MOVES = 1e-3
"""It is over once no centre moves further, in standard deviations."""

ROWS_PER_PARTITION = 50_000
SHUFFLED = 32
"""Partitions of a shuffle before Spark merges small ones."""

ROWS_PER_FILE = 1_000_000


class Moods:
    """The tracks of a lake in clusters, which have names."""

    def __init__(self, tracks: DataFrame, model: KMeansModel, names: Sequence[Mood]) -> None:
        self.tracks = tracks
        """One row per track: track_id, year (may be null), every feature, mood."""
        self.model = model
        self.names = names

    def explained(self, count: int) -> float:
        """Return the share of the features' variance that the clusters explain, 0 to 1."""
        whole = (count - 1) * len(FEATURES)
        return max(0.0, 1 - self.model.summary.trainingCost / whole) if whole else 0.0


def tracks_to_sort(lake: Lake) -> DataFrame:
    """Return one row per known track that has every feature: track_id, year (may be null) and the features.

    Raises:
        NothingObservedError: the lake has no tracks or features.
    """
    known = lake.values("tracks", "track_id", {"name": "string", "release_date": "string"})
    sound = lake.values("audio_features", "track_id", dict.fromkeys(FEATURES, "double"))
    year = F.expr("try_cast(substr(release_date, 1, 4) as int)").alias("year")
    return sound.na.drop(subset=list(FEATURES)).join(known.select("track_id", year), "track_id")


def in_one_order(tracks: DataFrame, count: int) -> DataFrame:
    """Return the tracks in the order and the partitions that any cluster gives them."""
    partitions = 1 + count // ROWS_PER_PARTITION
    return tracks.repartition(partitions, "track_id").sortWithinPartitions("track_id")


def sort_into_moods(tracks: DataFrame) -> Moods:
    """Cluster tracks by their standardised features (Lloyd's k-means, begun as k-means|| has it)."""
    at = VectorAssembler(inputCols=list(FEATURES), outputCol="measures").transform(tracks)
    scaler = StandardScaler(inputCol="measures", outputCol="features", withMean=True, withStd=True).fit(at)
    placed = scaler.transform(at).drop("measures").persist()
    model = KMeans(k=len(MOODS), seed=SEED, maxIter=ROUNDS, tol=MOVES, predictionCol="cluster").fit(placed)
    names = name_clusters([centre.tolist() for centre in model.clusterCenters()])
    keys = F.array(*(F.lit(mood.key) for mood in names))
    sorted_in = model.transform(placed).withColumn("mood", keys[F.col("cluster")])
    return Moods(sorted_in.drop("features", "cluster"), model, names)


def shares(rows: DataFrame, owner: str) -> DataFrame:
    """Return owner, mood, n_tracks and share (of the owner's, 0 to 1) of rows with an owner and a mood."""
    counted = rows.groupBy(owner, "mood").agg(F.count("*").alias("n_tracks"))
    return counted.withColumn("share", F.col("n_tracks") / F.sum("n_tracks").over(Window.partitionBy(owner)))


def centres(moods: Moods, count: int) -> DataFrame:
    """Return one row per mood: its names, its tracks and its share of all `count`, its average features."""
    measured = (F.avg(name).alias(name) for name in FEATURES)
    found = moods.tracks.groupBy("mood").agg(F.count("*").alias("n_tracks"), *measured)
    # Literals rather than rows from here: those would need Python beside every executor.
    korean, english = (
        F.create_map(*(F.lit(text) for mood in moods.names for text in (mood.key, getattr(mood, language))))
        for language in ("ko", "en")
    )
    return found.select(
        "mood",
        korean[F.col("mood")].alias("name_ko"),
        english[F.col("mood")].alias("name_en"),
        "n_tracks",
        (F.col("n_tracks") / count).alias("share"),
        *FEATURES,
    )


def work(lake: Lake, version: str) -> dict[str, float]:
    """Sort, count and write; return figures of it.

    Raises:
        NothingObservedError: there is nothing to sort.
    """
    started = time.monotonic()
    tracks = tracks_to_sort(lake).persist()
    count = tracks.count()
    if not count:
        raise NothingObservedError(
            f"No track of {lake.uri} has audio features: materialise raw_audio_features first"
        )
    moods = sort_into_moods(in_one_order(tracks, count))
    sorted_in = moods.tracks.persist()
    table = centres(moods, count)
    credits = lake.entries("track_artists", "track_id", {"artist_id": "string"})
    per_artist = shares(credits.join(sorted_in, "track_id"), "artist_id")
    per_year = shares(sorted_in.where("year is not null"), "year")

    def write(part: str, rows: DataFrame, files: int) -> None:
        path = f"{lake.uri}/track_moods/{part}/mood_version={version}"
        rows.coalesce(files).write.parquet(path, compression="zstd")

    files = 1 + count // ROWS_PER_FILE
    write("tracks", sorted_in.select("track_id", "mood"), files)
    write("artists", per_artist, files)
    write("years", per_year, 1)
    write("moods", table, 1)
    return {
        "tracks": count,
        "moods": len(moods.names),
        "explained variance": moods.explained(count),
        "rounds": moods.model.summary.numIter,
        "seconds": time.monotonic() - started,
    }


@contextmanager
def reporting() -> Iterator[PipesContext | None]:
    """Give who is told of the work: Dagster, through Pipes; None where somebody else started this."""
    params = PipesEnvVarParamsLoader()
    if not params.is_dagster_pipes_process():
        yield None
        return
    writer: PipesMessageWriter = PipesDefaultMessageWriter()
    if "bucket" in params.load_messages_params():
        import boto3

        writer = PipesS3MessageWriter(boto3.client("s3"), interval=2)
    with open_dagster_pipes(message_writer=writer) as pipes:
        yield pipes


def session(master: str | None, memory: str | None) -> SparkSession:
    """Start Spark; where neither is given, with what `spark-submit` was told."""
    builder = (
        SparkSession.builder.appName("track_moods")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", SHUFFLED)
        .config("spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
    )
    if master:
        # No window of its own on this machine, and no progress bars among the messages.
        builder = builder.master(master).config("spark.ui.enabled", "false")
        builder = builder.config("spark.ui.showConsoleProgress", "false")
    if memory:
        builder = builder.config("spark.driver.memory", memory)
    return builder.getOrCreate()


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="track_moods", description=__doc__.splitlines()[0])
    parser.add_argument("lake", help="the lake's address, as Spark knows it")
    parser.add_argument(
        "version", help="under which the moods are written; later ones sort after earlier ones"
    )
    parser.add_argument("--sources", default="", help="whom to believe first, separated by commas")
    parser.add_argument("--master", help="where to run; default as spark-submit says")
    parser.add_argument("--memory", help="of the driver, such as 2g")
    return parser.parse_args(arguments)


def main() -> int:
    """Run the program; return its exit code."""
    given = options()
    with reporting() as pipes:
        spark = session(given.master, given.memory)
        try:
            lake = Lake(spark, given.lake.rstrip("/"), given.sources.split(","))
            figures = {**work(lake, given.version), "spark": spark.version}
        except NothingObservedError as error:
            print(error, file=sys.stderr)  # noqa: T201 - a program's own output
            if pipes is None:
                return 1
            # Dagster shows this sentence; of an exit code it would show the number.
            pipes.report_custom_message({"refused": str(error)})
            return 0
        finally:
            spark.stop()
        if pipes:
            pipes.report_custom_message(figures)
        print(", ".join(f"{name} {value}" for name, value in figures.items()))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
