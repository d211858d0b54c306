"""Everyday speech: what is left of a text when no word of it is one that people say every day.

Here: telling names from everyday words anywhere in a text: "gimme some oasis", "에스파, 아이브 좋아해요".
Not here: taking words away from the ends of a request (`plain_words.py`), set sayings (`sayings.py`), talk
that names nobody (`no_question.py`), who goes by a name (`guesses.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatbot.language import language_of
from chatbot.phrases import AROUND, GENRE, MOOD, MUSIC
from chatbot.plain_words import HINTS, undecorated, weight_of
from chatbot.words import Words

OF_BOT = Words(
    """
    bot bots chatbot robot ai chatgpt gpt siri app spotify data feature* function* free cost costs
    language english speak made makes created built works list 봇+ 봇이* 챗봇+ 챗봇이* 로봇+ 로봇이*
    인공지능* ai+ ai야* ai니* 챗gpt* 챗지피티* 앱+ 앱이* 스포티파이+ 기능+ 기능이* 사용 사용법+ 사용하*
    사용해* 쓰는 쓰는거* 데이터+ 개인정보+ 저장* 개발자+ 개발한* 개발했* 만들었* 만든 무료+ 무료야*
    무료예* 무료인* 공짜+ 공짜야* 유료+ 돈+ 가격+ 얼마* 한국어+ 한국말+ 영어+ 말해* 목록+ 리스트+ 재생+
    재생해* 재생되* 물어보* 물어봐* 질문* 대답*
    """
)
"""What people ask of a bot rather than of artists."""
OF_BOT_ALONE = Words("bot bots chatbot robot chatgpt gpt siri app spotify english list")
"""Those that are in hardly any title."""
WHY = Words("why how 왜* 어떻게 이유+ 이유가* 기준+ 기준이*")
OF_ANSWER = Words(
    """
    sure better similar which sings sang 골랐* 고른 정확* 설명* 불렀* 부른 둘 둘이 둘은 셋 어느 쪽이
    쪽을 쪽은
    """
)
"""What people ask of an answer, as they ask `WHY`."""
COMPLAINT = Words(
    """
    wrong broken load error bug meant
    오류* 에러* 고장* 안돼* 안되* 안나와* 열려* 눌려* 잘못* 틀렸* 틀린* 아니야* 아닌데* 아니에요* 동명이인*
    """
)
"""Say that an answer is not what was wanted."""
OF_SHOWN = Words("them these those ones already famous popular different happier sadder older newer only")
"""Said of several that were shown, and of what one would like instead."""
PRAISE = Words("nice cool wow really great good 진짜* 정말* 와 우와 오 헐 역시")
"""Said of an answer in one word; without an answer these are names."""
_SAID = Words(
    """
    the it's its it he she him her them they their his us our your yours that's these those there
    there's not no yes don't dont doesn't didn't isn't aren't can't cant won't at on in out up by or as
    from over than nor only also what's whats who's whos how's where's how why where when whose while
    again ever never always now today tonight still yet already maybe perhaps one ones two three both
    all most least less few much many every everyone everything thing things way lil bit get gets got
    gotta getting gimme lemme let's lets put go goes going come think thinks thought mean look looks see
    seen heard said say says ask asks use uses used using made make nice cool good better best bad worse
    great happy sad famous popular sing sings sung different same enough well ok okay oh ah um uh wow
    yeah yep nope hmm lol haha thanks thank nonstop ur r u n plz please bro dude man guys sir hey yo
    hello hi <3 xd ^^ work works knows link links button image images picture page nothing happens
    아 어 오 와 음 흠 헐 야 응 네 예 넵 아니 아뇨 근데 그런데 그럼 그러면 그리고 그래서 그니까 그러니까
    중간 아까 방금 이따 처음 처음에 이전 이번+ 저번+ 여기+ 거기+ 이거+ 그거+ 저거+ 이것+ 그것+ 얘+ 걔+
    얘네+ 걔네+ 이 그 저 너+ 니+ 넌 널 당신+ 우리+ 저희+ 나+ 누구+ 누구랑 누가 누군지 누군데 뭐+ 뭘+ 뭔
    뭔지 뭔데 뭐야* 뭐예* 뭐에* 뭐지* 뭐니* 뭐냐* 무슨 어떤 어디+ 어디야* 어디서 어때* 어떠* 어떨까* 몇
    몰라* 모르는 모르겠* 모르나* 몰랐* 아는 알고 알지 알죠 알아* 알려나* 아시* 아세* 아나* 아니* 안다
    알았* 알면 다 전부 모두 덜 더 못 안 잘 막 꼭 약간 조금 살짝 유명한* 유명해* 인기 인기있는 인기많은
    많은 많아* 높은 낮은 비슷비슷* 좋다* 좋네* 좋은 좋은데* 좋은거* 좋은지* 좋아* 좋았* 싫은 싫어* 싫다*
    별로고 별로지만 나쁜 나쁘* 재밌* 괜찮* 낫지 나은 나아* 나을까* 하는 하고 하지 하면 하나 하니 하게 하자
    하세요 하시*
    하던 합니* 할 할까* 할래* 할게* 해 해요 해봐* 해주* 해줘* 했* 한 되는 되나* 되니 되지 되죠 돼 돼요
    될 될까* 됐* 된 있는 있고 있나* 있니* 있어* 있을* 있었* 있음 있으* 있습* 없는 없고 없나* 없니* 없어*
    없을* 없었* 없음 없으* 같아* 같은* 같이 같다* 같네* 보는 보고 보면 봐 봐요 봤* 보여* 싶어* 싶은*
    싶다* 주는 주라 줘 줘요 주세요 주실* 줄래* 줄까* 나와* 나왔* 나온* 나오는 나오면 나오나* 가져와*
    듣는* 듣고* 듣기* 듣지* 듣던 들어* 들었* 들으* 들을* 틀 틀어* 부르는 부르고 불러* 부른 노래하* 생각*
    말고 건 건가* 게 걸 걸로 거+ 꺼+ 거야* 거예* 거에* 거지* 것+ 수 줄 중 중에* 다음 다음에 알 내야
    뭐하* 때 식으로 또 정도+ 땡큐* 고마워* 고맙* 감사* 안녕 안녕하* 반가워* 반갑* 진심 레알 ㄹㅇ ㄱㄱ
    ㅎㅇ ㅎㅇㅎㅇ 라는 라고 이라는 이라고 제목+ 가수야* 쓸 쓰면 써 써요 마음에 맘에 바로 당장 이어서
    이런 그런 저런 이렇게 그렇게 링크+ 버튼+ 이미지+ 사진+ 형 누나 언니+ 오빠+ 엄마+ 아빠+ 친구+ 할머니+
    할아버지+ 동생+ 선생님 님 씨 다른 말이야 찾던 가수가 사람인데
    """
)
_SAID_BEHIND = Words("있지")
"""Said behind another everyday word ("뭐 있지"); elsewhere they are names."""
_SAID_OF_MUSIC = Words(
    """
    play something anything someone anyone hear heard gimme lemme into fav favs thanks thank thx
    들으* 들어* 듣* 알지 알아* 알죠 아시* 아세* 아나* 찾고* 찾는* 찾아* 다음은 다음엔 이번엔 이번에는
    그럼 고마워* 고맙* 감사* 땡큐*
    """
)
"""Tell that an artist is spoken of, as the plain words of a request do."""
ADDRESSED = Words("you u your ur 너 너는 넌 네가 니가 당신은 너도 넌")
ASKED = Words("뭐* 뭘* 무슨 어떤 어디* 누구* 몇 how which what")
_NOUNS_OF_REQUESTS = (MUSIC, AROUND, GENRE, MOOD)

_PARTED = re.compile(r"[,;·/+]|\s(?:&|x|vs\.?)\s", re.IGNORECASE)
_JOINED_ON = re.compile(r"(?P<name>\S{2,}?)(?:이랑|랑|하고|와|과|이나|나)")
_ARTICLE = "the"
_MAX_WORDS = 20
_CAPITALISED = 4
"""Letters from which on a word of an English title has a capital."""
_MAX_WORDS_OF_NAME = 5


@dataclass(frozen=True, slots=True)
class Gist:
    """A text without its everyday words."""

    names: tuple[str, ...]
    """What stood between them, in the order of the text: each may be a name, or several Korean ones."""
    wants_music: bool
    """One of the words taken away is said of music: a name beside it is likely an artist's."""
    may_be_title: bool
    """None of them asks for music, so that it may be a title all the same: "나만 알지", "Love the Rain"."""


def gist(text: str) -> Gist:
    """Return what of a cleaned text is no everyday speech; nothing of one that is too long to be read."""
    parts = [part.split() for part in _PARTED.split(undecorated(text))]
    if sum(map(len, parts)) > _MAX_WORDS or _SONGS_ABOUT.search(text):
        return Gist((), False, False)
    names: list[str] = []
    # "I love adele" is said of music, "hot love" is a title.
    first = bare_of(parts[0][0]) if parts[0] else ""
    wants_music = _FOND_SPEAKERS.fullmatch(first) and any(map(_FOND.fullmatch, parts[0]))
    for words in parts:
        name: list[str] = []
        for place, word in enumerate(map(bare_of, words)):
            before = bare_of(words[place - 1]).lower() if place else ""
            if is_everyday(word) or (_SAID_BEHIND.fullmatch(word) and not name and is_everyday(before)):
                wants_music |= _is_said_of_music(word)
                names, name = _with(names, name), []
                continue
            wants_music |= before in ("some", "any") or word.endswith(("처럼", "만큼"))
            joined = _JOINED_ON.fullmatch(word)
            name += [_ARTICLE, word] if before == _ARTICLE and not name else [word]
            if joined:
                names, name = _with(names, name), []
        names = _with(names, name)
    asked = text.endswith("?") or any(MUSIC.fullmatch(bare_of(word)) for words in parts for word in words)
    return Gist(tuple(names), wants_music, not asked)


def _with(names: list[str], name: list[str]) -> list[str]:
    return [*names, " ".join(name)] if 0 < len(name) <= _MAX_WORDS_OF_NAME else names


_FOND = Words("love loved loving like likes liked")
_FOND_SPEAKERS = Words("i i'm i've we we've my people who anyone")
_SONGS_ABOUT = re.compile(r"\b(?:songs?|tracks?|music) about\b", re.IGNORECASE)


def _is_said_of_music(word: str) -> bool:
    return (weight_of(word) >= HINTS and not _FOND.fullmatch(word)) or bool(
        _SAID_OF_MUSIC.fullmatch(word) or GENRE.fullmatch(word)
    )


def is_everyday(word: str) -> bool:
    """Tell whether a word says nothing about who is meant."""
    if OF_BOT.fullmatch(word):
        return True
    if language_of(word) == "en" and len(word) > 1 and word.isupper():
        return False
    return bool(
        weight_of(word)
        or any(words.fullmatch(word) for words in (_SAID, _SAID_OF_MUSIC, WHY, OF_ANSWER, COMPLAINT))
        or any(words.fullmatch(word) for words in _NOUNS_OF_REQUESTS)
    )


def bare_of(word: str) -> str:
    """Return a word without the marks around it."""
    return word.strip("?!.,~…;:#@\"'“”‘’()") or word


def is_title(text: str) -> bool:
    """Tell whether a text is written like an English title: "I Hate Models"."""
    long = [word for word in text.split() if len(word) >= _CAPITALISED]
    return text.isascii() and text[:1].isupper() and bool(long) and all(word[0].isupper() for word in long)
