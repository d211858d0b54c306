"""The records of the platform: the one place where a column is named, described and bounded.

Here: what an artist, a track, a list entry is. Not here: how they are stored (arrow schemas are derived
in `lake/schemas.py`) or looked up (`catalog/`). Everything that names a column, from the lake's contract
to Dagster's column schema, derives from these classes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_type_hints

MAX_ID = 100
"""Longest id accepted, in characters. Spotify's have 22, MusicBrainz' 36."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a table promises of one column."""

    name: str
    type: str
    """One of `string`, `integer`, `bigint`, `double`, `boolean`, `list<string>`, `timestamp` (UTC)."""
    description: str
    required: bool
    """Never null. Ids and names are; everything else may be missing."""
    ge: float | None = None
    le: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    """A dataset directory may lack the column altogether."""


def column(
    description: str,
    *,
    ge: float | None = None,
    le: float | None = None,
    choices: tuple[str, ...] = (),
    optional: bool = False,
    big: bool = False,
) -> Any:
    """Declare a column; its name and type come from the field it is assigned to."""
    bounds = {"ge": ge, "le": le, "choices": choices}
    return dataclasses.field(
        metadata={"description": description, "optional": optional, "big": big, **bounds}
    )


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist as a source describes it."""

    artist_id: str = column("Spotify id of the artist (or the sample's own)")
    name: str = column("Name, in the language the source was asked in")
    followers: int | None = column("Followers on Spotify", ge=0, big=True)
    popularity: int | None = column("Spotify popularity, 0 (least) to 100", ge=0, le=100)
    genres: list[str] | None = column("Genres, as the source spells them")
    image_url: str | None = column("Address of the largest image")


@dataclass(frozen=True, slots=True)
class Track:
    """A track as a source describes it; who plays it is in `track_artists`."""

    track_id: str = column("Spotify id of the track (or the sample's own)")
    name: str = column("Title")
    album_id: str | None = column("Spotify id of the album it was found on")
    album_name: str | None = column("Title of that album")
    release_date: str | None = column("YYYY, YYYY-MM or YYYY-MM-DD, as `release_date_precision` says")
    release_date_precision: str | None = column("How exact the date is", choices=("year", "month", "day"))
    popularity: int | None = column("Spotify popularity, 0 (least) to 100", ge=0, le=100)
    explicit: bool | None = column("Has explicit lyrics")
    duration_ms: int | None = column("Length in milliseconds", ge=0, big=True)
    isrc: str | None = column("International Standard Recording Code", optional=True)
    image_url: str | None = column("Address of the album's largest image", optional=True)


@dataclass(frozen=True, slots=True)
class TrackArtist:
    """One credit of a track."""

    track_id: str = column("Track")
    artist_id: str = column("Credited artist")
    position: int = column("Place in the credits, 0 is the first", ge=0)


@dataclass(frozen=True, slots=True)
class ArtistTopTrack:
    """One of an artist's best known tracks."""

    artist_id: str = column("Artist")
    track_id: str = column("Track")
    rank: int = column("1 is the best known", ge=1)


@dataclass(frozen=True, slots=True)
class AudioFeatures:
    """How a track sounds, in Spotify's measures."""

    track_id: str = column("Track")
    danceability: float | None = column("Suitable for dancing, 0 to 1", ge=0, le=1)
    energy: float | None = column("Intensity and activity, 0 to 1", ge=0, le=1)
    key: int | None = column("Pitch class, 0 is C, -1 is unknown", ge=-1, le=11)
    loudness: float | None = column("Average loudness in dB", ge=-80, le=10)
    mode: int | None = column("1 is major, 0 is minor", ge=0, le=1)
    speechiness: float | None = column("Spoken words, 0 to 1", ge=0, le=1)
    acousticness: float | None = column("Confidence that it is acoustic, 0 to 1", ge=0, le=1)
    instrumentalness: float | None = column("Confidence that there are no vocals, 0 to 1", ge=0, le=1)
    liveness: float | None = column("Confidence that an audience is heard, 0 to 1", ge=0, le=1)
    valence: float | None = column("Musical positiveness, 0 to 1", ge=0, le=1)
    tempo: float | None = column("Beats per minute; 0 where none was found", ge=0, le=400)
    duration_ms: int | None = column("Length in milliseconds", ge=0, big=True)
    time_signature: int | None = column("Beats in a bar; 0 where none was found", ge=0, le=20)


@dataclass(frozen=True, slots=True)
class RelatedArtist:
    """An artist that a source relates to another one."""

    artist_id: str = column("Artist")
    rank: int = column("1 is the closest", ge=1)
    related_id: str | None = column("The related artist, where its Spotify id is known")
    related_external_id: str | None = column("Its id at the source (an MBID) where it is not")
    related_name: str | None = column("Its name at the source")
    score: float | None = column("Closeness, 0 to 1", ge=0, le=1)


@dataclass(frozen=True, slots=True)
class ArtistTag:
    """A word that listeners or editors put on an artist."""

    artist_id: str = column("Artist")
    tag: str = column("The tag, lower case")
    weight: float | None = column("Weight within the artist's tags, 0 to 1", ge=0, le=1)


@dataclass(frozen=True, slots=True)
class ArtistAlias:
    """Another name people use for an artist."""

    artist_id: str = column("Artist")
    alias: str = column("The other name")
    locale: str | None = column("Language of the name, such as ko or en")
    kind: str | None = column("What kind of name it is, such as native or transliteration")


@dataclass(frozen=True, slots=True)
class ArtistExternalId:
    """The artist's id elsewhere."""

    artist_id: str = column("Artist")
    kind: str = column("Whose id it is, such as mbid")
    external_id: str = column("The id there")


@dataclass(frozen=True, slots=True)
class PlaylistTrack:
    """A track on a playlist. Read from a dataset; the lake keeps who is related by it."""

    playlist_id: str = column("Playlist")
    track_id: str = column("Track")


@dataclass(frozen=True, slots=True)
class ChatEvent:
    """A turn of a conversation with the bot."""

    event_id: str = column("Id of the turn; an event that arrives twice has the same")
    event_time: datetime = column("When it was answered (UTC)")
    user_hash: str = column("Who asked, as a keyed hash")
    channel: str = column("Where it was asked, such as kakao or web")
    query: str | None = column("The name that was asked for, normalised; null where none was")
    outcome: str = column(
        "What kind of answer it got",
        choices=("artist", "track", "choices", "pending", "not_found", "help", "error"),
    )
    artist_id: str | None = column("The artist that the answer is about")
    latency_ms: int = column("How long the answer took, in whole milliseconds", ge=0, le=3_600_000)
    provisional: bool = column("The answer was made before all data was there")
    model_version: str | None = column("The similarity model that the answer is from")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the lake: which record it holds and what makes a row of it one."""

    name: str
    record: type
    key: tuple[str, ...]
    """No two rows of one batch may share these."""
    list_of: str | None
    """Where rows form lists (credits, tags, …): the parent column. A list is observed whole or not at all."""

    @property
    def description(self) -> str:
        """What one row is."""
        return (self.record.__doc__ or "").strip()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns in order, with their types and bounds."""
        hints = get_type_hints(self.record)
        return tuple(_column(f, hints[f.name]) for f in dataclasses.fields(self.record))

    @property
    def id_column(self) -> str:
        """The column whose value an observation is about: the parent of a list, else the only key."""
        return self.list_of or self.key[0]


def _column(field: dataclasses.Field[Any], hint: Any) -> Column:
    meta = dict(field.metadata)
    required = type(None) not in getattr(hint, "__args__", ())
    base = hint if required else next(a for a in hint.__args__ if a is not type(None))
    names = {
        str: "string",
        int: "integer",
        float: "double",
        bool: "boolean",
        datetime: "timestamp",
        list[str]: "list<string>",
    }
    kind = "bigint" if meta.pop("big") else names[base]
    return Column(name=field.name, type=kind, required=required, **meta)


TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        Table("artists", Artist, ("artist_id",), None),
        Table("tracks", Track, ("track_id",), None),
        Table("track_artists", TrackArtist, ("track_id", "artist_id"), "track_id"),
        Table("artist_top_tracks", ArtistTopTrack, ("artist_id", "track_id"), "artist_id"),
        Table("audio_features", AudioFeatures, ("track_id",), None),
        Table("related_artists", RelatedArtist, ("artist_id", "rank"), "artist_id"),
        Table("artist_tags", ArtistTag, ("artist_id", "tag"), "artist_id"),
        Table("artist_aliases", ArtistAlias, ("artist_id", "alias"), "artist_id"),
        Table("artist_ids", ArtistExternalId, ("artist_id", "kind", "external_id"), "artist_id"),
    )
}
"""Every table that a catalogue fills, by name."""

CHAT_TURNS = Table("chat_turns", ChatEvent, ("event_id",), None)
"""What the bot told of its conversations, read from the stream of events; an event may be there twice."""

LAKE_TABLES: dict[str, Table] = {**TABLES, CHAT_TURNS.name: CHAT_TURNS}
"""Every table of the lake's `raw/`, by name."""

PLAYLIST_TRACKS = Table("playlist_tracks", PlaylistTrack, ("playlist_id", "track_id"), "playlist_id")
"""What a dataset may have and the lake does not keep."""

SIMILARITY_FEATURES: tuple[str, ...] = (
    "danceability",
    "energy",
    "loudness",
    "mode",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
    "duration_ms",
)
"""The audio features a distance is made of."""
