"""Where an artist who is not in the warehouse stands among those who are, by the published model.

Here: the arithmetic of dbt's `int_artist_points` and `int_artist_cells`, for one artist, in plain Python; its
meaning is told in docs/similarity.md. Not here: fitting the model (`defs/marts`), keeping it
(`store.vectors`), or who an artist is shown with (`chatbot/first_guess.py`).
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

MOST_TAGS = 8
"""Tags of an artist that count, the heaviest."""

CELLS_LOOKED_INTO = 16

_SOUND_APART, _NEAR_SCENE, _SAME_ERA = 50_000, 140_000, 60_000
"""Millionths of the score; as `artist_documents.sql` draws the lines."""


@dataclass(frozen=True, slots=True)
class Model:
    """What a distance depends on, but for terms and words, which are looked up one by one."""

    version: str
    features: tuple[str, ...]
    breakpoints: Mapping[str, Sequence[float]]
    """The quantiles of each feature's values, evenly spaced from 0 to 1."""
    genre_length: int
    sound_scale: int
    complete: int
    """Half the squared length of a point that lacks nothing, sound aside."""
    related: int
    """By how many millionths a source's closest relation brings two artists nearer."""
    first_year: int
    eras: Sequence[Sequence[int]]
    """By year, from the first on."""
    popularities: Sequence[Sequence[int]]
    """By popularity, from 0 to 100."""
    cells: Sequence[Sequence[int]]
    """Each cell's centroid, then its squared length; the first is cell 1."""
    genre_dimensions: int

    def to_text(self) -> str:
        """Return the model as JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Model:
        """Read what `to_text` wrote."""
        fields: dict[str, Any] = json.loads(text)
        return cls(**{**fields, "features": tuple(fields["features"])})


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is known of an artist."""

    terms: Mapping[str, int]
    """Genres and tags with their weights in hundredths, as `weighed` makes them."""
    sounds: Sequence[Mapping[str, float | None]]
    """The features of each track; a track that lacks one does not count."""
    year: int | None = None
    popularity: int | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """Where an artist stands: whole hundredths."""

    vector: Sequence[int]
    span: int
    """What the squared distance to another is made of beside their dot product."""


def words_of(term: str) -> list[str]:
    """Return the words of a genre or tag."""
    return [word for word in re.split(r"[ \-/&]", term) if word]


def weighed(genres: Iterable[str], tags: Iterable[tuple[str, float | None]]) -> dict[str, int]:
    """Return the terms of an artist with their weights: each genre 100, the eight heaviest tags less."""
    heaviest: dict[str, int] = {}
    for tag, weight in tags:
        term = tag.strip().lower()
        heaviest[term] = max(heaviest.get(term, 0), _whole(100 * (0.5 if weight is None else weight)))
    ranked = sorted(heaviest.items(), key=lambda one: (-one[1], one[0]))[:MOST_TAGS]
    terms = {term: weight for term, weight in ranked if term and weight > 0}
    return terms | {term: 100 for genre in genres if (term := genre.strip().lower())}


def mean_year(release_dates: Iterable[str | None]) -> int | None:
    """Return the mean of the years of YYYY, YYYY-MM or YYYY-MM-DD; None where there is none."""
    years = [int(date[:4]) for date in release_dates if date and date[:4].isdigit()]
    return (2 * sum(years) + len(years)) // (2 * len(years)) if years else None


def place(
    newcomer: Newcomer,
    model: Model,
    terms: Mapping[str, Sequence[int]],
    words: Mapping[str, Sequence[int]],
) -> Point | None:
    """Return where an artist stands; None where neither a term nor a sound of theirs is known.

    `terms` and `words` are the model's, as far as the artist has them. A term the model has not met stands
    where its words do. What is not known of the artist is zeros.
    """
    genres = _genres(newcomer.terms, model, terms, words)
    sound = _sound(newcomer.sounds, model)
    if genres is None and sound is None:
        return None
    era: Sequence[int] = [0] * len(model.eras[0])
    if newcomer.year is not None:
        era = model.eras[min(max(newcomer.year - model.first_year, 0), len(model.eras) - 1)]
    popularity: Sequence[int] = [0] * len(model.popularities[0])
    if newcomer.popularity is not None:
        popularity = model.popularities[newcomer.popularity]
    heard = sound or [0] * len(model.features)
    vector = [*(genres or [0] * model.genre_dimensions), *era, *popularity, *heard]
    return Point(vector, model.complete + _product(heard, heard))


def nearest_cells(point: Point, model: Model, count: int = CELLS_LOOKED_INTO) -> list[int]:
    """Return the numbers of the cells whose centroids are nearest, the nearest first."""
    size = len(point.vector)
    apart = [(cell[-1] - 2 * _product(point.vector, cell[:size]), n) for n, cell in enumerate(model.cells, 1)]
    return [number for _, number in sorted(apart)[:count]]


def score(one: Point, other: Point, bonus: int = 0) -> float:
    """Return how similar two artists are, 0 to 1; `bonus` is what ties them, in millionths."""
    short = one.span + other.span - 2 * _product(one.vector, other.vector) - bonus
    return 1 - min(max(short, 0), 1_000_000) / 1e6


@dataclass(frozen=True, slots=True)
class Alike:
    """In what two artists are alike; the bounds are those of the published documents."""

    close_features: list[str]
    """The three in which they sound most alike, closest first; none where they sound apart."""
    near_scene: bool
    """Their genres keep the same company."""
    same_era: bool


def alike(one: Point, other: Point, model: Model) -> Alike:
    """Return in what two artists are alike."""
    sounds = len(model.features)
    left, right = one.vector[-sounds:], other.vector[-sounds:]
    apart = one.span + other.span - 2 * model.complete - 2 * _product(left, right)
    gaps = sorted((abs(a - b), at) for at, (a, b) in enumerate(zip(left, right, strict=True)))
    both_heard = any(left) and any(right)
    is_close = both_heard and apart < _SOUND_APART
    era = slice(model.genre_dimensions, model.genre_dimensions + len(model.eras[0]))
    genres = slice(0, model.genre_dimensions)
    return Alike(
        [model.features[at] for _, at in gaps[:3]] if is_close else [],
        2 * _product(one.vector[genres], other.vector[genres]) > _NEAR_SCENE,
        2 * _product(one.vector[era], other.vector[era]) > _SAME_ERA,
    )


def _genres(
    weights: Mapping[str, int],
    model: Model,
    terms: Mapping[str, Sequence[int]],
    words: Mapping[str, Sequence[int]],
) -> list[int] | None:
    summed = [0] * model.genre_dimensions
    for term, weight in weights.items():
        told = [terms[term]] if term in terms else [words[w] for w in words_of(term) if w in words]
        for vector in told:
            summed = [total + weight * at for total, at in zip(summed, vector, strict=True)]
    length = math.sqrt(_product(summed, summed))
    return [_whole(at / length * model.genre_length) for at in summed] if length else None


def _sound(sounds: Sequence[Mapping[str, float | None]], model: Model) -> list[int] | None:
    complete = [
        [_quantile(value, model.breakpoints[name]) for name, value in told]
        for sound in sounds
        if len(told := [(n, v) for n in model.features if (v := sound.get(n)) is not None])
        == len(model.features)
    ]
    if not complete:
        return None
    means = [sum(column) / len(complete) for column in zip(*complete, strict=True)]
    return [_whole((mean - 0.5) * model.sound_scale) for mean in means]


def _quantile(value: float, breakpoints: Sequence[float]) -> float:
    """Return at which share of all tracks a value lies; one that many share has their middle."""
    last = len(breakpoints) - 1
    lower, upper = bisect_left(breakpoints, value), bisect_right(breakpoints, value)
    if lower < upper:
        return round((lower + upper - 1) / 2 / last, 9)
    if upper in (0, len(breakpoints)):
        return 0.0 if upper == 0 else 1.0
    below, above = breakpoints[upper - 1], breakpoints[upper]
    return round((upper - 1 + (value - below) / (above - below)) / last, 9)


def _product(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _whole(value: float) -> int:
    """Round as SQL does: halves away from zero."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))
