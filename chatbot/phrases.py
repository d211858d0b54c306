"""The words people put around a name, in Korean and English.

Here: words and patterns alone, as data. Not here: when they are taken
away and what that means (`reading.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatbot.language import ends_in_consonant
from spotify_assets.core.names import name_key


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which words stand around a name (the group `name`)."""

    pattern: re.Pattern[str]
    sure: bool = True
    """What it takes away is no part of any likely name."""
    after_request: bool = False
    """Counts only once other words of a request have gone."""
    introduces: bool = False
    """Says what kind of name follows: what is left must begin like a name."""
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
    r"싶다|좀|제발|또|더|다른|ㄱㄱ+"
)
_SOUNDS = r"(?:노래|음악|곡|음원|대표곡|히트곡|인기곡|명곡|신곡|앨범)(?:들)?"
_PLAYERS = (
    r"(?:락|록|인디|팝|재즈|힙합|여자|남자)?"
    r"(?:가수|아티스트|뮤지션|밴드|그룹|아이돌|걸그룹|보이그룹|래퍼|여돌|남돌|신인|여가수|남가수)(?:들)?"
)
_MARK = r"(?:을|를|은|는|이|가|도|만|좀|으로|로)?"
_ALIKE = r"(?:비슷\S*|닮은|유사\S*|가까운|어울리는)"
_THING = (
    r"(?:songs?|tracks?|tunes?|music|artists?|bands?|singers?|groups?|acts?|musicians?|stuff|idols?|rappers?)"
)
_WHICH = r"(?:(?:[1-9][0-9]?|some|any|other|more|an?|the best|good|great|top|new|popular)\s+){0,2}"
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
    r"(?:find|play|(?:do )?(?:you|u|ya) know|"
    r"i (?:really )?(?:like|love|want|wanna|need)|i(?:'d| would) like|looking for|show me|"
    r"give me|get me|what(?:'s| is| are| about)|how about|similar|like)"
)
_KOREAN_MOOD = "신나는|슬픈|잔잔한|조용한|우울한|밝은|달달한|감성적인|설레는"
_MOODY = "sad|happy|chill|calm|fun|upbeat|romantic"
_HEY = r"(?:hey|hi|hello|please|pls|ok|okay|so|well|now|and)"

RULES: tuple[Rule, ...] = (
    # Korean, from the end of the sentence inwards: request, noun, likeness, particle.
    _rule(rf"(?P<name>.+?)에\s?(?:대해서?|관해서?|대한)(?:\s+(?:{_ASK}))*"),
    _rule(r"(?P<name>.+?)\s*중에(?:서)?\s+(?:누가|누구|뭐가|뭘|어느|어떤)\s*.*"),
    _rule(rf"(?P<name>.+)\s+(?:{_ASK})[요.]?"),
    _rule(r"(?P<name>.+)\s+(?:알아요?|알지|알죠|아세요|아시나요|아시죠|아나요)", after_request=True),
    _rule(r"(?P<name>.+?)이?라고\s*(?:하는)?", after_request=True),
    _rule(rf"(?P<name>.+?)이?라는\s+{_PLAYERS}{_MARK}"),
    _rule(rf"(?P<name>.{{2,}}?)이?라는\s+{_SOUNDS}{_MARK}"),
    _rule(rf"(?P<stem>(?P<name>.+)의)\s+(?:{_SOUNDS}|{_PLAYERS}){_MARK}"),
    _rule(rf"(?P<name>.+)\s+{_SOUNDS}{_MARK}"),
    _rule(rf"(?P<stem>(?P<name>.+?)\s*(?:이랑|하고|과))\s+{_ALIKE}", final=True),
    _rule(rf"(?P<stem>(?P<name>.+?)\s*(?:랑|하고|와))\s+{_ALIKE}", final=False),
    _rule(rf"(?P<name>.+?)\s+(?:{_ALIKE}|같은|같이|류의?|풍의?|느낌의?|스타일의?|계열의?|분위기의?)"),
    _rule(rf"(?P<name>.+\S)(?:같은|스타일|느낌)\s+(?:{_SOUNDS}|{_PLAYERS}){_MARK}"),
    _rule(r"(?P<name>.+?)처럼(?:\s+(?:들리는|노래하는|부르는|부른))?"),
    _rule(r"(?P<name>.+?)처럼\s+.+", after_request=True),
    _rule(r"(?P<name>.+?)\s+(?:좋아하는데|좋아하면|좋아한다면)", after_request=True),
    _rule(rf"(?P<name>.+)\s+(?:{_KOREAN_MOOD})", after_request=True),
    _rule(r"(?P<name>.+)(?:을|은)", after_request=True, final=True),
    _rule(r"(?P<name>.+)(?:를|는)", after_request=True, final=False),
    _rule(r"(?:혹시|저기|저기요|그럼|그러면|그리고|안녕하세요|안녕|챗봇아)[,!.]?\s+(?P<name>.+)"),
    _rule(r"(?:노래|곡|음악)\s+(?P<name>[a-z].*)"),
    _rule(r"(?:노래|곡|가수)(?:\s?(?:제목|이름))?(?:[:은]\s*|\s+)(?P<name>\S.+)", introduces=True),
    _rule(r"(?:(?:an?|the)\s+song\s+(?:called|named|titled)|(?-i:song|track|artist))(?:\s+|:\s*)(?P<name>\S.{2,})",
          introduces=True),
    _rule(r"(?:헤이\s)?(?:시리야?|빅스비야?|클로바|아리아|지니야)[,!.]?\s+(?P<name>.+)"),
    # English, from both ends.
    _rule(r"(?:(?:hey|ok)\s+)?(?:siri|alexa|google|bixby)[,!.]?\s+(?P<name>.+)"),
    _rule(r"(?-i:play)\s+(?P<name>.+)", introduces=True),
    _rule(rf"(?:the\s+)?(?:top|best)\s+(?:[1-9][0-9]?\s+)?{_THING}\s+(?:of|by|from)\s+(?P<name>.+)"),
    _rule(r"(?P<name>.+?),?\s+(?:please|pls|plz|thanks|thank you|thx|right now)[.!?]*"),
    _rule(rf"{_HEY}[,!.]+\s+(?P<name>.+)"),
    _rule(rf"{_HEY}\s+(?P<name>(?:can|could|would|who|what|which|any|some|{_REQUEST}|{_MAYBE_REQUEST}|{_THING}|{_SOMETHING})\b.+)"),
    _rule(r"(?:ok|okay|so|well|hey)\s+(?P<name>(?:and|or)\s.+)"),
    _rule(r"(?:can|could|would|will) you\s+(?:please\s+)?(?P<name>.+)"),
    _rule(rf"(?:who|what)(?: else)?\s+{_SOUND}{_LIKE}\s+(?P<name>.+)"),
    _rule(rf"(?:(?:{_MOODY})\s+)?{_WHICH}{_SOMETHING}{_SOUND}?{_LIKE}\s+(?P<name>.+)"),
    _rule(rf"{_WHICH}(?:similar|related)\s+{_THING}\s+(?:to|as)\s+(?P<name>.+)"),
    _rule(rf"{_SOUND}{_LIKE}\s+(?P<name>.+)"),
    _rule(rf"(?:{_WHICH}{_SOMETHING})?(?:similar to|related to|such as)\s+(?P<name>.+)"),
    _rule(rf"(?:{_WHICH}{_SOMETHING})?in the (?:style|vein|spirit) of\s+(?P<name>.+)"),
    _rule(rf"(?!(?:i|you|we|they)\s)(?P<name>.+?)[-\s](?:like|type|style|esque)\s+{_THING}"),
    _rule(rf"{_WHICH}{_SOMETHING}(?:by|from)\s+(?P<name>.+)"),
    _rule(rf"{_REQUEST}\s+(?:(?:some|any|more|other)\s+)?(?P<name>.+)"),
    _rule(rf"(?P<name>.+?)(?:'s|')?\s+(?:and\s+)?(?:similar|related|top|best|popular|greatest)\s+{_THING}"),
    _rule(r"(?P<name>.+?)(?:'s|')?(?<!&)\s+songs"),
    _rule(r"for\s+(?P<name>.+)", after_request=True),
    _rule(r"(?:play|find|show|give)\s+(?:me\s+)?(?:some|any|more)\s+(?P<name>.+)"),
    # What a name may well hold: tried as an artist, but never taken away from an unknown name.
    _rule(rf"(?P<name>.+)\s+{_PLAYERS}{_MARK}", sure=False),
    _rule(rf"{_MAYBE_REQUEST}\s+(?P<name>.+)", sure=False),
    _rule(r"(?:some|any|more|another)\s+(?P<name>.+)", sure=False),
    _rule(r"(?:and|then)\s+(?P<name>.+)", sure=False, after_request=True),
    _rule(r".+?(?:이|가)?\s*(?:아니고|아니라)\s+(?P<name>.+)", sure=False),
    _rule(rf"(?:{_KOREAN_MOOD}|{_MOODY})\s+(?P<name>.+)", sure=False, after_request=True),
    _rule(rf"(?P<name>.+)\s+(?:{_MOODY})", sure=False, after_request=True),
    _rule(r"(?P<name>.+?)\s+(?:for me|too)", sure=False),
    _rule(rf"(?P<name>.+?)(?:'s|')?\s+(?:{_THING}|similar)", sure=False),
    _rule(r"(?P<name>.+)(?:이|가|은|는|을|를|의|랑|이랑|도|만|에|야|아|요)", sure=False, after_request=True),
    _rule(rf"(?P<name>\S{{2,}}){_SOUNDS}", sure=False),
    _rule(r"(?P<name>.*[^\s(])\s*\([^()]+\)", sure=False),
    _rule(r"(?P<name>.{3,})(?:이요|이에요)!?", sure=False, final=True),
    _rule(r"(?P<name>.{3,})(?:요|예요)!?", sure=False, final=False),
)  # fmt: skip
"""Tried in this order, again and again, until none applies."""

MUSIC = re.compile(rf"{_ASK}|{_SOUNDS}{_MARK}|{_PLAYERS}{_MARK}|{_ALIKE}|{_THING}|similar", re.IGNORECASE)
"""A word that asks for music, or for what is alike."""
AROUND = re.compile(
    "some|any|like|good|great|best|top|new|popular|recommend|suggest|show|give|find|play|more|other|else|want|to|"
    "hear|listen|me|what|what'?s|another|different|i|i'm|im|feel|feeling|something|anything|vibes?|걸로|거로|좋은|아무|아무거나|같은|요즘|뜨는|핫한|유명한|인기|최신|오늘|더|또|다른|거|것|말고|다른거|딴거|딴",
    re.IGNORECASE,
)
"""Words beside those, which want nothing by themselves."""
GENRE = re.compile(
    r"(?:k-?pop|j-?pop|hip-?hop|r&b|edm|lo-?fi|케이팝|제이팝|팝송|힙합|알앤비|재즈|발라드|클래식|트로트|시티팝|노동요|축가)(?:으?로)?",
    re.IGNORECASE,
)
"""Genres, which may stand alone as a request."""
MOOD = re.compile(
    rf"{_MOODY}|pop|rock|rap|jazz|indie|classical|ballads?|trot|party|workout|gym|study|sleep|breakup|christmas|"
    r"spring|summer|autumn|winter|road|trip|old|older|newer|school|happier|sadder|calmer|only|"
    r"female|male|girl|boy|korean|american|british|japanese|(?:19|20)?[0-9]0'?s|"
    rf"{_KOREAN_MOOD}|팝|록|락|랩|인디|댄스|감성|잔잔하게|신나게|"
    r"여자|남자|한국|외국|국내|해외|일본|미국|영국|중국|옛날|이별|사랑|크리스마스|겨울|여름|가을|봄|결혼식|(?:19|20)?[0-9]0년대",
    re.IGNORECASE,
)
"""Moods, kinds and years of music, which need a word of a request beside them."""
MOMENT = re.compile(
    rf".*(?:때|날|밤|아침|저녁|면서|에서|에)\s+(?:듣기|듣는|들을|들으면|틀)\s?(?:좋은|만한)?\s*(?:(?:{_KOREAN_MOOD})\s+)?{_SOUNDS}.*|"
    rf".*(?:는|울|할|올|갈)\s?(?:때|날|밤)\s*{_SOUNDS}.*|"
    rf"{_WHICH}(?:{_THING}|jazz|pop|rock) (?:for|to) (?:(?:a|the|my) )?"
    r"(?:study|sleep|work|driv|run|relax|focus|rainy|party|danc|dinner|cook|gym|wedding|clean|read|walk)\w*"
    r"(?: \w+)?",
    re.IGNORECASE,
)
"""Music for a moment: "비 오는 날 듣기 좋은 노래", "music for studying"."""
ANYTHING = re.compile(r"something|anything|vibes?|feel|feeling|거|걸로|것|거로", re.IGNORECASE)
"""Stands for music beside a mood: "something happier", "신나는 걸로", "i'm feeling sad"."""
ANY_MUSIC = {
    name_key(words)
    for words in (
        "surprise me", "anything good", "what should i listen to", "what to listen to",
        "who should i listen to", "give me a song", "turn on music", "top 100", "top hits", "new releases",
        "인기 차트", "멜론 차트", "차트", "인기 순위", "최신곡", "최신곡 알려줘",
        "아무거나", "아무 노래나", "아무 노래나 틀어줘", "노래 하나", "뭐 듣지", "뭐 들을까", "아무나",
        "누구든", "요즘 뭐가 인기야", "random", "something random", "랜덤",
        "love songs", "feel good songs", "old school hip hop", "korean indie",
        "봄노래", "사랑노래", "이별노래",
        "hip hop", "rap", "rock", "jazz", "indie", "lofi beats", "chill beats", "lofi hip hop", "랩", "록",
        "락", "인디",
    )
}  # fmt: skip
"""Whole texts that want any music at all."""


WRITTEN_AS_ONE = re.compile(
    rf"(?P<name>\S{{2,}}?)(?P<noun>(?:{_SOUNDS}|{_PLAYERS})?)(?P<ask>(?:추천|알려|들려|틀어)\S*)|"
    rf"(?P<as>\S{{2,}}?)(?P<alike>비슷한|같은|느낌의?|스타일의?)(?P<like>(?:{_SOUNDS}|{_PLAYERS}|거|것|사람)\S*)"
)
"""A request in one word, without the spaces that Korean has between words."""

SENTENCE = re.compile(
    r"\b(?:i|i'm|i've|i'd|me|my|you|your|we|he|she|they|is|are|am|was|do|does|did|can|could|would|should|have|has|"
    r"really|lately|recently|nowadays|listening|recommend|please|know|something|anything|who|what|which|any)\b|"
    r"\S(?:요|다|까|니|네|지|죠|해|어|아|야|데|래|게|줘)(?=[\s.!?~]*$)|\S(?:는데|은데|인데|거든|니까|아서|어서|해서|지만|었어|았어)\b",
    re.IGNORECASE,
)
"""What tells a sentence from a name of several words; a name may hold one of it, a sentence holds more."""

PARTICLE = re.compile(
    r"(?:이?라고|이?라는|만큼|입니다|이에요|예요|이야|야|이랑|에게|한테|처럼|보다|까지|부터|님|씨|꺼|에서|으로|이나|하고|랑|을|를|은|는|이|가|의|도|만|와|과|에|로|나|요)$"
)
"""What joins a Korean word to the rest of its sentence, or ends the sentence with it."""

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
    rf"{_ALIKE}|같은|이런|그런|similar|\blike (?:this|that|these|those|them|it|him|her)\b|"
    r"\bsounds? like\b",
    re.IGNORECASE,
)
"""Words that ask for what is alike."""

SONGS = re.compile(rf"{_SOUNDS}|\b(?:songs?|tracks?|tunes?|music)\b", re.IGNORECASE)
"""Words for songs rather than those who play them."""

PLAYERS = re.compile(
    rf"{_PLAYERS}|\b(?:artists?|bands?|singers?|groups?|acts?|musicians?|who else|anyone|someone)\b",
    re.IGNORECASE,
)
"""Words for those who play."""
