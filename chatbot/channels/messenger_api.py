"""The Messenger channel: the Send API of the Graph.

Here: one call and what its outcome means. Not here: what is sent (`messenger_reply.py`), or when it is tried
again (`messenger_outbox.py`). The token travels in a header, so that no address ever holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from chatbot.intake import json_bytes

if TYPE_CHECKING:
    import requests

VERSION = "v25.0"

PASSING = {1, 2, 4, 613}
"""The errors that pass (Graph API, error codes): unknown, service down, and two of calling too often."""

TOO_OFTEN = {4, 613}

_TIMEOUT = (3.05, 8.0)
_TYPING_TIMEOUT = (1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended."""

    kind: Literal["sent", "passing", "refused"]
    reason: str = ""
    """What went wrong, without anything that was sent."""
    too_often: bool = False


class SendApi:
    """Sends as the pages that a token is for. Threads may share it.

    `url` is the Graph's origin, such as `https://graph.facebook.com`.
    """

    def __init__(self, url: str, token: str, connections: int = 16) -> None:
        self._url = url
        self._headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json; charset=utf-8",
        }
        self._connections = connections

    @cached_property
    def _session(self) -> requests.Session:
        # Imported with the first call: it would cost every start of the bot.
        import requests

        session = requests.Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=self._connections))
        return session

    def typing(self, page: str, recipient: str) -> Outcome:
        """Show that an answer is being written; it is no harm where that fails."""
        return self._call(
            page, {"recipient": {"id": recipient}, "sender_action": "typing_on"}, _TYPING_TIMEOUT
        )

    def send(self, page: str, recipient: str, message: dict[str, Any]) -> Outcome:
        """Send a message in reply to one of the last 24 hours."""
        body = {"recipient": {"id": recipient}, "messaging_type": "RESPONSE", "message": message}
        return self._call(page, body, _TIMEOUT)

    def _call(self, page: str, body: dict[str, Any], timeout: tuple[float, float]) -> Outcome:
        address = f"{self._url}/{VERSION}/{page}/messages"
        try:
            response = self._session.post(
                address, data=json_bytes(body), headers=self._headers, timeout=timeout, allow_redirects=False
            )
        except OSError as error:  # what all of requests' errors are
            return Outcome("passing", type(error).__name__)
        if response.ok:
            return Outcome("sent")
        code = _code(response)
        reason = f"HTTP {response.status_code}" + (f", error {code}" if code is not None else "")
        if code in PASSING or response.status_code >= 500:
            return Outcome("passing", reason, too_often=code in TOO_OFTEN)
        return Outcome("refused", reason)


def _code(response: requests.Response) -> int | None:
    try:
        code = response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return code if isinstance(code, int) else None
