"""Intervals are as wide as chance, and a difference is told from noise source by source."""

from __future__ import annotations

import numpy as np
import pytest

from spotify_assets.core.evaluation.measures import Judged
from spotify_assets.core.evaluation.noise import difference, intervals


def judged(ndcg: np.ndarray, first: int = 0) -> Judged:
    sources = [f"a{first + n:05}" for n in range(len(ndcg))]
    return Judged(sources, np.column_stack([ndcg, ndcg, ndcg]))


def test_an_interval_is_as_wide_as_the_theory_says() -> None:
    scores = np.random.default_rng(1).normal(0.3, 0.2, 900)
    ndcg = intervals(judged(scores))["ndcg_at_10"]
    half = 1.96 * scores.std() / np.sqrt(len(scores))
    assert ndcg.mean == pytest.approx(scores.mean())
    assert ndcg.low == pytest.approx(scores.mean() - half, abs=half * 0.15)
    assert ndcg.high == pytest.approx(scores.mean() + half, abs=half * 0.15)


def test_the_same_lists_have_the_same_interval() -> None:
    scores = np.random.default_rng(2).random(50)
    assert intervals(judged(scores)) == intervals(judged(scores))


def test_a_small_loss_in_every_source_is_told_from_noise() -> None:
    # Far less than the interval of either alone: only the pairs show it.
    old = np.random.default_rng(3).random(400)
    lost = difference(judged(old - 0.01), judged(old))
    assert lost.mean == pytest.approx(-0.01)
    assert lost.high < 0


def test_a_loss_here_and_a_gain_there_is_noise() -> None:
    random = np.random.default_rng(4)
    old = random.random(400)
    rise = difference(judged(old + random.normal(0, 0.1, 400)), judged(old))
    assert rise.low < 0 < rise.high


def test_only_sources_of_both_are_compared() -> None:
    old = judged(np.array([0.1, 0.2, 0.3]), first=0)
    new = judged(np.array([0.3, 0.4, 0.9]), first=1)
    assert difference(new, old).mean == pytest.approx(((0.3 - 0.2) + (0.4 - 0.3)) / 2)


def test_nothing_in_common_is_no_difference() -> None:
    rise = difference(judged(np.array([0.1])), judged(np.array([0.9]), first=5))
    assert (rise.mean, rise.low, rise.high) == (0.0, 0.0, 0.0)
