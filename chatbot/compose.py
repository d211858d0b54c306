"""Composing answers out of documents and requests.

Here: pure functions, what the store holds → Answer: one page of it, with links, reasons and replies to tap.
Not here: finding it (`bot.py`) or wording it (`messages/`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chatbot import messages
from chatbot.answer import SPOTIFY_ID, Answer, Artist, Reply, Similar, Song, Track
from chatbot.cursor import Cursor
from chatbot.language import Language
from chatbot.messages import choosing, live
from spotify_assets.core.store import ArtistRequest, Choice, NameMatch, State
from spotify_assets.core.store.documents import ArtistDocument, Kind, TrackDocument

PAGE = 10
"""Similar artists or songs in one answer."""

_SIMILAR_OFFERED = 3
_OTHERS_OFFERED = 3
_SOON = timedelta(minutes=1)


def artist_answer(
    document: ArtistDocument, offset: int, language: Language, offers: Sequence[Reply]
) -> Answer:
    """Show an artist: card, best-known songs (on the first page) and who is similar, from `offset` on."""
    card = document.artist
    offset = offset if offset < len(document.similar) else 0
    shown = document.similar[offset : offset + PAGE]
    cursor, more = _next("artist", card.artist_id, offset, len(document.similar), language)
    if shown:
        text = messages.artist_intro(card.name, offset // PAGE, language)
    else:
        text = messages.artist_without_similar(card.name, bool(document.top_tracks), language)
    neighbours = [Reply(s.artist.name, s.artist.name) for s in shown[:_SIMILAR_OFFERED]]
    return Answer(
        "artist",
        _attributed(text, card.artist_id, language),
        artist=Artist.of(card),
        top_tracks=[] if offset else [Song.of(track) for track in document.top_tracks],
        similar=[
            Similar(
                Artist.of(s.artist),
                s.score,
                messages.why(s.likeness, language),
                [Song.of(track) for track in s.tracks],
            )
            for s in shown
        ],
        quick_replies=[*more, *offers, *neighbours],
        cursor=cursor,
        model_version=document.model_version,
    )


def found_answer(document: ArtistDocument, name: str, language: Language) -> Answer:
    """Show an artist that was found just now, by the name that was asked for; a refresh completes it."""
    shown = artist_answer(document, 0, language, [Reply(messages.ask_again(language), name)])
    card = document.artist
    text = live.just_found(card.name, bool(document.top_tracks), bool(document.similar), language)
    return replace(shown, text=_attributed(text, card.artist_id, language), provisional=True)


def found_song_answer(
    song: TrackDocument, first: ArtistDocument | None, others: Sequence[str], name: str, language: Language
) -> Answer:
    """Show a song that was found just now, by what was asked for; `others` have the same title."""
    shown = track_answer(song, first, 0, language)
    card = song.track
    text = live.just_found_song(card.name, card.artists, bool(song.similar), language)
    again = Reply(messages.ask_again(language), name)
    offers = [Reply(one, one) for one in others[:_OTHERS_OFFERED]]
    return replace(
        shown,
        text=_attributed(text, card.track_id, language),
        provisional=True,
        quick_replies=[again, *shown.quick_replies, *offers],
    )


def searching_answer(name: str, language: Language) -> Answer:
    """Say that the search for a name takes longer than anybody waits."""
    again = [Reply(messages.ask_again(language), name)]
    return Answer("pending", live.searching(name, language), quick_replies=again)


def track_answer(
    document: TrackDocument, first: ArtistDocument | None, offset: int, language: Language
) -> Answer:
    """Show a song and what sounds like it, from `offset` on; `first` is its first artist, where published."""
    card = document.track
    offset = offset if offset < len(document.similar) else 0
    shown = document.similar[offset : offset + PAGE]
    cursor, more = _next("track", card.track_id, offset, len(document.similar), language)
    if shown:
        text = messages.track_intro(card.name, card.artists, offset // PAGE, language)
    else:
        text = messages.track_without_similar(card.name, card.artists, language)
    offers = []
    if first:
        offers = [
            Reply(messages.offer_artist(first.artist.name, language), f"artist:{first.artist.artist_id}")
        ]
    return Answer(
        "track",
        _attributed(text, card.track_id, language),
        artist=Artist.of(first.artist) if first else None,
        track=Track.of(card),
        similar=[
            Similar(
                Artist.of_song(s.track, messages.credit(s.track.artists)),
                s.score,
                messages.why(s.likeness, language),
                [Song.of(s.track)],
            )
            for s in shown
        ],
        quick_replies=[*more, *offers],
        cursor=cursor,
        model_version=document.model_version,
    )


def _next(
    kind: Kind, target_id: str, offset: int, total: int, language: Language
) -> tuple[str | None, list[Reply]]:
    if offset + PAGE >= total:
        return None, []
    label = messages.more(language)
    return Cursor(kind, target_id, offset + PAGE).encode(), [Reply(label, label)]


def request_answer(
    request: ArtistRequest, name: str, choices: Sequence[Choice], now: datetime, language: Language
) -> Answer:
    """Say where the request for a name stands; `choices` are who may be meant where nobody goes by it."""
    again = [Reply(messages.ask_again(language), name)]
    match request.state:
        case State.NOT_FOUND if choices:
            return Answer(
                "choices", choosing.close_names(name, len(choices), language), choices=chosen_from(choices)
            )
        case State.NOT_FOUND:
            return Answer("not_found", messages.not_found(name, language), quick_replies=again)
        case State.FAILED:
            return Answer("error", messages.failed(name, language), quick_replies=again)
        case State.RUNNING:
            return Answer("pending", messages.collecting(name, language), quick_replies=again)
    wait = (request.next_attempt_at or now) - now
    if wait > _SOON:
        minutes = math.ceil(wait / timedelta(minutes=1))
        return Answer("pending", messages.postponed(name, minutes, language), quick_replies=again)
    return Answer("pending", messages.pending(name, language), quick_replies=again)


def close_answer(name: str, choices: list[Reply], language: Language) -> Answer:
    """Offer what is close to a name nobody goes by, and to look for the name as it was typed."""
    text = choosing.close_names(name, len(choices), language)
    return Answer("choices", text, choices=choices, quick_replies=[exactly(name, language)])


def exactly(text: str, language: Language) -> Reply:
    """Offer to look for a text as a name, whatever it was taken for."""
    return Reply(choosing.exactly(text, language), choosing.search_for(text, language))


def help_answer(
    text: str, language: Language, offers: Sequence[Reply] = (), taken_for_talk: str = ""
) -> Answer:
    """Say something to somebody who named nobody, with names to try; what was `taken_for_talk` may be one."""
    examples = [Reply(name, name) for name in messages.EXAMPLES[language]]
    way_out = [exactly(taken_for_talk, language)] if taken_for_talk else []
    return Answer("help", text, quick_replies=[*offers, *examples, *way_out])


def chosen_from(choices: Sequence[Choice]) -> list[Reply]:
    """Return choices to tap, each selecting exactly its artist."""
    labels = distinct([choice.label for choice in choices])
    return [Reply(label, f"artist:{choice.artist_id}") for label, choice in zip(labels, choices, strict=True)]


def distinct(labels: Sequence[str]) -> list[str]:
    """Number the labels that are alike: (1), (2)."""
    return [
        f"{label} ({labels[: place + 1].count(label)})" if labels.count(label) > 1 else label
        for place, label in enumerate(labels)
    ]


def offer(match: NameMatch, language: Language) -> Reply:
    """Offer something else that goes by the name."""
    label = messages.offer_artist if match.kind == "artist" else messages.offer_song
    return Reply(label(match.label, language), reference_to(match))


def reference_to(match: NameMatch) -> str:
    """Return the text that, sent as a question, selects exactly this artist or song."""
    return f"{match.kind}:{match.target_id}"


def _attributed(text: str, shown_id: str, language: Language) -> str:
    if SPOTIFY_ID.fullmatch(shown_id):
        return f"{text}\n{messages.attribution('spotify', language)}"
    if shown_id.startswith("sample-"):
        return f"{text}\n{messages.attribution('sample', language)}"
    return text
