"""The measures of a set of lists, source by source, and how widely they are spread over the catalogue.

Relevance is binary: a recommended artist is in the truth or is not. A source is an artist whom the catalogue
knows and who has at least one related artist whom it knows; one without a list scores 0, it is not left out.
Over the first ten places, with n related artists known:

- nDCG@10 = sum over hits of 1/log2(rank + 1), divided by the same sum for the ranks 1 to min(10, n)
  (Järvelin and Kekäläinen 2002, with gains 0 and 1);
- recall@10 = hits / n;
- average precision = sum over hits of (hits up to that rank / rank), divided by min(10, n).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

DEPTH = 10
"""Places of a list that are measured."""

MEASURES = ("ndcg_at_10", "recall_at_10", "map_at_10")
"""The measures, in the order of the columns of `Judged.scores`."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """The measures of every source."""

    sources: list[str]
    scores: Floats
    """One row per source, one column per measure, each from 0 to 1."""

    def means(self) -> dict[str, float]:
        """Return each measure averaged over the sources; 0 where there is none."""
        means = self.scores.mean(axis=0) if self.sources else np.zeros(len(MEASURES))
        return dict(zip(MEASURES, means.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Spread:
    """How lists treat the catalogue."""

    artists: int
    coverage: float
    """Share of the artists who have a list."""
    recommended: float
    """Share of the artists with a list who are among the first ten of somebody's."""
    largest_hub: int
    """In how many lists, at most, one artist is among the first ten."""


def judge(lists: pa.Table, pairs: pa.Table, known: pa.Array) -> Judged:
    """Measure lists (artist_id, related_id, rank from 1) against pairs (artist_id, related_id).

    `known` has the ids of the catalogue's artists; pairs with anybody else cannot be found and do not count.
    """
    ids = pc.unique(known)
    truth = _codes(pairs, ids)
    truth = truth[(truth >= 0).all(axis=1)]
    sources, truths = np.unique(truth[:, 0], return_counts=True)
    found = np.zeros((len(sources), DEPTH), dtype=bool)
    top = lists.filter(pc.less_equal(lists["rank"], DEPTH))
    entries = _codes(top, ids)
    hits = np.isin(entries @ [len(ids), 1], truth @ [len(ids), 1]) & (entries >= 0).all(axis=1)
    ranks = top["rank"].to_numpy()
    found[np.searchsorted(sources, entries[hits, 0]), ranks[hits] - 1] = True
    return Judged(ids.take(pa.array(sources)).to_pylist(), _scores(found, truths))


def spread(lists: pa.Table, known: pa.Array) -> Spread:
    """Return how widely lists (artist_id, related_id, rank) are spread over the artists of the catalogue."""
    top = lists.filter(pc.less_equal(lists["rank"], DEPTH))
    artists, owners = len(pc.unique(known)), pc.unique(top["artist_id"])
    if not len(owners):
        return Spread(artists, 0.0, 0.0, 0)
    counts = pc.value_counts(top["related_id"])
    named = pc.sum(pc.is_in(owners, value_set=counts.field("values"))).as_py()
    return Spread(
        artists,
        coverage=len(owners) / artists,
        recommended=named / len(owners),
        largest_hub=pc.max(counts.field("counts")).as_py(),
    )


def _codes(rows: pa.Table, ids: pa.Array) -> npt.NDArray[np.int64]:
    """Return each row's artist_id and related_id as places in `ids`; -1 for ids that are not there."""
    places = [
        pc.fill_null(pc.index_in(rows[name], value_set=ids), -1) for name in ("artist_id", "related_id")
    ]
    return np.column_stack([column.to_numpy() for column in places]).astype(np.int64)


def _scores(found: npt.NDArray[np.bool_], truths: npt.NDArray[np.int64]) -> Floats:
    """Return the measures of lists that have a hit at `found`, of which there could be `truths`."""
    ranks = np.arange(1, DEPTH + 1)
    gains = 1.0 / np.log2(ranks + 1)
    possible = np.minimum(truths, DEPTH)
    ndcg = found @ gains / np.cumsum(gains)[possible - 1]
    recall = found.sum(axis=1) / truths
    precision = np.cumsum(found, axis=1) / ranks
    average_precision = (precision * found).sum(axis=1) / possible
    return np.column_stack([ndcg, recall, average_precision])
