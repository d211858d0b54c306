"""`GET|POST /messenger/webhook`: where Messenger delivers what people wrote."""

from __future__ import annotations

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from chatbot.channels import messenger
from chatbot.identity import same
from chatbot.intake import BadRequest, body_of, json_object
from chatbot.service import Service
from spotify_assets.core.store.inbox import InboxMessage

_OFF = "Messenger is off here: set {} (docs/channels.md)."
_MAX_CHALLENGE = 1000


def routes(service: Service) -> list[Route]:
    """Return the channel's addresses."""
    settings = service.settings

    async def verify(request: Request) -> Response:
        if settings.messenger_verify_token is None:
            raise HTTPException(404, _OFF.format("MESSENGER_VERIFY_TOKEN"))
        given = request.query_params
        expected = settings.messenger_verify_token.get_secret_value()
        if given.get("hub.mode") != "subscribe" or not same(given.get("hub.verify_token", ""), expected):
            raise HTTPException(403, "hub.verify_token is not what MESSENGER_VERIFY_TOKEN says: enter it.")
        challenge = given.get("hub.challenge", "").encode(errors="replace")[:_MAX_CHALLENGE]
        return PlainTextResponse(challenge, headers={"cache-control": "no-store"})

    async def receive(request: Request) -> Response:
        if settings.messenger_app_secret is None:
            raise HTTPException(404, _OFF.format("MESSENGER_APP_SECRET"))
        body = await body_of(request, messenger.MAX_BODY)
        signature = request.headers.get("x-hub-signature-256", "")
        if not messenger.is_signed(body, signature, settings.messenger_app_secret.get_secret_value()):
            raise HTTPException(
                403, "X-Hub-Signature-256 is missing or wrong: sign the body as MESSENGER_APP_SECRET says."
            )
        try:
            delivery = json_object(body, messenger.EXPECTED)
        except BadRequest as error:
            raise HTTPException(400, str(error)) from None
        if settings.messenger_page_token is None:
            raise HTTPException(503, _OFF.format("MESSENGER_PAGE_TOKEN"))
        now = service.clock()
        received = [
            InboxMessage(one.key, one.page, one.sender, one.question(), one.sent_at)
            for one in messenger.parse(delivery, now)
        ]
        # Kept before it is acknowledged; where that fails, Messenger delivers again.
        new = await to_thread.run_sync(service.store.inbox.receive, received, now) if received else 0
        if new:
            service.later("messenger", {})
        return PlainTextResponse("EVENT_RECEIVED")

    async def webhook(request: Request) -> Response:
        return await (receive if request.method == "POST" else verify)(request)

    return [Route("/messenger/webhook", webhook, methods=["GET", "POST"])]
