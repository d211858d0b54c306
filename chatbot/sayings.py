"""What people say to the bot rather than ask of it: hello, thanks, goodbye, small talk, insults, yes and no.

Here: the sayings themselves, and telling which of them a whole text is made of. Not here: the words around a
name (`phrases.py`), what is answered (`no_question.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from chatbot.plain_words import spoken_key, undecorated
from spotify_assets.core.names import name_key

Saying = Literal["greeting", "thanks", "farewell", "small talk", "dislike", "restart", "yes", "no", "insult"]

_SAYINGS: dict[Saying, tuple[str, ...]] = {
    "greeting": (
        "hi", "hello", "hey", "hiya", "howdy", "hi there", "hello there", "hey there", "good morning",
        "good afternoon", "good evening", "yo", "start", "help", "help me", "what can you do",
        "what do you do", "how does this work", "how do i use this", "menu", "i need help",
        "안녕", "안녕하세요", "안녕하십니까", "안녕하세용", "안뇽", "하이", "하이요", "헬로", "반가워",
        "반가워요", "반갑습니다", "반갑다", "시작", "메뉴", "도움말", "도움", "도와줘", "도와주세요",
        "사용법", "사용 방법", "어떻게 써", "어떻게 쓰는 거야", "뭐 할 수 있어", "뭐 할 줄 알아",
        "뭘 할 수 있어", "하이루", "하잉", "ㅎㅇ", "ㅎㅇㅎㅇ", "굿모닝", "좋은 아침",
    ),
    "thanks": (
        "thanks", "thank you", "thank you so much", "thank you very much", "thanks a lot",
        "thanks so much", "many thanks", "thx", "ty", "tysm", "cheers", "that was great",
        "that was helpful", "that helps", "that's great", "very helpful",
        "고마워", "고마워요", "고맙습니다", "고맙다", "감사", "감사해요", "감사합니다", "감사합니당",
        "감사드려요", "정말 고마워", "정말 감사합니다", "너무 고마워", "땡큐", "땡큐 베리 감사", "ㄱㅅ",
        "ㄱㅅㄱㅅ", "ㄳ", "ㄳㄳ", "도움이 됐어", "도움이 됐어요", "마음에 들어", "마음에 들어요",
        "맘에 들어", "맘에 들어요",
    ),
    "farewell": (
        "bye", "bye bye", "goodbye", "good bye", "good night", "see you", "see you later", "see ya",
        "cya", "take care", "have a nice day", "have a good day",
        "잘 가", "잘 있어", "안녕히 계세요", "안녕히 가세요", "잘 자", "잘 자요", "안녕히 주무세요",
        "굿나잇", "바이", "바이바이", "또 봐", "또 봐요", "다음에 봐", "다음에 봐요", "수고", "수고해",
        "수고하세요", "수고했어", "ㅂㅂ", "ㅂㅇ",
    ),
    "small talk": (
        "how are you", "how are you doing", "how are you today", "how's it going", "how do you do",
        "what's up", "whats up", "sup", "what are you doing", "what are you up to", "what do you know",
        "what is this", "what's this", "뭐야", "이게 뭐야", "뭐야 이게", "뭐야 이거", "이거 뭐야",
        "who are you",
        "what are you", "are you a bot", "are you a robot", "are you human", "are you real",
        "are you there", "what's your name", "what is your name", "how old are you", "where are you from",
        "who made you", "i'm bored", "i am bored", "i'm sad", "i'm happy", "i love you", "i like you",
        "do you love me", "tell me a joke", "nice to meet you", "you're great", "you are great", "love it",
        "not bad", "sounds good",
        "good bot", "good job", "well done", "awesome", "lol", "haha", "ok", "okay", "sorry", "test",
        "testing", "what time is it", "how's the weather", "i see", "i don't know", "i'm new here",
        "why", "why not", "how come", "왜", "왜요", "왜 그래",
        "뭐해", "뭐 해", "뭐하니", "뭐 하니", "뭐해요", "뭐 해요", "뭐하세요", "뭐 하고 있어",
        "뭐하고 있니", "잘 지내", "잘 지내요", "잘 지냈어", "잘 지내니", "어떻게 지내", "어떻게 지내세요",
        "요즘 어때", "밥 먹었어", "밥 먹었니", "밥은 먹었어", "심심해", "심심하다", "심심해요", "사랑해",
        "사랑해요", "좋아해", "너 누구니", "너 누구야", "넌 누구니", "넌 누구야", "너는 누구야",
        "당신은 누구세요", "누구야", "누구니", "누구세요", "이름이 뭐야", "이름이 뭐예요",
        "네 이름이 뭐야", "너 이름 뭐야", "몇 살이야", "어디 살아", "로봇이야", "너 로봇이야", "사람이야",
        "봇이야", "너 사람이야", "날씨 어때", "오늘 날씨 어때", "지금 몇 시야", "몇 시야", "배고파",
        "졸려", "피곤해", "슬퍼", "우울해", "기분 좋아", "기분 어때", "재밌다", "재미있다", "대박",
        "최고", "최고야", "좋아", "좋아요", "좋네", "굿", "우와", "미안", "미안해", "죄송해요", "테스트",
        "알았어", "알겠어", "알겠습니다", "그래", "오케이", "ㅇㅋ", "ㅇㅅㅇ", "농담해줘",
        "재밌는 얘기 해줘", "놀아줘", "신기하다", "신기해", "몰라", "글쎄", "넌 뭐야", "너 뭐야",
    ),
    "dislike": (
        "i don't like it", "i don't like this", "i don't like them", "i don't like these", "not good",
        "that's not it", "that's wrong", "this is boring", "meh", "i hate", "i hate it",
        "i hate this", "i don't like", "i dislike", "i can't stand",
        "싫어", "싫어요", "싫어해", "싫어해요", "싫음", "싫다", "별로", "별로야", "별로다",
        "별로네", "별로예요", "별로인데", "그건 별로야", "노잼",
        "마음에 안 들어", "마음에 안 들어요", "맘에 안 들어", "맘에 안 들어요",
        "틀렸어", "틀렸어요",
        "오류", "오류났어", "에러", "에러났어", "고장났어", "안 돼", "왜 안 돼", "안 나와",
        "wrong", "error", "it doesn't work", "doesn't work", "not working", "it's broken",
    ),
    "restart": (
        "ask again", "다시 물어보기",
        "stop", "cancel", "start over", "restart", "reset", "go back", "quit", "never mind",
        "back", "previous", "이전", "이전으로",
        "처음으로", "처음부터", "처음부터 다시", "그만", "그만해", "됐어", "취소", "뒤로", "뒤로 가기",
        "돌아가기", "종료", "초기화",
    ),
    "yes": (
        "yes", "yeah", "yep", "yup", "that's right", "that's it", "that one", "yes please",
        "네", "넵", "넹", "예", "응", "어", "맞아", "맞아요", "맞습니다", "그거야", "그거예요", "그거",
        "네 맞아요", "응 맞아", "ㅇㅇ", "ㅇ",
    ),
    "no": (
        "no", "nope", "nah", "none", "none of them", "none of these", "neither", "no thanks", "not that",
        "not that one", "not this one",
        "아니", "아니요", "아니오", "아뇨", "아니야", "아니에요", "둘 다 아니야", "다 아니야", "없어",
        "없어요", "ㄴㄴ", "ㄴ",
    ),
}  # fmt: skip
_BY_KEY = {name_key(one): saying for saying, ones in _SAYINGS.items() for one in ones}
_BESIDE = {
    name_key(word)
    for word in (
        "bot", "chatbot", "you", "there", "so", "really", "perfect", "cool", "nice", "great", "wow", "then",
        "너", "봇", "봇아", "챗봇", "챗봇아", "친구야", "진짜", "정말", "너무", "아", "와", "그럼",
    )
}  # fmt: skip
"""Said beside a saying, but none by itself."""

_MAX_WORDS = 8
_LONGEST = 5
"""Words of the longest saying."""


def is_greeting(text: str) -> bool:
    """Tell whether a text says nothing but hello, or asks for help."""
    return _BY_KEY.get(spoken_key(text)) == "greeting" or text.strip("?？ ") == ""


def sayings(text: str) -> frozenset[Saying]:
    """Return the sayings of which a whole text is made, such as "hey bot, thank you!"; none for any other.

    Nobody says a thing twice or hello and goodbye at once: "Hello, Goodbye" and "Sorry, Sorry" are songs.
    """
    bare = undecorated(text)
    if is_insult(bare):
        return frozenset({"insult"})
    if whole := _BY_KEY.get(spoken_key(text)):
        return frozenset({whole})
    words = bare.split()
    if len(words) > _MAX_WORDS:
        return frozenset()
    said: list[str] = []
    rest = words
    while rest:
        for count in range(min(_LONGEST, len(rest)), 0, -1):
            key = name_key(" ".join(rest[:count]))
            if key in _BY_KEY or key in _BESIDE:
                said.append(key)
                rest = rest[count:]
                break
        else:
            return frozenset()
    found = frozenset(_BY_KEY[key] for key in said if key in _BY_KEY)
    is_song = len(set(said)) < len(said) or {"greeting", "farewell"} <= found or {"yes", "no"} <= found
    return frozenset() if is_song else found


_BEFORE_NAMES: tuple[Saying, ...] = ("greeting", "thanks", "no", "dislike")
_BEHIND_NAMES: tuple[Saying, ...] = ("dislike", "thanks")
"""Not the others, and no thanks in English: of "adele hello" and "dido thank you" the song is meant."""
_BEGIN_TITLES = ("hey", "no")
"""Said before a name only with a mark between: "no, aespa", but "No Sunshine"."""


def sayings_with_name(text: str) -> Iterator[tuple[Saying, str]]:
    """Part a text into a saying and the name it may stand beside: "thanks aespa", "에스파 싫어".

    Titles, written with capitals throughout, are no such text: "Hello Stranger".
    """
    words = undecorated(text).split()
    for count in range(min(_LONGEST, len(words) - 1), 0, -1):
        for allowed, said, named in (
            (_BEFORE_NAMES, words[:count], words[count:]),
            (_BEHIND_NAMES, words[-count:], words[:-count]),
        ):
            saying = _BY_KEY.get(name_key(" ".join(said)))
            is_title = (said[0].istitle() and text.istitle()) or said[-1].lower() in _BEGIN_TITLES
            is_title |= allowed is _BEHIND_NAMES and saying == "thanks" and said[-1].isascii()
            if saying in allowed and not is_title:
                yield saying, " ".join(named)


_KOREAN_START = r"(?:(?:야|너|넌|이|진짜|정말|완전|너무|아)\s*){0,3}"
_INSULT = re.compile(
    r"(?:(?:you(?:'re|r| are)?|this(?: bot)?(?: is)?|ur|the|what an?)\s+)?"
    r"(?:(?:a|an|so|such a|really|very|fucking|bloody|"
    r"damn|total|stupid|dumb)\s+)*"
    r"(?:sucks?|stupid|dumb|useless|idiot(?:ic)?|moron|trash|garbage|rubbish|shit|crap|bullshit|asshole|bitch|"
    r"bastard|shut up|fuck(?: you| off)?|stfu|wtf|damn you|go away|"
    r"i hate you)(?:\s+(?:bot|robot|machine|thing))?[\s.!?,]*"
    rf"|{_KOREAN_START}\S*(?:시발|씨발|ㅅㅂ|ㅆㅂ|병신|ㅂㅅ|ㅄ|지랄|ㅈㄹ|개새끼|미친놈|미친년|좆|존나)\S*"
    rf"|{_KOREAN_START}(?:바보|멍청\S*|멍충\S*|등신|꺼져\S*|닥쳐\S*|쓰레기|쓸모\s?없\S*|짜증\s?\S*|"
    r"못생\S*|답답하\S*|재수\s?없\S*|미쳤\S*)\s?(?:야|아|봇|봇아|이냐|니|네|이야|구나)?[\s.!?~,]*",
    re.IGNORECASE,
)
_MAX_INSULT = 60


def is_insult(text: str) -> bool:
    """Tell whether a text abuses the bot, in one phrase or two; a name that holds such a word does not."""
    if len(text) > _MAX_INSULT:
        return False
    words = text.split()
    return bool(_INSULT.fullmatch(text)) or any(
        _INSULT.fullmatch(" ".join(words[:place])) and _INSULT.fullmatch(" ".join(words[place:]))
        for place in range(1, len(words))
    )
