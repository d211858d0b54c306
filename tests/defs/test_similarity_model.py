"""The fitted breakpoints are numpy's quantiles."""

import numpy as np
import pyarrow as pa
import pytest

from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.defs.marts.similarity_model import QUANTILES, fit_breakpoints


def features(**columns: list[float]) -> pa.Table:
    """A table of all features; those not named are random."""
    rows = len(next(iter(columns.values())))
    random = np.random.default_rng(7)
    drawn = {name: random.gamma(2.0, 3.0, rows) for name in SIMILARITY_FEATURES}
    return pa.table({name: pa.array(columns.get(name, drawn[name]), pa.float64()) for name in drawn})


def fitted(table: pa.Table, feature: str) -> list[float]:
    found = fit_breakpoints(table)
    return found.filter(pa.compute.equal(found["feature"], feature))["breakpoint"].to_pylist()


def test_every_feature_has_its_quantiles_as_numpy_computes_them() -> None:
    table = features(energy=list(np.random.default_rng(1).normal(size=997)))
    breakpoints = fit_breakpoints(table)
    assert breakpoints.schema == pa.schema(
        [("feature", pa.string()), ("quantile", pa.float64()), ("breakpoint", pa.float64())]
    )
    assert breakpoints.num_rows == QUANTILES * len(SIMILARITY_FEATURES)
    at = np.linspace(0, 1, QUANTILES)
    for place, name in enumerate(SIMILARITY_FEATURES):
        rows = breakpoints.slice(place * QUANTILES, QUANTILES)
        assert set(rows["feature"].to_pylist()) == {name}
        np.testing.assert_array_equal(rows["quantile"].to_numpy(), at)
        expected = [np.quantile(table[name].to_numpy(), q) for q in at]
        np.testing.assert_allclose(rows["breakpoint"].to_numpy(), expected, rtol=0, atol=1e-12)


def test_the_ends_are_the_smallest_and_the_largest_and_nothing_goes_down() -> None:
    loudness = [-60.0, -7.5, 3.4, -7.5, -12.0]
    found = fitted(features(loudness=loudness), "loudness")
    assert (found[0], found[QUANTILES // 2], found[-1]) == (-60.0, -7.5, 3.4)
    assert found == sorted(found)


def test_many_tracks_with_one_value_share_a_breakpoint() -> None:
    found = fitted(features(mode=[0.0] * 30 + [1.0] * 70), "mode")
    assert set(found[:30]) == {0.0}
    assert set(found[31:]) == {1.0}


def test_one_track_is_its_own_quantile_everywhere() -> None:
    assert set(fitted(features(tempo=[120.0]), "tempo")) == {120.0}


def test_without_a_track_there_is_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match="no track with audio features"):
        fit_breakpoints(features(energy=[]))
