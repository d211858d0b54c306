"""Two sets of lists over catalogues that need not be the same, and which is better beyond noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotify_assets.core.evaluation.measures import judge
from spotify_assets.core.evaluation.noise import Interval, difference

SHARED = 0.9
"""Share of all artists that both catalogues must know for their lists to be compared at all."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How new lists stand to old ones."""

    rise: Interval | None
    """By how much nDCG@10 rose; None where it cannot be told."""
    text: str

    @property
    def is_worse(self) -> bool:
        """Tell whether the whole interval of the rise lies below 0."""
        return self.rise is not None and self.rise.high < 0

    def __str__(self) -> str:
        return self.text


def compare(
    new: pa.Table, new_artists: pa.Array, old: pa.Table, old_artists: pa.Array, pairs: pa.Table
) -> Comparison:
    """Compare new lists with old ones (artist_id, related_id, rank) on pairs (artist_id, related_id).

    A larger catalogue makes for harder questions. So only artists whom both know count, as sources and as
    answers: entries with others are taken out of the lists and the rest moves up. Where less than nine tenths
    of the artists are known to both, too much would be taken out, and nothing is compared.
    """
    both = pc.filter(
        pc.unique(new_artists), pc.is_in(pc.unique(new_artists), value_set=pc.unique(old_artists))
    )
    everybody = len(pc.unique(new_artists)) + len(pc.unique(old_artists)) - len(both)
    if len(both) < SHARED * everybody:
        return Comparison(
            None,
            f"not compared: of {everybody} artists only {len(both)} are in both catalogues",
        )
    rise = difference(judge(_among(new, both), pairs, both), judge(_among(old, both), pairs, both))
    verdict = "worse beyond noise" if rise.high < 0 else "better beyond noise" if rise.low > 0 else "noise"
    change = "fell" if rise.mean < 0 else "rose"
    return Comparison(
        rise,
        f"nDCG@10 {change} by {abs(rise.mean):.4f} against the published lists "
        f"(95% interval {rise.low:+.4f} to {rise.high:+.4f}: {verdict})",
    )


def _among(lists: pa.Table, artists: pa.Array) -> pa.Table:
    """Return lists of these artists naming none but these, ranks without gaps."""
    owned = pc.is_in(lists["artist_id"], value_set=artists)
    kept = lists.filter(pc.and_(owned, pc.is_in(lists["related_id"], value_set=artists)))
    kept = kept.sort_by([("artist_id", "ascending"), ("rank", "ascending")]).combine_chunks()
    if not kept.num_rows:
        return kept
    owners = kept["artist_id"].dictionary_encode().combine_chunks().indices.to_numpy()
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    lengths = np.diff(starts, append=len(owners))
    ranks = np.arange(len(owners)) - np.repeat(starts, lengths) + 1
    return kept.set_column(kept.column_names.index("rank"), "rank", pa.array(ranks))
