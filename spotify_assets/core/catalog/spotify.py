"""Spotify's Web API, through spotipy, as any app may use it: old and rich, or new and in development mode.

Here: which endpoint answers what, the better one first where the app may call it. What an app may call is
found out by calling it, and remembered. Not here: reading the JSON (`spotify_json.py`), waiting (`http.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import spotipy

from spotify_assets.core.catalog import (
    ArtistMatch,
    Fetched,
    NotOffered,
    SongMatch,
    Subject,
    Topic,
    spotify_json,
)
from spotify_assets.core.catalog.access import Access, groups_of
from spotify_assets.core.catalog.from_json import Malformed, collect, list_at, part, record
from spotify_assets.core.catalog.http import Endpoint, NoSuchThing, Tally
from spotify_assets.core.catalog.spotify_answers import artists_in_place, in_place, top_list
from spotify_assets.core.catalog.spotify_token import Token, keep_secrets_out_of_logs
from spotify_assets.core.errors import CatalogError, SettingsError
from spotify_assets.core.names import name_key
from spotify_assets.core.records import Artist

SEARCH_LIMIT = 10
"""Results of one search; a development-mode app gets no more."""

_ID = "[0-9A-Za-z]{22}"
_LINK = re.compile(
    rf"(?:https?://)?open\.spotify\.com/(?:intl-[\w-]+/)?artist/({_ID})(?:[/?#].*)?|spotify:artist:({_ID})"
)
_LONGEST_NAME = 200

_ENDPOINTS = tuple(
    (re.compile(path), endpoint)
    for path, endpoint in (
        (r"/search$", Endpoint("search", "search")),
        (r"/artists/?$", Endpoint("several artists", "artists", optional=True, takes_list=True)),
        (r"/artists/[^/]+$", Endpoint("artist", "artists")),
        (r"/top-tracks$", Endpoint("top-tracks", "top-tracks", optional=True)),
        (r"/related-artists$", Endpoint("related-artists", "related-artists", optional=True)),
        (r"/audio-features/?$", Endpoint("audio-features", "audio-features", optional=True, takes_list=True)),
    )
)
_TOKEN = Endpoint("token", "token", budgeted=False)

_MAIN_TABLES: Mapping[Topic, str] = {
    "artists": "artists",
    "tracks": "artist_top_tracks",
    "audio_features": "audio_features",
    "related_artists": "related_artists",
}


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to get at a topic."""

    ask: Callable[[Sequence[Subject]], list[Fetched]]
    size: int = 1
    closed_to_some: str | None = None
    """The endpoint to find out about, where an app may not be allowed this way."""


class SpotifySource:
    """Spotify: artists, tracks with their credits and rank, and what else an app may have.

    Raises:
        SettingsError: the app's id or secret is not set.
    """

    name = "spotify"
    topics: frozenset[Topic] = frozenset(_MAIN_TABLES)
    batch: Mapping[Topic, int] = {"artists": 50, "tracks": 1, "audio_features": 100, "related_artists": 1}

    def __init__(self, access: Access) -> None:
        settings = access.settings
        if not settings.spotify_client_id or not settings.spotify_client_secret:
            raise SettingsError("Asking Spotify needs SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET")
        keep_secrets_out_of_logs()
        self._access = access
        self._market = settings.spotify_market
        self._quota = access.quota(self.name, settings.spotify_daily_budget)
        token = Token(
            settings.spotify_client_id,
            settings.spotify_client_secret.get_secret_value(),
            settings.spotify_token_url,
            access.session(self._quota, lambda _: _TOKEN),
            access.patience.deadline,
        )
        session = access.session(self._quota, _endpoint_of, token.renewed)
        self.tally: Tally = session.tally
        self._api = spotipy.Spotify(
            auth_manager=token, requests_session=session, language=settings.spotify_language
        )
        self._api.prefix = f"{settings.spotify_api_url}/"
        self._ways: Mapping[Topic, tuple[_Way, ...]] = {
            "artists": (_Way(self._several_artists, 50, "several artists"), _Way(self._one_artist)),
            "tracks": (_Way(self._top_tracks, 1, "top-tracks"), _Way(self._searched_tracks)),
            "audio_features": (_Way(self._audio_features, 100, "audio-features"),),
            "related_artists": (_Way(self._related_artists, 1, "related-artists"),),
        }

    def fetch(self, topic: Topic, subjects: Sequence[Subject]) -> Iterator[Fetched]:
        """Yield answers as they arrive.

        `artists`: an id that leads to another artist is dead, and the other's id is told in `artist_ids` of
        kind `spotify`. `tracks`: an artist's ten best known, each recording once, with tables `tracks`,
        `track_artists` and `artist_top_tracks`; from a search for the artist's name where the app has no
        top tracks. Ids that are none of Spotify's are dead without being asked about.

        Raises:
            Parked, NotOffered, CatalogError: as `LiveSource.fetch` says.
        """
        if topic not in self._ways:
            raise NotOffered(self.name, topic)
        left = {subject.id: subject for subject in subjects}
        foreign = [id for id in left if not re.fullmatch(_ID, id)]
        if foreign:
            yield Fetched(tuple(foreign), {_MAIN_TABLES[topic]: ()})
        for id in foreign:
            del left[id]
        yield from self._by_the_best_way(topic, left)

    def find_artists(self, query: str, limit: int = 10) -> list[ArtistMatch]:
        """Return what Spotify's search finds, those of exactly this name first; ten at most.

        Raises:
            Parked, CatalogError: as `LiveSource.find_artists` says.
        """
        text = _searchable(query)
        if not text or limit < 1:
            return []
        body = self._api.search(text, limit=min(limit, SEARCH_LIMIT), type="artist", market=self._market)
        try:
            found, _ = spotify_json.artists(spotify_json.items_of(body, "artists"))
        except Malformed as fault:
            raise _unreadable("search", fault) from fault
        key = name_key(query)
        matches = [ArtistMatch(artist, artist.name, name_key(artist.name) == key) for artist in found]
        # A stable sort: where popularity is not told, Spotify's own order stands.
        return sorted(matches, key=lambda match: (not match.exact, -(match.artist.popularity or 0)))

    def find_songs(self, query: str) -> list[SongMatch]:
        """Return what Spotify's search finds among songs, in its order; ten at most.

        Raises:
            Parked, CatalogError: as `LiveSource.find_artists` says.
        """
        text = _searchable(query)
        if not text:
            return []
        body = self._api.search(text, limit=SEARCH_LIMIT, type="track", market=self._market)
        try:
            found, _ = collect("tracks", spotify_json.items_of(body, "tracks"), spotify_json.song)
        except Malformed as fault:
            raise _unreadable("search", fault) from fault
        return found

    def artist(self, artist_id: str) -> Artist | None:
        """Return the artist that an id leads to, or None.

        Raises:
            Parked, CatalogError: as `LiveSource.find_artists` says.
        """
        try:
            return spotify_json.artist(self._api.artist(artist_id))
        except NoSuchThing:
            return None
        except Malformed as fault:
            raise _unreadable("artist", fault) from fault

    def _by_the_best_way(self, topic: Topic, left: dict[str, Subject]) -> Iterator[Fetched]:
        ways = self._ways[topic]
        for way in ways:
            if not left:
                return
            has_plainer = way is not ways[-1]
            if way.size > 1 and len(left) == 1 and has_plainer:
                continue
            known = self._quota.may(way.closed_to_some) if way.closed_to_some else True
            if known is False:
                continue
            ask, groups = partial(_readable, topic, way.ask), groups_of(list(left.values()), way.size)
            try:
                # What may turn out to be closed is tried by one thread first.
                for answers in self._access.ask_all(ask, groups, one_first=known is None):
                    for fetched in answers:
                        yield fetched
                        for id in fetched.subjects:
                            left.pop(id, None)
            except NotOffered:
                continue
            return
        if left:
            raise NotOffered(self.name, topic)

    def _one_artist(self, group: Sequence[Subject]) -> list[Fetched]:
        (subject,) = group
        try:
            item = self._api.artist(subject.id)
        except NoSuchThing:
            item = None
        return artists_in_place([subject.id], [item])

    def _several_artists(self, group: Sequence[Subject]) -> list[Fetched]:
        ids = [subject.id for subject in group]
        return artists_in_place(ids, in_place(ids, list_at(self._api.artists(ids), "artists")))

    def _top_tracks(self, group: Sequence[Subject]) -> list[Fetched]:
        (subject,) = group
        try:
            body = self._api.artist_top_tracks(subject.id, country=self._market)
        except NoSuchThing:
            return [top_list(subject.id, spotify_json.Tracks())]
        return [top_list(subject.id, spotify_json.tracks(list_at(body, "tracks")))]

    def _searched_tracks(self, group: Sequence[Subject]) -> list[Fetched]:
        (subject,) = group
        answers: list[Fetched] = []
        name = subject.name
        if not name:
            answers = self._one_artist(group)
            found = [artist for fetched in answers for artist in fetched.records["artists"]]
            if not found:
                return [*answers, top_list(subject.id, spotify_json.Tracks())]
            name = found[0].name
        tracks = self._search_tracks(name, 0, subject.id)
        if tracks is None:
            # Nothing of theirs among the first: somebody better known has the same name.
            tracks = self._search_tracks(name, SEARCH_LIMIT, subject.id)
        return [*answers, top_list(subject.id, tracks or spotify_json.Tracks(), via="track search")]

    def _search_tracks(self, name: str, offset: int, artist_id: str) -> spotify_json.Tracks | None:
        """Search one page for an artist's tracks; None where there are others' alone, and more to see."""
        body = self._api.search(
            f'artist:"{_searchable(name)}"',
            limit=SEARCH_LIMIT,
            offset=offset,
            type="track",
            market=self._market,
        )
        found = spotify_json.tracks(spotify_json.items_of(body, "tracks"))
        theirs = {credit.track_id for credit in found.credits if credit.artist_id == artist_id}
        if not theirs and part(body, "tracks", "next"):
            return None
        return spotify_json.Tracks(
            [track for track in found.tracks if track.track_id in theirs], found.credits, found.rejected
        )

    def _audio_features(self, group: Sequence[Subject]) -> list[Fetched]:
        ids = [subject.id for subject in group]
        items = in_place(ids, list_at(self._api.audio_features(ids)))
        pairs = [(id, item) for id, item in zip(ids, items, strict=True) if item is not None]
        made, rejected = collect(
            "audio_features", pairs, lambda pair: spotify_json.audio_features(pair[1], pair[0])
        )
        good = {features.track_id for features in made}
        nothing_known = {id for id, item in zip(ids, items, strict=True) if item is None}
        observed = tuple(id for id in ids if id in good or id in nothing_known)
        return [Fetched(observed, {"audio_features": made}, rejected)]

    def _related_artists(self, group: Sequence[Subject]) -> list[Fetched]:
        (subject,) = group
        try:
            items = list_at(self._api.artist_related_artists(subject.id), "artists")
        except NoSuchThing:
            items = []
        found, rejected = spotify_json.artists(items)
        others = list({artist.artist_id: artist for artist in found}.values())
        related = [
            record(
                "related_artists",
                {
                    "artist_id": subject.id,
                    "rank": rank,
                    "related_id": other.artist_id,
                    "related_name": other.name,
                },
            )
            for rank, other in enumerate(others, start=1)
        ]
        observed = (subject.id,) if related or not rejected else ()
        return [Fetched(observed, {"related_artists": related}, rejected)]


def artist_id_in(text: str) -> tuple[str, bool] | None:
    """Return the artist id that somebody pasted, and whether as a link or URI, which no name looks like."""
    pasted = text.strip()
    if link := _LINK.fullmatch(pasted):
        return link[1] or link[2], True
    return (pasted, False) if re.fullmatch(_ID, pasted) else None


def _endpoint_of(path: str) -> Endpoint:
    for pattern, endpoint in _ENDPOINTS:
        if pattern.search(path):
            return endpoint
    raise ValueError(f"{path} is no endpoint that a budget is known for: add it to _ENDPOINTS")


def _readable(
    topic: Topic, ask: Callable[[Sequence[Subject]], list[Fetched]], group: Sequence[Subject]
) -> list[Fetched]:
    try:
        return ask(group)
    except Malformed as fault:
        raise _unreadable(topic, fault) from fault


def _unreadable(what: str, fault: Malformed) -> CatalogError:
    return CatalogError(f"Spotify's answer about {what} cannot be read: {fault}")


def _searchable(text: str) -> str:
    """Return a name as it may stand in a search: without quotes, on one line, not too long."""
    return " ".join(text.replace('"', " ").split())[:_LONGEST_NAME]
