"""What to believe of the lake's observations, on Spark: the same as dbt's staging does (docs/data.md).

Of each column the newest value that is not null, by source, then of the first source in the order of belief;
of each list the newest complete one, of the first source that has one. An id whose newest observation is
empty is gone by that source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.utils import AnalysisException

STAMP = "source string, fetched_at timestamp, run_id string"


class NothingObservedError(Exception):
    """The lake has no observation of a table."""


class Lake:
    """The observations of one lake, as Spark reads them."""

    def __init__(self, spark: SparkSession, uri: str, source_priority: Sequence[str]) -> None:
        """Read the lake at `uri`; sources are believed in the order of `source_priority`, then by name."""
        self._spark = spark
        self.uri = uri
        self._places = {source: place for place, source in enumerate(source_priority)}

    def observations(self, table: str, columns: Mapping[str, str]) -> DataFrame:
        """Return the observations of a table: the columns, name to Spark's type, and the stamp.

        Raises:
            NothingObservedError: there is none.
        """
        schema = ", ".join([*(f"{name} {kind}" for name, kind in columns.items()), STAMP])
        try:
            found = self._spark.read.schema(schema).parquet(f"{self.uri}/raw/{table}")
        except AnalysisException as error:
            raise NothingObservedError(
                f"{self.uri}/raw/{table} cannot be read: materialise raw_{table} first ({error})"
            ) from error
        return found.drop("ingest_date")

    def values(self, table: str, key: str, columns: Mapping[str, str]) -> DataFrame:
        """Return one row per id that is not gone: the key and the believed value of each column."""
        names = list(columns)
        age = F.struct("fetched_at", "run_id", *names)
        empty = reduce(Column.__and__, [F.col(name).isNull() for name in names])
        by_source = (
            self.observations(table, {key: "string", **columns})
            .groupBy(key, "source")
            .agg(
                *(F.max_by(name, F.when(F.col(name).isNotNull(), age)).alias(name) for name in names),
                F.max_by(empty, age).alias("is_gone"),
            )
        )
        place = self._place()
        return (
            by_source.where(~F.col("is_gone"))
            .groupBy(key)
            .agg(*(F.min_by(name, F.when(F.col(name).isNotNull(), place)).alias(name) for name in names))
        )

    def entries(self, table: str, parent: str, columns: Mapping[str, str]) -> DataFrame:
        """Return the entries of each parent's believed list: the parent and the columns, each row once."""
        names = list(columns)
        newest = Window.partitionBy(parent, "source").orderBy(F.desc("fetched_at"), F.desc("run_id"))
        every = Window.partitionBy(parent)
        return (
            self.observations(table, {parent: "string", **columns})
            .withColumn("age", F.rank().over(newest))
            .where("age = 1")
            .withColumn("place", self._place())
            .withColumn("first", F.min("place").over(every))
            .where((F.col("place") == F.col("first")) & F.col(names[0]).isNotNull())
            .select(parent, *names)
            .distinct()
        )

    def _place(self) -> Column:
        """Return where a row's source stands in the order of belief; sources that are not named come last."""
        known = [F.when(F.col("source") == name, place) for name, place in self._places.items()]
        return F.struct(F.coalesce(*known, F.lit(len(self._places))).alias("place"), F.col("source"))
