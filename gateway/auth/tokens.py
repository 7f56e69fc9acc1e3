"""Access and refresh tokens: JSON Web Tokens with one pinned algorithm (RFC 8725, 3.1).

Neither says what its bearer may do: that is asked of the session in Redis, each time. An access
token is no refresh token: key, audience and type differ.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

import jwt

from gateway.auth.secret_file import Secret

ALGORITHM = "HS256"
ISSUER = "tapeline"
NEEDED = ["iss", "aud", "sub", "sid", "gen", "iat", "exp"]


class Kind(StrEnum):
    """What a token is for; it is its audience too."""

    ACCESS = "tapeline:access"
    REFRESH = "tapeline:refresh"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: whose it is, of which session, and the how-manieth refresh of it."""

    user: str
    session: str
    generation: int
    expires: int


class Tokens:
    """Signs and reads tokens with keys derived from the gateway's secret."""

    def __init__(self, secret: Secret, *, access_seconds: int, refresh_seconds: int) -> None:
        self._keys = {kind: secret.derived(kind) for kind in Kind}
        self._csrf = secret.derived("tapeline:csrf")
        self.seconds = {Kind.ACCESS: access_seconds, Kind.REFRESH: refresh_seconds}

    def made(self, kind: Kind, user: str, session: str, generation: int, now_ns: int) -> str:
        """A signed token that is good for the seconds of its kind."""
        now = now_ns // 10**9
        claims = {
            "iss": ISSUER, "aud": kind.value, "sub": user, "sid": session, "gen": generation,
            "iat": now, "exp": now + self.seconds[kind],
        }  # fmt: skip
        return jwt.encode(claims, self._keys[kind], ALGORITHM, headers={"typ": kind.name.lower()})

    def read(self, kind: Kind, token: str, now_ns: int) -> Claims | None:
        """What it says; None where it is not ours, of another kind, or has expired."""
        try:
            found = jwt.decode(
                token, self._keys[kind], algorithms=[ALGORITHM], audience=kind.value,
                issuer=ISSUER,
                options={"require": NEEDED, "verify_exp": False, "verify_iat": False},
            )  # fmt: skip
        except jwt.InvalidTokenError:
            return None
        if not isinstance(found["exp"], int) or not isinstance(found["gen"], int):
            return None
        if found["exp"] <= now_ns // 10**9:
            return None
        return Claims(found["sub"], str(found["sid"]), found["gen"], found["exp"])

    def csrf(self, session: str) -> str:
        """What a page must say in a header, beside its cookie, to change anything."""
        return blake2b(session.encode(), key=self._csrf, digest_size=16).hexdigest()

    def fits(self, session: str, told: str) -> bool:
        """Whether a request brought the page's own word."""
        return hmac.compare_digest(self.csrf(session).encode(), told.encode())


def fresh_session() -> str:
    """A session's id: 128 random bits."""
    return secrets.token_hex(16)
