"""How MusicBrainz words an artist and its relations, in a lookup and in a search (where the keys differ).

Here: entities. Not here: which call is answered with them (`musicbrainz.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.doubles.world import Alias, Artist, Outsider, World
from tests.doubles.world_making import minted_uuid

GROUP = {"type": "Group", "type-id": "e431f5f6-b5d2-343d-8b36-72607fffb74b"}
ARTIST_NAME = {"type": "Artist name", "type-id": "894afba6-2816-3c24-8072-eadb66bd04bc"}
SEARCH_HINT = {"type": "Search hint", "type-id": "1937e404-b981-3cb7-8151-4c86ebfc8d8e"}
FREE_STREAMING = {"type": "free streaming", "type-id": "769085a1-c2f7-4c24-a532-2375a77693bd"}
NOT_GENRES = ("seen live", "korean", "favorites")


@dataclass(frozen=True, slots=True)
class Wording:
    """The entities of one world."""

    world: World

    def artist(self, artist: Artist | Outsider, included: set[str]) -> dict[str, Any]:
        """Word a looked-up artist with what `inc` asks for."""
        mbid, name = artist.mbid, artist.name or "[unknown]"
        country = artist.country if isinstance(artist, Artist) else None
        content: dict[str, Any] = {
            **self.reference(artist),
            "gender": None,
            "gender-id": None,
            "area": _area(country),
            "begin-area": None,
            "end-area": None,
            "life-span": {"begin": None, "end": None, "ended": False},
            "ipis": [],
            "isnis": [],
        }
        real = artist if isinstance(artist, Artist) else None
        if "aliases" in included:
            content["aliases"] = [_alias(a) for a in (real.aliases if real else ())]
        if "tags" in included:
            content["tags"] = [{"name": n, "count": c} for n, c in sorted(_tags(real))]
        if "genres" in included:
            content["genres"] = [
                {"id": minted_uuid("genre", n), "name": n, "disambiguation": "", "count": c}
                for n, c in sorted(_tags(real))
                if n not in NOT_GENRES
            ]
        if "url-rels" in included:
            content["relations"] = [_homepage(mbid, name)]
            if real and real.in_musicbrainz:
                url = f"https://open.spotify.com/artist/{real.id}"
                content["relations"].append(_url_relation(FREE_STREAMING, url))
        return content

    def reference(self, artist: Artist | Outsider) -> dict[str, Any]:
        """Word the short artist that a relation carries."""
        name = artist.name or "[unknown]"
        return {
            "id": artist.mbid,
            "name": name,
            "sort-name": _sort_name(name),
            "disambiguation": "",
            "country": artist.country if isinstance(artist, Artist) else None,
            **GROUP,
        }

    def hit(self, artist: Artist, score: int) -> dict[str, Any]:
        """Word an artist among search results."""
        country = {"country": artist.country, "area": _area(artist.country)} if artist.country else {}
        aliases = [
            {
                "sort-name": alias.name,
                "name": alias.name,
                "locale": _locale(alias),
                "type": "Search hint" if alias.kind == "alias" else "Artist name",
                "primary": True if _primary(alias) else None,
                "begin-date": None,
                "end-date": None,
            }
            for alias in artist.aliases
        ]
        return {
            "id": artist.mbid,
            **GROUP,
            "score": score,
            "name": artist.name,
            "sort-name": _sort_name(artist.name),
            **country,
            "life-span": {"ended": None},
            **({"aliases": aliases} if aliases else {}),
            **({"tags": [{"count": c, "name": n} for n, c in _tags(artist)]} if artist.genres else {}),
        }


def relations_of(wording: Wording, holders: Sequence[Artist]) -> list[dict[str, Any]]:
    """Word the artists whose page an address is."""
    return [
        {**FREE_STREAMING, **_relation("artist", "backward"), "artist": wording.reference(artist)}
        for artist in holders
    ]


def searched_fields(text: str) -> list[tuple[str, str]]:
    """Read `artist:"X" OR alias:"Y"` or plain words as (field, wanted); "" is any field."""
    clauses = re.split(r"\s+OR\s+", text)
    found = []
    for clause in clauses:
        match = re.fullmatch(r'\(?(?:(artist|alias|artistaccent):)?\s*"?(.*?)"?\)?', clause.strip())
        field, wanted = (match[1] or "", match[2]) if match else ("", clause)
        found.append(("artist" if field == "artistaccent" else field, re.sub(r"\\(.)", r"\1", wanted)))
    return found


def _tags(artist: Artist | None) -> list[tuple[str, int]]:
    """Return tags with their votes, most first; the last has been voted down to 0."""
    if artist is None or not artist.genres:
        return []
    votes = [(genre, 3 * (len(artist.genres) - place)) for place, genre in enumerate(artist.genres)]
    return [*votes, *((("korean", 2),) if artist.country == "KR" else ()), ("seen live", 0)]


def _alias(alias: Alias) -> dict[str, Any]:
    return {
        "name": alias.name,
        "sort-name": alias.name,
        "locale": _locale(alias),
        "primary": True if _primary(alias) else (None if _locale(alias) is None else False),
        **(SEARCH_HINT if alias.kind == "alias" else ARTIST_NAME),
        "begin": None,
        "end": None,
        "ended": False,
    }


def _locale(alias: Alias) -> str | None:
    """Return the alias' language; hints for searching are in none, except Korean ones."""
    return None if alias.kind == "alias" and alias.locale != "ko" else alias.locale


def _primary(alias: Alias) -> bool:
    return alias.kind != "alias"


def _sort_name(name: str) -> str:
    return f"{name[4:]}, The" if name.startswith("The ") else name


def _area(country: str | None) -> dict[str, Any] | None:
    if country is None:
        return None
    return {
        "id": minted_uuid("area", country),
        "name": country,
        "sort-name": country,
        "disambiguation": "",
        "type": None,
        "type-id": None,
        "iso-3166-1-codes": [country],
    }


def _homepage(mbid: str, name: str) -> dict[str, Any]:
    kind = {"type": "official homepage", "type-id": "fe33d22f-c3b0-4d68-bd53-a856badf2b15"}
    return _url_relation(kind, f"https://artists.example/{mbid}")


def _url_relation(kind: dict[str, str], resource: str) -> dict[str, Any]:
    url = {"id": minted_uuid("url", resource), "resource": resource}
    return {**kind, **_relation("url", "forward"), "url": url}


def _relation(target: str, direction: str) -> dict[str, Any]:
    return {
        "target-type": target,
        "direction": direction,
        "attributes": [],
        "attribute-ids": {},
        "attribute-values": {},
        "source-credit": "",
        "target-credit": "",
        "begin": None,
        "end": None,
        "ended": False,
    }
