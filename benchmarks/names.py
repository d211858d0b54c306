"""Names as people type them, Korean spellings and slips of the finger, in a catalogue of MusicOSet."""

import csv
import gzip
import json
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow.parquet as pq

from benchmarks.platform_process import PROJECT_ROOT
from chatbot.answer import Answer, Question
from chatbot.bot import Bot
from spotify_assets.core.names import keys_of_names, name_key
from spotify_assets.core.spelling import letters
from spotify_assets.core.store import Document, NameEntry
from spotify_assets.core.store.documents import Kind
from spotify_assets.core.store.sql import SqlStore

DATA = PROJECT_ROOT.parent / "shared" / "data"
TYPOS = 5
"""Of each name."""

SIZES = (
    (1, 3, "fewer than 4 letters"),
    (4, 5, "4 or 5 letters"),
    (6, 100, "6 letters and more"),
)
"""Fewest and most letters of a name."""

TITLES = 300
"""Of each size, with a typo each."""

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
KEYS = {
    key: row[max(place - 1, 0) : place] + row[place + 1 : place + 2]
    for row in ROWS
    for place, key in enumerate(row)
}
"""The keys beside each key."""


@dataclass(frozen=True)
class _Alias:
    text: str
    artist_id: str


def rows() -> Iterator[tuple[str, str]]:
    """Yield the shares found, first suggested and falsely accepted."""
    if not DATA.is_dir():
        sys.exit("The names are measured on ../shared/data, which is not beside this checkout")
    known, strangers = _aliases()
    with tempfile.TemporaryDirectory() as home:
        store = SqlStore(f"sqlite:///{home}/serving.db")
        meant = _publish(store, known)
        seconds: list[float] = []
        yield from _found(store, known, meant, seconds)
        yield from _mistyped(store, known, meant, seconds)
        yield from _mistyped_titles(store, meant, seconds)
        yield from _false(store, strangers, meant, seconds)
        store.close()
    seconds.sort()
    yield (
        f"an answer in this process, {len(meant)} names: median, p99",
        f"{seconds[len(seconds) // 2] * 1e3:.1f} ms, {seconds[int(len(seconds) * 0.99)] * 1e3:.1f} ms",
    )


def _aliases() -> tuple[list[_Alias], list[str]]:
    """Return the aliases of artists in the catalogue, and names of artists that are not in it."""
    ids = set(_artists()["artist_id"].to_pylist())
    with gzip.open(DATA / "aliases" / "aliases_dev.csv.gz", "rt", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    known = [
        _Alias(row["alias"], row["spotify_artist_id"]) for row in table if row["spotify_artist_id"] in ids
    ]
    others = [row for row in table if row["spotify_artist_id"] not in ids]
    return known, list(dict.fromkeys(row[name] for row in others for name in ("alias", "canonical_name")))


def _artists():
    return pq.read_table(DATA / "catalog_musicoset" / "artists.parquet")


def _publish(store: SqlStore, known: list[_Alias]) -> dict[str, set[str]]:
    """Publish the catalogue with those aliases; return which artists (or songs) go by each name."""
    spelled: dict[str, list[str]] = defaultdict(list)
    for alias in known:
        spelled[alias.artist_id].append(alias.text)
    meant: dict[str, set[str]] = defaultdict(set)
    documents = []
    for row in _artists().to_pylist():
        names = [row["name"], *spelled[row["artist_id"]]]
        documents.append(_document("artist", row["artist_id"], row["name"], names, row["popularity"] or 0))
    for row in pq.read_table(DATA / "catalog_musicoset" / "tracks.parquet").to_pylist():
        documents.append(_document("track", row["track_id"], row["name"], [row["name"]], row["popularity"]))
    for document in documents:
        for name in document.names:
            meant[name.name_key].add(f"{document.kind}:{document.target_id}")
    store.answers.put(documents)
    return dict(meant)


def _document(kind: Kind, target_id: str, label: str, names: list[str], popularity: int) -> Document:
    card = {"name": label, "image_url": None}
    if kind == "artist":
        body = {"artist": {**card, "artist_id": target_id, "genres": []}, "top_tracks": [], "similar": []}
    else:
        track = {**card, "track_id": target_id, "artists": [], "album_name": None}
        body = {"track": track, "artist_ids": [], "similar": []}
    keys = keys_of_names(names, with_parts=kind == "artist")
    entries = tuple(NameEntry(key, kind, target_id, label, popularity) for key in keys)
    return Document(kind, target_id, "v1", json.dumps({**body, "model_version": None}), entries)


class _Asker:
    """Asks each question as somebody who never asked before."""

    def __init__(self, store: SqlStore, seconds: list[float]) -> None:
        self._bot, self._seconds, self._count = Bot(store, lambda: datetime.now(UTC)), seconds, 0

    def __call__(self, text: str) -> Answer:
        self._count += 1
        started = time.perf_counter()
        answer = self._bot.answer(Question(f"{id(self)}-{self._count}", text, "bench"))
        self._seconds.append(time.perf_counter() - started)
        return answer


def _found(
    store: SqlStore, known: list[_Alias], meant: dict[str, set[str]], seconds: list[float]
) -> Iterator[tuple[str, str]]:
    ask = _Asker(store, seconds)
    alone = [alias for alias in known if _artists_of(alias.text, meant) == {alias.artist_id}]
    shared = [alias for alias in known if alias not in alone]
    right = [alias for alias in alone if _shown(ask(alias.text)) == alias.artist_id]
    yield "Korean spellings that mean one artist: found exactly", _share(len(right), len(alone))
    offered = [a for a in shared if f"artist:{a.artist_id}" in [c.text for c in ask(a.text).choices]]
    yield (
        "spellings shared by several artists: the right one among the choices",
        _share(len(offered), len(shared)),
    )


def _mistyped(
    store: SqlStore, known: list[_Alias], meant: dict[str, set[str]], seconds: list[float]
) -> Iterator[tuple[str, str]]:
    random_ = random.Random(20261120)
    by_id = {row["artist_id"]: row["name"] for row in _artists().to_pylist()}
    all_first = all_count = 0
    latin = [_Alias(by_id[one], one) for one in dict.fromkeys(a.artist_id for a in known)]
    for what, aliases in (("Korean spelling", known), ("Latin name", latin)):
        for least, most, size in SIZES:
            ask, first, among, count = _Asker(store, seconds), 0, 0, 0
            for alias in aliases:
                if not least <= len(letters(name_key(alias.text))) <= most:
                    continue
                for typed in _typos(alias.text, random_):
                    if name_key(typed) in meant:
                        continue  # another name, rightly taken for it
                    count += 1
                    offered = [choice.text for choice in ask(typed).choices]
                    first += offered[:1] == [f"artist:{alias.artist_id}"]
                    among += f"artist:{alias.artist_id}" in offered
            if not count:
                continue
            all_first, all_count = all_first + first, all_count + count
            figure = f"{_share(first, count)} first, {_share(among, count)} among the suggestions"
            yield f"one random slip in a {what} of {size}", figure
    yield "one random slip, all of these together: first suggestion", _share(all_first, all_count)


def _mistyped_titles(
    store: SqlStore, meant: dict[str, set[str]], seconds: list[float]
) -> Iterator[tuple[str, str]]:
    random_ = random.Random(20261121)
    titles = sorted(key for key, found in meant.items() if all(one.startswith("track:") for one in found))
    for least, most, size in ((5, 5, "5 letters"), (6, 8, "6 to 8 letters"), (9, 60, "9 letters and more")):
        ask, first, among, count = _Asker(store, seconds), 0, 0, 0
        fitting = [title for title in titles if least <= len(letters(title)) <= most]
        for title in random_.sample(fitting, min(len(fitting), TITLES)):
            typed = next((slip for slip in _typos(title, random_) if name_key(slip) not in meant), None)
            if typed is None:
                continue  # other titles, all of them
            count += 1
            offered = [choice.text for choice in ask(typed).choices]
            first += bool(meant[title].intersection(offered[:1]))
            among += bool(meant[title].intersection(offered))
        figure = f"{_share(first, count)} first, {_share(among, count)} among the suggestions"
        yield f"one random slip in a song's title of {size}", figure


def _typos(text: str, random_: random.Random) -> list[str]:
    typed: set[str] = set()
    while len(typed) < TYPOS:
        slip = _slip(text, random_)
        if name_key(slip) not in ("", name_key(text)):
            typed.add(slip)
    return sorted(typed)


def _slip(text: str, random_: random.Random) -> str:
    """Return the text with one slip: a letter wrong, missing, double or swapped with the next."""
    place = random_.randrange(len(text))
    char = text[place]
    how = random_.choice(["wrong", "wrong", "missing", "double", "swapped"])
    if how == "missing":
        return text[:place] + text[place + 1 :]
    if how == "double":
        return text[: place + 1] + text[place:]
    if how == "swapped":
        return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]
    if "가" <= char <= "힣":
        number = ord(char) - ord("가")
        first, vowel, last = number // 588, number % 588 // 28, number % 28
        part = random_.choice(["first", "vowel", "last"])
        first = random_.randrange(19) if part == "first" else first
        vowel = random_.randrange(21) if part == "vowel" else vowel
        last = random_.randrange(28) if part == "last" else last
        return text[:place] + chr(ord("가") + first * 588 + vowel * 28 + last) + text[place + 1 :]
    return text[:place] + random_.choice(KEYS.get(char.lower(), "ex")) + text[place + 1 :]


def _false(
    store: SqlStore, strangers: list[str], meant: dict[str, set[str]], seconds: list[float]
) -> Iterator[tuple[str, str]]:
    ask = _Asker(store, seconds)
    unknown = [name for name in strangers if name_key(name) not in meant]
    kinds = [ask(name).kind for name in unknown]
    taken = sum(kind in ("artist", "track") for kind in kinds)
    yield (
        f"{len(unknown)} names that are not in the catalogue: taken for another",
        _share(taken, len(unknown)),
    )
    suggested = sum(kind == "choices" for kind in kinds)
    yield "the same: answered with suggestions to choose from", _share(suggested, len(unknown))


def _artists_of(text: str, meant: dict[str, set[str]]) -> set[str]:
    found = meant.get(name_key(text), set())
    return {one.removeprefix("artist:") for one in found if one.startswith("artist:")}


def _shown(answer: Answer) -> str | None:
    return answer.artist.artist_id if answer.artist else None


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({part / whole:.1%})" if whole else "none there"
