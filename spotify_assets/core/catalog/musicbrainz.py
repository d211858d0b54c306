"""MusicBrainz: an artist's id, other names and tags, made by people for everybody.

Here: one call a second, whoever of all processes makes it, under a name that says who calls. Not here:
which names are believed (staging) or how names are compared (`core/names.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from spotify_assets.core.catalog import ArtistMatch, Fetched, NotOffered, Rejected, Subject, Topic
from spotify_assets.core.catalog.access import Access, groups_of
from spotify_assets.core.catalog.from_json import (
    Malformed,
    collect,
    list_at,
    list_if_any,
    number,
    part,
    record,
)
from spotify_assets.core.catalog.http import Endpoint, NoSuchThing, user_agent
from spotify_assets.core.errors import CatalogError
from spotify_assets.core.names import name_key
from spotify_assets.core.records import Artist, ArtistAlias, ArtistExternalId, ArtistTag

RESOURCES_AT_ONCE = 100
PAGES_LOOKED_UP = 3
"""Of artists found by name, so many are looked up for their Spotify page; each is a call."""

_LONGEST_NAME = 200
"""Characters; nobody goes by a longer name."""

_SPOTIFY_ARTIST = "https://open.spotify.com/artist/"
_IS_SPOTIFY_ARTIST = re.compile(r"https?://open\.spotify\.com/artist/([0-9A-Za-z]{22})")


@dataclass(frozen=True, slots=True)
class NamedArtist:
    """An artist whom MusicBrainz knows by a name."""

    mbid: str
    name: str
    names: tuple[str, ...]
    """Its name and all its aliases."""

    def goes_by(self, key: str) -> str | None:
        """Return the name that has this normalised form, or None."""
        return next((name for name in self.names if name_key(name) == key), None)


class MusicBrainzSource:
    """MusicBrainz: MBIDs by Spotify id; aliases and tags by MBID."""

    name = "musicbrainz"
    topics: frozenset[Topic] = frozenset({"artist_ids", "artist_aliases", "artist_tags"})
    batch: Mapping[Topic, int] = {
        "artist_ids": RESOURCES_AT_ONCE,
        "artist_aliases": 1,
        "artist_tags": 1,
    }

    def __init__(self, access: Access) -> None:
        settings = access.settings
        self._access = access
        quota = access.quota(self.name, interval=settings.musicbrainz_interval)
        self._session = access.session(quota, _endpoint_of)
        self._session.headers["User-Agent"] = user_agent(settings.musicbrainz_contact)
        self._address = f"{settings.musicbrainz_url}/ws/2"
        self.tally = self._session.tally

    def fetch(self, topic: Topic, subjects: Sequence[Subject]) -> Iterator[Fetched]:
        """Yield answers as they arrive.

        `artist_ids`: of kind `mbid`, a hundred artists a call; where a page is filed under several artists
        and the subject's name tells which, that one alone. `artist_aliases` and `artist_tags` come together,
        whichever is asked for; a subject without `mbid` is left out.

        Raises:
            Parked, NotOffered, CatalogError: as `LiveSource.fetch` says.
        """
        if topic not in self.topics:
            raise NotOffered(self.name, topic)
        if topic == "artist_ids":
            unique = list({subject.id: subject for subject in subjects}.values())
            yield from self._access.ask_all(self._ids, groups_of(unique, RESOURCES_AT_ONCE))
        else:
            known = {subject.id: subject for subject in subjects if subject.mbid}
            yield from self._access.ask_all(self._names_and_tags, list(known.values()))

    def find_artists(self, query: str, limit: int = 10) -> list[ArtistMatch]:
        """Return artists of exactly this name or alias that have a page on Spotify, at most three.

        Raises:
            Parked, CatalogError: as `LiveSource.find_artists` says.
        """
        key = name_key(query)
        matches: list[ArtistMatch] = []
        for named in self.named(query)[: min(limit, PAGES_LOOKED_UP)]:
            for artist_id in self.spotify_ids(named.mbid):
                artist = Artist(artist_id, named.name, None, None, None, None)
                matches.append(ArtistMatch(artist, named.goes_by(key) or named.name, exact=True))
        return matches

    def named(self, query: str) -> list[NamedArtist]:
        """Return the artists that go by exactly this name, as name or alias, best match first; one call.

        Raises:
            Parked, CatalogError: as `LiveSource.find_artists` says.
        """
        key = name_key(query)
        if not key or len(query) > _LONGEST_NAME:
            return []
        words = _quoted(query)
        body = self._json("artist", {"query": f"artist:{words} OR alias:{words}", "limit": "25"})
        try:
            found, _ = collect("artist_aliases", list_at(body, "artists"), _named)
        except Malformed as fault:
            raise _unreadable(fault) from fault
        return [artist for artist in found if artist.goes_by(key)]

    def spotify_ids(self, mbid: str) -> list[str]:
        """Return the Spotify ids of an artist, by the pages that are filed under it; one call.

        Raises:
            Parked, CatalogError: as `LiveSource.find_artists` says.
        """
        try:
            body = self._json(f"artist/{mbid}", {"inc": "url-rels"})
        except NoSuchThing:
            return []
        try:
            pages = [part(relation, "url", "resource") for relation in list_if_any(body, "relations")]
        except Malformed as fault:
            raise _unreadable(fault) from fault
        found = [_IS_SPOTIFY_ARTIST.match(page) for page in pages if isinstance(page, str)]
        return list(dict.fromkeys(match[1] for match in found if match))

    def _json(self, path: str, params: Mapping[str, Any]) -> Any:
        return self._session.json(f"{self._address}/{path}", {**params, "fmt": "json"})

    def _ids(self, group: Sequence[Subject]) -> Fetched:
        pages = [_SPOTIFY_ARTIST + subject.id for subject in group]
        try:
            body = self._json("url", {"resource": pages, "inc": "artist-rels"})
        except NoSuchThing:  # of a single page; of several, the unknown are left out
            body = {"urls": []}
        try:
            urls = list_at(body, "urls") if "urls" in body else [body]
            by_page = [(part(url, "resource"), list_if_any(url, "relations")) for url in urls]
        except Malformed as fault:
            raise _unreadable(fault) from fault
        found: list[ArtistExternalId] = []
        rejected: list[Rejected] = []
        for subject, page in zip(group, pages, strict=True):
            relations = [one for told, listed in by_page if told == page for one in listed]
            holders, bad = collect("artist_ids", relations, lambda one: part(one, "artist"))
            ids, malformed = collect("artist_ids", _likeliest(subject, holders), partial(_mbid, subject.id))
            found += dict.fromkeys(ids)
            rejected += bad + malformed
        return Fetched(tuple(subject.id for subject in group), {"artist_ids": found}, rejected)

    def _names_and_tags(self, subject: Subject) -> Fetched:
        try:
            body = self._json(f"artist/{subject.mbid}", {"inc": "aliases+tags+genres"})
        except NoSuchThing:
            return Fetched((subject.id,), {"artist_aliases": (), "artist_tags": ()})
        try:
            own_name = {"name": part(body, "name"), "type": "name"}
            aliases, bad_aliases = collect(
                "artist_aliases",
                [own_name, *list_if_any(body, "aliases")],
                partial(_alias, subject.id),
            )
            votes, bad_tags = collect(
                "artist_tags",
                list_if_any(body, "genres") + list_if_any(body, "tags"),
                partial(_votes, subject.id),
            )
        except Malformed as fault:
            raise _unreadable(fault) from fault
        return Fetched(
            (subject.id,),
            {"artist_aliases": _distinct(aliases), "artist_tags": _weighed(votes)},
            bad_aliases + bad_tags,
        )


def _endpoint_of(path: str) -> Endpoint:
    if path.endswith("/url"):
        return Endpoint("url", "url")
    return Endpoint("artist search", "search") if path.endswith("/artist") else Endpoint("artist", "artist")


def _unreadable(fault: Malformed) -> CatalogError:
    return CatalogError(f"MusicBrainz' answer cannot be read: {fault}")


def _quoted(text: str) -> str:
    """Return a phrase for Lucene, in which only quotes and backslashes have a meaning."""
    return '"' + re.sub(r'(["\\])', r"\\\1", " ".join(text.split())) + '"'


def _named(item: Any) -> NamedArtist:
    mbid, name = part(item, "id"), part(item, "name")
    if not isinstance(mbid, str) or not isinstance(name, str):
        raise Malformed("id or name is missing")
    aliases = [part(alias, "name") for alias in list_if_any(item, "aliases")]
    return NamedArtist(mbid, name, (name, *(alias for alias in aliases if isinstance(alias, str))))


def _likeliest(subject: Subject, holders: Sequence[Any]) -> Sequence[Any]:
    """Of the artists that a page is filed under, return the one of the subject's name, or else all."""
    namesakes = [one for one in holders if subject.name and name_key(_name(one)) == name_key(subject.name)]
    return namesakes if len(namesakes) == 1 else holders


def _name(item: Any) -> str:
    name = part(item, "name")
    return name if isinstance(name, str) else ""


def _mbid(artist_id: str, holder: Any) -> ArtistExternalId:
    values = {"artist_id": artist_id, "kind": "mbid", "external_id": part(holder, "id")}
    made: ArtistExternalId = record("artist_ids", values)
    return made


def _alias(artist_id: str, item: Any) -> ArtistAlias:
    kind = part(item, "type")
    values = {
        "artist_id": artist_id,
        "alias": part(item, "name"),
        "locale": part(item, "locale"),
        "kind": kind.lower() if isinstance(kind, str) else None,
    }
    made: ArtistAlias = record("artist_aliases", values)
    return made


def _distinct(aliases: Sequence[ArtistAlias]) -> list[ArtistAlias]:
    """Return each spelling once, rather with its language than without."""
    best: dict[str, ArtistAlias] = {}
    for alias in aliases:
        held = best.get(alias.alias)
        if held is None or (held.locale is None and alias.locale is not None):
            best[alias.alias] = alias
    return list(best.values())


def _votes(artist_id: str, item: Any) -> tuple[float, ArtistTag] | None:
    """Return a tag, not yet weighed, with its votes; None for one that was voted down."""
    name, count = part(item, "name"), number("count", part(item, "count"))
    tag: ArtistTag = record(
        "artist_tags",
        {
            "artist_id": artist_id,
            "tag": " ".join(name.lower().split()) if isinstance(name, str) else name,
        },
    )
    return (count, tag) if count > 0 else None


def _weighed(votes: Sequence[tuple[float, ArtistTag]]) -> list[ArtistTag]:
    """Return genres and tags as one list, heaviest first; the most voted has weight 1."""
    most = max((count for count, _ in votes), default=1.0)
    ranked = sorted(votes, key=lambda one: (-one[0], one[1].tag))
    first = {tag.tag: replace(tag, weight=count / most) for count, tag in reversed(ranked)}
    return sorted(first.values(), key=lambda tag: (-(tag.weight or 0), tag.tag))
