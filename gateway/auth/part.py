"""All of auth put together: what routes and the guard ask, opened and closed with the gateway."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.api.settings import GatewaySettings
from gateway.auth.audit import Audit
from gateway.auth.entry import Entry
from gateway.auth.limits import Limits
from gateway.auth.lockout import Lockout
from gateway.auth.passwords import Passwords
from gateway.auth.secret_file import Secret
from gateway.auth.sessions import Sessions
from gateway.auth.settings import AuthSettings
from gateway.auth.shared import connected
from gateway.auth.tokens import Tokens
from topics.settings import Settings

FILE = Path("gateway") / "secret"
"""Of a home: the gateway's own secret."""
Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Auth:
    """The parts. sealing: the key of what the store keeps closed; making: that of what is derived
    for an Idempotency-Key; clock: ns.
    """

    home: Path
    options: GatewaySettings
    store: AsyncEngine
    redis: Redis
    sealing: bytes
    making: bytes
    passwords: Passwords
    tokens: Tokens
    sessions: Sessions
    entry: Entry
    limits: Limits
    lockout: Lockout
    audit: Audit
    clock: Clock

    @property
    def settings(self) -> AuthSettings:
        """[gateway.auth]."""
        return self.options.auth

    @property
    def secure(self) -> bool:
        """Whether cookies go over TLS only."""
        return self.options.secure


@asynccontextmanager
async def opened(
    known: Settings, options: GatewaySettings, store: AsyncEngine, clock: Clock = time.time_ns
) -> AsyncIterator[Auth]:
    """Auth of a home, on a store whose tables are there; the store is not closed with it."""
    settings, base = options.auth, f"{known.prefix}tapeline:gateway"
    secret = Secret.of(known.home / FILE)
    async with connected(known.redis) as redis:
        limits = Limits(redis, base)
        sessions = Sessions(
            redis, base, idle=settings.idle, longest=settings.longest,
            clock=lambda: clock() / 10**9,
        )  # fmt: skip
        yield Auth(
            known.home, options, store, redis, secret.derived("tapeline:totp"),
            secret.derived("tapeline:once"),
            Passwords(settings.passwords),
            Tokens(secret, access_seconds=options.access, refresh_seconds=settings.idle),
            sessions, Entry(redis, limits, sessions),
            limits, Lockout(redis, limits, base, settings.lockout), Audit(store, clock), clock,
        )  # fmt: skip
