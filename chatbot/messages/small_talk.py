"""Answers to what is no question about music: small talk, insults, pictures, mashed keys.

Here: wording alone. Not here: telling such a text from a name (`sayings.py`, `no_question.py`).
"""

from __future__ import annotations

from chatbot.language import Language, with_josa
from chatbot.messages.wording import say, short


def chat(language: Language) -> str:
    """Answer small talk, and lead back to music."""
    return say(
        language,
        "저는 음악 이야기를 제일 잘해요! 요즘 자주 듣는 가수나 노래를 알려 주시면 "
        "비슷한 음악을 찾아 드릴게요.",
        "Music is what I'm good at! Tell me an artist or a song you've had on lately "
        "and I'll find more like it.",
    )


def about_bot(language: Language) -> str:
    """Say what the bot is and does, to somebody who asks of it."""
    return say(
        language,
        "저는 비슷한 음악을 찾아 드리는 챗봇이라 다른 이야기는 잘 몰라요. "
        "좋아하는 가수나 노래 이름을 보내 주세요.\n"
        "이렇게 물어보세요: 에스파 · 아이유랑 비슷한 가수 · Ditto 같은 노래",
        "I'm a bot that finds music that sounds alike, so I can't say much about anything else. "
        "Send me an artist or a song you like.\n"
        "Try: aespa · who sounds like IU? · songs like Ditto",
    )


def how_chosen(language: Language) -> str:
    """Say how similar music is found."""
    return say(
        language,
        "장르와 분위기, 템포처럼 소리가 얼마나 닮았는지, 또 함께 듣는 사람이 많은지를 보고 골라요. "
        "왜 닮았는지는 이름마다 함께 적어 두었어요.",
        "I compare genres, how the songs sound (mood, tempo, energy) and who is often picked together. "
        "You'll find the reason next to each name.",
    )


def farewell(language: Language) -> str:
    """Say goodbye."""
    return say(
        language,
        "또 만나요! 듣고 싶은 음악이 생기면 언제든 불러 주세요.",
        "See you! Come back whenever you want something new to listen to.",
    )


def insulted(language: Language) -> str:
    """Answer an insult without returning it."""
    return say(
        language,
        "마음에 안 드는 답이었다면 죄송해요. 가수나 노래 이름을 보내 주시면 다시 잘 찾아볼게요.",
        "Sorry if that wasn't what you were after. Send me an artist or a song and I'll try to do better.",
    )


def disliked(name: str, language: Language) -> str:
    """Answer somebody who does not like an artist."""
    name = short(name)
    return say(
        language,
        f"{with_josa(name, '은/는')} 취향이 아니시군요. 그럼 좋아하는 가수나 노래를 알려 주세요. "
        "그쪽으로 찾아 드릴게요.",
        f"So {name} isn't for you. Tell me an artist or a song you do like, and I'll go from there.",
    )


def start_over(language: Language) -> str:
    """Answer somebody who wants to stop, or to begin anew."""
    return say(
        language,
        "네, 그럼 처음부터 다시 해 볼까요? 가수나 노래 이름을 보내 주세요.",
        "Sure, let's start over. Send me an artist or a song.",
    )


def no_words(language: Language) -> str:
    """Answer a picture, a sticker or a sound that came without words."""
    return say(
        language,
        "사진이나 스티커, 소리는 아직 알아보지 못해요. 가수나 노래 이름을 글자로 보내 주세요. 예: 에스파",
        "I can't make out pictures, stickers or sounds yet. "
        "Send me the name of an artist or a song, for example aespa.",
    )
