"""The terminal channel: an Answer → text.

Here: laying an answer out in a terminal, in colour where there is one. Not here: the commands
(`chatbot/cli.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from chatbot.answer import Answer, Question, Song
from chatbot.reading import clean

_COLOURS = {"pending": "yellow", "not_found": "yellow", "error": "red"}


def parse(text: str, cursor: str | None = None) -> Question:
    """Return the question of somebody at the terminal."""
    return Question(user="terminal", text=text, channel="cli", cursor=cursor)


def show(answer: Answer, stream: TextIO) -> None:
    """Write an answer to a stream: with colour, links and a frame on a terminal, plain elsewhere."""
    console = Console(file=stream, highlight=False, soft_wrap=not stream.isatty())
    console.print(Group(*_blocks(answer, framed=console.is_terminal)))


def _blocks(answer: Answer, *, framed: bool) -> Iterable[RenderableType]:
    if card := _card(answer):
        yield Panel(card, expand=False, border_style="green") if framed else card
    yield Text(
        "\n".join(clean(line) for line in answer.text.split("\n")), style=_COLOURS.get(answer.kind, "")
    )
    if answer.top_tracks:
        yield _songs(answer.top_tracks)
    for place, similar in enumerate(answer.similar, 1):
        title = Text.assemble("\n", f"{place:2}. ", _linked(*_headline(answer, place - 1)))
        if answer.kind == "track":
            title.append(f" – {clean(similar.artist.name)}", style="dim")
        yield title
        yield Padding(Text(similar.why, style="cyan"), (0, 0, 0, 4), expand=False)
        if answer.kind == "artist" and similar.tracks:
            yield Padding(_songs(similar.tracks), (0, 0, 0, 2), expand=False)
    for choice in answer.choices:
        yield Text.assemble("  • ", clean(choice.label), "  ", (f"chatbot ask {choice.text}", "dim"))
    tips = [f"{clean(reply.label)}" for reply in answer.quick_replies]
    if tips:
        yield Text("\n" + " · ".join(tips), style="dim")
    if answer.cursor:
        yield Text(f"chatbot ask --cursor {answer.cursor}", style="dim")


def _headline(answer: Answer, index: int) -> tuple[str, str]:
    similar = answer.similar[index]
    if answer.kind == "track":
        return similar.tracks[0].name, similar.tracks[0].url
    return similar.artist.name, similar.artist.url


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


def _songs(songs: Iterable[Song]) -> Text:
    lines = [
        Text.assemble("  ♪ ", _linked(song.name, song.url, bold=False), (_album(song), "dim"))
        for song in songs
    ]
    return Text("\n").join(lines)


def _album(song: Song) -> str:
    return f" ({clean(song.album_name)})" if song.album_name and song.album_name != song.name else ""


def _linked(name: str, url: str, *, bold: bool = True) -> Text:
    return Text(clean(name), style=Style(bold=bold, link=url))
