"""Asking somebody which of several things is meant, and going on from the list that was shown.

Here: wording of choices. Not here: what is offered (`compose.py`) or how a pick is read (`reading.py`).
"""

from __future__ import annotations

from chatbot.language import Language, josa, with_josa
from chatbot.messages.wording import quoted, say, short


def close_names(name: str, count: int, language: Language) -> str:
    """Offer as many artists whose names are close to one that nobody goes by."""
    if count == 1:
        return say(
            language,
            f"{quoted(name, language)}{josa(name, '은/는')} 찾지 못했어요. 혹시 이걸 찾으셨나요?",
            f"I couldn't find {quoted(name, language)}. Did you mean this one?",
        )
    return say(
        language,
        f"{quoted(name, language)}{josa(name, '은/는')} 찾지 못했어요. 혹시 이 중에 있나요?",
        f"I couldn't find {quoted(name, language)}. Did you mean one of these?",
    )


def exactly(name: str, language: Language) -> str:
    """Label the reply that looks for the name as it was typed."""
    return say(language, f"‘{short(name)}’ 그대로 찾기", f"No, find “{short(name)}”")


def as_typed(language: Language) -> str:
    """Label the same reply where there is no room for the name; at most 14 characters."""
    return say(language, "그대로 찾기", "Find as typed")


def search_for(name: str, language: Language) -> str:
    """Return what the reply sends that looks for a text as a name, whatever it was taken for before."""
    return say(language, f"‘{name}’ 검색", f"search “{name}”")


def not_so_many(count: int, language: Language) -> str:
    """Say that the list that was shown is shorter than the number that was picked."""
    return say(
        language,
        f"방금 보여 드린 목록은 {count}번까지 있어요. 그 안에서 골라 주세요.",
        f"The list I showed you goes up to {count}. Please pick one of those.",
    )


def player_instead(title: str, artist: str, language: Language) -> str:
    """Say that a song is not known, but who plays it is."""
    artist = short(artist)
    return say(
        language,
        f"{artist}의 {quoted(title, language)}{josa(title, '은/는')} 아직 모르는 노래라, "
        f"먼저 {with_josa(artist, '을/를')} 보여 드릴게요.",
        f"I don't know {quoted(title, language)} yet, but I do know {artist}.",
    )


def no_list(language: Language) -> str:
    """Answer a number where there is no list to pick from."""
    return say(
        language,
        "아직 고를 목록이 없어요. 먼저 가수나 노래 이름을 보내 주세요.",
        "There's no list to pick from yet. Send me an artist or a song first.",
    )


def like_whom(language: Language) -> str:
    """Ask who or what the music should be like."""
    return say(
        language,
        "누구와 비슷한 음악을 찾으세요? 가수나 노래 이름을 보내 주세요.",
        "Who should it sound like? Send me an artist or a song.",
    )


def none_of_them(language: Language) -> str:
    """Answer somebody who means none of what was offered."""
    return say(
        language,
        "그렇군요. 찾으시는 가수나 노래 이름을 다시 한번 보내 주시겠어요?",
        "Got it. Could you send me the artist or song once more?",
    )


def which_first(count: int, language: Language) -> str:
    """Offer artists that were named side by side."""
    if count == 2:
        return say(language, "두 가수 다 알아요! 어느 쪽부터 볼까요?", "I know both! Which one first?")
    return say(language, "모두 아는 가수예요! 누구부터 볼까요?", "I know all of them! Who first?")


def within_sentence(language: Language) -> str:
    """Offer the artists that a sentence seems to name."""
    return say(language, "혹시 이 가수를 말씀하시는 건가요?", "Is this who you mean?")
