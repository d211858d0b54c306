"""A catalogue drawn at random from a fixed seed, with the quirks of real ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

N_ARTISTS = 240
GENRES = ["발라드", "k-pop", "rock", "jazz", "hip hop", "trot", "indie"]


def draw(seed: int = 7) -> dict[str, pa.Table]:
    """Return artists, tracks, track_artists and audio_features.

    Every tenth artist has no track, every seventh no genres, one name is shared by two artists, a fifth of the
    tracks credit a second artist, one credits an artist nobody knows, every thirtieth lacks a feature, every
    fortieth sounds exactly like the one before it, every twentieth is another version of it.
    """
    rng = np.random.default_rng(seed)
    artists: list[dict[str, Any]] = []
    tracks: list[dict[str, Any]] = []
    credits: list[dict[str, Any]] = []
    features: list[dict[str, Any]] = []
    for a in range(N_ARTISTS):
        artists.append(
            {
                "artist_id": f"a{a:04}",
                "name": "같은 이름" if a in (5, 6) else f"Artist {a}",
                "followers": int(rng.integers(1_000_000)),
                "popularity": int(rng.integers(101)),
                "genres": None if a % 7 == 0 else sorted(set(rng.choice(GENRES, 3).tolist())),
                "image_url": f"http://images/{a}" if a % 3 else None,
            }
        )
        for _ in range(0 if a % 10 == 0 else int(rng.integers(1, 9))):
            t = len(tracks)
            again = t % 40 == 39
            version = t % 20 == 19
            tracks.append(
                {
                    "track_id": f"t{t:05}",
                    "name": f"{tracks[-1]['name']} - Remastered 2020" if version else f"Song {t}",
                    "release_date": ["1999", "2004-05", "2020-12-24", None][t % 4],
                    "popularity": int(rng.integers(20)),
                    "explicit": bool(t % 2),
                    "duration_ms": 180_000 + 500 * (t % 20),
                    "isrc": f"ISRC{t // 2}" if t % 50 < 2 else None,
                }
            )
            credits.append({"track_id": f"t{t:05}", "artist_id": f"a{a:04}", "position": 0})
            if t % 5 == 0:
                other = "nobody" if t == 100 else f"a{(a + 13) % N_ARTISTS:04}"
                credits.append({"track_id": f"t{t:05}", "artist_id": other, "position": 1})
            sound: dict[str, Any] = {
                "danceability": rng.beta(4, 3), "energy": rng.beta(3, 2), "key": int(rng.integers(12)),
                "loudness": -20 * rng.beta(2, 5), "mode": int(rng.random() < 0.7),
                "speechiness": rng.beta(1, 12), "acousticness": rng.beta(0.5, 1),
                "instrumentalness": 0.0 if rng.random() < 0.6 else rng.random(),
                "liveness": rng.beta(2, 8), "valence": rng.random(), "tempo": rng.normal(120, 25),
                "duration_ms": 180_000 + 500 * (t % 20), "time_signature": 4,
            }  # fmt: skip
            if t % 30 == 29:
                sound["valence"] = None
            features.append({**(features[-1] if again else sound), "track_id": f"t{t:05}"})
    tables = {"artists": artists, "tracks": tracks, "track_artists": credits, "audio_features": features}
    return {name: pa.Table.from_pylist(rows) for name, rows in tables.items()}
