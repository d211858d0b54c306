"""`POST /kakao/skill`: the skill server of KakaoTalk."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chatbot.answer import Question
from chatbot.channels import kakao, kakao_callback, kakao_reply
from chatbot.identity import same
from chatbot.intake import BadRequest, body_of, json_bytes, json_object
from chatbot.messages import cards
from chatbot.service import Service

_log = logging.getLogger(__name__)


def routes(service: Service) -> list[Route]:
    """Return the channel's addresses."""
    settings = service.settings

    async def skill(request: Request) -> Response:
        if settings.kakao_skill_secret is None:
            raise HTTPException(404, "KakaoTalk is off here: set KAKAO_SKILL_SECRET (docs/channels.md).")
        body = await body_of(request, kakao.MAX_BODY)
        given = request.headers.get("x-skill-secret", "")
        if not same(given, settings.kakao_skill_secret.get_secret_value()):
            raise HTTPException(401, "X-Skill-Secret is missing or wrong: send what KAKAO_SKILL_SECRET says.")
        try:
            asked = kakao.parse(json_object(body, kakao.EXPECTED))
        except BadRequest as error:
            raise HTTPException(400, str(error)) from None
        user = service.users.of("kakao", asked.user)
        question = Question(user, asked.text, "kakao", asked.cursor, asked.language, vouched_by=user)
        answer = await service.friendly(question)
        url = _callback(asked.callback_url) if answer.kind == "pending" else None
        if url and service.later("kakao", kakao_callback.late(question, asked.language, url)):
            return _json(kakao_reply.later(cards.still_looking(asked.language)))
        return _json(kakao_reply.render(answer, asked.language))

    def _callback(url: str | None) -> str | None:
        if url is None:
            return None
        if kakao_callback.is_allowed(url, settings.kakao_callback_hosts):
            return url
        _log.warning("A callback address was not used: its host is none of KAKAO_CALLBACK_HOSTS")
        return None

    return [Route("/kakao/skill", skill, methods=["POST"])]


def _json(content: kakao_reply.Json) -> Response:
    return Response(json_bytes(content), media_type="application/json", headers={"cache-control": "no-store"})
