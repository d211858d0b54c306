"""What is said of an artist or a song that was unknown until somebody asked.

Here: wording alone. Not here: looking it up (`live.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.language import Language, josa, with_josa
from chatbot.messages import credit
from chatbot.messages.wording import quoted, say, short


def searching(name: str, language: Language) -> str:
    """Say that the search for a name goes on."""
    return say(
        language,
        f"{quoted(name, language)}{josa(name, '을/를')} 찾고 있어요. 조금 뒤에 아래 버튼을 눌러 주세요.",
        f"I'm looking for {quoted(name, language)}. Tap the button below in a moment.",
    )


def just_found(name: str, has_songs: bool, has_similar: bool, language: Language) -> str:
    """Introduce an artist who was found just now, with what is missing so far."""
    name = short(name)
    if has_similar:
        return say(
            language,
            f"{with_josa(name, '을/를')} 방금 찾았어요. 비슷한 아티스트는 우선 임시로 골라 봤으니, "
            "조금 뒤에 다시 물어보시면 더 정확하게 알려 드릴게요.",
            f"I've just found {name}. These similar artists are a first guess; "
            "ask again in a little while and I'll know better.",
        )
    songs = (
        say(language, "대표곡부터 들어 보세요. ", "Here are their best-known songs. ") if has_songs else ""
    )
    return say(
        language,
        f"{with_josa(name, '을/를')} 방금 찾았어요! {songs}비슷한 아티스트는 지금 알아보고 있으니 "
        "조금 뒤에 다시 물어봐 주세요.",
        f"I've just found {name}! {songs}I'm still working out who sounds alike, "
        "so ask again in a little while.",
    )


def just_found_song(title: str, artists: Sequence[str], has_similar: bool, language: Language) -> str:
    """Introduce a song that was found just now, with what is missing so far."""
    by, song = credit(artists), quoted(title, language)
    korean = f"{by}의 {song}{josa(title, '을/를')} 방금 찾았어요"
    english = f"I've just found {song} by {by}"
    if has_similar:
        return say(
            language,
            f"{korean}. 비슷한 아티스트의 노래를 우선 임시로 골라 봤으니, "
            "조금 뒤에 다시 물어보시면 더 정확하게 알려 드릴게요.",
            f"{english}. These songs of similar artists are a first guess; "
            "ask again in a little while and I'll know better.",
        )
    return say(
        language,
        f"{korean}! 비슷한 노래는 지금 알아보고 있으니 조금 뒤에 다시 물어봐 주세요.",
        f"{english}! I'm still working out what sounds alike, so ask again in a little while.",
    )


def enough_new_names(language: Language) -> str:
    """Say that somebody has asked for as many unknown names as one may in a day."""
    return say(
        language,
        "오늘은 제가 모르는 이름을 많이 물어보셨어요. 새로운 이름은 내일 다시 찾아 드릴게요. "
        "이미 아는 가수와 노래는 계속 물어보셔도 돼요.",
        "You've asked for a lot of names I didn't know today. I'll look for new ones again tomorrow; "
        "artists and songs I do know you can keep asking for.",
    )
