"""What a platform observes after it was built: some of all that an increment can meet, in any catalogue."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tests.dbt.chat_turns import AGAIN, LATER
from tests.dbt.platform import Platform, day

OTHER_SOURCE = "spotify"
"""Said some of it, and can be purged."""


def observe_changes(platform: Platform, catalogue: dict[str, pa.Table]) -> None:
    """Observe a new artist, changed, vanished and found ones, and the same again; some from `OTHER_SOURCE`."""
    artists = _by_id(catalogue["artists"], "artist_id")
    credits = catalogue["track_artists"].to_pylist()
    sounds = _by_id(catalogue["audio_features"], "track_id")
    known = [artist for artist in sorted(artists) if any(c["artist_id"] == artist for c in credits)]
    tracks = sorted(sounds)

    def observe(
        table: str, *rows: dict[str, Any], hour: int, source: str = "dataset", asked: list[str] | None = None
    ) -> None:
        platform.observe(table, rows, day(3, hour), source, f"run-at-{hour}", asked)

    # The same once more, as a retried step leaves it.
    again = [artists[one] for one in known[:3]]
    platform.observe("artists", again, day(2, 18), run_id="evening-run")
    # A new artist with a song of its own and one with somebody who is there already.
    observe("artists", {"artist_id": "new", "name": "새로운", "genres": artists[known[0]]["genres"]}, hour=12)
    observe("tracks", *({"track_id": f"new-{n}", "name": f"노래 {n}"} for n in (1, 2)), hour=12)
    observe(
        "track_artists",
        {"track_id": "new-1", "artist_id": "new", "position": 0},
        {"track_id": "new-1", "artist_id": known[1], "position": 1},
        {"track_id": "new-2", "artist_id": "new", "position": 0},
        hour=12,
    )
    sound = sounds[tracks[0]]
    observe(
        "audio_features",
        {**sound, "track_id": "new-1"},
        {**sound, "track_id": "new-2", "energy": 0.6},
        hour=12,
    )
    observe("artist_aliases", {"artist_id": known[0], "alias": "다른 이름"}, hour=12)
    # One sounds otherwise, one has other genres, one artist and one track are gone, one lost its credits.
    observe("audio_features", {**sound, "track_id": tracks[1]}, hour=13)
    observe("artists", {**artists[known[2]], "genres": artists[known[3]]["genres"]}, hour=13)
    observe("artists", hour=14, asked=[known[4]])
    observe("tracks", hour=14, asked=[tracks[2]])
    observe("track_artists", hour=14, asked=[tracks[3]])
    # Two turn out to be one recording.
    for number, track in enumerate(tracks[4:6]):
        observe("tracks", {"track_id": track, "name": f"Song {number}", "isrc": "SAME"}, hour=15 + number)
    # Another source knows better, for as long as it is not purged.
    observe(
        "artists", {"artist_id": known[5], "name": "Otherwise", "popularity": 1}, hour=17, source=OTHER_SOURCE
    )
    observe("audio_features", {**sound, "track_id": tracks[6], "valence": 0.9}, hour=17, source=OTHER_SOURCE)
    # People go on asking; some of it arrives twice, some of it late.
    observe("chat_turns", *AGAIN, hour=18, source="chat")
    observe("chat_turns", *LATER, hour=19, source="chat")


def _by_id(table: pa.Table, key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in table.to_pylist()}
