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
        # Equally old rows go by what they say, so that any cluster believes the same.
        age = [F.desc(name) for name in ("fetched_at", "run_id", *names)]
        empty = reduce(Column.__and__, [F.col(name).isNull() for name in names])
        observed = self.observations(table, {key: "string", **columns}).withColumn("is_gone", empty)
        by_source = _first_known(observed, [key, "source"], age, [*names, "is_gone"])
        there = by_source.where(~F.col("is_gone")).withColumn("place", self._place())
        return _first_known(there, [key], [F.col("place")], names).select(key, *names)

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


def _first_known(
    rows: DataFrame, group: Sequence[str], order: Sequence[Column], names: Sequence[str]
) -> DataFrame:
    """Return one row per group: of each column the first value, in this order of rows, that is not null.

    One sort for all columns; an aggregate such as `max_by` with a struct would carry the whole row for each.
    """
    ordered = Window.partitionBy(*group).orderBy(*order)
    whole = ordered.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    known = [F.first(name, ignorenulls=True).over(whole).alias(name) for name in names]
    place = F.row_number().over(ordered).alias("row")
    return rows.select(*group, *known, place).where("row = 1").drop("row")
