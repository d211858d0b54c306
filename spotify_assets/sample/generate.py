"""Draw the sample's tables from `artists.csv`: `python -m spotify_assets.sample.generate` rewrites them.

The same artists give the same rows on every machine. Each artist's draws start from its own slug, and only
artists further up in the file appear on its tracks, so that a line added at the end changes no other row.
"""

from __future__ import annotations

import csv
import hashlib
import sys
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.sample import SAMPLE_DIRECTORY
from spotify_assets.sample.sounds import Sound, blend, draw, manner
from spotify_assets.sample.titles import draw_titles

ALBUM = "Synthetic Sample"
"""The album of every track, so that a card says what it shows."""

LAST_YEAR = 2025
"""The latest release of an artist whose `last_year` is empty."""

FEWEST_TRACKS, MOST_TRACKS = 8, 14
GUEST_SHARE = 0.15
"""The share of tracks on which a second artist is credited, where one fits."""

HOME_LOCALES = {"KR": "ko", "JP": "ja"}
LOCALES = ("ko", "en", "ja")
TABLE_NAMES = ("artists", "tracks", "track_artists", "audio_features", "artist_aliases")

ONE_TRACK, NO_FEATURES, HALF_THE_FEATURES = "one track", "no features", "half the features"
NO_VALENCE, NO_GENRES = "no valence", "no genres"
GAPS = ("", ONE_TRACK, NO_FEATURES, HALF_THE_FEATURES, NO_VALENCE, NO_GENRES)
"""What a row's `gap` may leave out; real catalogues have such holes, and the sample shows them."""

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of `artists.csv`."""

    slug: str
    name: str
    aliases: dict[str, list[str]]
    """Other names by locale, the most usual first."""
    genres: tuple[str, ...]
    popularity: int
    first_year: int
    last_year: int
    """Years of releases; for composers, of recordings of their music."""
    country: str
    """ISO 3166-1 alpha-2 code of the home country."""
    gap: str

    @property
    def artist_id(self) -> str:
        """The id in every table."""
        return f"sample-artist-{self.slug}"

    @property
    def sound(self) -> Sound:
        """What its genres sound like."""
        return blend(self.genres)


def read_artists(path: Path = SAMPLE_DIRECTORY / "artists.csv") -> list[Entry]:
    """Read the artists, in the file's order.

    Raises:
        ValueError: a line has a gap that is none of `GAPS`.
    """
    with path.open(encoding="utf-8", newline="") as file:
        entries = [_entry(row) for row in csv.DictReader(file)]
    for entry in entries:
        if entry.gap not in GAPS:
            raise ValueError(f"{path.name}: {entry.slug} has the gap {entry.gap!r}; allowed are {GAPS[1:]}")
    return entries


def build_tables(entries: Sequence[Entry]) -> dict[str, pa.Table]:
    """Draw every table of the sample, in the columns and types of the records."""
    rows: Rows = {name: [] for name in TABLE_NAMES}
    for place, entry in enumerate(entries):
        rows["artists"].append(_artist(entry))
        rows["artist_aliases"] += _aliases(entry)
        _add_tracks(rows, entry, entries[:place])
    return {name: pa.Table.from_pylist(found, schema=record_schema(name)) for name, found in rows.items()}


def write_sample(directory: Path) -> None:
    """Write the tables of `artists.csv` into a directory, one Parquet file each."""
    for name, table in build_tables(read_artists()).items():
        pq.write_table(table, directory / f"{name}.parquet", compression="zstd", compression_level=19)


def _entry(row: dict[str, str]) -> Entry:
    return Entry(
        slug=row["slug"],
        name=row["name"],
        aliases={locale: [a for a in row[f"aliases_{locale}"].split("|") if a] for locale in LOCALES},
        genres=tuple(row["genres"].split("|")),
        popularity=int(row["popularity"]),
        first_year=int(row["first_year"]),
        last_year=int(row["last_year"] or LAST_YEAR),
        country=row["country"],
        gap=row["gap"],
    )


def _random(*names: str) -> np.random.Generator:
    """A generator of its own for each purpose, so that a change to one draw leaves the others."""
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(digest))))


def _artist(entry: Entry) -> dict[str, Any]:
    return {
        "artist_id": entry.artist_id,
        "name": entry.name,
        "popularity": entry.popularity,
        "genres": None if entry.gap == NO_GENRES else list(entry.genres),
    }


def _aliases(entry: Entry) -> list[dict[str, Any]]:
    """The first name in the home language is native, the first in another script a transliteration."""
    rows = []
    for locale, names in entry.aliases.items():
        first = "native" if locale == HOME_LOCALES.get(entry.country) else "transliteration"
        for place, alias in enumerate(names):
            kind = "alias" if place or locale == "en" else first
            rows.append({"artist_id": entry.artist_id, "alias": alias, "locale": locale, "kind": kind})
    return rows


def _add_tracks(rows: Rows, entry: Entry, earlier: Sequence[Entry]) -> None:
    count = 1 if entry.gap == ONE_TRACK else _track_count(entry.popularity)
    titles = draw_titles(_random("titles", entry.slug), count, entry.country == "KR")
    own, sound = manner(_random("manner", entry.slug)), entry.sound
    for place, title in enumerate(titles):
        track_id = f"sample-track-{entry.slug}-{place + 1:02}"
        rng = _random("track", track_id)
        date, precision = _release_date(rng, entry.first_year, entry.last_year)
        features = draw(_random("features", track_id), sound, own, int(date[:4]))
        rows["tracks"].append(
            {
                "track_id": track_id,
                "name": title,
                "album_id": f"sample-album-{entry.slug}",
                "album_name": ALBUM,
                "release_date": date,
                "release_date_precision": precision,
                "popularity": _track_popularity(rng, entry.popularity, place),
                "explicit": bool(rng.random() < sound.explicit),
                "duration_ms": features["duration_ms"],
            }
        )
        credits = [entry, *_guest(_random("guest", track_id), entry, int(date[:4]), earlier)]
        rows["track_artists"] += [
            {"track_id": track_id, "artist_id": credited.artist_id, "position": position}
            for position, credited in enumerate(credits)
        ]
        if entry.gap == NO_VALENCE:
            del features["valence"]
        if entry.gap != NO_FEATURES and not (entry.gap == HALF_THE_FEATURES and place % 2):
            rows["audio_features"].append({"track_id": track_id, **features})


def _track_count(popularity: int) -> int:
    """Eight for an artist at 36 or below, fourteen for one at 100."""
    return FEWEST_TRACKS + round((MOST_TRACKS - FEWEST_TRACKS) * max(0, popularity - 36) / 64)


def _track_popularity(rng: np.random.Generator, popularity: int, place: int) -> int:
    """The first track comes close to the artist; each further one falls off."""
    return int(np.clip(round(popularity * (0.93 - 0.035 * place) + 2 * rng.standard_normal()), 0, 100))


def _release_date(rng: np.random.Generator, first_year: int, last_year: int) -> tuple[str, str]:
    """Draw a date and its precision; of old recordings often the year alone is known."""
    year = int(rng.integers(first_year, last_year + 1))
    month = int(rng.integers(1, 13))
    day = int(rng.integers(1, monthrange(year, month)[1] + 1))
    known = rng.random()
    only_year, up_to_month = (0.4, 0.5) if year < 1985 else (0.04, 0.08)
    if known < only_year:
        return f"{year}", "year"
    if known < up_to_month:
        return f"{year}-{month:02}", "month"
    return f"{year}-{month:02}-{day:02}", "day"


def _guest(rng: np.random.Generator, entry: Entry, year: int, earlier: Sequence[Entry]) -> list[Entry]:
    """Draw who else is credited, of the same family of genres and active that year; often nobody.

    An artist with a gap is no guest: a guest's track would fill the gap.
    """
    if rng.random() >= GUEST_SHARE or not entry.sound.duets:
        return []
    near = [
        other
        for other in earlier
        if other.sound.family == entry.sound.family
        and other.first_year <= year <= other.last_year
        and not other.gap
    ]
    return [near[int(rng.integers(len(near)))]] if near else []


if __name__ == "__main__":
    write_sample(SAMPLE_DIRECTORY)
    sizes = {name: (SAMPLE_DIRECTORY / f"{name}.parquet").stat().st_size for name in TABLE_NAMES}
    sys.stdout.write("".join(f"{name}.parquet {size:,} bytes\n" for name, size in sizes.items()))
