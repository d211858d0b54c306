"""The token with which Spotify is called: fetched once, kept in memory, renewed by one thread at a time.

Here: spotipy's client-credentials flow, made safe for threads and logs. Not here: what a token opens.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyClientCredentials

from spotify_assets.core.catalog import NotOffered, Parked
from spotify_assets.core.errors import CatalogError

_TALKATIVE = ("spotipy.client", "spotipy.oauth2")


class Token:
    """An app's token, as spotipy asks for it; `session` fetches it from `address`.

    While one thread fetches it the others wait, at most `longest` seconds.
    """

    def __init__(
        self, client_id: str, secret: str, address: str, session: requests.Session, longest: float = 90.0
    ) -> None:
        self._longest = longest
        self._held = MemoryCacheHandler()
        self._flow = SpotifyClientCredentials(
            client_id=client_id, client_secret=secret, requests_session=session, cache_handler=self._held
        )
        self._flow.OAUTH_TOKEN_URL = address
        self._lock = threading.RLock()

    def get_access_token(self, as_dict: bool = False) -> str:
        """Return a token that is good for a minute at least.

        Raises:
            Parked: Spotify may not be called for a while.
            CatalogError: Spotify gives none.
        """
        with self._alone():
            try:
                return str(self._flow.get_access_token(as_dict=as_dict))
            except (Parked, NotOffered):
                raise
            except CatalogError as error:
                if "invalid_client" not in str(error):
                    raise
                raise CatalogError(
                    f"Spotify knows no app with this SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET ({error}): "
                    "copy both from https://developer.spotify.com/dashboard"
                ) from None
            except (KeyError, TypeError) as error:
                raise CatalogError(f"{self._flow.OAUTH_TOKEN_URL} answered without a token") from error

    def renewed(self, refused: str) -> str:
        """Return an Authorization header instead of one that was refused; of many threads one renews."""
        with self._alone():
            held = self._held.get_cached_token()
            if held and refused == f"Bearer {held['access_token']}":
                self._held.save_token_to_cache(None)
            return f"Bearer {self.get_access_token()}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=self._longest):
            raise CatalogError(f"{self._flow.OAUTH_TOKEN_URL} gave another thread no token in time")
        try:
            yield
        finally:
            self._lock.release()


def keep_secrets_out_of_logs() -> None:
    """Let spotipy log no headers, whatever level is set: its DEBUG messages hold secret and token."""
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_is_no_debug_message)


def _is_no_debug_message(entry: logging.LogRecord) -> bool:
    return entry.levelno > logging.DEBUG
