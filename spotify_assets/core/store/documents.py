"""What the bot reads: one document per artist and one per song, complete in itself.

A document is written in one put and read in one get, so a reply never mixes versions. The publishing side
(`defs/serving`) builds the same JSON in SQL; `tests/` hold the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["artist", "track"]


@dataclass(frozen=True, slots=True)
class TrackCard:
    """A song as it is shown on a card."""

    track_id: str
    name: str
    artists: list[str]
    """Names of the credited artists, first credited first."""
    album_name: str | None = None
    image_url: str | None = None
    artist_ids: list[str] = field(default_factory=list)
    """Their ids, in the same order; empty where only the names are told."""


@dataclass(frozen=True, slots=True)
class ArtistCard:
    """An artist as it is shown on a card."""

    artist_id: str
    name: str
    genres: list[str] = field(default_factory=list)
    image_url: str | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """What makes two artists (or songs) alike; the bot turns it into a sentence."""

    shared_genres: list[str] = field(default_factory=list)
    close_features: list[str] = field(default_factory=list)
    """Audio features in which they are closest, closest first; none where they sound apart."""
    shared_track: str | None = None
    """Title of a song that credits both."""
    is_related: bool = False
    """A source that knows who is heard with whom relates the two."""
    is_near_scene: bool = False
    """Their genres are other ones, but keep the same company."""
    is_same_era: bool = False
    """Their songs came out in about the same years."""
    shared_mood: str | None = None
    """The mood that both have (a key of `core.moods.MOOD_OF`): of most songs, or of the song."""


@dataclass(frozen=True, slots=True)
class SimilarArtist:
    """One entry of an artist's list of similar artists."""

    artist: ArtistCard
    score: float
    likeness: Likeness
    tracks: list[TrackCard]


@dataclass(frozen=True, slots=True)
class SimilarTrack:
    """One entry of a song's list of similar songs."""

    track: TrackCard
    score: float
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class ArtistDocument:
    """All the bot says about an artist."""

    artist: ArtistCard
    top_tracks: list[TrackCard]
    similar: list[SimilarArtist]
    model_version: str | None = None

    @classmethod
    def from_json(cls, doc: dict[str, Any]) -> ArtistDocument:
        """Read what the publishing side wrote."""
        return cls(
            artist=ArtistCard(**doc["artist"]),
            top_tracks=[TrackCard(**t) for t in doc["top_tracks"]],
            similar=[
                SimilarArtist(
                    artist=ArtistCard(**s["artist"]),
                    score=s["score"],
                    likeness=Likeness(**s["likeness"]),
                    tracks=[TrackCard(**t) for t in s["tracks"]],
                )
                for s in doc["similar"]
            ],
            model_version=doc["model_version"],
        )


@dataclass(frozen=True, slots=True)
class TrackDocument:
    """All the bot says about a song."""

    track: TrackCard
    artist_ids: list[str]
    """Ids of the credited artists, in the order of `track.artists`."""
    similar: list[SimilarTrack]
    model_version: str | None = None

    @classmethod
    def from_json(cls, doc: dict[str, Any]) -> TrackDocument:
        """Read what the publishing side wrote."""
        return cls(
            track=TrackCard(**doc["track"]),
            artist_ids=doc["artist_ids"],
            similar=[
                SimilarTrack(
                    track=TrackCard(**s["track"]), score=s["score"], likeness=Likeness(**s["likeness"])
                )
                for s in doc["similar"]
            ],
            model_version=doc["model_version"],
        )
