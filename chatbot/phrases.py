"""The words people put around a name, in Korean and English.

Here: words and patterns alone, as data. Not here: when they are taken
away and what that means (`reading.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatbot.language import ends_in_consonant
from spotify_assets.core.names import name_key

GREETINGS = {
    name_key(word)
    for word in (
        "hi", "hello", "hey", "hi there", "hello there", "good morning", "good evening", "yo", "start",
        "help", "what can you do", "how does this work", "menu",
        "안녕", "안녕하세요", "안녕하십니까", "하이", "헬로", "반가워", "반가워요", "반갑습니다", "시작",
        "메뉴", "도움말", "도움", "도와줘", "도와주세요", "사용법", "사용 방법", "뭐 할 수 있어", "넌 누구야",
        "누구세요", "ㅎㅇ", "ㅎㅇㅎㅇ",
    )
}  # fmt: skip
THANKS = {
    name_key(word)
    for word in (
        "thanks", "thank you", "thank you so much", "thanks a lot", "many thanks", "thx", "ty", "cheers",
        "고마워", "고마워요", "고맙습니다", "감사", "감사해요", "감사합니다", "땡큐",
        "ㄱㅅ", "ㄳ",
    )
}  # fmt: skip
MORE = {
    name_key(word)
    for word in (
        "more",
        "show more",
        "show me more",
        "next",
        "더 보기",
        "더",
        "더 보여줘",
        "더 보여 주세요",
        "더 줘",
        "다음",
    )
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which words stand around a name (the group `name`)."""

    pattern: re.Pattern[str]
    sure: bool = True
    """What it takes away is no part of any likely name."""
    after_request: bool = False
    """Counts only once other words of a request have gone."""
    final: bool | None = None
    """For particles: what is left must end in a final consonant (True) or in a vowel (False)."""

    def fits(self, rest: str) -> bool:
        """Tell whether the particle can follow what is left; anything can follow what is not Hangul."""
        last = rest.rstrip()[-1:]
        return self.final is None or not "가" <= last <= "힣" or ends_in_consonant(last) == self.final


def _rule(pattern: str, **how: bool) -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE), **how)


_ASK = (
    r"추천\S*|알려\s?\S*|들려\S*|찾아\S*|보여\S*|틀어\S*|소개\S*|말해\S*|검색\S*|부탁\S*|궁금\S*|누구\S*|어때\S*|"
    r"(?:추천\S*|알려|들려|찾아|보여|틀어|소개\S*)?\s?(?:줄|볼|할) 수|해?줘요?|해?\s?주세요|해?줄래요?|"
    r"해?주라|있어요?|있나요?|있니|있을까요?|있는지|없어요?|없나요?|없을까요?|뭐\S*|뭔\S*|듣고|싶어요?|싶은데요?|"
    r"싶다|좀|제발|또|더|다른"
)
_SOUNDS = r"(?:노래|음악|곡|음원|대표곡|히트곡|인기곡|명곡|신곡|앨범)(?:들)?"
_PLAYERS = r"(?:가수|아티스트|뮤지션|밴드|그룹|아이돌|걸그룹|보이그룹|래퍼)(?:들)?"
_MARK = r"(?:을|를|은|는|이|가|도|만|좀|으로|로)?"
_ALIKE = r"(?:비슷\S*|닮은|유사\S*|가까운|어울리는)"
_THING = (
    r"(?:songs?|tracks?|tunes?|music|artists?|bands?|singers?|groups?|acts?|musicians?|stuff|idols?|rappers?)"
)
_WHICH = r"(?:(?:some|any|other|more|an?|the best|good|great|top|new|popular)\s+){0,2}"
_SOMETHING = (
    rf"(?:(?:{_THING}|something|anything|someone|somebody|anyone|anybody|people|more|others?)\s+(?:else\s+)?)"
)
_LIKE = r"(?:(?:most |more |very )?similar to|the same as|related to|close to|just like|like|in the style of)"
_SOUND = r"(?:(?:that |who |which )?(?:sounds?|sounding|is|are|feels?)\s+(?:a bit |a lot |just |kind of )?)"
_REQUEST = (
    r"(?:i(?:'m| am) looking for|i(?:'d| would) like to (?:hear|find|know|listen to)|"
    r"i (?:want|wanna|need) (?:to )?(?:hear|find|know about|listen to)|"
    r"do you (?:know|have)|have you (?:heard of|got)|tell me (?:about|who)|find me|"
    r"recommend(?: me)?|suggest(?: me)?|search(?: for)?|look up|who(?:'s| is| are)|which)"
)
# Songs begin like this: "I Want You", "Show Me Love", "What's Up?"
_MAYBE_REQUEST = (
    r"(?:find|play|i (?:really )?(?:like|love|want|wanna|need)|i(?:'d| would) like|looking for|show me|"
    r"give me|get me|what(?:'s| is| are| about)|how about|similar|like)"
)
_HEY = r"(?:hey|hi|hello|please|pls|ok|okay|so|well|now|and)"

RULES: tuple[Rule, ...] = (
    # Korean, from the end of the sentence inwards: request, noun, likeness, particle.
    _rule(rf"(?P<name>.+?)에\s?(?:대해서?|관해서?|대한)(?:\s+(?:{_ASK}))*"),
    _rule(rf"(?P<name>.+)\s+(?:{_ASK})[요.]?"),
    _rule(rf"(?P<stem>(?P<name>.+)의)\s+(?:{_SOUNDS}|{_PLAYERS}){_MARK}"),
    _rule(rf"(?P<name>.+)\s+{_SOUNDS}{_MARK}"),
    _rule(rf"(?P<stem>(?P<name>.+?)\s*(?:이랑|하고|과))\s+{_ALIKE}", final=True),
    _rule(rf"(?P<stem>(?P<name>.+?)\s*(?:랑|하고|와))\s+{_ALIKE}", final=False),
    _rule(rf"(?P<name>.+?)\s+(?:{_ALIKE}|같은|같이|류의?|풍의?|느낌의?|스타일의?|계열의?|분위기의?)"),
    _rule(r"(?P<name>.+?)처럼(?:\s+(?:들리는|노래하는|부르는|부른))?"),
    _rule(r"(?P<name>.+?)\s+(?:좋아하는데|좋아하면|좋아한다면)", after_request=True),
    _rule(r"(?P<name>.+)(?:을|은)", after_request=True, final=True),
    _rule(r"(?P<name>.+)(?:를|는)", after_request=True, final=False),
    _rule(r"(?:혹시|저기|저기요|그럼|그러면|그리고|안녕하세요|안녕|챗봇아)[,!.]?\s+(?P<name>.+)"),
    # English, from both ends.
    _rule(r"(?P<name>.+?),?\s+(?:please|pls|plz|thanks|thank you|thx|right now)[.!?]*"),
    _rule(rf"{_HEY}[,!.]+\s+(?P<name>.+)"),
    _rule(rf"{_HEY}\s+(?P<name>(?:can|could|would|who|what|which|any|some|{_REQUEST}|{_MAYBE_REQUEST}|{_THING}|{_SOMETHING})\b.+)"),
    _rule(r"(?:can|could|would|will) you\s+(?:please\s+)?(?P<name>.+)"),
    _rule(rf"(?:who|what)(?: else)?\s+{_SOUND}{_LIKE}\s+(?P<name>.+)"),
    _rule(rf"{_WHICH}{_SOMETHING}{_SOUND}?{_LIKE}\s+(?P<name>.+)"),
    _rule(rf"{_WHICH}(?:similar|related)\s+{_THING}\s+(?:to|as)\s+(?P<name>.+)"),
    _rule(rf"{_SOUND}{_LIKE}\s+(?P<name>.+)"),
    _rule(r"(?:similar to|related to|in the style of)\s+(?P<name>.+)"),
    _rule(rf"{_WHICH}{_SOMETHING}(?:by|from)\s+(?P<name>.+)"),
    _rule(rf"{_REQUEST}\s+(?:(?:some|any|more|other)\s+)?(?P<name>.+)"),
    _rule(rf"(?P<name>.+?)(?:'s|')?\s+(?:and\s+)?(?:similar|related|top|best|popular|greatest)\s+{_THING}"),
    _rule(r"(?P<name>.+?)(?:'s|')?(?<!&)\s+songs"),
    _rule(r"(?:play|find|show|give)\s+(?:me\s+)?(?:some|any|more)\s+(?P<name>.+)"),
    # What a name may well hold: tried as an artist, but never taken away from an unknown name.
    _rule(rf"(?P<name>.+)\s+{_PLAYERS}{_MARK}", sure=False),
    _rule(rf"{_MAYBE_REQUEST}\s+(?P<name>.+)", sure=False),
    _rule(r"(?P<name>.+?)\s+(?:for me|too)", sure=False),
    _rule(rf"(?P<name>.+?)(?:'s|')?\s+(?:{_THING}|similar)", sure=False),
    _rule(r"(?P<name>.+)(?:이|가|은|는|을|를|의|랑|이랑|도|야|아|요)", sure=False, after_request=True),
)  # fmt: skip
"""Tried in this order, again and again, until none applies."""

_MUSIC = re.compile(rf"{_ASK}|{_SOUNDS}{_MARK}|{_PLAYERS}{_MARK}|{_ALIKE}|{_THING}|similar", re.IGNORECASE)
_AROUND = re.compile(
    "some|any|like|good|great|best|top|new|popular|recommend|suggest|show|give|find|play|more|other|else|want|to|"
    "hear|listen|sad|happy|chill|좋은|아무|아무거나|같은|요즘|신나는|슬픈|잔잔한|조용한|유명한|인기|최신|오늘",
    re.IGNORECASE,
)


def is_empty(text: str) -> bool:
    """Tell whether a text is a request that names nobody, such as "좋은 노래" or "some songs"."""
    words = text.split()
    about = [bool(_MUSIC.fullmatch(word)) for word in words]
    return any(about) and all(
        music or _AROUND.fullmatch(word) for music, word in zip(about, words, strict=True)
    )
