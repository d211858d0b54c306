"""The moods of tracks in the lake: what their files hold, and which version counts.

Here: names, columns and places of what `spark/track_moods.py` writes. Not here: working it out.

Parts lie in `track_moods/<part>/mood_version=<version>/`, in files of Spark's own naming. A version counts
once its `moods` are there, which are written last; the newest that counts is the one to read.
"""

from __future__ import annotations

from typing import Literal, get_args

import pyarrow as pa
import pyarrow.dataset as pads

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.moods import FEATURES

ROOT = "track_moods"
PARTITION = "mood_version"
MoodPart = Literal["tracks", "artists", "years", "moods"]
PARTS: tuple[MoodPart, ...] = get_args(MoodPart)

_COUNTED = [("n_tracks", pa.int64()), ("share", pa.float64())]
SCHEMAS: dict[MoodPart, pa.Schema] = {
    "tracks": pa.schema([("track_id", pa.string()), ("mood", pa.string())]),
    "artists": pa.schema([("artist_id", pa.string()), ("mood", pa.string()), *_COUNTED]),
    "years": pa.schema([("year", pa.int32()), ("mood", pa.string()), *_COUNTED]),
    "moods": pa.schema(
        [
            *((name, pa.string()) for name in ("mood", "name_ko", "name_en")),
            *_COUNTED,
            *((name, pa.float64()) for name in FEATURES),
        ]
    ),
}

GRAINS: dict[MoodPart, str] = {
    "tracks": "One row per track of which every feature of a mood is known",
    "artists": "One row per artist and mood that the artist has a track of",
    "years": "One row per year of release and mood that a track of it has",
    "moods": "One row per mood",
}

DESCRIPTIONS = {
    "track_id": "Track",
    "artist_id": "Credited artist",
    "year": "Year of release",
    "mood": "The mood, such as acoustic or fierce",
    "name_ko": "Its name in Korean, as before 분위기",
    "name_en": "Its name in English, an adjective",
    "n_tracks": "Tracks of the mood",
    "share": "Their share of the artist's, the year's or all tracks, 0 to 1",
    **{name: f"Average {name} of its tracks, in the feature's own measure" for name in FEATURES},
}
"""What each column is, in whichever part."""


def directory(part: MoodPart, version: str) -> str:
    """Return where a part of a version lies, below the lake's root."""
    return f"{ROOT}/{part}/{PARTITION}={version}"


def mood_versions(lake: Lake) -> list[str]:
    """Return the versions that count, oldest first; the last one is to be read."""
    return sorted(_begun(lake, "moods"))


def delete_moods(lake: Lake, kept: int = 0) -> list[str]:
    """Delete all versions but the newest `kept`, and what runs left that died before those; return ids."""
    newest = mood_versions(lake)[-kept:] if kept else []
    begun = set().union(*(_begun(lake, part) for part in PARTS))
    gone = sorted(version for version in begun if not newest or version < newest[0])
    for version in gone:
        # What makes it count goes first.
        for part in reversed(PARTS):
            lake.storage.delete_below(directory(part, version))
    return gone


def read_moods(lake: Lake, part: MoodPart, version: str) -> pa.Table:
    """Return a part of a version, its columns in their order.

    Raises:
        LakeError: it is not there, or not what it should be.
    """
    paths = [
        lake.storage.full_path(path)
        for path in lake.storage.list(directory(part, version), suffix=".parquet")
    ]
    if not paths:
        raise LakeError(f"There are no {part} of the moods {version} in {lake.storage.uri}")
    try:
        rows = pads.dataset(paths, filesystem=lake.storage.filesystem, format="parquet")
        return rows.to_table(columns=SCHEMAS[part].names).cast(SCHEMAS[part])
    except (pa.ArrowInvalid, OSError) as error:
        raise LakeError(
            f"{lake.storage.uri_of(directory(part, version))} cannot be read: {lake.storage.explain(error)}"
        ) from error


def _begun(lake: Lake, part: MoodPart) -> set[str]:
    files = lake.storage.list(f"{ROOT}/{part}", suffix=".parquet")
    return {path.split("/")[2].removeprefix(f"{PARTITION}=") for path in files}
