"""The similar artists and tracks once more, in numpy: written from the description, not from the SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np
import pyarrow as pa

from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.defs.marts.similarity_fit import Artists

QUANTILES = np.linspace(0.0, 1.0, 101)

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


def artists_of(tables: Mapping[str, pa.Table], breakpoints: dict[str, np.ndarray]) -> Artists:
    """Return a catalogue as the model is fitted on it, in the order of ids; without tags."""
    rows = sorted(tables["artists"].to_pylist(), key=lambda row: row["artist_id"])
    number = {row["artist_id"]: place for place, row in enumerate(rows)}
    terms = [(number[r["artist_id"]], t) for r in rows for t in sorted(_terms(r))]
    sounds = artist_vectors(
        track_vectors(tables["audio_features"], breakpoints)
        if len(breakpoints) == len(SIMILARITY_FEATURES)
        else {},
        tables["track_artists"],
        set(number),
    )
    nothing = np.full(len(SIMILARITY_FEATURES), np.nan)
    years, counts = _years(tables)
    return Artists(
        popularity=np.array(
            [np.nan if r["popularity"] is None else r["popularity"] for r in rows], dtype=float
        ),
        year=np.array([years.get(r["artist_id"], np.nan) for r in rows], dtype=float),
        sound=np.array([sounds.get(r["artist_id"], nothing) for r in rows]),
        is_listed=np.array([counts.get(r["artist_id"], 0) > 0 or bool(_terms(r)) for r in rows]),
        term_artist=np.array([artist for artist, _ in terms], dtype=np.int64),
        term=[term for _, term in terms],
        term_weight=np.ones(len(terms)),
    )


def _terms(artist: dict[str, Any]) -> set[str]:
    return {genre.strip().lower() for genre in artist["genres"] or ()}


def _years(tables: Mapping[str, pa.Table]) -> tuple[dict[str, int], dict[str, int]]:
    """Return each artist's mean release year, and how many known tracks credit it."""
    dates = dict(zip(*(tables["tracks"][c].to_pylist() for c in ("track_id", "release_date")), strict=True))
    years: dict[str, list[int]] = {}
    counts: Counter[str] = Counter()
    for credit in tables["track_artists"].to_pylist():
        if credit["track_id"] in dates:
            counts[credit["artist_id"]] += 1
            if date := dates[credit["track_id"]]:
                years.setdefault(credit["artist_id"], []).append(int(date[:4]))
    return {artist: int(np.floor(np.mean(found) + 0.5)) for artist, found in years.items()}, dict(counts)


def similar_artists(
    tables: Mapping[str, pa.Table], breakpoints: dict[str, np.ndarray], model: pa.Table, size: int
) -> Lists:
    """Return the lists of similar artists as docs/similarity.md describes them; no sources of related artists."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for row in model.to_pylist():
        found.setdefault(row["kind"], {})[row["name"]] = np.array(row["vector"])
    parameter = {name: value.tolist() for name, value in found["parameter"].items()}
    artists = artists_of(tables, breakpoints)
    rows = sorted(tables["artists"].to_pylist(), key=lambda row: row["artist_id"])
    ids = [row["artist_id"] for row in rows]
    together = _shared_tracks(tables, set(ids))
    told, sounds = [], []
    for place, row in enumerate(rows):
        genre = sum((found["term"][t] for t in _terms(row)), np.zeros(96))
        if genre.any():
            genre = genre / np.sqrt((genre**2).sum()) * parameter["genre_length"][0]
        year, popularity = artists.year[place], row["popularity"]
        era = found["era"][str(int(year))] if not np.isnan(year) else np.zeros(9)
        known = found["popularity"][str(popularity)] if popularity is not None else np.zeros(9)
        told.append(np.concatenate([_rounded(genre), era, known]))
        sound = (np.nan_to_num(artists.sound[place], nan=0.5) - 0.5) * parameter["sound_scale"][0]
        sounds.append(_rounded(sound))
    points, sound_points = np.array(told), np.array(sounds)
    tied = {artist for pair in together for artist in pair}
    is_compared = np.array(
        [bool(_terms(row)) or not np.isnan(artists.sound[place]).any() for place, row in enumerate(rows)]
    )
    candidates = np.flatnonzero(artists.is_listed)
    lists: Lists = {}
    for place in np.flatnonzero(is_compared | np.isin(ids, sorted(tied))):
        gaps = 2 * parameter["complete"][0] - 2 * points[candidates] @ points[place]
        gaps += ((sound_points[candidates] - sound_points[place]) ** 2).sum(axis=1)
        bonus = [together.get((ids[place], ids[other]), 0) for other in candidates]
        gaps -= np.array([0 if n == 0 else parameter["together"][min(n, 3) - 1] for n in bonus])
        order = np.argsort(np.clip(gaps, 0, 1_000_000), kind="stable")
        allowed = (is_compared[candidates] | (np.array(bonus) > 0)) & (candidates != place)
        best = order[allowed[order]][:size]
        lists[ids[place]] = [(ids[candidates[i]], 1 - max(gaps[i], 0) / 1e6) for i in best]
    return lists


def _shared_tracks(tables: Mapping[str, pa.Table], known: set[str]) -> Counter[tuple[str, str]]:
    tracks = set(tables["tracks"]["track_id"].to_pylist())
    credited: dict[str, set[str]] = {}
    for credit in tables["track_artists"].to_pylist():
        if credit["track_id"] in tracks and credit["artist_id"] in known:
            credited.setdefault(credit["track_id"], set()).add(credit["artist_id"])
    return Counter(
        pair for artists in credited.values() if len(artists) <= 8 for pair in permutations(artists, 2)
    )


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.sign(values) * np.floor(np.abs(values) + 0.5)


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
