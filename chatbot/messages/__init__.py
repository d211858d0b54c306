"""Every sentence the bot says, Korean and English side by side.

Here: wording alone. A function takes what happened and gives the sentence in the question's language; the
modules of this package each hold one theme. Not here: deciding what happened (`bot.py`) or how it is laid
out (`channels/`).
"""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.language import Language, josa, with_josa
from chatbot.messages.wording import quoted, say, short
from spotify_assets.core.moods import MOOD_OF
from spotify_assets.core.store.documents import Likeness

MAX_NAME = 100
"""Longest text taken for a name, in characters."""

_GENRES_TOLD = 3
_FEATURES_TOLD = 2

_FEATURES: dict[str, tuple[str, str]] = {
    "danceability": ("그루브", "groove"),
    "energy": ("에너지", "energy"),
    "loudness": ("음량", "loudness"),
    "mode": ("조성", "tonality"),
    "speechiness": ("랩 비중", "amount of rap"),
    "acousticness": ("어쿠스틱한 느낌", "acoustic feel"),
    "instrumentalness": ("연주 비중", "instrumental feel"),
    "liveness": ("현장감", "live feel"),
    "valence": ("분위기", "mood"),
    "tempo": ("템포", "tempo"),
    "duration_ms": ("곡 길이", "song length"),
}


def artist_intro(name: str, page: int, language: Language) -> str:
    """Introduce a page (0 is the first) of artists who sound like `name`."""
    name = short(name)
    if page:
        return say(
            language,
            f"{with_josa(name, '과/와')} 비슷한 아티스트를 더 보여 드릴게요.",
            f"More artists who sound like {name}:",
        )
    return say(
        language,
        f"{with_josa(name, '을/를')} 좋아하신다면 이 아티스트들도 마음에 드실 거예요.",
        f"If you like {name}, you may enjoy these artists too.",
    )


def artist_without_similar(name: str, has_songs: bool, language: Language) -> str:
    """Say that nobody similar is known yet, and what there is instead."""
    name = short(name)
    no_one = say(
        language,
        f"{with_josa(name, '과/와')} 닮은 아티스트는 아직 찾지 못했어요.",
        f"I haven't found anyone who sounds like {name} yet.",
    )
    if has_songs:
        return no_one + say(
            language, " 대신 대표곡을 들어 보세요.", " Do try their best-known songs, though."
        )
    return no_one + say(
        language, " 들어 볼 수 있는 곡 정보가 아직 없거든요.", " I don't know any of their songs so far."
    )


def track_intro(title: str, artists: Sequence[str], page: int, language: Language) -> str:
    """Introduce a page of songs like `title`."""
    by = credit(artists)
    song = quoted(title, language)
    more_ko, more_en = ("를 더 보여 드릴게요.", "More songs") if page else ("예요.", "Songs")
    return say(
        language,
        f"{f'{by}의 ' if by else ''}{song}{josa(title, '과/와')} 비슷한 노래{more_ko}",
        f"{more_en} that sound like {song}{f' by {by}' if by else ''}:",
    )


def track_without_similar(title: str, artists: Sequence[str], language: Language) -> str:
    """Say that no similar song is known yet."""
    by = credit(artists)
    song = quoted(title, language)
    return say(
        language,
        f"{f'{by}의 ' if by else ''}{song}{josa(title, '과/와')} 닮은 노래는 아직 찾지 못했어요.",
        f"I haven't found songs that sound like {song}{f' by {by}' if by else ''} yet.",
    )


def credit(artists: Sequence[str]) -> str:
    """Return the artists of a song as one line."""
    return short(", ".join(artists))


def why(likeness: Likeness, language: Language) -> str:
    """Say in a line what makes two artists or songs alike."""
    parts = []
    if genres := ", ".join(likeness.shared_genres[:_GENRES_TOLD]):
        parts.append(say(language, f"같은 장르: {genres}", f"same scene: {genres}"))
    elif likeness.is_near_scene:
        parts.append(say(language, "장르의 결이 비슷해요", "a neighbouring scene"))
    mood = MOOD_OF.get(likeness.shared_mood or "")
    # The mood says more than that valence is close.
    told = [f for f in likeness.close_features if f in _FEATURES and not (mood and f == "valence")]
    known = [_FEATURES[f] for f in told][:_FEATURES_TOLD]
    if known:
        korean = _list([ko for ko, _ in known], josa(known[-2][0], "과/와") if len(known) > 1 else "")
        english = _list([en for _, en in known], " and")
        parts.append(
            say(language, f"{with_josa(korean, '이/가')} 비슷해요", f"similar {english}"),
        )
    if mood:
        parts.append(say(language, f"둘 다 {mood.ko} 분위기예요", f"both {mood.en}"))
    if title := likeness.shared_track:
        parts.append(say(language, f"함께한 노래: {title}", f"sang together on {title}"))
    if likeness.is_related:
        parts.append(say(language, "함께 많이 찾아요", "often picked together"))
    if not parts and likeness.is_same_era:
        parts.append(say(language, "비슷한 시기에 활동했어요", "from the same years"))
    return " · ".join(parts) or say(language, "전반적인 사운드가 비슷해요", "a similar sound overall")


def _list(words: list[str], conjunction: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])}{conjunction} {words[-1]}"


def choices(name: str, language: Language) -> str:
    """Ask which of several things of one name is meant."""
    return say(
        language,
        f"{quoted(name, language)}{josa(name, '이라는/라는')} 이름이 여럿 있어요. 어느 쪽을 찾으세요?",
        f"There is more than one {quoted(name, language)}. Which one do you mean?",
    )


def pending(name: str, language: Language) -> str:
    """Say that an unknown name is being looked up."""
    return say(
        language,
        f"{quoted(name, language)}{josa(name, '은/는')} 아직 모르는 이름이라 지금 알아보고 있어요. "
        "잠시 뒤에 다시 물어봐 주세요.",
        f"I don't know {quoted(name, language)} yet, so I'm looking it up now. Ask me again in a moment.",
    )


def collecting(name: str, language: Language) -> str:
    """Say that a run is at work on the name at this moment."""
    return say(
        language,
        f"{quoted(name, language)}의 음악을 모으고 있어요. 조금만 기다렸다가 다시 물어봐 주세요.",
        f"I'm gathering the music of {quoted(name, language)} right now. Ask me again in a moment.",
    )


def postponed(name: str, minutes: int, language: Language) -> str:
    """Say that looking the name up did not work and is tried again in so many minutes."""
    return say(
        language,
        f"{quoted(name, language)}{josa(name, '을/를')} 지금은 알아볼 수 없어서 "
        f"{minutes}분쯤 뒤에 다시 해 볼게요. 그때 다시 물어봐 주세요.",
        f"I can't look up {quoted(name, language)} right now; I'll try again in about {minutes} "
        f"minute{'' if minutes == 1 else 's'}. Please ask again then.",
    )


def not_found(name: str, language: Language) -> str:
    """Say that no source knows the name."""
    return say(
        language,
        f"{quoted(name, language)}{josa(name, '을/를')} 여기저기 찾아봤지만 나오지 않았어요. "
        "철자를 확인하거나 다른 이름으로 물어봐 주세요.",
        f"I looked everywhere I can, but couldn't find {quoted(name, language)}. "
        "Please check the spelling, or try another name.",
    )


def failed(name: str, language: Language) -> str:
    """Say that looking the name up went wrong."""
    return say(
        language,
        f"{quoted(name, language)}{josa(name, '을/를')} 알아보다가 문제가 생겨서 아직 답을 드릴 수 없어요. "
        "죄송해요. 나중에 다시 물어봐 주시면 한 번 더 알아볼게요.",
        f"Something went wrong while I was looking up {quoted(name, language)}, so I have no answer yet. "
        "Sorry! Ask again later and I'll have another go.",
    )


def greeting(language: Language) -> str:
    """Say what the bot does and how to ask."""
    return say(
        language,
        "안녕하세요! 좋아하는 가수나 노래 이름을 보내 주시면 비슷한 음악을 찾아 드려요.\n"
        "이렇게 물어보세요: 에스파 · 아이유랑 비슷한 가수 · Ditto 같은 노래",
        "Hi! Send me an artist or a song you like and I'll find music that sounds alike.\n"
        "Try: aespa · who sounds like IU? · songs like Ditto",
    )


EXAMPLES: dict[Language, tuple[str, ...]] = {
    "ko": ("에스파", "아이유", "샤이니"),
    "en": ("aespa", "IU", "SHINee"),
}
"""Names to offer somebody who does not know what to ask."""


def which_music(language: Language) -> str:
    """Ask somebody who wants music but names none for a name."""
    return say(
        language,
        "어떤 음악을 찾아 드릴까요? 좋아하는 가수나 노래 이름을 하나 알려 주시면 "
        "비슷한 음악을 골라 드릴게요.",
        "Happy to! Tell me one artist or song you like, and I'll pick music that sounds alike.",
    )


def welcome(language: Language) -> str:
    """Answer a thank-you."""
    return say(
        language,
        "도움이 되었다니 기뻐요! 또 궁금한 가수나 노래가 있으면 언제든 보내 주세요.",
        "You're welcome! Send me another artist or song any time.",
    )


def no_name(language: Language) -> str:
    """Say that the text holds nothing that can be a name."""
    return say(
        language,
        "이름을 알아보지 못했어요. 가수나 노래 이름을 글자로 보내 주세요. 예: 에스파",
        "I couldn't see a name in that. Send me the name of an artist or a song, for example aespa.",
    )


def name_too_long(language: Language) -> str:
    """Say that the text is too long for a name."""
    return say(
        language,
        f"글이 조금 길어요. 가수나 노래 이름만 {MAX_NAME}자 안으로 보내 주세요.",
        f"That is a bit long for me. Send me just the artist or song, in at most {MAX_NAME} characters.",
    )


def unknown_link(language: Language) -> str:
    """Say that a link or id leads to nothing known here."""
    return say(
        language,
        "이 링크로는 아무것도 찾지 못했어요. 가수나 노래 이름을 보내 주시면 알아볼게요.",
        "That link or id doesn't lead to anything I know. Send me the name instead and I'll look it up.",
    )


def nothing_more(language: Language) -> str:
    """Answer "more" where there is no list to go on with."""
    return say(
        language,
        "아직 보여 드린 게 없어요. 가수나 노래 이름을 보내 주시면 찾아 드릴게요.",
        "More of what? Send me the name of an artist or a song.",
    )


def that_was_all(language: Language) -> str:
    """Answer "more" at the end of a list."""
    return say(
        language,
        "지금 아는 건 여기까지예요. 다른 가수나 노래 이름을 보내 주시면 또 찾아 드릴게요.",
        "That's all I have for now. Send me another artist or song and I'll look again.",
    )


def too_fast(language: Language) -> str:
    """Ask for patience."""
    return say(
        language,
        "질문이 조금 빨라요. 1분쯤 쉬었다가 다시 물어봐 주세요.",
        "That's a lot of questions at once. Give me about a minute, then ask again.",
    )


def unavailable(language: Language) -> str:
    """Apologise for a store that cannot be read."""
    return say(
        language,
        "죄송해요, 지금은 답을 드릴 수 없어요. 잠시 뒤에 다시 물어봐 주세요.",
        "I can't get at my answers right now, sorry. Please try again in a moment.",
    )


def attribution(source: str, language: Language) -> str:
    """Say where the data shown comes from (`spotify` or `sample`)."""
    if source == "sample":
        return say(
            language,
            "샘플 데이터: 곡과 소리 정보는 실제가 아니라 합성한 거예요.",
            "Sample data: the songs and how they sound are synthetic.",
        )
    return say(language, "정보 제공: Spotify", "Data from Spotify")


def more(language: Language) -> str:
    """Label the reply that asks for the next page."""
    return say(language, "더 보기", "More")


def ask_again(language: Language) -> str:
    """Label the reply that asks for the same name again."""
    return say(language, "다시 물어보기", "Ask again")


def offer_song(label: str, language: Language) -> str:
    """Label the reply that asks for the song of the same name."""
    return say(language, f"노래: {short(label)}", f"Song: {short(label)}")


def offer_artist(name: str, language: Language) -> str:
    """Label the reply that asks for the artist of the song shown."""
    return say(language, f"가수: {short(name)}", f"Artist: {short(name)}")
