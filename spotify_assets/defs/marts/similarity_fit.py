"""Fitting the artists' part of the similarity model: from terms, sounds, years and popularity to integers.

Here: pure functions from arrays to the rows of `similarity_model/vectors`, in numpy. Not here: reading the
warehouse and writing the lake (`similarity_model.py`), or applying the model (dbt's `int_artist_points`, and
`core/similarity.py` for artists that are not in the warehouse).

An artist is one point. Its coordinates are whole hundredths, so that sums come out the same on every engine
and in any order; the squared distance of two points is the whole number of millionths by which their score
falls short of 1. What the blocks are and why they weigh what they weigh is told in docs/similarity.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from spotify_assets.core.lake.schemas import MODEL_VECTORS_SCHEMA

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

SCALE = 100
"""Units of a coordinate: hundredths."""
GENRE_DIMENSIONS = 96
ERA_CENTRES = np.arange(1945, 2026, 10)
POPULARITY_CENTRES = np.linspace(0, 100, 9)
ERA_WIDTH, POPULARITY_WIDTH = 10.0, 12.5

GENRE_WEIGHT, ERA_WEIGHT, POPULARITY_WEIGHT, SOUND_WEIGHT = 14.0, 4.0, 4.0, 1.0
TOGETHER_WEIGHT, RELATED_WEIGHT = 1.0, 6.0
"""Round numbers, near those that did best on either half of MusicOSet's artists; nothing hangs on them."""

YEARS = range(1900, 2051)
"""Years of the table of eras; others count as the nearest."""
MOST_TERMS = 4000
"""Terms that get a place of their own, the most common; the rest is read word by word."""
OWN, WORDS = 0.5, 0.3
"""Shares of being the same term, and of sharing words, beside sharing company, in how alike two terms are."""
TERM_SCALE = 1000
EXACT_PROBES = 0
"""Cells an artist looks into: all of them."""
PROBES = 16


@dataclass(frozen=True, slots=True)
class Artists:
    """What the model is fitted on; artists are numbered from 0."""

    popularity: Floats
    """0 to 100, nan where unknown."""
    year: Floats
    """Mean release year, nan where unknown."""
    sound: Floats
    """Artists x features, mean quantiles; nan where no track has features."""
    is_listed: NDArray[np.bool_]
    """Has a song, a genre or a tag, and can be recommended."""
    term_artist: Places
    """Artist of each (artist, term)."""
    term: Sequence[str]
    term_weight: Floats


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms and words with their places in the space of genres, unscaled: rows of `GENRE_DIMENSIONS`."""

    names: list[str]
    places: Floats
    words: list[str]
    word_places: Floats


def words_of(term: str) -> list[str]:
    """Return the words of a genre or tag, as dbt's `int_artist_terms` parts them."""
    return [word for word in re.split(r"[ \-/&]", term) if word]


def fit_terms(artists: Artists) -> Terms:
    """Place terms so that artists, the sums of their terms, are as near as their genres say they are.

    Two terms are alike by the company they keep (the cosine of their rows of positive pointwise mutual
    information), by being the same, and by sharing words; artists are sums of terms, weighed by inverse
    document frequency. That space has as many dimensions as there are terms; the artists' main ones are kept.
    """
    names, term, counts = _vocabulary(artists.term)
    if not names:
        return Terms([], np.zeros((0, GENRE_DIMENSIONS)), [], np.zeros((0, GENRE_DIMENSIONS)))
    kept = term >= 0
    owner, place, weight = artists.term_artist[kept], term[kept], artists.term_weight[kept]
    n_artists = len(np.unique(owner))
    rarity = np.log((1 + n_artists) / (1 + counts))
    left, right = _pairs(owner)
    alike, words, word_rarity, worded = _alike(names, place[left], place[right])
    factor = np.linalg.cholesky(alike + 1e-9 * np.eye(len(names)))

    share = weight * rarity[place]
    both = share[left] * share[right] * alike[place[left], place[right]]
    length = np.bincount(owner[left], both, minlength=int(owner.max()) + 1)
    unit = share / np.sqrt(np.maximum(length[owner], 1e-12))
    company = _sum_at(place[left], place[right], unit[left] * unit[right], len(names))
    axes = _principal(factor.T @ company @ factor, GENRE_DIMENSIONS)
    flat = factor @ axes
    spread = word_rarity * (worded.T @ flat) / np.maximum(worded.sum(axis=0), 1)[:, None]
    return Terms(names, rarity[:, None] * flat, words, spread)


def _vocabulary(terms: Sequence[str]) -> tuple[list[str], Places, Floats]:
    """Return the most common terms in alphabetical order, each mention's place (-1: none), and counts."""
    if not len(terms):
        return [], np.zeros(0, np.int64), np.zeros(0)
    found, place, count = np.unique(np.asarray(terms, dtype=object), return_inverse=True, return_counts=True)
    best = np.sort(np.lexsort((found, -count))[:MOST_TERMS])
    number = np.full(len(found), -1)
    number[best] = np.arange(len(best))
    return [str(name) for name in found[best]], number[place], count[best].astype(float)


def _pairs(owner: Places) -> tuple[Places, Places]:
    """Return all ordered pairs (itself included) of mentions that have one owner, as two arrays of places."""
    order = np.argsort(owner, kind="stable")
    _, start, size = np.unique(owner[order], return_index=True, return_counts=True)
    repeat = np.repeat(size, size)
    left = np.repeat(np.arange(len(owner)), repeat)
    first = np.repeat(np.repeat(start, size), repeat)
    ends = np.cumsum(repeat)
    right = first + np.arange(len(left)) - np.repeat(ends - repeat, repeat)
    return order[left], order[right]


def _alike(names: list[str], left: Places, right: Places) -> tuple[Floats, list[str], Floats, Floats]:
    size = len(names)
    apart = left != right
    together = _sum_at(left[apart], right[apart], np.ones(int(apart.sum())), size)
    margin = together.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(together * together.sum() / np.outer(margin, margin))
    company = _unit(np.where(together > 0, np.maximum(information, 0), 0))
    words = sorted({word for name in names for word in words_of(name)})
    number = {word: place for place, word in enumerate(words)}
    worded = np.zeros((size, len(words)))
    for place, name in enumerate(names):
        worded[place, [number[word] for word in words_of(name)]] = 1.0
    rarity = np.log((1 + size) / (1 + worded.sum(axis=0)))
    spelt = _unit(worded * rarity)
    return company @ company.T + OWN * np.eye(size) + WORDS * spelt @ spelt.T, words, rarity[:, None], worded


def _sum_at(row: Places, column: Places, value: Floats, size: int) -> Floats:
    return np.bincount(row * size + column, value, minlength=size * size).reshape(size, size)


def _unit(rows: Floats) -> Floats:
    length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)


def _principal(covariance: Floats, size: int) -> Floats:
    """Return the `size` main axes as columns, filled up with zeros; each axis' largest entry is positive."""
    from scipy.linalg import eigh
    from scipy.sparse.linalg import eigsh

    n = len(covariance)
    if n <= 4 * size:
        _, vectors = eigh(covariance)
    else:
        # The same start, or two fits of one catalogue would differ.
        _, vectors = eigsh(covariance, k=size, v0=np.ones(n))
    axes = vectors[:, ::-1][:, :size]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return np.hstack([axes, np.zeros((n, size - axes.shape[1]))])


def whole(values: Floats) -> Places:
    """Round as SQL does: halves away from zero."""
    return (np.sign(values) * np.floor(np.abs(values) + 0.5)).astype(np.int64)


def bumps(values: Floats, centres: NDArray[Any], width: float, weight: float) -> Places:
    """Place numbers on overlapping bumps: coordinates whose dot product falls with the gap, 0 far apart."""
    raised = np.exp(-((values[:, None] - centres) ** 2) / (2 * width**2))
    length = np.sqrt((raised**2).sum(axis=1, keepdims=True))
    return whole(SCALE * np.sqrt(weight) * raised / length)


def parameters(probes: int) -> dict[str, list[int]]:
    """Return the numbers that the SQL applies, by name."""
    return {
        "genre_length": [round(SCALE * np.sqrt(GENRE_WEIGHT))],
        "sound_scale": [round(SCALE * np.sqrt(2 * SOUND_WEIGHT))],
        # Half the squared length of a point that lacks nothing, sound aside.
        "complete": [round(SCALE**2 * (GENRE_WEIGHT + ERA_WEIGHT + POPULARITY_WEIGHT))],
        "together": [round(2 * SCALE**2 * TOGETHER_WEIGHT * np.log1p(n)) for n in (1, 2, 3)],
        "related": [round(2 * SCALE**2 * RELATED_WEIGHT)],
        "probes": [probes],
    }


def points(artists: Artists, terms: Terms) -> tuple[Places, Places]:
    """Return every artist's point, and what it lacks: the squared length of its missing blocks.

    The same arithmetic as dbt's `int_artist_points`; here for cells and plots, so that words of unknown
    terms are left out.
    """
    n = len(artists.popularity)
    number = {name: place for place, name in enumerate(terms.names)}
    known = np.array([number.get(term, -1) for term in artists.term], dtype=np.int64)
    rows = np.rint(TERM_SCALE * terms.places)
    summed = np.zeros((n, GENRE_DIMENSIONS))
    mentions = known >= 0
    np.add.at(
        summed,
        artists.term_artist[mentions],
        rows[known[mentions]] * np.rint(100 * artists.term_weight[mentions])[:, None],
    )
    genre = whole(_unit(summed) * parameters(0)["genre_length"][0])
    year = np.clip(np.rint(artists.year), YEARS[0], YEARS[-1])
    era = bumps(np.nan_to_num(year, nan=2000), ERA_CENTRES, ERA_WIDTH, ERA_WEIGHT)
    popularity = bumps(
        np.nan_to_num(artists.popularity, nan=0), POPULARITY_CENTRES, POPULARITY_WIDTH, POPULARITY_WEIGHT
    )
    era[np.isnan(year)] = 0
    popularity[np.isnan(artists.popularity)] = 0
    sound = whole(parameters(0)["sound_scale"][0] * (np.nan_to_num(artists.sound, nan=0.5) - 0.5))
    told = np.hstack([genre, era, popularity])
    lacking = np.maximum(parameters(0)["complete"][0] - (told**2).sum(axis=1), 0)
    return np.hstack([told, sound]), lacking


def fit_cells(placed: Places, lacking: Places, seed: int = 7) -> Places:
    """Return cells as rows: centroid, its coordinate of what is lacking, and the squared length of both.

    Lloyd's k-means on a sample, about 2 * sqrt(n) cells, as Faiss' guidelines have it for inverted files.
    """
    n = len(placed)
    if not n:
        return np.zeros((0, placed.shape[1] + 2), np.int64)
    size = max(1, min(n, round(2 * np.sqrt(n))))
    random = np.random.default_rng(seed)
    rows = np.hstack([placed, np.rint(np.sqrt(lacking))[:, None]]).astype(np.float32)
    sample = rows[np.sort(random.choice(n, min(n, 64 * size), replace=False))]
    centres = sample[np.sort(random.choice(len(sample), size, replace=False))]
    for _ in range(10):
        nearest = np.concatenate(
            [
                np.argmax(2 * part @ centres.T - (centres**2).sum(axis=1), axis=1)
                for part in np.array_split(sample, len(sample) // 8192 + 1)
            ]
        )
        count = np.bincount(nearest, minlength=size)
        order = np.argsort(nearest, kind="stable")
        start = np.flatnonzero(np.r_[True, np.diff(nearest[order]) > 0])
        sums = np.add.reduceat(sample[order], start, axis=0)
        centres = centres.copy()
        centres[nearest[order][start]] = sums / count[nearest[order][start]][:, None]
    found = np.unique(whole(centres), axis=0)
    return np.hstack([found, (found**2).sum(axis=1, keepdims=True)])


def vectors(terms: Terms, cells: Places, probes: int) -> pa.Table:
    """Return the rows of `similarity_model/vectors`: kind, name, vector."""
    years = np.array(YEARS, dtype=float)
    scores = np.arange(0.0, 101.0)
    eras = bumps(years, ERA_CENTRES, ERA_WIDTH, ERA_WEIGHT)
    popularities = bumps(scores, POPULARITY_CENTRES, POPULARITY_WIDTH, POPULARITY_WEIGHT)
    blocks: list[tuple[str, Sequence[Any], Any]] = [
        ("term", terms.names, np.rint(TERM_SCALE * terms.places).astype(int).tolist()),
        ("word", terms.words, np.rint(TERM_SCALE * terms.word_places).astype(int).tolist()),
        ("era", list(YEARS), eras.tolist()),
        ("popularity", range(101), popularities.tolist()),
        ("cell", range(1, len(cells) + 1), cells.tolist()),
        ("parameter", list(parameters(probes)), list(parameters(probes).values())),
    ]
    rows: Mapping[str, list[Any]] = {
        "kind": [kind for kind, names, _ in blocks for _ in names],
        "name": [str(name) for _, names, _ in blocks for name in names],
        "vector": [vector for _, _, found in blocks for vector in found],
    }
    return pa.table(rows, schema=MODEL_VECTORS_SCHEMA)
