"""The live sources together: who is asked what, in the configured order, and whom a typed name means.

Here: choosing sources and confirming names. Not here: any source itself, or what is stored of an answer.
"""

from __future__ import annotations

import logging
import threading
from typing import cast

from spotify_assets.core.catalog import ArtistMatch, LiveSource, SongMatch, Topic
from spotify_assets.core.catalog.access import Access
from spotify_assets.core.catalog.musicbrainz import PAGES_LOOKED_UP, MusicBrainzSource, NamedArtist
from spotify_assets.core.catalog.registry import FACTORIES
from spotify_assets.core.catalog.same_recording import title_key
from spotify_assets.core.catalog.spotify import SpotifySource, artist_id_in
from spotify_assets.core.errors import CatalogError, SettingsError
from spotify_assets.core.names import name_key
from spotify_assets.core.records import Artist

_log = logging.getLogger(__name__)

_ALWAYS: dict[Topic, tuple[str, ...]] = {
    "artists": ("spotify",),
    "tracks": ("spotify",),
    "artist_ids": ("musicbrainz",),
    "artist_tags": ("musicbrainz",),
    "artist_aliases": ("musicbrainz",),
}
"""Who is asked for what no setting decides."""

_CONFIGURED: dict[str, Topic] = {
    "AUDIO_FEATURES_SOURCES": "audio_features",
    "RELATED_SOURCES": "related_artists",
}


class LiveCatalog:
    """Spotify and the open sources around it; threads may share it.

    Raises:
        SettingsError: a list of sources names one that does not exist or does not have that topic.
    """

    source = "spotify"

    def __init__(self, access: Access) -> None:
        self._access = access
        self._made: dict[str, LiveSource] = {}
        self._making = threading.Lock()
        self._order = dict(_ALWAYS)
        for variable, topic in _CONFIGURED.items():
            self._order[topic] = getattr(access.settings, variable.lower()) or ()
            for name in self._order[topic]:
                if name not in FACTORIES or topic not in self._source(name).topics:
                    raise SettingsError(
                        f"{variable}: {name} is no source of {topic.replace('_', ' ')}; "
                        f"the sources are {', '.join(FACTORIES)}"
                    )

    def sources_for(self, topic: Topic) -> list[LiveSource]:
        """Return who is to be asked for a topic, in the configured order; [] where nobody is."""
        return [self._source(name) for name in self._order[topic]]

    def find_artists(self, query: str, limit: int = 10) -> list[ArtistMatch]:
        """Return the artists a name may mean, exact matches first, then the more popular; [] for none.

        A pasted Spotify id, link or URI is that artist. A name is exact where the normalised name that
        Spotify shows is the query, or where MusicBrainz has both as names of one artist ("shinee" and
        샤이니); whatever else Spotify finds is plausible, not exact. Several exact matches are namesakes,
        for the caller to offer as choices.

        Raises:
            Parked: Spotify may not be called for a while; or MusicBrainz, where Spotify found nobody.
            CatalogError: Spotify could not be asked; or MusicBrainz, where Spotify found nobody.
        """
        if pasted := artist_id_in(query):
            artist_id, is_link = pasted
            if artist := self._spotify.artist(artist_id):
                return [ArtistMatch(artist, query.strip(), exact=True)]
            if is_link:
                return []
        found = self._spotify.find_artists(query, limit)
        if not name_key(query) or any(match.exact for match in found):
            return found
        return self._confirmed(query, found)[:limit]

    def find_songs(self, query: str) -> list[SongMatch]:
        """Return the songs of exactly this title, one for each first artist, in Spotify's order; one call.

        Who plays it may be named beside the title ("Dynamite BTS", "아이유 좋은 날"). What only names an
        edition or a guest is no part of a title.

        Raises:
            Parked, CatalogError: Spotify could not be asked.
        """
        key = name_key(query)
        found: dict[str, SongMatch] = {}
        for song in self._spotify.find_songs(query) if key else []:
            if key in _names_of(song):
                found.setdefault(song.artists[0].artist_id, song)
        return list(found.values())

    def spotify_ids(self, mbid: str) -> list[str]:
        """Return the Spotify ids of the artist that MusicBrainz knows by this id; one call.

        Raises:
            Parked, CatalogError: MusicBrainz could not be asked.
        """
        return self._musicbrainz.spotify_ids(mbid)

    def _confirmed(self, query: str, found: list[ArtistMatch]) -> list[ArtistMatch]:
        """Return what Spotify found, made exact where MusicBrainz knows the query as a name of the artist."""
        try:
            named = self._musicbrainz.named(query)
            exact = [confirmed for match in found if (confirmed := _confirmed_by_name(query, match, named))]
            if named and not exact:
                exact = self._confirmed_by_page(query, found, named)
        except CatalogError as error:
            if not found:
                # That nobody answers is no sign that nobody goes by the name.
                raise
            # Whoever asks can still choose among what is plausible.
            _log.warning("a name could not be confirmed: %s", error)
            return found
        confirmed_ids = {match.artist.artist_id for match in exact}
        return exact + [match for match in found if match.artist.artist_id not in confirmed_ids]

    def _confirmed_by_page(
        self, query: str, found: list[ArtistMatch], named: list[NamedArtist]
    ) -> list[ArtistMatch]:
        """Return the artists whose Spotify page MusicBrainz files under one that goes by the query."""
        pages = [
            (id, one) for one in named[:PAGES_LOOKED_UP] for id in self._musicbrainz.spotify_ids(one.mbid)
        ]
        found_by_id = {match.artist.artist_id: match.artist for match in found}
        confirmed = [(found_by_id[id], one) for id, one in pages if id in found_by_id]
        if not confirmed and pages:
            artist_id, one = pages[0]
            artist = self._spotify.artist(artist_id)
            confirmed = [(artist, one)] if artist else []
        return [_exact(artist, query, one) for artist, one in confirmed]

    @property
    def _spotify(self) -> SpotifySource:
        return cast(SpotifySource, self._source("spotify"))

    @property
    def _musicbrainz(self) -> MusicBrainzSource:
        return cast(MusicBrainzSource, self._source("musicbrainz"))

    def _source(self, name: str) -> LiveSource:
        with self._making:
            if name not in self._made:
                self._made[name] = FACTORIES[name](self._access)
            return self._made[name]


def _names_of(song: SongMatch) -> set[str]:
    """Return the normalised texts that mean a song: its title, alone or with one who plays it."""
    titles = {name_key(song.track.name), title_key(song.track.name)}
    players = {name_key(artist.name) for artist in song.artists}
    beside = {text for title in titles for one in players for text in (title + one, one + title)}
    return titles | beside


def _confirmed_by_name(query: str, match: ArtistMatch, named: list[NamedArtist]) -> ArtistMatch | None:
    key = name_key(match.artist.name)
    return next((_exact(match.artist, query, one) for one in named if one.goes_by(key)), None)


def _exact(artist: Artist, query: str, named: NamedArtist) -> ArtistMatch:
    return ArtistMatch(artist, named.goes_by(name_key(query)) or query, exact=True)
