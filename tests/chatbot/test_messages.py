"""What makes two artists alike is said in a line, in either language."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable
from importlib import import_module

import pytest

from chatbot import messages
from spotify_assets.core.moods import MOODS, Mood
from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.core.store.documents import Likeness


@pytest.mark.parametrize(
    ("likeness", "ko", "en"),
    [
        (
            Likeness(["k-pop girl group", "dance pop"], ["energy", "tempo"]),
            "같은 장르: k-pop girl group, dance pop · 에너지와 템포가 비슷해요",
            "same scene: k-pop girl group, dance pop · similar energy and tempo",
        ),
        (Likeness(["indie"], []), "같은 장르: indie", "same scene: indie"),
        (Likeness([], ["loudness"]), "음량이 비슷해요", "similar loudness"),
        (Likeness([], ["mode", "tempo"]), "조성과 템포가 비슷해요", "similar tonality and tempo"),
        (
            Likeness([], ["valence", "liveness", "acousticness", "tempo"]),
            "분위기와 현장감이 비슷해요",
            "similar mood and live feel",
        ),
        (Likeness([], []), "전반적인 사운드가 비슷해요", "a similar sound overall"),
        (Likeness([], ["a_feature_of_tomorrow"]), "전반적인 사운드가 비슷해요", "a similar sound overall"),
        (Likeness(["a", "b", "c", "d"], []), "같은 장르: a, b, c", "same scene: a, b, c"),
        (
            Likeness(["k-pop"], ["energy"], shared_track="Butter", is_related=True, is_same_era=True),
            "같은 장르: k-pop · 에너지가 비슷해요 · 함께한 노래: Butter · 함께 많이 찾아요",
            "same scene: k-pop · similar energy · sang together on Butter · often picked together",
        ),
        (
            Likeness([], ["tempo"], is_near_scene=True),
            "장르의 결이 비슷해요 · 템포가 비슷해요",
            "a neighbouring scene · similar tempo",
        ),
        (
            Likeness(["ballad"], ["valence", "tempo"], shared_mood="melancholic"),
            "같은 장르: ballad · 템포가 비슷해요 · 둘 다 쓸쓸한 분위기예요",
            "same scene: ballad · similar tempo · both melancholic",
        ),
        (Likeness([], ["valence"], shared_mood="bright"), "둘 다 밝고 경쾌한 분위기예요", "both cheerful"),
        (Likeness(shared_mood="a_mood_of_tomorrow"), "전반적인 사운드가 비슷해요", "a similar sound overall"),
        (Likeness(is_same_era=True), "비슷한 시기에 활동했어요", "from the same years"),
    ],
)
def test_why(likeness: Likeness, ko: str, en: str) -> None:
    assert messages.why(likeness, "ko") == ko
    assert messages.why(likeness, "en") == en


@pytest.mark.parametrize("feature", SIMILARITY_FEATURES)
def test_every_feature_has_words_in_both_languages(feature: str) -> None:
    for language in ("ko", "en"):
        assert messages.why(Likeness([], [feature]), language) != messages.why(Likeness(), language)
        assert feature not in messages.why(Likeness([], [feature]), "ko")


@pytest.mark.parametrize("mood", MOODS, ids=lambda mood: mood.key)
def test_every_mood_has_words_in_both_languages(mood: Mood) -> None:
    assert messages.why(Likeness(shared_mood=mood.key), "en") == f"both {mood.en}"
    assert messages.why(Likeness(shared_mood=mood.key), "ko") == f"둘 다 {mood.ko} 분위기예요"


def test_a_name_reads_right_in_korean() -> None:
    assert messages.artist_intro("Red Velvet", 0, "ko").startswith("Red Velvet을 좋아하신다면")
    assert messages.artist_intro("aespa", 1, "ko").startswith("aespa와 비슷한")
    assert messages.not_found("없는사람", "ko").startswith("‘없는사람’을 ")
    assert messages.track_intro("밤편지", ["아이유"], 0, "ko") == "아이유의 ‘밤편지’와 비슷한 노래예요."


def test_a_very_long_name_is_cut_in_a_sentence() -> None:
    assert len(messages.artist_intro("x" * 10_000, 0, "en")) < 200
    assert "\n" not in messages.artist_intro("two\nlines", 0, "en")


def test_minutes_are_counted() -> None:
    assert "about 1 minute." in messages.postponed("x", 1, "en")
    assert "about 30 minutes." in messages.postponed("x", 30, "en")
    assert "30분쯤 뒤" in messages.postponed("x", 30, "ko")


def sentences() -> list[Callable[..., str]]:
    """Every function of the package that says something in a language."""
    modules = [
        import_module(f"{messages.__name__}.{found.name}")
        for found in pkgutil.iter_modules(messages.__path__)
    ]
    return [
        function
        for module in (messages, *modules)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and list(inspect.signature(function).parameters)[-1] == "language"
    ]


GIVEN = {"str": "SHINee", "int": 3, "bool": True, "Sequence[str]": ["SHINee"], "Likeness": Likeness(["pop"])}


@pytest.mark.parametrize("sentence", sentences(), ids=lambda function: function.__name__)
def test_every_sentence_is_said_in_both_languages(sentence: Callable[..., str]) -> None:
    *given, _ = inspect.signature(sentence).parameters.values()
    ko, en = (sentence(*(GIVEN[str(one.annotation)] for one in given), language) for language in ("ko", "en"))
    assert re.search("[가-힣]", ko) or ko == "‘SHINee’"
    assert not re.search("[가-힣]", en)
    assert (ko, en) == (ko.strip(), en.strip())
    assert "(를)" not in ko and "(가)" not in ko, "the particle is known"
