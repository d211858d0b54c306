"""The moods that tracks are sorted into: their names, and how a cluster of tracks gets one.

Here: words and plain arithmetic, without any other module, since Spark's machines get this file too. Not
here: finding the clusters (`spark/track_moods.py`) or what the bot says of them (`chatbot/messages`).

A mood is a direction among the audio features, from the average track: where Russell's circumplex ("A
circumplex model of affect", 1980) has pleasure and arousal, music has valence and energy, and the other
features tell apart what these two do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from math import sqrt
from typing import NamedTuple

FEATURES = (
    "acousticness",
    "danceability",
    "energy",
    "instrumentalness",
    "liveness",
    "loudness",
    "speechiness",
    "tempo",
    "valence",
)
"""The audio features that a mood is made of, in the order of every centre."""


class Mood(NamedTuple):
    """A mood and where it lies."""

    key: str
    """What it is called in data."""
    ko: str
    """As it stands before 분위기 (mood)."""
    en: str
    """An adjective."""
    sound: Mapping[str, float]
    """Its direction: features above (positive) and below the average; what is not named does not matter."""


MOODS = (
    Mood(
        "acoustic", "잔잔한", "calm", {"acousticness": 2, "energy": -2, "loudness": -1, "danceability": -0.5}
    ),
    Mood("bright", "밝고 경쾌한", "cheerful", {"valence": 2, "energy": 1, "tempo": 1, "danceability": 0.5}),
    Mood("dreamy", "몽환적인", "dreamy", {"instrumentalness": 3, "valence": -0.5}),
    Mood("fierce", "강렬한", "fierce", {"energy": 2, "loudness": 1, "valence": -1, "danceability": -1}),
    Mood("groovy", "그루브 넘치는", "groovy", {"danceability": 2, "valence": 1.5, "tempo": -1}),
    Mood("live", "현장감 넘치는", "live", {"liveness": 3}),
    Mood("melancholic", "쓸쓸한", "melancholic", {"valence": -2, "energy": -0.5, "danceability": -0.5}),
    Mood("spoken", "랩이 이끄는", "rap-driven", {"speechiness": 3, "danceability": 0.5}),
)
"""Every mood, by key. A key once used is never given to another mood: it is in the lake."""

MOOD_OF = {mood.key: mood for mood in MOODS}


def name_clusters(centres: Sequence[Sequence[float]]) -> list[Mood]:
    """Return a mood for each cluster, no mood twice: those that are closest to the centres together.

    `centres` has one row per cluster: its centre in standard deviations from the average track, in the order
    of `FEATURES`; there are at most as many as moods. Close is the cosine between centre and mood, so that
    names follow from the features alone, whatever order the clusters come in. Cosines are rounded: two runs
    whose arithmetic differs in the last digit give the same names.
    """
    close = [[_cosine(centre, mood) for mood in MOODS] for centre in centres]
    places = range(len(centres))
    best = max(
        permutations(range(len(MOODS)), len(centres)),
        key=lambda chosen: sum(close[place][chosen[place]] for place in places),
    )
    return [MOODS[number] for number in best]


def _cosine(centre: Sequence[float], mood: Mood) -> int:
    """Return the cosine between a centre and a mood, in millionths."""
    direction = [mood.sound.get(name, 0.0) for name in FEATURES]
    length = sqrt(sum(x * x for x in centre) * sum(x * x for x in direction))
    dot = sum(centre[place] * direction[place] for place in range(len(FEATURES)))
    return round(1_000_000 * dot / length) if length else 0
