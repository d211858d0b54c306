"""Every numeric limit of KakaoTalk and Messenger, as the platforms state them, checked on a whole payload.

Counted in UTF-16 units, the larger count: a platform may count so. Not derived from the code under test.
"""

from __future__ import annotations

from typing import Any

import regex

Json = dict[str, Any]


def length(text: str) -> int:
    assert isinstance(text, str)
    return len(text.encode("utf-16-le")) // 2  # fails for a lone surrogate


def within(text: Any, most: int) -> None:
    assert isinstance(text, str)
    assert 0 < length(text) <= most, (length(text), most, text)
    assert text.strip(), "blank"


def is_link(url: Any) -> None:
    assert isinstance(url, str)
    assert url.startswith("https://")
    assert url.isascii()
    assert " " not in url


def kakao(payload: Json) -> None:
    """Check a skill response."""
    assert payload["version"] == "2.0"
    assert set(payload) <= {"version", "template", "context", "data"}
    outputs = payload["template"]["outputs"]
    assert 1 <= len(outputs) <= 3
    for output in outputs:
        [(kind, content)] = output.items()
        _KAKAO[kind](content)
    quick = payload["template"].get("quickReplies", [])
    assert len(quick) <= 10
    for reply in quick:
        within(reply["label"], 14)
        assert reply["action"] in ("message", "block")
        assert reply["messageText"].strip()


def _simple_text(content: Json) -> None:
    within(content["text"], 1000)


def _buttons(content: Json) -> None:
    buttons = content.get("buttons", [])
    assert len(buttons) <= 3
    for button in buttons:
        within(button["label"], 14 if content.get("buttonLayout", "vertical") == "vertical" else 8)
        if button["action"] == "webLink":
            is_link(button["webLinkUrl"])


def _text_card(content: Json) -> None:
    within(content["title"], 50)
    assert length(content["title"]) + length(content["description"]) <= 400
    _buttons(content)


def _basic_card(content: Json) -> None:
    within(content["title"], 50)
    within(content["description"], 230)
    is_link(content["thumbnail"]["imageUrl"])
    _buttons(content)


def _list_card(content: Json, most: int = 5) -> None:
    within(content["header"]["title"], 50)
    assert set(content["header"]) == {"title"}, "a header's image is ignored"
    assert 1 <= len(content["items"]) <= most
    for item in content["items"]:
        assert item["title"].strip()
        if "imageUrl" in item:
            is_link(item["imageUrl"])
        if "link" in item:
            is_link(item["link"]["web"])
    assert len(content.get("buttons", [])) <= 2


def _carousel(content: Json) -> None:
    cards = content["items"]
    assert content["type"] == "listCard"
    assert 2 <= len(cards) <= 5
    for card in cards:
        _list_card(card, 4)


_KAKAO = {
    "simpleText": _simple_text,
    "textCard": _text_card,
    "basicCard": _basic_card,
    "listCard": _list_card,
    "carousel": _carousel,
}


def messenger(payload: Json) -> None:
    """Check a message of the Send API."""
    message = payload["message"]
    assert payload["messaging_type"] == "RESPONSE"
    assert payload["recipient"]["id"]
    assert ("text" in message) != ("attachment" in message)
    if "text" in message:
        within(message["text"], 2000)
    else:
        assert message["attachment"]["type"] == "template"
        _generic(message["attachment"]["payload"])
    quick = message.get("quick_replies", [])
    assert len(quick) <= 13
    for reply in quick:
        assert reply["content_type"] == "text"
        within(reply["title"], 20)
        within(reply["payload"], 1000)


def _generic(template: Json) -> None:
    assert template["template_type"] == "generic"
    assert 1 <= len(template["elements"]) <= 10
    for element in template["elements"]:
        within(element["title"], 80)
        if "subtitle" in element:
            within(element["subtitle"], 80)
        assert set(element) - {"title"}, "an element needs more than a title"
        if "image_url" in element:
            is_link(element["image_url"])
        if "default_action" in element:
            assert set(element["default_action"]) == {"type", "url"}
            is_link(element["default_action"]["url"])
        if "buttons" in element:
            assert 1 <= len(element["buttons"]) <= 3
        for button in element.get("buttons", []):
            within(button["title"], 20)
            if button["type"] == "web_url":
                is_link(button["url"])
            else:
                assert button["type"] == "postback"
                within(button["payload"], 1000)


def texts(payload: Any) -> list[str]:
    """Every string in a payload."""
    if isinstance(payload, dict):
        return [text for value in payload.values() for text in texts(value)]
    if isinstance(payload, list):
        return [text for value in payload for text in texts(value)]
    return [payload] if isinstance(payload, str) else []


def cut_between_characters(shown: str, whole: str) -> bool:
    """Whether a text that ends in "…" is made of whole characters, as people see them, of another."""
    if not shown.endswith("…"):
        return True
    clusters = regex.findall(r"\X", whole)
    grown, kept = "", shown[:-1]
    for cluster in clusters:
        if grown == kept or grown.rstrip() == kept:
            return True
        grown += cluster
    return grown.rstrip() == kept
