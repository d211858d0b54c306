"""Text within the limits of a platform: cut between characters as people see them, without invisible tricks.

Platforms do not say whether they count code points or UTF-16 units; a text that fits by the larger count,
UTF-16 units, fits by both.
"""

from __future__ import annotations

import re

# Controls but the line feed, lone surrogates, and what reorders or hides text. Joiners stay: emoji need them.
_TRICKS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def units(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain(text: str) -> str:
    """Return a text without control, bidi and zero-width characters, but with its line breaks."""
    return _TRICKS.sub("", text)


def fit(text: str, most: int) -> str:
    """Return a text in at most `most` UTF-16 units, where it is cut with "…" as the last."""
    text = plain(text).strip()
    if units(text) <= most:
        return text
    # Imported only where something is cut: it takes longer than most answers.
    import regex

    kept, used = [], 1
    for cluster in regex.findall(r"\X", text[:most]):
        used += units(cluster)
        if used > most:
            break
        kept.append(cluster)
    return "".join(kept).rstrip() + "…"


def line(text: str, most: int) -> str:
    """Return a text on one line in at most `most` UTF-16 units."""
    return fit(" ".join(plain(text[: 8 * most].replace("\n", " ")).split()), most)
