"""How much of a figure is chance: bootstrap intervals over the sources.

The sources are drawn again with replacement, a thousand times, and the figure is computed on each draw; the
middle 95% of the results is the interval (Efron 1979, percentile method). The draws come from a fixed seed,
so that the same lists always give the same interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spotify_assets.core.evaluation.measures import MEASURES, Floats, Judged

DRAWS = 1000
SEED = 20261120
PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the interval that chance leaves it."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}]"


def intervals(judged: Judged) -> dict[str, Interval]:
    """Return the mean of each measure over the sources, with its interval; 0 without sources."""
    return dict(zip(MEASURES, _intervals(judged.scores), strict=True))


def difference(new: Judged, old: Judged) -> Interval:
    """Return how much nDCG@10 rose from `old` to `new`, over the sources that both were measured on.

    The same sources are drawn for both, so that what makes a source hard for both cancels out.
    """
    places = {source: place for place, source in enumerate(old.sources)}
    both = [(place, places[source]) for place, source in enumerate(new.sources) if source in places]
    pairs = np.array(both, dtype=np.int64).reshape(-1, 2)
    (rise, *_) = _intervals(new.scores[pairs[:, 0]] - old.scores[pairs[:, 1]])
    return rise


def _intervals(scores: Floats) -> list[Interval]:
    sources, measures = scores.shape
    if not sources:
        return [Interval(0.0, 0.0, 0.0)] * measures
    random = np.random.default_rng(SEED)
    # How often each draw takes each source: one matrix product instead of a thousand means.
    times = random.multinomial(sources, np.full(sources, 1 / sources), size=DRAWS)
    drawn = times @ scores / sources
    low, high = np.percentile(drawn, PERCENTILES, axis=0)
    return [Interval(*map(float, row)) for row in zip(scores.mean(axis=0), low, high, strict=True)]
