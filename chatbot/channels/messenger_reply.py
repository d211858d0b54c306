"""The Messenger channel: an Answer → one message of the Send API.

One, so that an answer is either sent or not: an artist's card, songs and similar artists share a carousel
(generic template), everything else is a text. Here: the message within the platform's limits (Graph API
reference, generic template and quick replies). Not here: sending it (`messenger_api.py`).
"""

from __future__ import annotations

from typing import Any

from chatbot.answer import Answer, Similar
from chatbot.channels.kakao_reply import is_link
from chatbot.channels.messenger import payload_of
from chatbot.channels.tapped import taps
from chatbot.compose import PAGE
from chatbot.cursor import Cursor
from chatbot.fit import fit, line, units
from chatbot.language import Language
from chatbot.messages import cards

MAX_ELEMENTS = 10
MAX_ELEMENT_TEXT = 80
MAX_BUTTONS = 3
MAX_BUTTON = 20
MAX_PAYLOAD = 1000
MAX_TEXT = 2000
MAX_QUICK_REPLIES = 13
MAX_QUICK_REPLY = 20
MAX_CHOICE = 100

Json = dict[str, Any]


def render(answer: Answer, language: Language) -> Json:
    """Return the `message` that shows an answer."""
    elements, shown = _elements(answer, language)
    if elements:
        carousel = {"template_type": "generic", "elements": elements}
        message: Json = {"attachment": {"type": "template", "payload": carousel}}
    else:
        message = {"text": fit(_numbered(answer), MAX_TEXT) or "♪"}
    cursor = _cursor(answer, shown)
    quick = [
        {"content_type": "text", "title": line(tap.reply.label, MAX_QUICK_REPLY) or "♪", "payload": payload}
        for tap in taps(answer, MAX_QUICK_REPLY)
        if units(payload := payload_of(tap.reply.text, cursor if tap.cursor else None, language))
        <= MAX_PAYLOAD
    ]
    if quick:
        message["quick_replies"] = quick[:MAX_QUICK_REPLIES]
    return message


def _numbered(answer: Answer) -> str:
    choices = answer.choices[:MAX_QUICK_REPLIES]
    lines = [f"{place}. {line(choice.label, MAX_CHOICE)}" for place, choice in enumerate(choices, 1)]
    return "\n".join([answer.text, *lines])


def _elements(answer: Answer, language: Language) -> tuple[list[Json], int]:
    """Return the cards of the carousel, and how many similar ones are among them."""
    if answer.kind not in ("artist", "track"):
        return [], 0
    first = [*_hero(answer, language), *_best_known(answer, language)]
    similar = answer.similar[: MAX_ELEMENTS - len(first)]
    return first + [_similar(answer.kind, one, language) for one in similar], len(similar)


def _hero(answer: Answer, language: Language) -> list[Json]:
    shown = answer.track or answer.artist
    if shown is None:
        return []
    image = answer.artist.image_url if answer.artist else None
    return [_element(shown.name, _said(answer.text), image, shown.url, language)]


def _said(text: str) -> str:
    """Return the answer's words in a line; where they are too long, the last, the source, is kept whole."""
    *words, source = text.split("\n")
    whole = " · ".join([*words, source])
    room = MAX_ELEMENT_TEXT - units(source) - 3
    if not words or units(whole) <= MAX_ELEMENT_TEXT:
        return whole
    return source if room < MAX_ELEMENT_TEXT // 2 else f"{line(' '.join(words), room)} · {source}"


def _best_known(answer: Answer, language: Language) -> list[Json]:
    """Show the best-known songs as one card, with a button for each of the first three."""
    songs = answer.top_tracks
    if answer.kind != "artist" or not songs:
        return []
    element = _element(
        cards.best_known(language),
        " · ".join(song.name for song in songs[:5]),
        songs[0].image_url,
        "",
        language,
    )
    buttons = [_web_button(song.name, song.url) for song in songs[:MAX_BUTTONS] if is_link(song.url)]
    return [{**element, "buttons": buttons} if buttons else element]


def _similar(kind: str, similar: Similar, language: Language) -> Json:
    song = similar.tracks[0] if similar.tracks else None
    if kind == "track" and song:
        about = f"{similar.artist.name} · {similar.why}"
        element = _element(song.name, about, song.image_url, song.url, language)
        asks = f"track:{song.track_id}"
    else:
        element = _element(
            similar.artist.name, similar.why, similar.artist.image_url, similar.artist.url, language
        )
        asks = f"artist:{similar.artist.artist_id}" if similar.artist.artist_id else similar.artist.name
    payload = payload_of(asks, None, language)
    if units(payload) <= MAX_PAYLOAD and asks.strip():
        button = {"type": "postback", "title": cards.alike(language), "payload": payload}
        element["buttons"] = [*element.get("buttons", []), button]
    return element


def _element(title: str, subtitle: str, image: str | None, url: str, language: Language) -> Json:
    element: Json = {
        "title": line(title, MAX_ELEMENT_TEXT) or "♪",
        "subtitle": line(subtitle, MAX_ELEMENT_TEXT) or "♪",
    }
    if is_link(image):
        element["image_url"] = image
    if is_link(url):
        element["default_action"] = {"type": "web_url", "url": url}
        element["buttons"] = [_web_button(cards.listen(language), url)]
    return element


def _web_button(title: str, url: str) -> Json:
    return {"type": "web_url", "title": line(title, MAX_BUTTON) or "♪", "url": url}


def _cursor(answer: Answer, shown: int) -> str | None:
    """Return the cursor that goes on after what was shown, where a carousel took less than a page."""
    left_out = len(answer.similar) - shown
    if left_out <= 0 or answer.kind not in ("artist", "track"):
        return answer.cursor
    place = Cursor.decode(answer.cursor) if answer.cursor else None
    if place is None:
        return answer.cursor
    return Cursor(place.kind, place.id, max(place.offset - min(left_out, PAGE), 0)).encode()
