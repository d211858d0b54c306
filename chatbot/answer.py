"""What a channel asks the bot and what it gets back.

Here: the question, the answer and its JSON, as every client of `POST /v1/chat` sees it. Not here: how an
answer is found (`bot.py`), worded (`messages/`) or shown (`channels/`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from chatbot.language import Language
from spotify_assets.core.store.documents import ArtistCard, TrackCard

AnswerKind = Literal["artist", "track", "choices", "pending", "not_found", "help", "error"]

SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
"""What Spotify's ids look like: 22 characters of base 62."""


_MAX_SEARCH = 200


class Question(NamedTuple):
    """What somebody wrote."""

    user: str
    """Who asks, as the channel knows them; never shown, never logged."""
    text: str
    channel: str
    cursor: str | None = None
    """The `cursor` of the answer to go on from; `text` then does not count."""
    language: Language | None = None
    """Answer in this language whatever the text looks like."""
    budget: float = 3.5
    """Seconds within which the answer must be there, whatever has to be looked up for it."""
    media: bool = False
    """A picture, a sticker or a sound came with it; `text` is what was written beside it, if anything."""
    vouched_by: str | None = None
    """Whose word it is that somebody asks who is no other: the platform's for its user, that of a network
    address for those behind it. What they choose counts for everybody, once for each; None counts for nobody
    else."""
    again: bool = False
    """The channel looks whether an answer is there by now; nobody asked anew, so nothing is counted."""


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist's card."""

    artist_id: str
    """Empty where only the name of a song's artist is known."""
    name: str
    genres: list[str]
    image_url: str | None
    url: str
    """Where to listen."""

    @classmethod
    def of(cls, card: ArtistCard) -> Artist:
        """Make a stored card a shown one."""
        return cls(
            card.artist_id, card.name, card.genres, card.image_url, artist_url(card.artist_id, card.name)
        )

    @classmethod
    def of_song(cls, card: TrackCard, credit: str) -> Artist:
        """Make a card for a song's artists, credited so, with the song's picture; it leads to the first."""
        if not card.artist_ids:
            return cls("", credit, [], card.image_url, search_url(credit))
        first = card.artist_ids[0]
        return cls(first, credit, [], card.image_url, artist_url(first, credit))


@dataclass(frozen=True, slots=True)
class Track:
    """The song that was asked for."""

    track_id: str
    name: str
    artists: list[str]
    url: str

    @classmethod
    def of(cls, card: TrackCard) -> Track:
        """Make a stored card a shown one."""
        return cls(card.track_id, card.name, card.artists, track_url(card))


@dataclass(frozen=True, slots=True)
class Song:
    """A song in a list."""

    track_id: str
    name: str
    album_name: str | None
    image_url: str | None
    url: str

    @classmethod
    def of(cls, card: TrackCard) -> Song:
        """Make a stored card a shown one."""
        return cls(card.track_id, card.name, card.album_name, card.image_url, track_url(card))


@dataclass(frozen=True, slots=True)
class Similar:
    """One thing that is similar: an artist with songs, or a song with its artist."""

    artist: Artist
    score: float
    why: str
    """What makes it similar, in a line."""
    tracks: list[Song]


@dataclass(frozen=True, slots=True)
class Reply:
    """Something to tap: `label` is shown, `text` is sent as the next question."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot says, complete for any channel."""

    kind: AnswerKind
    text: str
    provisional: bool = False
    """True where the answer was made before all data was there."""
    artist: Artist | None = None
    track: Track | None = None
    top_tracks: list[Song] = field(default_factory=list)
    similar: list[Similar] = field(default_factory=list)
    choices: list[Reply] = field(default_factory=list)
    quick_replies: list[Reply] = field(default_factory=list)
    cursor: str | None = None
    """Send it back to get the next page; null on the last one."""
    asked: str = ""
    """The normalised name that the question was taken to ask for, "" for none; not in the JSON."""
    model_version: str | None = None
    """Which model found what is similar; not in the JSON."""

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain lists, dicts and strings."""
        return {name: _plain(getattr(self, name)) for name in _PUBLIC}


_PUBLIC = tuple(name for name in Answer.__dataclass_fields__ if name not in ("asked", "model_version"))


def _plain(value: Any) -> Any:
    # `dataclasses.asdict` copies every string deeply: a third of the time an answer takes.
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if names := getattr(value, "__dataclass_fields__", None):
        return {name: _plain(getattr(value, name)) for name in names}
    return value


def artist_url(artist_id: str, name: str) -> str:
    """Return Spotify's page of the artist; a search for the name where the id is not Spotify's."""
    if SPOTIFY_ID.fullmatch(artist_id):
        return f"https://open.spotify.com/artist/{artist_id}"
    return search_url(name)


def track_url(card: TrackCard) -> str:
    """Return Spotify's page of the song; a search for song and artist where the id is not Spotify's."""
    if SPOTIFY_ID.fullmatch(card.track_id):
        return f"https://open.spotify.com/track/{card.track_id}"
    return search_url(" ".join([card.name, *card.artists[:1]]))


def search_url(words: str) -> str:
    """Return a search on Spotify."""
    # A lone surrogate has no UTF-8; names from a catalogue may hold anything.
    return f"https://open.spotify.com/search/{quote(words[:_MAX_SEARCH].encode(errors='replace'), safe='')}"
