"""Lists of similar artists on one machine: the arithmetic of the dbt models `int_artist_placed` and
`int_artist_neighbours`, in numpy.

On Athena the two models are SQL. On DuckDB they call this: the same whole numbers, a matrix product at a time
instead of a row at a time (docs/similarity.md has the figures). Points, spans and cells are explained in
`similarity_fit.py`; every number here is whole and below 2^24, so that single precision holds it exactly.

Artists are numbered from 0 in the order of their ids, so that ties by number are ties by id.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Places = NDArray[np.int64]
Singles = NDArray[np.float32]
Flags = NDArray[np.bool_]
_Found = tuple[Places, Places, Places]

FARTHEST = 1_000_000
"""Millionths by which a score can fall short of 1; nobody farther is near, however short the list."""
CELLS = 65_536
"""More than there are cells: a place among cells is a distance times this, plus the cell."""
_ENTRIES = 1 << 23
"""Distances held at a time: 32 MB."""
_SHIFT = 1 << 31
_NOBODY = 1 << 62


@dataclass(frozen=True, slots=True)
class Points:
    """Artists as rows."""

    vectors: Singles
    """Artists x coordinates."""
    spans: Places
    """Squared length of the point if it lacked nothing."""
    is_listed: Flags
    """May be in lists."""
    is_compared: Flags
    """Has what comes near others; who does not is in the lists of those alone that it is tied to."""

    @property
    def can_be_near(self) -> Flags:
        """May be in the lists of artists that it is near."""
        return self.is_listed & self.is_compared


@dataclass(frozen=True, slots=True)
class Cells:
    """Where artists lie, and where they look for others."""

    own: Places
    """The cell that others find the artist in."""
    nearest: Places
    """Artists x probes: the cells it looks into. No column: it looks everywhere."""


@dataclass(frozen=True, slots=True)
class Links:
    """What ties pairs of artists."""

    owner: Places
    related: Places
    bonus: Places
    """Millionths that it brings the two nearer."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Entries of lists, each list from its nearest to its last."""

    owner: Places
    related: Places
    millionths: Places
    """By how much the score falls short of 1, 0 to a million."""

    def ranks(self) -> Places:
        """Return each entry's place in its list, from 1."""
        first = np.flatnonzero(np.r_[True, np.diff(self.owner) > 0]) if len(self.owner) else self.owner
        sizes = np.diff(np.r_[first, len(self.owner)])
        return np.arange(len(self.owner)) - np.repeat(first, sizes) + 1


def place(vectors: Singles, lacking: Places, centres: Places, probes: int) -> tuple[Places, Places]:
    """Return each artist's own cell, and the places of its `probes` nearest ones, nearest first (`CELLS`).

    `centres` are the model's cells as `similarity_fit.fit_cells` has them, number 1 first. What an artist
    lacks counts for the cell it lies in, not for those it looks into.
    """
    size = vectors.shape[1]
    probes = min(probes, len(centres))
    lack = np.floor(np.sqrt(lacking) + 0.5).astype(np.int64)
    own, nearest = np.empty(len(vectors), np.int64), np.empty((len(vectors), probes), np.int64)
    for start, end in _blocks(len(vectors), len(centres)):
        dots = vectors[start:end] @ centres[:, :size].T.astype(np.float32)
        apart = FARTHEST + centres[:, size + 1] - 2 * dots.astype(np.int64)
        own[start:end] = (apart - 2 * lack[start:end, None] * centres[:, size]).argmin(axis=1) + 1
        keys = apart * CELLS + np.arange(1, len(centres) + 1)
        nearest[start:end] = np.sort(np.partition(keys, probes - 1, axis=1)[:, :probes], axis=1)
    return own, nearest


def nearest(points: Points, cells: Cells, links: Links, owners: Places, size: int) -> Pairs:
    """Return the lists of `owners`: their `size` nearest, by distance and number, never the owner itself.

    Looked at are the artists who can be near, of the cells that the owner looks into, no farther than
    `FARTHEST`, and those it is tied to, wherever they lie.
    """
    n = len(points.spans)
    owner, related, apart = _near(points, cells, owners, size)
    wanted = np.zeros(n, bool)
    wanted[owners] = True
    of_owners = np.flatnonzero(wanted[links.owner] & points.is_listed[links.related])
    tie_owner, tie_related = links.owner[of_owners], links.related[of_owners]
    tied = gaps(points, tie_owner, tie_related) - links.bonus[of_owners]
    untied = ~np.isin(owner * n + related, tie_owner * n + tie_related)
    owner, related = np.r_[owner[untied], tie_owner], np.r_[related[untied], tie_related]
    millionths = np.clip(np.r_[apart[untied], tied], 0, FARTHEST)
    order = np.lexsort((millionths * _SHIFT + related, owner))
    ordered = Pairs(owner[order], related[order], millionths[order])
    kept = ordered.ranks() <= size
    return Pairs(ordered.owner[kept], ordered.related[kept], ordered.millionths[kept])


def entered(points: Points, cells: Cells, newcomers: Places, reach: Places) -> Places:
    """Return the artists whose list one of the `newcomers` is near enough to enter.

    `reach` is how far each artist's list reaches, in millionths; -1 for artists who are not asked about.
    """
    newcomers = newcomers[points.can_be_near[newcomers]]
    affected = [np.zeros(0, np.int64)]
    for start, end in _blocks(len(points.spans), len(newcomers)):
        block = np.arange(start, end)
        apart = _apart(points.vectors[start:end], points.spans[start:end], points, newcomers)
        rows, columns = np.nonzero(apart <= reach[start:end, None])
        if cells.nearest.shape[1]:
            rows = rows[(cells.nearest[block[rows]] == cells.own[newcomers[columns], None]).any(axis=1)]
        affected.append(np.unique(block[rows]))
    return np.concatenate(affected)


def recall(points: Points, cells: Cells, owners: Places, size: int) -> float:
    """Return the share of the owners' exact lists that looking into cells finds; as near counts as found."""
    nobody = np.zeros(0, np.int64)
    exact = nearest(
        points, Cells(cells.own, cells.nearest[:, :0]), Links(nobody, nobody, nobody), owners, size
    )
    found = nearest(points, cells, Links(nobody, nobody, nobody), owners, size)
    farthest = np.full(len(points.spans), -1)
    np.maximum.at(farthest, exact.owner, exact.millionths)
    hits = (found.millionths <= farthest[found.owner]).sum()
    return float(hits / len(exact.owner)) if len(exact.owner) else 1.0


def gaps(points: Points, left: Places, right: Places) -> Places:
    """Return by how many millionths the score of each pair falls short of 1, before what ties them."""
    return points.spans[left] + points.spans[right] - 2 * products(points, left, right, slice(None))


def products(points: Points, left: Places, right: Places, coordinates: slice) -> Places:
    """Return each pair's dot product over a stretch of the coordinates."""
    vectors = points.vectors[:, coordinates]
    dots = np.empty(len(left), np.int64)
    for start, end in _blocks(len(left), vectors.shape[1]):
        dots[start:end] = np.einsum("ij,ij->i", vectors[left[start:end]], vectors[right[start:end]])
    return dots


def _near(points: Points, cells: Cells, owners: Places, size: int) -> _Found:
    """Return owners, others and distances: of each owner the `size` nearest of those it looks at."""
    # Those of a cell look into much the same cells: neighbours stay in one part.
    owners = owners[np.argsort(cells.own[owners], kind="stable")]
    workers = os.cpu_count() or 1
    # Many small products: a thread for each part is faster than two for each product.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
        parts = np.array_split(owners, workers)
        found = list(pool.map(lambda part: _near_part(points, cells, part, size), parts))
    owner, other, apart = zip(*found, strict=True)
    return np.concatenate(owner), np.concatenate(other), np.concatenate(apart)


def _near_part(points: Points, cells: Cells, owners: Places, size: int) -> _Found:
    # One more, since the owner finds itself. Distance and number compete as one number.
    best = np.full((len(owners), size + 1), _NOBODY)
    vectors, spans = points.vectors[owners], points.spans[owners]
    for rows, others in _looks(points, cells, owners):
        apart = _apart(vectors[rows], spans[rows], points, others)
        keys = apart.astype(np.int64) * _SHIFT + others
        keys[apart > FARTHEST] = _NOBODY
        contest = np.hstack([best[rows], keys])
        contest.partition(size, axis=1)
        best[rows] = contest[:, : size + 1]
    best[best % _SHIFT == owners[:, None]] = _NOBODY
    best.sort(axis=1)
    key = best[:, :size].ravel()
    found = key < _NOBODY
    return np.repeat(owners, size)[found], key[found] % _SHIFT, key[found] // _SHIFT


def _looks(points: Points, cells: Cells, owners: Places) -> Iterator[tuple[Places, Places]]:
    """Yield who looks at whom: rows of owners, and artists; blocks that fit the processor's cache."""
    listed = np.flatnonzero(points.can_be_near)
    if not cells.nearest.shape[1]:
        looking = {0: np.arange(len(owners))}
        found = {0: np.arange(len(listed))}
    else:
        probes = cells.nearest.shape[1]
        looking = {cell: at // probes for cell, at in _groups(cells.nearest[owners].ravel()).items()}
        found = _groups(cells.own[listed])
    for cell in looking.keys() & found.keys():
        for rows in _parts(looking[cell], 256):
            for others in _parts(listed[found[cell]], 1024):
                yield rows, others


def _groups(values: Places) -> dict[int, Places]:
    """Return where each value stands."""
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(values[order]) > 0]) if len(values) else values
    return {int(values[part[0]]): part for part in np.split(order, starts[1:]) if len(part)}


def _parts(values: Places, size: int) -> Iterator[Places]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _apart(vectors: Singles, spans: Places, points: Points, others: Places) -> Singles:
    """Return the gaps of points, as rows, and others."""
    apart: Singles = vectors @ (-2 * points.vectors[others]).T
    apart += spans[:, None].astype(np.float32)
    apart += points.spans[others].astype(np.float32)
    return apart


def _blocks(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of rows that have about 8 million entries."""
    step = max(1, _ENTRIES // max(1, columns))
    for start in range(0, rows, step):
        yield start, min(start + step, rows)
