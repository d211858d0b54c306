"""Documents, moments and unpleasant text for the store's tests."""

import json
from datetime import UTC, datetime, timedelta

from spotify_assets.core.store import Document, NameEntry, ServingStore

NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
LEASE = NOON + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)

HOSTILE = {
    "quotes": 'O\'Brien "the" `King` \\',
    "injection": "'; DROP TABLE answers; --",
    "comment": '"/* %s %(name)s :name ? {0} */ -- #',
    "newlines": "line one\nline two\r\n\ttab",
    "emoji": "👩‍👩‍👧‍👦 Ⓥ 💿🇰🇷",
    "Hangul": "방탄소년단 에스파",
    "10,000 characters": "긴 이름 🎤 " * 1429,
    "right to left": "\u202eאמן\u202c",
    "zalgo": "a" + "\u0301" * 600,
}
UNSTORABLE = {"NUL": "a\0b", "lone surrogate": "a\ud83db", "too long": "x" * 121}


def card(artist_id: str, name: str) -> dict:
    return {"artist_id": artist_id, "name": name, "genres": ["k-pop"], "image_url": None}


def artist(
    artist_id: str, *names: str, version: str = "v1", label: str | None = None, popularity: int = 0
) -> Document:
    label = label or artist_id
    body = {"artist": card(artist_id, label), "top_tracks": [], "similar": [], "model_version": version}
    return Document(
        "artist",
        artist_id,
        version,
        json.dumps(body, ensure_ascii=False),
        tuple(NameEntry(name, "artist", artist_id, label, popularity) for name in names),
    )


def track(track_id: str, *names: str, popularity: int = 0) -> Document:
    song = {
        "track_id": track_id,
        "name": "Whiplash",
        "artists": ["aespa"],
        "album_name": None,
        "image_url": None,
    }
    body = {"track": song, "artist_ids": ["a1"], "similar": [], "model_version": None}
    entries = tuple(NameEntry(name, "track", track_id, "Whiplash – aespa", popularity) for name in names)
    return Document("track", track_id, "v1", json.dumps(body), entries)


def found(store: ServingStore, key: str) -> list[str]:
    return [match.target_id for match in store.answers.find(key)]
