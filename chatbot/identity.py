"""Who asks: keyed hashes that stand for users, and the web chat's sessions.

Here: turning what a platform calls a user into an id that says nothing about them, and issuing and checking
session cookies. Not here: what is kept for a user (`core/store`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from spotify_assets.core.errors import SettingsError
from spotify_assets.core.settings import Settings

Namespace = Literal["kakao", "messenger", "session", "api", "address", "terminal"]
"""Where an id comes from: the same text from two places stands for two people."""

SESSION_SECONDS = 180 * 24 * 3600
"""How long a session lasts."""

SECONDS_TO_BE_VOUCHED_FOR = 24 * 3600
"""How old a session must be before what it chooses counts for everybody."""

_PEPPER_BYTES = 32
_BLOCK = 64  # bytes that SHA-256 takes at once
_SIGNATURE = 43  # characters of 32 bytes in base 64


class Session(NamedTuple):
    """Somebody who came to the web chat."""

    id: str
    age: float
    """Seconds since it was issued."""


class UserIds:
    """Hashes of user ids, which nobody can turn back or make without the key."""

    def __init__(self, pepper: bytes) -> None:
        # RFC 2104 with its two keyed blocks hashed once: a quarter of what `hmac.digest` takes for an id.
        key = (pepper if len(pepper) <= _BLOCK else hashlib.sha256(pepper).digest()).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))

    def of(self, namespace: Namespace, user: str) -> str:
        """Return what stands for a user: 32 hexadecimal digits of an HMAC-SHA-256."""
        return self._digest(f"{namespace}\0{user}").hex()[:32]

    def new_session(self, now: float | None = None) -> str:
        """Return a session that nobody has: a random id, when it was issued, and the signature of both."""
        issued = int(time.time() if now is None else now)
        claim = f"{secrets.token_urlsafe(16)}.{issued:x}"
        return f"{claim}.{self._signature(claim)}"

    def session(self, token: str, now: float | None = None) -> Session | None:
        """Return the session in a token that was issued here and still lasts, else None."""
        claim, _, signature = token.rpartition(".")
        name, _, issued = claim.partition(".")
        if len(signature) != _SIGNATURE or not claim.isascii() or not signature.isascii():
            return None
        if not hmac.compare_digest(signature, self._signature(claim)):
            return None
        age = (time.time() if now is None else now) - int(issued, 16)
        return Session(name, age) if age < SESSION_SECONDS else None

    def _signature(self, claim: str) -> str:
        return base64.urlsafe_b64encode(self._digest(f"cookie\0{claim}")).decode().rstrip("=")

    def _digest(self, text: str) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode(errors="surrogatepass"))
        outer.update(inner.digest())
        return outer.digest()


def user_ids(settings: Settings) -> UserIds:
    """Return the hashes under `USER_ID_PEPPER`, or under a key that is made once into `PLATFORM_HOME`.

    Raises:
        SettingsError: on Lambda, where nothing stays on disk, without the setting; or the key cannot be kept.
    """
    if settings.user_id_pepper:
        return UserIds(settings.user_id_pepper.get_secret_value().encode())
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        raise SettingsError(
            "USER_ID_PEPPER is needed on Lambda, where nothing stays on disk: "
            "set it to a long random text, such as the output of `openssl rand -hex 32`"
        )
    settings.prepare_home()
    made = partial(secrets.token_bytes, _PEPPER_BYTES)
    return UserIds(_kept(settings.platform_home / "user_id_pepper", made))


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return what a file holds; of several processes that make it at once, one does."""
    try:
        if not path.exists():
            # Only its owner may read what this makes.
            handle, written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(make())
                os.link(written, path)
            except FileExistsError:
                pass  # another process was quicker: its key counts
            finally:
                Path(written).unlink()
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read or made ({error.strerror}): let this user do so, or set USER_ID_PEPPER"
        ) from error


def network_of(host: str) -> str:
    """Return the network that an address is one of many of: of IPv6 the first 64 bits, else all of it."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def same(given: str | bytes, expected: str) -> bool:
    """Whether a secret is the expected one, in a time that does not tell where they differ."""
    given = given.encode(errors="surrogatepass") if isinstance(given, str) else given
    return hmac.compare_digest(given, expected.encode())
