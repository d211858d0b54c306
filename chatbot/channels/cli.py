"""The terminal channel: an Answer → text.

Here: laying an answer out in a terminal, in colour where there is one. Not here: the commands
(`chatbot/cli.py`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from chatbot.answer import Answer, Question, Similar, Song
from chatbot.reading import clean

_COLOURS = {"pending": "yellow", "not_found": "yellow", "error": "red"}


def parse(text: str, cursor: str | None = None) -> Question:
    """Return the question of somebody at the terminal."""
    return Question(user="terminal", text=text, channel="cli", cursor=cursor)


def show(answer: Answer, stream: TextIO) -> None:
    """Write an answer to a stream: with colour, links and a frame on a terminal, plain elsewhere."""
    console = Console(file=stream, highlight=False, soft_wrap=True)
    for block in _blocks(answer, framed=console.is_terminal):
        console.print(block)


def _blocks(answer: Answer, *, framed: bool) -> Iterable[RenderableType]:
    if card := _card(answer):
        yield Panel(card, expand=False, border_style="green") if framed else card
    for song in answer.top_tracks:
        yield Text.assemble("  ♪ ", _linked(song.name, song.url, bold=False), (_album(song), "dim"))
    text = "\n".join(clean(line) for line in answer.text.split("\n"))
    yield Text(f"\n{text}" if card else text, style=_COLOURS.get(answer.kind, ""))
    for place, similar in enumerate(answer.similar, 1):
        yield Text(f"\n{place:2}. ").append_text(_headline(answer.kind, similar))
        yield Text(f"    {clean(similar.why)}", style="cyan")
        if answer.kind == "artist" and similar.tracks:
            songs = [_linked(song.name, song.url, bold=False) for song in similar.tracks]
            yield Text.assemble("    ♪ ", Text(" · ").join(songs))
    for choice in answer.choices:
        yield _next(choice.label, shlex.quote(choice.text))
    if answer.cursor or answer.quick_replies:
        yield Text()
    for reply in answer.quick_replies:
        goes_on = answer.cursor and reply.label == reply.text and reply is answer.quick_replies[0]
        yield _next(reply.label, f"--cursor {answer.cursor}" if goes_on else shlex.quote(clean(reply.text)))


def _next(label: str, arguments: str) -> Text:
    return Text.assemble("  → ", clean(label), (f"   chatbot ask {arguments}", "dim"))


def _headline(kind: str, similar: Similar) -> Text:
    if kind == "track" and similar.tracks:
        song = similar.tracks[0]
        return _linked(song.name, song.url).append(
            f" – {clean(similar.artist.name)}", Style(bold=False, dim=True)
        )
    return _linked(similar.artist.name, similar.artist.url)


def _card(answer: Answer) -> Text | None:
    if answer.track:
        by = clean(", ".join(answer.track.artists))
        return Text.assemble(_linked(answer.track.name, answer.track.url), (f"\n{by}", "dim"))
    if answer.artist:
        genres = clean(", ".join(answer.artist.genres))
        return Text.assemble(
            _linked(answer.artist.name, answer.artist.url), (f"\n{genres}" if genres else "", "dim")
        )
    return None


def _album(song: Song) -> str:
    return f" ({clean(song.album_name)})" if song.album_name and song.album_name != song.name else ""


def _linked(name: str, url: str, *, bold: bool = True) -> Text:
    return Text(clean(name), style=Style(bold=bold, link=url))
