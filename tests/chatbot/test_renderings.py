"""Any answer, shown on any channel, keeps every limit of the platform; text is cut between characters."""

from __future__ import annotations

import io
import json
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.answer import Answer, Artist
from chatbot.channels import cli, kakao_reply, messenger_reply
from chatbot.fit import fit, line, plain
from chatbot.intake import json_bytes
from chatbot.language import Language
from tests.chatbot import limits
from tests.chatbot.answers import ANSWERS, TEXTS

MANY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
LANGUAGES = st.sampled_from(["ko", "en"])


def without_tricks(payload: object) -> None:
    """No text that is shown holds controls, bidi marks, zero-width spaces or half a character."""
    for text in limits.texts(payload):
        for letter in text:
            assert letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp"), repr(
                letter
            )
            assert unicodedata.bidirectional(letter) not in (
                "LRE",
                "RLE",
                "LRO",
                "RLO",
                "PDF",
                "LRI",
                "RLI",
                "FSI",
                "PDI",
            )
            assert letter not in "\u200b\ufeff\u200e\u200f\u061c"


@MANY
@given(ANSWERS, LANGUAGES)
def test_any_answer_fits_kakaotalk(answer: Answer, language: Language) -> None:
    payload = kakao_reply.render(answer, language)
    limits.kakao(payload)
    shown = json.loads(json_bytes(payload))
    for output in shown["template"]["outputs"]:
        without_tricks(output)
    without_tricks([reply["label"] for reply in shown["template"].get("quickReplies", [])])


def test_a_card_of_nothing_but_controls_is_no_empty_one() -> None:
    artist = Artist("a", "\x00", [], "https://i/x.jpg", "")
    payload = kakao_reply.render(Answer(kind="artist", text="\x00", artist=artist), "en")
    limits.kakao(payload)


@MANY
@given(ANSWERS, LANGUAGES)
def test_any_answer_fits_messenger(answer: Answer, language: Language) -> None:
    message = messenger_reply.render(answer, language)
    limits.messenger({"messaging_type": "RESPONSE", "recipient": {"id": "1"}, "message": message})
    without_tricks(message.get("attachment", message.get("text")))
    without_tricks([reply["title"] for reply in message.get("quick_replies", [])])


@MANY
@given(ANSWERS)
def test_any_answer_is_json_and_text(answer: Answer) -> None:
    assert json.loads(json_bytes(answer.to_json())) == answer.to_json()
    shown = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="replace")
    cli.show(answer, shown)


@MANY
@given(TEXTS, st.integers(1, 600))
def test_text_is_cut_between_characters(text: str, most: int) -> None:
    for cut, whole in (
        (fit(text, most), plain(text).strip()),
        (line(text, most), " ".join(plain(text).split())),
    ):
        assert limits.length(cut) <= most
        if limits.length(whole) <= most:
            assert cut == whole
        else:
            assert cut.endswith("…")
            assert limits.cut_between_characters(cut, whole), (cut, whole)


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("에스파와 아이유", 4, "에스파…"),
        ("가\u11a8가\u11a8", 3, "가\u11a8…"),
        ("가\u11a8가\u11a8", 2, "…"),
        ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 12, "👩‍👩‍👧‍👦…"),
        ("🇰🇷🇰🇷", 5, "🇰🇷…"),
        ("🇰🇷🇰🇷", 4, "…"),
        ("two words", 5, "two…"),
        ("fits", 4, "fits"),
        ("  \u202etrick\x00s\u200b ", 10, "tricks"),
    ],
)
def test_a_cut_is_where_people_see_one(text: str, most: int, cut: str) -> None:
    assert fit(text, most) == cut
