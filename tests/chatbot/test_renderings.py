"""Any answer, shown on any channel, keeps every limit of the platform; text is cut between characters."""

from __future__ import annotations

import io
import json
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.answer import Answer, Artist, Reply
from chatbot.channels import cli, kakao_reply, messenger_reply
from chatbot.channels.tapped import taps
from chatbot.compose import exactly
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


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["IU", "aespa"], ["IU", "aespa"]),
        (["aespa · k-pop girl group · k-pop", "IVE · k-pop girl group"], ["aespa", "IVE"]),
        (["Ditto – NewJeans", "Ditto – Somebody Else"], ["NewJeans", "Somebody Else"]),
        (["NCT · k-pop boy group", "NCT · k-pop boy group (2)"], ["k-pop boy group", "k-pop boy group (2)"]),
        (
            ["A Very Long Name (1)", "A Very Long Name (1)"],
            ["1. A Very Long Name (1)", "2. A Very Long Name (1)"],
        ),
    ],
)
def test_labels_that_are_too_long_are_told_apart_by_what_differs(labels: list[str], shown: list[str]) -> None:
    answer = Answer("choices", "Which?", choices=[Reply(label, label) for label in labels])
    assert [tap.reply.label for tap in taps(answer, 14)] == shown
    assert [tap.reply.text for tap in taps(answer, 14)] == labels


def test_looking_for_a_long_name_as_it_was_typed_is_not_cut() -> None:
    answer = Answer(
        "help", "Hm?", quick_replies=[exactly("which one is better?", "en"), exactly("에스빠", "ko")]
    )
    assert [tap.reply.label for tap in taps(answer, 14)] == ["Find as typed", "‘에스빠’ 그대로 찾기"]


def test_the_source_is_never_cut_from_a_card_of_messenger() -> None:
    artist = Artist("sample-a", "Taylor Swift", [], None, "https://open.spotify.com/search/x")
    source = "Sample data: the songs and how they sound are synthetic."
    said = f"If you like Taylor Swift, you may enjoy these artists too.\n{source}"
    message = messenger_reply.render(Answer("artist", said, artist=artist), "en")
    [element] = message["attachment"]["payload"]["elements"]
    assert element["subtitle"] == source
