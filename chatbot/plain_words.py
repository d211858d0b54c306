"""Words of everyday speech around a name: "나 요즘 아이유만 듣는데", "I love BTS, what else is there?".

Here: what each such word tells of a text, taking them away from both ends, and telling a text that has no
other word. `phrases.py` knows the set phrases; this is for all the ways to ask that no phrase foresees. Not
here: what is left means (`reading.py`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from chatbot.language import ends_in_consonant, language_of
from chatbot.phrases import ANY_MUSIC, ANYTHING, AROUND, GENRE, MOMENT, MOOD, MUSIC
from chatbot.words import Words
from spotify_assets.core.names import name_key

ASKS, HINTS, JOINS = 2.0, 1.0, 0.3
"""What a word weighs: it asks for music, it is said of music that one likes, or it merely joins others."""

_LIKELY = 1.0
"""From this weight on what is left is worth looking up."""


_ASKING = Words(
    """
    recommend* suggest* listening similar
    추천* 알려* 들려* 찾아주* 찾아줘* 찾아줄* 보여주* 보여줘* 보여줄* 틀어줘* 틀어주* 틀어 소개* 궁금* 부탁*
    비슷* 닮은 유사한 유사하게 느낌+ 느낌인* 느낌이* 스타일 스타일의 스타일이 스타일로 분위기+ 같은
    말고* 빼고 제외하고 들을까* 들을래* 들을만* 듣고 듣는데* 들으면 좋아하* 좋아할 팬인데* 팬이야 팬이에요
    팬입니다 팬인 빠졌* 빠져* 꽂혔* 꽂혀* 만한 취향 취향은 취향을 취향의 취향이* 취향인* 취향에* 취향으로
    최애 최애는 최애가 최애로 최애고 최애인* 최애이* 최애야* 최애예* 최애에* 최애라* 최애임* 최애곡*
    """
)
_HINTING = Words(
    """
    love loved loving like likes liked enjoy* adore adores obsessed listen fan fans vibe vibes type types
    else also album albums song songs track tracks music artist artists band bands singer singers group
    groups stuff
    알아 알아요 아니 아세요 잘하는 부르는 좋아 좋아요* 좋아해* 좋아합* 좋아함* 좋다 좋은데* 좋더라* 좋을까*
    좋지* 사랑해* 들어 들어요 들어야* 들어봐* 들어볼* 듣기 듣는 듣자 듣지 들을 들었* 노래+ 음악+ 곡+ 음원+
    대표곡+ 히트곡+ 최고 최고야* 최고예* 최고다* 최고임* 최고지* 짱 짱이* 짱임* 빠짐 인기곡+ 명곡+ 신곡+
    최신곡+ 신보+ 앨범+ 목소리+ 음색+ 창법+ 감성+ 톤+ 무드+ 바이브+ 삘 필 결 결이 가수+ 아티스트+
    뮤지션+ 밴드+ 그룹+
    아이돌+ 걸그룹+ 보이그룹+ 래퍼+ 사람+ 애들+ 분들+ 팀+
    concert concerts tour tickets members genre album lyrics discography debut age birthday biography wiki
    콘서트+ 공연+ 나이+ 멤버+ 컴백+ 데뷔* 장르+ 가사+ 뮤비+ 프로필+ 인스타+ 근황+ 소속사+ 소속사야
    소속사예요 본명+ 본명이*
    콜라보+ 피처링+ 솔로곡+ 타이틀곡+ 수록곡+ 해체* 누구누구* 생일+ 생일이* 국적+ 고향+ 몇살* 살이야
    살이에요 사귀* 결혼* 정보+ 제발
    """
)
_JOINING = Words(
    """
    i i'm im i've ive i'd me my we you u do does did am is are was can could would should will have has been
    to for of with into lot lots really very so just lately recently nowadays these days all time too good
    great best new latest newest big huge favorite favourite fave here what which who someone something sth
    smth anything some any more other about idea yo play give find show tell people know want wanna need
    hear and but if then please pls hi hey that this r when was
    나 난 나는 내가 저 전 저는 제가 제 내 너 넌 우리 요즘 요새 오늘 지금 최근 최근에 평소에 진짜 정말 너무 넘
    완전 엄청 제일 가장 자주 많이 계속 맨날 매일 푹 혹시 그냥 뭐 뭘 뭐가 뭐를 무슨 어떤 누구 누가 이제 다
    다른 딴 더 좀 또 거 것 게 걸 수 나는 나오는 있어* 있나* 있을* 있는 있니 있음 없어* 없나* 없을* 없니 해
    해줘* 해주* 해요 돼 돼요 되나요 될까* 하나 여자 남자 심심해* 심심한데 다음으로 다음에 중에 중에서 언제* 몇
    """
)


_NOBODY = {
    name_key(word)
    for word in (
        "the", "a", "it", "him", "her", "them", "you", "me", "this", "that", "these", "those", "like",
        "by",
        "나", "너", "널", "내", "네", "니", "그대", "우리", "이", "그", "저", "이거", "그거", "저거",
        "이것", "그것", "뭐", "좋은", "건", "게",
    )
}  # fmt: skip
_ARTICLES = ("a", "an")
_PARTICLES = (
    (re.compile(r"(?P<name>.{2,})(?:을|은|이랑|과)"), True),
    (re.compile(r"(?P<name>.{2,})(?:를|는|랑|와)"), False),
    (re.compile(r"(?P<name>.{2,})(?:하고|처럼|만|의)"), None),
)
_LAUGHTER = "ㅋㅎㅠㅜ"
_EMOJI = ("So", "Sk")
_AS_EMOJI = "\ufe0f"
_MAX_WORDS = 25
_MAX_WORDS_OF_NAME = 5


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a text when the plain words at its ends are taken away."""

    name: str
    sure: bool
    """A word that asks for music was taken away: the rest is a name, though nobody is known to go by it."""


def without_plain_words(text: str) -> Rest | None:
    """Return the rest of a text; None where nothing was taken away, or nothing like a name is left."""
    words = text.split()
    if not 1 < len(words) <= _MAX_WORDS:
        return None
    first, last, weights = 0, len(words), list[float]()
    is_korean = language_of(text) == "ko"

    def weigh(word: str) -> float:
        # Written large among Korean words, "Band" is a name.
        return 0.0 if is_korean and word[:1].isupper() else weight_of(word)

    # "a lot" ends a sentence, and "a" alone begins names.
    while last > first and (weight := JOINS if words[last - 1] in _ARTICLES else weigh(words[last - 1])):
        last -= 1
        weights.append(weight)
    while first < last and (weight := weigh(words[first]) or _leads_on(words[first:last])):
        first += 1
        weights.append(weight)
    left = words[first:last]
    if left and left[0].lower() in _ARTICLES:
        left = left[1:]
    # Titles begin and end so: "Love Train", "The Game of Love".
    is_title = ASKS not in weights and "love" in (words[0].lower(), words[-1].lower())
    if (
        is_title
        or sum(weights) < _LIKELY
        or not 0 < len(left) <= _MAX_WORDS_OF_NAME
        or name_key(" ".join(left)) in _NOBODY
    ):
        return None
    return Rest(" ".join(left), ASKS in weights)


def _leads_on(words: list[str]) -> float:
    """Return what an article before another plain word tells: "a fan of aespa", not "a perfect circle"."""
    return JOINS if len(words) > 1 and words[0] in _ARTICLES and weight_of(words[1]) else 0.0


def says_nothing_else(text: str) -> bool:
    """Tell whether a text asks for music with plain words alone: "뭐 추천해?", "recommend me something"."""
    words = [word for word in undecorated(text).split()[: _MAX_WORDS + 1] if word.lower() not in _ARTICLES]
    weights = [weight_of(word) for word in words]
    return len(words) <= _MAX_WORDS and ASKS in weights and all(weights)


def asks(text: str) -> bool:
    """Tell whether a text of several words asks for music, whatever else is in it."""
    words = text.split()[:_MAX_WORDS]
    return len(words) > 1 and any(weight_of(word) == ASKS for word in words)


def without_particle(name: str) -> str:
    """Return a Korean name without the particle that joins it to the rest of its sentence."""
    for pattern, after_consonant in _PARTICLES:
        found = pattern.fullmatch(name)
        if not found or not "가" <= found["name"][-1] <= "힣":
            continue
        if after_consonant is None or ends_in_consonant(found["name"][-1]) == after_consonant:
            return found["name"]
    return name


def undecorated(text: str) -> str:
    """Return a text without the laughter and tears around it, and the hearts and faces behind it.

    "ㅋㅋ 에스파 🙏" is "에스파". What is nothing else stays as it is.
    """
    first, _, rest = text.partition(" ")
    if rest and not first.strip(_LAUGHTER):
        text = rest
    end = len(text)
    while end and (
        text[end - 1] in _LAUGHTER + _AS_EMOJI
        or text[end - 1].isspace()
        or unicodedata.category(text[end - 1]) in _EMOJI
    ):
        end -= 1
    return text[:end] or text


@lru_cache(maxsize=16)  # One question is compared with several lists.
def spoken_key(text: str) -> str:
    """Return the key of what was said, without the laughter, tears and hearts around it."""
    return name_key(undecorated(text))


def is_empty(text: str) -> bool:
    """Tell whether a text wants music but names nobody: "좋은 노래", "sad songs", "비 오는 날 듣는 노래"."""
    words = text.split()
    wants_music = any(MUSIC.fullmatch(word) or GENRE.fullmatch(word) for word in words) or (
        any(map(ANYTHING.fullmatch, words)) and any(map(MOOD.fullmatch, words))
    )
    if wants_music and names_nobody(text, MOOD, GENRE):
        return True
    return name_key(text) in ANY_MUSIC or bool(MOMENT.fullmatch(text))


def names_nobody(text: str, *besides: re.Pattern[str]) -> bool:
    """Tell whether a text has no word but those of requests, and those that fit one of `besides`."""
    allowed = (MUSIC, AROUND, *besides)
    words = (word for word in text.split() if word.lower() not in _ARTICLES)
    return all(any(kind.fullmatch(word) for kind in allowed) for word in words)


def weight_of(word: str) -> float:
    """Return what a word tells, 0 for one that may be part of a name."""
    bare = word.strip("?!.,~…;:\"'“”‘’()") or word
    kinds = ((ASKS, _ASKING), (HINTS, _HINTING), (JOINS, _JOINING))
    return next((weight for weight, words in kinds if words.fullmatch(bare)), 0.0)
