"""The skill server of KakaoTalk: who may ask, what is understood, and what comes back in time, late or never."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatbot.answer import Answer, Question
from chatbot.app import app_of, make_service
from chatbot.channels import kakao
from chatbot.channels.kakao_callback import is_allowed
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store.sql import SqlStore
from tests.chatbot import limits
from tests.chatbot.conftest import SECRETS, Clock, served
from tests.doubles.kakao import KakaoCallbackDouble

SECRET = {"X-Skill-Secret": SECRETS["kakao_skill_secret"]}


def skill(utterance: Any, callback: str | None = None, **asked: Any) -> dict[str, Any]:
    """A request as Kakao sends it."""
    late = {"callbackUrl": callback} if callback else {}
    return {
        "intent": {"id": "5a56ec0008cc1461d75291f6", "name": "music"},
        "userRequest": {
            "timezone": "Asia/Seoul", "block": {"id": "b", "name": "music"}, "utterance": utterance, "lang": "kr",
            "params": {"surface": "Kakaotalk.plusfriend"},
            "user": {"id": "620678", "type": "botUserKey", "properties": {"plusfriendUserKey": "x"}}, **late, **asked,
        },
        "bot": {"id": "5a548e36aea1a43fa851ecd9", "name": "bot"},
        "action": {"id": "a", "name": "skill", "params": {}, "detailParams": {}, "clientExtra": None},
        "contexts": [],
    }  # fmt: skip


def said(response: httpx.Response) -> str:
    assert response.status_code == 200
    limits.kakao(response.json())
    return " ".join(limits.texts(response.json()["template"]["outputs"]))


def test_a_known_artist_comes_as_cards(open_http: httpx.Client) -> None:
    response = open_http.post("/kakao/skill", json=skill("에스파\n"), headers=SECRET)
    assert response.headers["cache-control"] == "no-store"
    shown = response.json()
    limits.kakao(shown)
    card, songs, similar = shown["template"]["outputs"]
    assert card["basicCard"]["title"] == "aespa"
    assert card["basicCard"]["thumbnail"]["imageUrl"] == "https://i.scdn.co/image/aespa"
    assert card["basicCard"]["buttons"][0]["webLinkUrl"].startswith("https://open.spotify.com/artist/")
    assert "정보 제공: Spotify" in card["basicCard"]["description"]
    assert songs["listCard"]["items"][0]["title"] == "Supernova"
    lists = similar["carousel"]["items"]
    assert [item["title"] for part in lists for item in part["items"]] == [
        f"Neighbour {n}" for n in range(1, 11)
    ]
    assert "같은 장르" in lists[0]["items"][0]["description"]


def test_more_goes_on_where_the_last_answer_ended(open_http: httpx.Client) -> None:
    first = open_http.post("/kakao/skill", json=skill("에스파"), headers=SECRET).json()
    more = first["template"]["quickReplies"][0]
    asked = skill(more["messageText"])
    asked["action"]["clientExtra"] = more["extra"]
    assert "Neighbour 11" in said(open_http.post("/kakao/skill", json=asked, headers=SECRET))


def test_an_artist_without_a_picture_is_a_text_card(open_http: httpx.Client) -> None:
    shown = open_http.post("/kakao/skill", json=skill("아이유"), headers=SECRET).json()
    assert shown["template"]["outputs"][0]["textCard"]["title"] == "IU"
    assert [list(output) for output in shown["template"]["outputs"]] == [
        ["textCard"],
        ["listCard"],
        ["listCard"],
    ]


def test_several_of_one_name_are_numbered_and_can_be_tapped(open_http: httpx.Client) -> None:
    response = open_http.post("/kakao/skill", json=skill("Eve"), headers=SECRET)
    assert "1. Eve · j-pop, anime" in said(response) or "1. Eve · j-pop · anime" in said(response)
    tapped = [reply["messageText"] for reply in response.json()["template"]["quickReplies"]]
    assert "j-pop" in said(open_http.post("/kakao/skill", json=skill(tapped[0]), headers=SECRET))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"lang": "ko"}, "aespa"),
        ({"lang": None}, "aespa"),
        ({"params": "{}"}, "aespa"),
        ({"params": '{"a": 1}'}, "aespa"),
        ({"user": None}, "aespa"),
        ({"user": {"id": 7}}, "aespa"),
        ({"user": "null"}, "aespa"),
        ({"block": None, "timezone": 9}, "aespa"),
        ({"callbackUrl": ""}, "aespa"),
        ({"callbackUrl": 5}, "aespa"),
        ({"utterance": "  에스파 알려줘 \n"}, "aespa"),
        ({"utterance": ""}, "에스파"),
        ({"utterance": None}, "에스파"),
        ({"utterance": "\x00\u200b"}, "이름"),
    ],
    ids=str,
)  # fmt: skip
def test_requests_are_read_leniently(open_http: httpx.Client, change: dict[str, Any], expected: str) -> None:
    asked = skill("에스파")
    asked["userRequest"].update(change)
    assert expected in said(open_http.post("/kakao/skill", json=asked, headers=SECRET))


@pytest.mark.parametrize(
    "extra", [None, {}, "null", "{}", "", "[]", 7, [], '{"cursor": 5}', {"cursor": None}, "{" * 50]
)
def test_client_extra_may_be_anything(open_http: httpx.Client, extra: Any) -> None:
    asked = skill("에스파")
    asked["action"]["clientExtra"] = extra
    assert "aespa" in said(open_http.post("/kakao/skill", json=asked, headers=SECRET))


@pytest.mark.parametrize(
    "body", [{}, {"userRequest": None}, {"userRequest": "에스파"}, {"action": 5, "userRequest": []}]
)
def test_what_is_missing_counts_as_empty(open_http: httpx.Client, body: dict[str, Any]) -> None:
    assert "aespa" in said(open_http.post("/kakao/skill", json=body, headers=SECRET)).lower()


@pytest.mark.parametrize(
    "given", [{}, {"X-Skill-Secret": ""}, {"X-Skill-Secret": "the skill's secre"}, {"X-Skill-Secret": "\xe9"}]
)
def test_a_missing_or_wrong_secret_is_refused_before_the_body_is_read(
    open_http: httpx.Client, given: dict[str, str]
) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
    response = open_http.post("/kakao/skill", content=b"not even JSON", headers=headers)
    assert response.status_code == 401
    assert SECRETS["kakao_skill_secret"] not in response.text


def test_without_its_secret_the_channel_is_off(http: httpx.Client) -> None:
    response = http.post("/kakao/skill", json=skill("에스파"), headers={"X-Skill-Secret": ""})
    assert response.status_code == 404
    assert "KAKAO_SKILL_SECRET" in response.text


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b'{"a":' * 40 + b"1" + b"}" * 40, 400), (b" " * 65_537, 413)],
)
def test_what_is_no_request_is_refused(open_http: httpx.Client, body: bytes, status: int) -> None:
    assert open_http.post("/kakao/skill", content=body, headers=SECRET).status_code == status


def test_who_asks_too_fast_gets_a_friendly_answer(store: SqlStore, clock: Clock, tmp_path: Path) -> None:
    config = load_settings(platform_home=tmp_path, questions_per_minute=2, **SECRETS)
    with served(app_of(make_service(store, clock, config=config))) as client:
        answers = [said(client.post("/kakao/skill", json=skill("에스파"), headers=SECRET)) for _ in range(3)]
    assert "aespa" in answers[1]
    assert "빨라요" in answers[2]


def test_a_store_that_is_gone_is_a_friendly_answer(
    open_http: httpx.Client, store: SqlStore, store_path: Path
) -> None:
    store.close()
    for part in store_path.parent.glob("serving.db*"):
        part.unlink()
    store_path.mkdir()
    assert "죄송해요" in said(open_http.post("/kakao/skill", json=skill("에스파"), headers=SECRET))


class SlowBot:
    """A bot that takes its time, and finds an artist at the third look."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.asked: list[Question] = []

    def by_heart(self, question: Question) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing either."""

    def answer(self, question: Question) -> Answer:
        self.asked.append(question)
        time.sleep(self.seconds)
        return Answer("pending", "찾고 있어요") if len(self.asked) < 3 else Answer("help", "찾았어요")


Asking = Callable[[SlowBot], httpx.Client]


@pytest.fixture
def callbacks() -> Iterator[KakaoCallbackDouble]:
    with KakaoCallbackDouble() as host:
        yield host


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition()


def test_a_late_answer_comes_through_the_callback_once(
    store: SqlStore,
    clock: Clock,
    tmp_path: Path,
    callbacks: KakaoCallbackDouble,
) -> None:
    service = make_service(store, clock, config=load_settings(platform_home=tmp_path, **SECRETS))
    bot = SlowBot()
    service.bot = bot  # type: ignore[assignment]
    with served(app_of(service)) as client:
        response = client.post("/kakao/skill", json=skill("새 가수", callbacks.address()), headers=SECRET)
        assert response.json()["useCallback"] is True
        assert set(response.json()) == {"version", "useCallback", "data"}
        wait_for(lambda: callbacks.answers)
    [answer] = callbacks.answers
    limits.kakao(answer)
    assert "찾았어요" in limits.texts(answer)[1]
    assert [question.again for question in bot.asked] == [False, True, True], (
        "looking again counts as no question"
    )
    assert callbacks.count() == 1


def test_a_server_that_stops_sends_what_there_is(
    store: SqlStore, clock: Clock, tmp_path: Path, callbacks: KakaoCallbackDouble
) -> None:
    service = make_service(store, clock, config=load_settings(platform_home=tmp_path, **SECRETS))
    with served(app_of(service)) as client:
        response = client.post(
            "/kakao/skill", json=skill("전혀 모르는 가수", callbacks.address()), headers=SECRET
        )
        assert response.json()["useCallback"] is True
    [answer] = callbacks.answers
    limits.kakao(answer)
    assert "다시 물어보기" in limits.texts(answer)


def test_an_answer_that_is_there_needs_no_callback(
    open_http: httpx.Client, callbacks: KakaoCallbackDouble
) -> None:
    assert "aespa" in said(
        open_http.post("/kakao/skill", json=skill("에스파", callbacks.address()), headers=SECRET)
    )
    assert callbacks.count() == 0


def test_a_bot_that_stalls_is_answered_for_within_the_five_seconds(
    store: SqlStore, clock: Clock, tmp_path: Path
) -> None:
    service = make_service(store, clock, config=load_settings(platform_home=tmp_path, **SECRETS))
    service.bot = SlowBot(seconds=14)  # type: ignore[assignment]
    with served(app_of(service)) as client:
        response = client.post("/kakao/skill", json=skill("새 가수"), headers=SECRET, timeout=12)
        assert "찾고 있어요" in said(response)
        assert response.json()["template"]["quickReplies"][0]["messageText"] == "새 가수"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://bot-api.kakao.com/v1/bots/x!/callback/y", True),
        ("https://bot-api.kakao.com:443/callback", True),
        ("https://BOT-API.kakao.com/callback", True),
        ("http://bot-api.kakao.com/callback", False),
        ("https://bot-api.kakao.com:8443/callback", False),
        ("https://bot-api.kakao.com.evil.example/callback", False),
        ("https://evil.example/bot-api.kakao.com", False),
        ("https://bot-api.kakao.com@evil.example/", False),
        ("https://evil.example\\@bot-api.kakao.com/", False),
        ("https://evil.example#@bot-api.kakao.com/", False),
        ("http://127.0.0.1/latest/meta-data", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("file:///etc/passwd", False),
        ("https://[::1", False),
        ("https://bot-api.kakao.com:99999/", False),
        ("https://bot-api.kakao.com/\r\nHost: evil", False),
        ("", False),
        ("null", False),
    ],
)
def test_answers_are_posted_to_kakaos_own_host_alone(url: str, allowed: bool) -> None:
    assert is_allowed(url, ("bot-api.kakao.com",)) is allowed


def test_a_callback_elsewhere_is_not_called(
    open_http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = "https://evil.example/steal?token=hunter2"
    response = open_http.post("/kakao/skill", json=skill("전혀 모르는 가수", elsewhere), headers=SECRET)
    assert "useCallback" not in response.json()
    assert "가수" in said(response)
    assert "KAKAO_CALLBACK_HOSTS" in caplog.text
    assert "evil" not in caplog.text


def test_parsing_needs_no_field() -> None:
    asked = kakao.parse(json.loads("{}"))
    assert (asked.user, asked.text, asked.cursor, asked.callback_url) == ("", "", None, None)
