"""The KakaoTalk channel: an Answer → a skill response, version 2.0.

Here: outputs and quick replies within the platform's limits (Kakao's guide to skills, "answer JSON format").
Not here: what was asked (`kakao.py`) or late answers (`kakao_callback.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from chatbot.answer import Answer, Reply, Similar, Song
from chatbot.channels.tapped import Tap, taps
from chatbot.fit import fit, line, units
from chatbot.language import Language
from chatbot.messages import cards

MAX_OUTPUTS = 3
MAX_TEXT = 500
"""A simple text may have 1,000 characters, but is folded after 500."""
MAX_TITLE = 50
MAX_CARD_TEXT = 230
"""Description of a basic card; a text card may have more."""
MAX_ABOUT = 60
"""Genres or artists above the answer's words, which end with where it all comes from."""
MAX_ITEMS = 5
MAX_ITEMS_IN_CAROUSEL = 4
MAX_LISTS = 5
MAX_ITEM_TEXT = 100
MAX_QUICK_REPLIES = 10
MAX_LABEL = 14
MAX_MESSAGE = 500
"""Longest text that a quick reply sends; the platform names no limit."""

_LINK = re.compile("https://[!-~]{1,1990}")

Json = dict[str, Any]


def render(answer: Answer, language: Language) -> Json:
    """Return the skill response that shows an answer."""
    outputs = [*_hero(answer, language), *_best_known(answer, language), *_similar(answer, language)]
    if not outputs:
        outputs = [_text(_numbered(answer.text, answer.choices, language))]
    quick = [_quick_reply(tap) for tap in taps(answer, MAX_LABEL) if units(tap.reply.text) <= MAX_MESSAGE]
    template: Json = {"outputs": outputs[:MAX_OUTPUTS]}
    if quick:
        template["quickReplies"] = quick[:MAX_QUICK_REPLIES]
    return {"version": "2.0", "template": template}


def later(text: str) -> Json:
    """Return the response that promises the answer through the callback."""
    return {"version": "2.0", "useCallback": True, "data": {"text": fit(text, MAX_TEXT)}}


def _text(text: str) -> Json:
    return {"simpleText": {"text": fit(text, MAX_TEXT) or "♪"}}


def _numbered(text: str, choices: Sequence[Reply], language: Language) -> str:
    shown = choices[:MAX_QUICK_REPLIES]
    lines = [f"{place}. {line(choice.label, MAX_TITLE)}" for place, choice in enumerate(shown, 1)]
    if len(choices) > len(shown):
        lines.append(cards.and_others(len(choices) - len(shown), language))
    return "\n".join([text, *lines])


def _hero(answer: Answer, language: Language) -> list[Json]:
    """Show what was asked for; a basic card needs a picture, a text card has none."""
    shown = answer.track or answer.artist
    if answer.kind not in ("artist", "track") or shown is None:
        return []
    image = answer.artist.image_url if answer.artist else None
    about = ", ".join(answer.track.artists if answer.track else answer.artist.genres if answer.artist else [])
    description = "\n".join(part for part in (line(about, MAX_ABOUT), answer.text) if part)
    told = fit(description, MAX_CARD_TEXT) or "♪"
    card: Json = {"title": line(shown.name, MAX_TITLE) or "♪", "description": told}
    if is_link(shown.url):
        label = line(cards.listen(language), MAX_LABEL)
        card["buttons"] = [{"label": label, "action": "webLink", "webLinkUrl": shown.url}]
    if is_link(image):
        thumbnail = {"imageUrl": image, "fixedRatio": True, "altText": card["title"]}
        return [{"basicCard": {**card, "thumbnail": thumbnail}}]
    return [{"textCard": card}]


def _best_known(answer: Answer, language: Language) -> list[Json]:
    songs = answer.top_tracks[:MAX_ITEMS]
    if answer.kind != "artist" or not songs:
        return []
    items = [_item(song.name, song.album_name or "", song.image_url, song.url) for song in songs]
    return [{"listCard": {"header": {"title": cards.best_known(language)}, "items": items}}]


def _similar(answer: Answer, language: Language) -> list[Json]:
    """Show similar ones as one list, or as a carousel of lists where one does not hold them."""
    found = answer.similar
    if answer.kind not in ("artist", "track") or not found:
        return []
    per_list = MAX_ITEMS if len(found) <= MAX_ITEMS else MAX_ITEMS_IN_CAROUSEL
    lists = []
    for start in range(0, min(len(found), per_list * MAX_LISTS), per_list):
        part = found[start : start + per_list]
        title = cards.similar_from_to(answer.kind, start + 1, start + len(part), language)
        lists.append({"header": {"title": title}, "items": [_similar_item(answer.kind, s) for s in part]})
    if len(lists) == 1:
        return [{"listCard": lists[0]}]
    return [{"carousel": {"type": "listCard", "items": lists}}]


def _similar_item(kind: str, similar: Similar) -> Json:
    song = similar.tracks[0] if similar.tracks else None
    if kind == "track" and song:
        return _item(song.name, f"{similar.artist.name} · {similar.why}", song.image_url, song.url)
    why = " ".join([similar.why, *_titles(similar.tracks)])
    return _item(similar.artist.name, why, similar.artist.image_url, similar.artist.url)


def _titles(songs: Iterable[Song]) -> list[str]:
    return [f"♪ {song.name}" for song in songs]


def _item(title: str, description: str, image: str | None, url: str) -> Json:
    item: Json = {"title": line(title, MAX_TITLE) or "♪"}
    if told := line(description, MAX_ITEM_TEXT):
        item["description"] = told
    if is_link(image):
        item["imageUrl"] = image
    if is_link(url):
        item["link"] = {"web": url}
    return item


def _quick_reply(tap: Tap) -> Json:
    """Return what can be tapped; a choice sends its number, for what it sends is seen in the chat."""
    said: Json = {
        "label": line(tap.reply.label, MAX_LABEL) or "♪",
        "action": "message",
        "messageText": tap.reply.text,
    }
    if tap.place:
        said |= {"messageText": f"{tap.place}번", "extra": {"text": tap.reply.text}}
    elif tap.cursor:
        said["extra"] = {"cursor": tap.cursor}
    return said


def is_link(url: str | None) -> bool:
    """Whether an address may be shown: the platforms refuse a whole message for one they cannot open."""
    return url is not None and _LINK.fullmatch(url) is not None
