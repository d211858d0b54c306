"""What a genre sounds like, and tracks that sound like it.

Here: reading `sounds.csv` and drawing audio features from it. Not here: which artists and tracks there are
(`generate.py`).

`sounds.csv` has one row per family of genres: the genres in it, the median of each measure for a recording
of this century, the median length in `minutes`, the share of tracks in a `major` key and with `explicit`
lyrics, and whether its artists record `duets` (1) or not (0).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from spotify_assets.sample import SAMPLE_DIRECTORY

Vector = NDArray[np.float64]

UNIT, DECIBEL, RATIO = "unit", "decibel", "ratio"
"""Scales: values within 0 and 1 vary in logits, loudness in dB, tempo and length by a factor."""

MEASURES: tuple[tuple[str, str, float], ...] = (
    ("danceability", UNIT, 0.45),
    ("energy", UNIT, 0.60),
    ("loudness", DECIBEL, 1.5),
    ("speechiness", UNIT, 0.45),
    ("acousticness", UNIT, 0.95),
    ("instrumentalness", UNIT, 1.4),
    ("liveness", UNIT, 0.5),
    ("valence", UNIT, 0.65),
    ("tempo", RATIO, 0.17),
    ("minutes", RATIO, 0.14),
)
"""Name, scale and spread (standard deviation on that scale) of what is drawn together."""

CORRELATIONS: tuple[tuple[str, str, float], ...] = (
    ("energy", "loudness", 0.70),
    ("energy", "acousticness", -0.65),
    ("loudness", "acousticness", -0.50),
    ("danceability", "valence", 0.40),
    ("energy", "valence", 0.30),
    ("loudness", "instrumentalness", -0.25),
    ("danceability", "tempo", -0.20),
    ("energy", "tempo", 0.15),
    ("energy", "liveness", 0.15),
    ("danceability", "speechiness", 0.15),
)
"""Measures that rise together (or against each other) within a genre."""

ARTIST_SHARE, TRACK_SHARE = 0.22, 0.70
"""How much of the spread an artist's own manner takes, and each track around it.

Both are smaller than what lies between most genres, so that an artist is found among its like.
"""

LOUD_SINCE, DECIBEL_A_YEAR, QUIETEST = 2000, 0.07, 2.8
"""Recordings grew louder up to 2000: by this much a year, from this many dB below."""

BOUNDS = {"loudness": (-60.0, -0.5), "tempo": (48.0, 212.0), "minutes": (1.2, 12.0)}
METERS, METER_SHARES = (4, 3, 5), (0.93, 0.06, 0.01)


@dataclass(frozen=True, slots=True)
class Sound:
    """A family of genres, or a blend of several, as it sounds."""

    family: str
    centre: Vector
    """The medians of `MEASURES`, each on its scale."""
    major: float
    explicit: float
    duets: bool


@cache
def sounds() -> dict[str, Sound]:
    """Read `sounds.csv`: the sound of every genre it names."""
    by_genre: dict[str, Sound] = {}
    with (SAMPLE_DIRECTORY / "sounds.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            centre = np.array([_to_scale(float(row[name]), scale) for name, scale, _ in MEASURES])
            major, explicit = float(row["major"]), float(row["explicit"])
            sound = Sound(row["family"], centre, major, explicit, duets=row["duets"] == "1")
            by_genre |= dict.fromkeys(row["genres"].split("|"), sound)
    return by_genre


@cache
def blend(genres: tuple[str, ...]) -> Sound:
    """Return the sound of an artist of these genres, the first counting most; it names the family.

    Raises:
        ValueError: a genre is in no row of `sounds.csv`.
    """
    strange = [genre for genre in genres if genre not in sounds()]
    if strange:
        raise ValueError(f"sounds.csv has no family for {', '.join(strange)}: add the genre to a row of it")
    parts = [sounds()[genre] for genre in genres]
    weights = [1 / place**2 for place in range(1, len(parts) + 1)]
    return Sound(
        family=parts[0].family,
        centre=np.average([p.centre for p in parts], axis=0, weights=weights),
        major=float(np.average([p.major for p in parts], weights=weights)),
        explicit=parts[0].explicit,
        duets=parts[0].duets,
    )


def manner(rng: np.random.Generator) -> Vector:
    """Draw what sets an artist apart from its genre, for `draw`."""
    return ARTIST_SHARE * _deviation(rng)


def draw(rng: np.random.Generator, sound: Sound, own: Vector, year: int) -> dict[str, float | int]:
    """Draw the audio features of one track, rounded as Spotify rounds them.

    `own` is the artist's `manner`, `year` the track's. Returns the columns of `AudioFeatures` but for the id.
    """
    spreads = np.array([spread for _, _, spread in MEASURES])
    values = (sound.centre + spreads * (own + TRACK_SHARE * _deviation(rng))).tolist()
    drawn = {name: _from_scale(v, scale) for (name, scale, _), v in zip(MEASURES, values, strict=True)}
    drawn["loudness"] -= min(QUIETEST, DECIBEL_A_YEAR * max(0, LOUD_SINCE - year))
    within = {name: float(np.clip(v, *BOUNDS.get(name, (0.0, 1.0)))) for name, v in drawn.items()}
    minutes = within.pop("minutes")
    features: dict[str, float | int] = {name: round(value, 3) for name, value in within.items()}
    features["duration_ms"] = round(minutes * 60_000)
    features["key"] = int(rng.integers(12))
    features["mode"] = int(rng.random() < sound.major)
    features["time_signature"] = int(rng.choice(METERS, p=METER_SHARES))
    return features


def _deviation(rng: np.random.Generator) -> Vector:
    return _mixing() @ rng.standard_normal(len(MEASURES))


@cache
def _mixing() -> Vector:
    """The matrix that turns independent draws into correlated ones."""
    place = {name: i for i, (name, _, _) in enumerate(MEASURES)}
    matrix = np.eye(len(MEASURES))
    for one, other, correlation in CORRELATIONS:
        matrix[place[one], place[other]] = matrix[place[other], place[one]] = correlation
    return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)


def _to_scale(value: float, scale: str) -> float:
    if scale == UNIT:
        return float(np.log(value / (1 - value)))
    return float(np.log(value)) if scale == RATIO else value


def _from_scale(value: float, scale: str) -> float:
    if scale == UNIT:
        return float(1 / (1 + np.exp(-value)))
    return float(np.exp(value)) if scale == RATIO else value
