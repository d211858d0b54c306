"""New lists are compared with old ones on what both could have said."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from spotify_assets.core.evaluation.comparison import compare

IDS = [f"a{n:03}" for n in range(200)]
RELATED = {owner: {IDS[(place + step) % len(IDS)] for step in range(1, 8)} for place, owner in enumerate(IDS)}
PAIRS = pa.table(
    {
        "artist_id": [a for a, others in RELATED.items() for _ in others],
        "related_id": [b for others in RELATED.values() for b in sorted(others)],
    }
)


def lists(share: float, ids: list[str] = IDS, strangers: tuple[str, ...] = (), seed: int = 1) -> pa.Table:
    """Twenty entries each, of which the first ten are related with this probability; strangers come first."""
    random = np.random.default_rng(seed)
    rows = []
    for owner in ids:
        related = sorted(RELATED.get(owner, set()))
        others = [i for i in IDS if i not in related and i != owner]
        entries = [
            *strangers,
            *(i for i in related if random.random() < share),
            *random.choice(others, 20, replace=False).tolist(),
        ][:20]
        rows += [{"artist_id": owner, "related_id": i, "rank": n} for n, i in enumerate(entries, 1)]
    schema = pa.schema([("artist_id", pa.string()), ("related_id", pa.string()), ("rank", pa.int32())])
    return pa.Table.from_pylist(rows, schema=schema)


def artists(ids: list[str]) -> pa.Array:
    return pa.array(ids, pa.string())


def test_lists_that_find_fewer_are_worse_beyond_noise() -> None:
    found = compare(lists(0.6, seed=2), artists(IDS), lists(0.8), artists(IDS), PAIRS)
    assert found.is_worse
    assert "nDCG@10 fell by 0." in str(found)
    assert "worse beyond noise" in str(found)


def test_lists_that_find_as_many_others_are_not_worse() -> None:
    found = compare(lists(0.8, seed=2), artists(IDS), lists(0.8), artists(IDS), PAIRS)
    assert not found.is_worse
    assert str(found).endswith("noise)")


def test_the_same_lists_differ_by_nothing() -> None:
    found = compare(lists(0.8), artists(IDS), lists(0.8), artists(IDS), PAIRS)
    assert found.rise is not None
    assert (found.rise.low, found.rise.high) == (0.0, 0.0)


def test_artists_that_only_one_catalogue_knows_take_nobodys_place() -> None:
    newcomers = [f"new{n}" for n in range(10)]
    grown = lists(0.8, strangers=tuple(newcomers))
    found = compare(grown, artists([*IDS, *newcomers]), lists(0.8), artists(IDS), PAIRS)
    assert found.rise is not None
    assert found.rise.mean == pytest.approx(0.0, abs=1e-12)


def test_catalogues_too_far_apart_are_not_compared() -> None:
    newcomers = [f"new{n}" for n in range(100)]
    found = compare(lists(0.1), artists([*IDS, *newcomers]), lists(0.8), artists(IDS), PAIRS)
    assert found.rise is None
    assert not found.is_worse
    assert "of 300 artists only 200" in str(found)


def test_lists_of_nobody_can_be_compared() -> None:
    found = compare(lists(0.8).slice(0, 0), artists(IDS), lists(0.8), artists(IDS), PAIRS)
    assert found.is_worse
