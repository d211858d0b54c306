"""What to say to a text that asks for no music, or that goes on with an answer there is none of.

Here: which kind of such a text it is. Not here: the sayings (`sayings.py`), the sentences (`messages/`).
"""

from __future__ import annotations

import re

from chatbot import messages
from chatbot.answer import Answer
from chatbot.compose import help_answer
from chatbot.everyday import bare_of, is_everyday, is_title
from chatbot.going_on import is_more, picked, wish
from chatbot.language import Language
from chatbot.messages import choosing, small_talk
from chatbot.phrases import PARTICLE
from chatbot.reading import has_name, read
from chatbot.said_to_bot import asks_why, talk_of
from chatbot.sayings import Saying, sayings, sayings_with_name
from chatbot.talk import Talk


def no_question(talk: Talk) -> Answer | None:
    """Answer thanks, small talk and the like; None for what may name somebody."""
    text, language = talk.text, talk.language
    goes_on = bool(talk.before.about or talk.before.picks)
    if small := _reply_to(text, language, goes_on=goes_on):
        return help_answer(small, language)
    if beside := _beside_a_name(talk):
        return beside
    about = talk_of(text, goes_on=goes_on)
    if about == "anything" and not read(text).name:
        return None  # It wants music of some kind.
    replies = {
        "bot": small_talk.about_bot,
        "complaint": small_talk.insulted,
        "why": small_talk.how_chosen,
        "answer": small_talk.chat,
        "anything": small_talk.chat,
    }
    return help_answer(replies[about](language), language, taken_for_talk=text) if about else None


def _reply_to(text: str, language: Language, *, goes_on: bool) -> str:
    said = sayings(text)
    if goes_on and said and asks_why(text):
        return small_talk.how_chosen(language)
    for saying, reply in (
        ("insult", small_talk.insulted),
        ("dislike", small_talk.insulted),
        ("thanks", messages.welcome),
        ("farewell", small_talk.farewell),
        ("restart", small_talk.start_over),
        ("no", choosing.none_of_them),
        ("small talk", small_talk.chat),
        ("yes", small_talk.chat),
        ("greeting", messages.greeting),
    ):
        if saying in said:
            return reply(language)
    if picked(text):
        return choosing.no_list(language)
    if is_more(text):
        return messages.nothing_more(language)
    wanted = wish(text)
    # "Like That" and "The Others" may be names; "other artists" is none.
    if wanted and (wanted.kind or language == "ko"):
        return choosing.like_whom(language) if wanted.what == "alike" else messages.which_music(language)
    return "" if has_name(text) else messages.no_name(language)


def _beside_a_name(talk: Talk) -> Answer | None:
    """Answer "thanks aespa" with that artist, and "에스파 싫어" kindly, whoever that is."""
    for saying, name in sayings_with_name(_first_clause(talk.text)):
        shown = talk.library.artist_called(name, talk.who, talk.language)
        if shown is None and saying in ("greeting", "thanks") and read(name).name not in ("", name):
            shown = talk.library.named(name, talk.who, talk.language)
        if shown and shown.artist and saying == "dislike":
            return help_answer(small_talk.disliked(shown.artist.name, talk.language), talk.language)
        if shown:
            return shown
        if reply := _to_nobody(saying, name, talk):
            return help_answer(reply, talk.language, taken_for_talk=talk.text)
    return None


_MAX_SAID = 200
_BEFORE_MORE = re.compile(
    r"(?P<clause>.*(?:싫|별로)\S{0,5})\s+(?P<more>.+)|(?P<first>.+?)[,.!]\s+(?P<rest>.+)"
)


def _first_clause(text: str) -> str:
    """Return a text without what everyday words add to it: "에스파 싫어 다른 가수"."""
    found = _BEFORE_MORE.fullmatch(text) if len(text) <= _MAX_SAID else None
    more = (found["more"] or found["rest"]).split() if found else []
    if not found or not all(map(is_everyday, map(bare_of, more))):
        return text
    return found["clause"] or found["first"]


def _to_nobody(saying: Saying, name: str, talk: Talk) -> str:
    """Return what to say where nobody goes by what stands beside a saying: an unknown name, or talk."""
    if is_title(talk.text) or saying not in ("thanks", "dislike"):
        return ""
    name = PARTICLE.sub("", name)
    place, picks = picked(name), talk.before.picks
    if place and picks and place <= len(picks):
        name = picks[place - 1 if place > 0 else place].label
    elif all(map(is_everyday, name.split())):
        return messages.welcome(talk.language) if saying == "thanks" else small_talk.insulted(talk.language)
    return small_talk.disliked(name, talk.language) if saying == "dislike" else ""
