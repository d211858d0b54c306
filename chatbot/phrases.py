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
FAREWELLS = {
    name_key(word)
    for word in (
        "bye", "bye bye", "goodbye", "good bye", "good night", "see you", "see you later", "see ya", "cya",
        "잘 가", "잘 있어", "안녕히 계세요", "안녕히 가세요", "잘 자",
        "잘 자요", "굿나잇", "바이", "바이바이",
        "또 봐", "또 봐요", "다음에 봐", "ㅂㅂ", "ㅂㅇ",
    )
}  # fmt: skip
SMALL_TALK = {
    name_key(word)
    for word in (
        "how are you", "how are you doing", "how are you today", "how's it going", "how do you do",
        "what's up", "whats up", "sup", "what are you doing", "what are you up to", "who are you",
        "what are you", "are you a bot", "are you a robot", "are you human", "are you real", "are you there",
        "what's your name", "what is your name", "how old are you", "where are you from", "who made you",
        "i'm bored", "i am bored", "i'm sad", "i'm happy", "i love you", "i like you", "do you love me",
        "tell me a joke", "nice to meet you", "you're great", "you are great", "good bot", "good job",
        "well done", "awesome", "lol", "haha", "ok", "okay", "yes", "no",
        "yeah", "nope", "sorry", "test", "testing", "what time is it", "how's the weather",
        "뭐해", "뭐 해", "뭐하니", "뭐 하니", "뭐해요", "뭐 해요", "뭐하세요", "뭐 하고 있어", "뭐하고 있니",
        "잘 지내", "잘 지내요", "잘 지냈어", "잘 지내니", "어떻게 지내", "어떻게 지내세요", "요즘 어때",
        "밥 먹었어", "밥 먹었니", "밥은 먹었어", "심심해", "심심하다", "심심해요", "사랑해", "사랑해요",
        "좋아해", "너 누구니", "너 누구야", "누구야", "누구니", "이름이 뭐야", "이름이 뭐예요",
        "네 이름이 뭐야",
        "너 이름 뭐야", "몇 살이야", "몇살이야", "어디 살아", "로봇이야", "너 로봇이야", "사람이야",
        "봇이야", "너 사람이야", "날씨 어때", "오늘 날씨 어때", "지금 몇 시야", "몇 시야", "배고파", "졸려",
        "피곤해", "슬퍼", "우울해", "기분 좋아", "기분 어때", "재밌다", "재미있다", "대박", "최고", "최고야",
        "좋아", "좋아요", "좋네", "굿", "우와", "네", "넵", "넹", "응", "아니", "아니요",
        "아니오", "미안", "미안해", "죄송해요", "테스트", "알았어", "알겠어", "알겠습니다", "그래", "오케이",
        "ㅇㅇ", "ㅇㅋ", "ㄴㄴ", "ㅇㅅㅇ", "농담해줘", "재밌는 얘기 해줘", "놀아줘",
    )
}  # fmt: skip
"""Said to the bot as to a person; whoever is published under such a name is found before."""

_KOREAN_START = r"(?:(?:야|너|넌|이|진짜|정말|완전|너무|아)\s*){0,3}"
INSULT = re.compile(
    r"(?:(?:you(?:'re|r| are)?|this(?: bot)?(?: is)?|ur|the|what an?)\s+)?"
    r"(?:(?:a|an|so|such a|really|very|fucking|bloody|"
    r"damn|total|stupid|dumb)\s+)*"
    r"(?:sucks?|stupid|dumb|useless|idiot(?:ic)?|moron|trash|garbage|rubbish|shit|crap|bullshit|asshole|bitch|"
    r"bastard|shut up|fuck(?: you| off)?|stfu|wtf|damn you|go away|"
    r"i hate you)(?:\s+(?:bot|robot|machine|thing))?[\s.!?]*"
    rf"|{_KOREAN_START}\S*(?:시발|씨발|ㅅㅂ|ㅆㅂ|병신|ㅂㅅ|ㅄ|지랄|ㅈㄹ|개새끼|미친놈|미친년|좆|존나)\S*"
    rf"|{_KOREAN_START}(?:바보|멍청\S*|멍충\S*|등신|꺼져\S*|닥쳐\S*|쓰레기|쓸모\s?없\S*|짜증\s?\S*|"
    r"못생\S*|답답하\S*|재수\s?없\S*|미쳤\S*)(?:야|아|봇|봇아|이냐|니|네|이야|구나)?[\s.!?~]*",
    re.IGNORECASE,
)
"""A whole text that abuses the bot."""

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
    r"추천\S*|알려\s?\S*|들려\S*|찾아\S*|보여\S*|틀어\S*|소개\S*|말해\S*|검색\S*|부탁\S*|궁금\S*|누구(?:야|예요|에요|니|인가요|인지|지|죠)?|어때\S*|"
    r"(?:추천\S*|알려|들려|찾아|보여|틀어|소개\S*)?\s?(?:줄|볼|할) 수|해?줘요?|해?\s?주세요|해?줄래요?|"
    r"해?주라|있어요?|있나요?|있니|있을까요?|있는지|없어요?|없나요?|없을까요?|뭐(?:야|예요|에요|가|니|냐|지|있\S*)?|뭔\S*|듣고|싶어요?|싶은데요?|"
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


SENTENCE = re.compile(
    r"\b(?:i|i'm|i've|i'd|me|my|you|your|we|he|she|they|is|are|am|was|do|does|did|can|could|would|should|have|has|"
    r"really|lately|recently|nowadays|listening|recommend|please|know|something|anything|who|what|which|any)\b|"
    r"\S(?:요|다|까|니|네|지|죠|해|어|아|야|데|래|게|줘)(?=[\s.!?~]*$)|\S(?:는데|은데|인데|거든|니까|아서|어서|해서|지만|었어|았어)\b",
    re.IGNORECASE,
)
"""What tells a sentence from a name of several words; a name may hold one of it, a sentence holds more."""

PARTICLE = re.compile(
    r"(?:이랑|에게|한테|처럼|보다|까지|부터|에서|으로|이나|하고|랑|을|를|은|는|이|가|의|도|만|와|과|에|로|나|요)$"
)
"""What joins a Korean word to the rest of its sentence."""

COMMON = {
    name_key(word)
    for word in (
        "like", "love", "music", "song", "songs", "artist", "artists", "band", "singer", "group", "some",
        "more", "good", "great", "best", "really", "these", "days", "this", "that", "with", "from", "about",
        "into", "have", "been", "know", "what", "which", "listening", "recommend", "please", "similar",
        "want", "need", "노래", "음악", "가수", "요즘", "진짜", "정말", "너무", "완전", "많이", "자주",
        "계속", "제일", "가장", "비슷한", "같은", "좋은", "좋아", "추천", "오늘", "어제", "그냥", "혹시",
        "이런", "그런", "다른", "들어", "듣고", "빠졌어", "빠져", "있어", "없어", "뭐", "누구", "어디",
        "언제", "하나", "우리", "나는", "내가", "저는", "제가",
    )
}  # fmt: skip
"""Words of a sentence that are no name there, whoever goes by them."""

LIKENESS = re.compile(
    rf"{_ALIKE}|같은|이런|그런|similar|\blike (?:this|that|them|it|him|her)\b", re.IGNORECASE
)
"""Words that ask for what is alike."""

SONGS = re.compile(rf"{_SOUNDS}|\b(?:songs?|tracks?|tunes?|music)\b", re.IGNORECASE)
"""Words for songs rather than those who play them."""


def is_empty(text: str) -> bool:
    """Tell whether a text is a request that names nobody, such as "좋은 노래" or "some songs"."""
    words = text.split()
    about = [bool(_MUSIC.fullmatch(word)) for word in words]
    return any(about) and all(
        music or _AROUND.fullmatch(word) for music, word in zip(about, words, strict=True)
    )
