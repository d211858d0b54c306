"""Measuring the similar artists of a build, and refusing a model that is worse than the published one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pyarrow as pa

from spotify_assets.core.errors import EvaluationError
from spotify_assets.core.evaluation.comparison import Comparison, compare
from spotify_assets.core.evaluation.measures import Spread, judge, spread
from spotify_assets.core.evaluation.noise import Interval, intervals
from spotify_assets.core.evaluation.pairs import Truth, read_pairs
from spotify_assets.core.lake.files import read_parquet
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.pointers import Snapshot, current_snapshot, withdraw_models_after
from spotify_assets.defs import metadata
from spotify_assets.defs.evaluation import history
from spotify_assets.defs.marts.models import note_refused
from spotify_assets.defs.marts.warehouse import Warehouse
from spotify_assets.defs.resources import Platform

CHECK = "no_worse_than_published"

LISTS = ("artist_id", "related_id", "rank")


@dataclass(frozen=True)
class Recommendations:
    """Everybody's lists, and whom they could have named."""

    lists: pa.Table
    artists: pa.ChunkedArray
    model_version: str | None


@dataclass(frozen=True)
class Evaluation:
    """How good lists are, and how they stand to the published ones."""

    sources: int
    measures: dict[str, Interval]
    spread: Spread
    comparison: Comparison | None


def of_warehouse(warehouse: Warehouse) -> Recommendations:
    """Return the similar artists that were built last."""
    with warehouse.connect() as marts:
        lists = marts.sql(f"select {', '.join(LISTS)} from artist_similarity").to_arrow_table()  # noqa: S608 - columns of our own
        artists = marts.sql("select artist_id from dim_artists").to_arrow_table()
        ((version,),) = marts.sql("select max(model_version) from artist_similarity").fetchall()
    return Recommendations(lists, artists["artist_id"], version)


def of_snapshot(lake: Lake, snapshot: Snapshot) -> Recommendations:
    """Return the similar artists of a published snapshot."""

    def mart(name: str, columns: Sequence[str]) -> pa.Table:
        paths = [f"marts/{path}" for path in snapshot.marts[name]]
        return pa.concat_tables([read_parquet(lake.storage, path, list(columns)) for path in paths])

    lists, artists = mart("artist_similarity", LISTS), mart("dim_artists", ["artist_id"])
    return Recommendations(lists, artists["artist_id"], snapshot.model_version)


def evaluate(present: Recommendations, published: Recommendations | None, truth: Truth) -> Evaluation:
    """Measure the present lists, and compare them with the published ones where there are any."""
    judged = judge(present.lists, truth.pairs, present.artists)
    comparison = published and compare(
        present.lists, present.artists, published.lists, published.artists, truth.pairs
    )
    return Evaluation(
        len(judged.sources), intervals(judged), spread(present.lists, present.artists), comparison or None
    )


@dg.asset(
    group_name="evaluation",
    owners=["team:analytics"],
    kinds={"python", "numpy"},
    deps=["artist_similarity", "dim_artists"],
    check_specs=[
        dg.AssetCheckSpec(
            CHECK,
            asset="similarity_evaluation",
            blocking=True,
            description="nDCG@10 has not fallen below that of the published lists beyond noise: the 95% "
            "interval of the difference, by paired bootstrap over the sources, reaches up to 0.",
        )
    ],
)
def similarity_evaluation(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """How many of the pairs of EVALUATION_PAIRS the similar artists find, and whether fewer than before.

    Where fewer are found than in the published lists, beyond noise, nothing of this build is published, and
    its model is withdrawn, so that the next refresh goes on with the published one.
    """
    path = platform.settings.evaluation_pairs
    if path is None:
        return _result({"measured": "no: EVALUATION_PAIRS is not set"}, "nothing was measured")
    with platform.sole_use_of_warehouse(context):
        try:
            truth = read_pairs(path)
        except EvaluationError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        present, snapshot = of_warehouse(platform.warehouse), current_snapshot(platform.lake)
        published = None if snapshot is None else of_snapshot(platform.lake, snapshot)
        found = evaluate(present, published, truth)
        if present.model_version is None or not found.sources:
            why = "none of the pairs is between artists of the catalogue"
            return _result({"measured": f"no: {why}"}, f"nothing was measured: {why}", measured=False)
        refused = found.comparison is not None and found.comparison.is_worse
        if refused:
            note_refused(platform.lake, context.run.run_id, f"{found.comparison}")
            withdrawn = withdraw_models_after(platform.lake, snapshot.model_version if snapshot else None)
            context.log.warning("refused: %s; withdrawn models: %s", found.comparison, withdrawn or "none")
    history.remember(platform.lake, truth.digest, _row(present.model_version, found, refused))
    past = history.recall(platform.lake, truth.digest)
    context.log.info("%s: nDCG@10 %s", present.model_version, found.measures["ndcg_at_10"])
    return _result(
        {
            "measured": f"{found.sources} sources",
            "model_version": present.model_version,
            **{name: interval.mean for name, interval in found.measures.items()},
            **{f"{name} interval": str(interval) for name, interval in found.measures.items()},
            "coverage": found.spread.coverage,
            "recommended": found.spread.recommended,
            "largest_hub": found.spread.largest_hub,
            "pairs": f"{truth.pairs.num_rows} ({truth.digest}), {truth.set_aside} rows set aside",
            "models": metadata.plot(history.draw(past)),
            "history": metadata.preview(past.slice(max(past.num_rows - 8, 0))),
        },
        str(found.comparison or "nothing is published yet that it could be worse than"),
        passed=not refused,
    )


def _row(model_version: str, found: Evaluation, refused: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "model_version": model_version,
        "evaluated_at": datetime.now(UTC),
        "sources": found.sources,
        "artists": found.spread.artists,
        "coverage": found.spread.coverage,
        "recommended": found.spread.recommended,
        "largest_hub": found.spread.largest_hub,
        "refused": refused,
    }
    named = dict(found.measures)
    if found.comparison and found.comparison.rise:
        named["ndcg_rise"] = found.comparison.rise
    for name, interval in named.items():
        row |= {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return row


def _result(
    seen: dict[str, Any], description: str, *, passed: bool = True, measured: bool = True
) -> dg.MaterializeResult:
    severity = dg.AssetCheckSeverity.ERROR if measured else dg.AssetCheckSeverity.WARN
    check = dg.AssetCheckResult(
        check_name=CHECK, passed=passed and measured, severity=severity, description=description
    )
    return dg.MaterializeResult(metadata=seen, check_results=[check])
