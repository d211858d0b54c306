"""What to say to a text that asks for no music, or that goes on with an answer there is none of.

Here: which kind of such a text it is. Not here: the sayings (`sayings.py`), the sentences (`messages/`).
"""

from __future__ import annotations

from chatbot import messages
from chatbot.going_on import is_more, picked, wish
from chatbot.language import Language
from chatbot.messages import choosing, small_talk
from chatbot.reading import has_name
from chatbot.sayings import sayings


def reply_to(text: str, language: Language) -> str:
    """Return what to say to thanks, small talk and the like; "" to what may name somebody."""
    said = sayings(text)
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
