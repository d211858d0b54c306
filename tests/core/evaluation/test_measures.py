"""The measures are those of their definitions, computed by hand and once more the slow way."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from spotify_assets.core.evaluation.measures import DEPTH, judge, spread


def lists(**of: str | list[str]) -> pa.Table:
    """Lists by owner, each entry a letter: `lists(a="bc")`."""
    rows = [
        {"artist_id": owner, "related_id": related, "rank": rank}
        for owner, entries in of.items()
        for rank, related in enumerate(entries, 1)
    ]
    schema = pa.schema([("artist_id", pa.string()), ("related_id", pa.string()), ("rank", pa.int32())])
    return pa.Table.from_pylist(rows, schema=schema)


def pairs(*both: str) -> pa.Table:
    return pa.table({"artist_id": [a for a, _ in both], "related_id": [b for _, b in both]})


def known(letters: str) -> pa.Array:
    return pa.array(list(letters), pa.string())


def test_hits_count_less_the_later_they_come() -> None:
    judged = judge(lists(a="bcd"), pairs("ab", "ad"), known("abcd"))
    assert judged.sources == ["a"]
    found = 1 / math.log2(2) + 1 / math.log2(4)
    best = 1 / math.log2(2) + 1 / math.log2(3)
    assert judged.means() == pytest.approx(
        {"ndcg_at_10": found / best, "recall_at_10": 1.0, "map_at_10": (1 / 1 + 2 / 3) / 2}
    )


def test_the_best_possible_list_scores_one_however_many_are_related() -> None:
    letters = "abcdefghijklmnop"
    everybody = pairs(*(f"a{other}" for other in letters[1:]))
    judged = judge(lists(a=letters[1:11]), everybody, known(letters))
    assert judged.means() == pytest.approx({"ndcg_at_10": 1.0, "recall_at_10": 10 / 15, "map_at_10": 1.0})


def test_places_behind_the_tenth_do_not_count() -> None:
    judged = judge(lists(a="bcdefghijklm"), pairs("al"), known("abcdefghijklm"))
    assert set(judged.means().values()) == {0.0}


def test_a_source_without_a_list_scores_nothing_and_is_not_left_out() -> None:
    judged = judge(lists(a="b"), pairs("ab", "cb"), known("abc"))
    assert judged.sources == ["a", "c"]
    assert judged.means()["ndcg_at_10"] == 0.5


def test_who_is_not_in_the_catalogue_can_be_neither_source_nor_missed() -> None:
    judged = judge(lists(a="bc"), pairs("ab", "ax", "xa", "yx"), known("abc"))
    assert judged.sources == ["a"]
    assert judged.means()["recall_at_10"] == 1.0


def test_without_a_source_every_measure_is_nothing() -> None:
    judged = judge(lists(a="b"), pairs("xy"), known("ab"))
    assert judged.sources == []
    assert set(judged.means().values()) == {0.0}


def test_measures_equal_a_plain_loop_on_random_lists() -> None:
    random = np.random.default_rng(3)
    ids = [f"a{n:03}" for n in range(60)]
    of = {owner: random.permutation([i for i in ids if i != owner])[:20].tolist() for owner in ids[5:]}
    table = lists(**of)
    truth = {
        owner: set(random.choice([*ids, "x"], random.integers(1, 25)).tolist()) - {owner}
        for owner in ids[:40]
    }
    true_pairs = [(a, b) for a, others in truth.items() for b in others]
    shuffled = pa.table(
        {"artist_id": [a for a, _ in true_pairs], "related_id": [b for _, b in true_pairs]}
    ).take(random.permutation(len(true_pairs)))

    judged = judge(table, shuffled, pa.array(ids[::-1]))

    for source, (ndcg, recall, average) in zip(judged.sources, judged.scores, strict=True):
        relevant = truth[source] - {"x"}
        gain = ideal = precision = hits = 0.0
        for rank, entry in enumerate(of.get(source, [])[:DEPTH], 1):
            if entry in relevant:
                hits += 1
                gain += 1 / math.log2(rank + 1)
                precision += hits / rank
        for rank in range(1, min(DEPTH, len(relevant)) + 1):
            ideal += 1 / math.log2(rank + 1)
        expected = (gain / ideal, hits / len(relevant), precision / min(DEPTH, len(relevant)))
        assert (ndcg, recall, average) == pytest.approx(expected), source
    assert set(judged.sources) == {a for a, others in truth.items() if others - {"x"}}


def test_hubs_and_the_share_of_artists_who_are_recommended() -> None:
    found = spread(lists(a="bc", b="c", d="c"), known("abcde"))
    assert found.artists == 5
    assert found.coverage == pytest.approx(3 / 5)
    # Of those with a list, a and d are nowhere.
    assert found.recommended == pytest.approx(1 / 3)
    assert found.largest_hub == 3


def test_without_lists_nobody_is_recommended() -> None:
    found = spread(lists(), known("ab"))
    assert (found.coverage, found.recommended, found.largest_hub) == (0.0, 0.0, 0)
