"""Made-up song titles, in English and Korean.

Here: the words and how two of them make a title. Odd pairs are meant: nobody should take "Copper Hedgehog"
for a song that its artist recorded.
"""

from __future__ import annotations

import numpy as np

FIRST_WORDS = """
Amber 호박빛|Paper 종이|Copper 구리빛|Borrowed 빌린|Folded 접힌|Quiet 고요한|Patient 느긋한
Distant 먼|Silver 은빛|Glass 유리|Early 이른|Gentle 다정한|Hidden 숨은|Painted 색칠한
Drifting 떠도는|Woven 엮은|Frosted 서리 내린|Mossy 이끼 낀|Crooked 비뚤어진|Slanted 기울어진
Northern 북쪽|Weekday 평일의|Spare 여분의|Wooden 나무|Cobalt 코발트빛|Saffron 사프란빛
Lilac 라일락빛|Mint 박하색|Cinnamon 계피색|Plum 자두빛|Chestnut 밤색|Marble 대리석|Linen 린넨
Woollen 털실|Cardboard 골판지|Tin 양철|Ceramic 도자기|Bamboo 대나무|Misty 안개 낀
Windswept 바람 부는|Snowy 눈 덮인|Sunlit 햇살 든|Moonlit 달빛 든|Sleepy 졸린|Restless 뒤척이는
Humming 흥얼대는|Whistling 휘파람 부는|Blinking 깜박이는|Floating 떠 있는|Rolling 구르는
Swaying 흔들리는|Round 둥근|Tiny 조그만|Tall 키 큰|Hollow 속 빈|Polished 윤나는|Faded 빛바랜
Mended 고친|Unopened 뜯지 않은|Numbered 번호 매긴|Unhurried 서두르지 않는|Seventh 일곱 번째
Thirteenth 열세 번째|Forgetful 깜박 잊은
"""
LAST_WORDS = """
Lantern 등불|Orchard 과수원|Compass 나침반|Meadow 풀밭|Tram 전차|Lighthouse 등대|Staircase 계단
Notebook 공책|Umbrella 우산|Balcony 발코니|Carousel 회전목마|Kite 연|Postcard 엽서|Windmill 풍차
Drawer 서랍|Pond 연못|Sailboat 돛단배|Atlas 지도책|Belfry 종탑|Greenhouse 온실|Platform 승강장
Teapot 찻주전자|Thimble 골무|Button 단추|Kettle 주전자|Pebble 조약돌|Acorn 도토리|Sparrow 참새
Heron 왜가리|Otter 수달|Hedgehog 고슴도치|Magpie 까치|Ferry 나룻배|Bicycle 자전거|Wagon 수레
Gondola 곤돌라|Telescope 망원경|Barometer 기압계|Hourglass 모래시계|Metronome 메트로놈
Typewriter 타자기|Inkwell 잉크병|Bookmark 책갈피|Envelope 봉투|Chimney 굴뚝|Rooftop 옥상
Hallway 복도|Courtyard 안뜰|Footbridge 육교|Quarry 채석장|Lagoon 석호|Glacier 빙하|Canyon 협곡
Dune 모래언덕|Inlet 포구|Peninsula 반도|Archipelago 군도|Almanac 책력|Pinwheel 바람개비
Marionette 꼭두각시|Teacup 찻잔|Persimmon 감|Tangerine 귤|Walnut 호두
"""


def draw_titles(rng: np.random.Generator, count: int, korean: bool) -> list[str]:
    """Draw different titles: English ones, or English, Korean and "Korean (English)" ones by turns."""
    first, last = _words(FIRST_WORDS), _words(LAST_WORDS)
    titles: list[str] = []
    for pair in rng.permutation(len(first) * len(last))[:count]:
        (english_1, korean_1), (english_2, korean_2) = first[pair // len(last)], last[pair % len(last)]
        english, hangul = f"{english_1} {english_2}", f"{korean_1} {korean_2}"
        styles = (f"{hangul} ({english})", english, hangul) if korean else (english,)
        titles.append(styles[len(titles) % len(styles)])
    return titles


def _words(table: str) -> list[tuple[str, str]]:
    """Split "English 한국어|…" lines into pairs."""
    pairs = [entry.split(" ", 1) for line in table.split("\n") if line for entry in line.split("|")]
    return [(english, hangul) for english, hangul in pairs]
