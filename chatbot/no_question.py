"""What to say to a text that asks for no music.

Here: which kind of such a text it is. Not here: the patterns (`phrases.py`), the sentences (`messages/`).
"""

from __future__ import annotations

from chatbot import messages
from chatbot.going_on import is_more, picked
from chatbot.language import Language
from chatbot.messages import small_talk
from chatbot.reading import has_name, is_farewell, is_insult, is_small_talk, is_thanks


def reply_to(text: str, language: Language) -> str:
    """Return what to say to thanks, small talk and the like; "" to what may name somebody."""
    if is_thanks(text):
        return messages.welcome(language)
    if is_farewell(text):
        return small_talk.farewell(language)
    if is_insult(text):
        return small_talk.insulted(language)
    if is_small_talk(text):
        return small_talk.chat(language)
    if is_more(text) or picked(text):
        return messages.nothing_more(language)
    return "" if has_name(text) else messages.no_name(language)
