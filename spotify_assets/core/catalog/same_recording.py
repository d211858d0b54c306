"""Knowing a recording again that a catalogue holds several times: on the single, the album, the remaster.

Here: which of an artist's tracks are the same to a listener. Not here: asking for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from spotify_assets.core.names import name_key
from spotify_assets.core.records import Track

TOLERANCE_MS = 2_000
"""By how much the lengths of one recording's editions differ at most, in milliseconds."""

_EDITION = re.compile(
    r"""
    \s* (?: \s-\s | [(\[] )                      # " - 2011 Remaster", "(Remastered 2011)"
    (?:
        (?: \d{4} \s )? (?: digital(?:ly)? \s )? re-?master(?:ed)? \b [^()\[\]]*
      | (?: single | album | original | standard | mono | stereo ) (?: \s (?: version | mix ) )?
      | (?: feat\. | ft\. | featuring \b | with \b ) [^()\[\]]*
    )
    (?: [)\]] | $ )
    """,
    re.IGNORECASE | re.VERBOSE,
)


def distinct(tracks: Iterable[Track]) -> list[Track]:
    """Return an artist's tracks without later copies of a recording, in the order given.

    Two tracks are one recording where their ISRCs are equal, or else where their titles are (without what
    only names the edition) and their lengths differ by two seconds at most.
    """
    kept: list[Track] = []
    for track in tracks:
        if not any(_is_same(track, other) for other in kept):
            kept.append(track)
    return kept


def title_key(title: str) -> str:
    """Return a title's normalised form without what only names the edition or a guest."""
    plain = _EDITION.sub("", title)
    return name_key(plain) or name_key(title)


def _is_same(one: Track, other: Track) -> bool:
    if one.isrc and other.isrc and one.isrc.upper() == other.isrc.upper():
        return True
    if one.duration_ms is None or other.duration_ms is None:
        return False
    close = abs(one.duration_ms - other.duration_ms) <= TOLERANCE_MS
    return close and title_key(one.name) == title_key(other.name)
