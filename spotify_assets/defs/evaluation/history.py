"""What every model scored: one small Parquet file per set of pairs and model version, beside the models.

Here: the files and the picture made of them. Not here: measuring (`core/evaluation`). The files hold averages
of a model, nothing of a source, and stay when the model goes.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from spotify_assets.core.evaluation.measures import MEASURES
from spotify_assets.core.lake.files import read_parquet
from spotify_assets.core.lake.lake import Lake

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOT = "similarity_evaluation"
"""Directory of the lake; Hive partitioned, so that any engine reads it as one table."""

SCHEMA = pa.schema(
    [
        pa.field("model_version", pa.string(), nullable=False),
        pa.field("evaluated_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("sources", pa.int64(), nullable=False),
        pa.field("artists", pa.int64(), nullable=False),
        *(pa.field(f"{name}{end}", pa.float64()) for name in MEASURES for end in ("", "_low", "_high")),
        pa.field("coverage", pa.float64()),
        pa.field("recommended", pa.float64()),
        pa.field("largest_hub", pa.int64()),
        # Against the lists that were published then; null where there were none.
        *(pa.field(f"ndcg_rise{end}", pa.float64()) for end in ("", "_low", "_high")),
        pa.field("refused", pa.bool_(), nullable=False),
    ]
)

SHOWN = 30
"""Models in the picture: the newest."""


def remember(lake: Lake, pairs_digest: str, row: Mapping[str, Any]) -> str:
    """Keep what a model scored, instead of what it scored before; return the path."""
    path = f"{_directory(pairs_digest)}/{row['model_version']}.parquet"
    lake.write_table(path, pa.Table.from_pylist([dict(row)], schema=SCHEMA))
    return path


def recall(lake: Lake, pairs_digest: str) -> pa.Table:
    """Return what all models scored on these pairs, columns of `SCHEMA`, the oldest model first."""
    paths = sorted(lake.storage.list(_directory(pairs_digest), suffix=".parquet"))
    tables = [read_parquet(lake.storage, path).select(SCHEMA.names).cast(SCHEMA) for path in paths]
    return pa.concat_tables([SCHEMA.empty_table(), *tables])


def draw(history: pa.Table) -> "Figure":
    """Draw the measures of each model with their intervals, and how lists are spread."""
    from matplotlib.figure import Figure

    rows = history.slice(max(history.num_rows - SHOWN, 0)).to_pylist()
    places = list(range(len(rows)))
    figure = Figure(figsize=(10, 6), layout="constrained")
    quality, hubs = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    for name, colour in zip(MEASURES, ("#1db954", "#2d46b9", "#f59b23"), strict=True):
        middle = [row[name] for row in rows]
        below = [row[name] - row[f"{name}_low"] for row in rows]
        above = [row[f"{name}_high"] - row[name] for row in rows]
        quality.errorbar(places, middle, [below, above], fmt="o-", capsize=4, color=colour, label=name)
    refused = [place for place, row in zip(places, rows, strict=True) if row["refused"]]
    quality.plot(refused, [rows[p][MEASURES[0]] for p in refused], "rx", ms=14, mew=2, label="refused")
    quality.set_ylim(bottom=0)
    quality.legend(fontsize=8)
    quality.set_title("Similar artists against the pairs of EVALUATION_PAIRS, 95% intervals")
    hubs.bar(places, [row["largest_hub"] for row in rows], color="#b3b3b3")
    hubs.set_ylabel("lists with one artist,\nat most", fontsize=8)
    hubs.set_xticks(places, [row["model_version"] for row in rows], rotation=30, ha="right", fontsize=7)
    return figure


def _directory(pairs_digest: str) -> str:
    return f"{ROOT}/pairs={pairs_digest}"
