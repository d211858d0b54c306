"""Clusters get their names by where their centres lie, and by nothing else."""

from __future__ import annotations

import random

import pytest

from spotify_assets.core.moods import FEATURES, MOODS, Mood, name_clusters


def centre_of(mood: Mood, noise: float = 0.0, seed: int = 0) -> list[float]:
    drawn = random.Random(f"{mood.key} {seed}")
    return [mood.sound.get(name, 0.0) + drawn.gauss(0, noise) for name in FEATURES]


@pytest.mark.parametrize("seed", range(3))
def test_a_cluster_near_a_mood_gets_its_name_in_whatever_order_it_comes(seed: int) -> None:
    moods = list(MOODS)
    random.Random(seed).shuffle(moods)
    assert name_clusters([centre_of(mood, 0.2, seed) for mood in moods]) == moods


def test_no_mood_is_given_twice_and_the_closest_keeps_it() -> None:
    rap = next(mood for mood in MOODS if mood.key == "spoken")
    half = [0.5 * value for value in centre_of(rap)]
    lively = [value + 2 * (name == "liveness") for value, name in zip(half, FEATURES, strict=True)]
    assert [mood.key for mood in name_clusters([lively, half])] == ["live", "spoken"]


def test_a_difference_in_the_last_digit_changes_no_name() -> None:
    centres = [centre_of(mood, 0.5) for mood in MOODS]
    moved = [[value * (1 + 1e-12) for value in centre] for centre in centres]
    assert name_clusters(centres) == name_clusters(moved)


def test_fewer_clusters_than_moods_and_one_in_the_middle_have_names() -> None:
    assert name_clusters([]) == []
    named = name_clusters([[0.0] * len(FEATURES), centre_of(MOODS[3])])
    assert named[1] == MOODS[3] != named[0]


def test_every_mood_has_names_of_its_own_in_both_languages() -> None:
    for names in ([m.key for m in MOODS], [m.ko for m in MOODS], [m.en for m in MOODS]):
        assert len(set(names)) == len(MOODS) and all(names)
    assert all(set(mood.sound) <= set(FEATURES) for mood in MOODS)
    assert [mood.key for mood in MOODS] == sorted(mood.key for mood in MOODS)
