"""The similar artists and tracks once more, in numpy: written from the description, not from the SQL."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from spotify_assets.core.records import SIMILARITY_FEATURES

from .platform import QUANTILES

Lists = dict[str, list[tuple[str, float]]]
"""Similar ids with their scores by id, the most similar first."""


def track_vectors(features: pa.Table, breakpoints: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return each track's features as quantiles; tracks that lack one are left out."""
    columns = []
    for name in SIMILARITY_FEATURES:
        values = features[name].cast(pa.float64()).to_numpy()
        at = breakpoints[name]
        # From the left and from the right: they differ where quantiles share a value, and the middle counts.
        upper = np.interp(values, at, QUANTILES)
        lower = -np.interp(-values, -at[::-1], -QUANTILES[::-1])
        columns.append(np.round((upper + lower) / 2, 9))
    matrix = np.column_stack(columns)
    ids = features["track_id"].to_pylist()
    return {track: row for track, row in zip(ids, matrix, strict=True) if not np.isnan(row).any()}


def artist_vectors(
    vectors: dict[str, np.ndarray], credits: pa.Table, known: set[str]
) -> dict[str, np.ndarray]:
    """Return the mean of each known artist's tracks."""
    rows: dict[str, list[np.ndarray]] = {}
    for credit in credits.to_pylist():
        if credit["artist_id"] in known and credit["track_id"] in vectors:
            rows.setdefault(credit["artist_id"], []).append(vectors[credit["track_id"]])
    return {artist: np.mean(tracks, axis=0) for artist, tracks in rows.items()}


def nearest(vectors: dict[str, np.ndarray], size: int, labels: list[dict[str, str | None]]) -> Lists:
    """Return the `size` nearest of every id; two ids that share a label are never each other's neighbours."""
    ids = sorted(vectors)
    matrix = np.array([vectors[i] for i in ids])
    numbers = [_numbered(ids, label) for label in labels]
    lists: Lists = {}
    for place, owner in enumerate(ids):
        distance = np.sqrt(((matrix - matrix[place]) ** 2).sum(axis=1))
        scores = np.round(1 - distance / np.sqrt(len(SIMILARITY_FEATURES)), 6)
        allowed = np.arange(len(ids)) != place
        for label in numbers:
            allowed &= label != label[place]
        # Ids are sorted and the sort is stable, so that equal scores stay in the order of ids.
        order = np.argsort(-scores, kind="stable")
        best = order[allowed[order]][:size]
        lists[owner] = [(ids[i], float(scores[i])) for i in best]
    return lists


def _numbered(ids: list[str], label: dict[str, str | None]) -> np.ndarray:
    numbers: dict[str, int] = {}
    return np.array(
        [
            -1 - place if (text := label.get(i)) is None else numbers.setdefault(text, len(numbers))
            for place, i in enumerate(ids)
        ]
    )
