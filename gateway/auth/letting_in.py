"""Auth as a part of the gateway: who may come in, from its start to its end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from gateway.auth.known import authenticate, recognise
from gateway.auth.part import Auth, opened
from gateway.auth.setup import first_link
from gateway.auth.witness import EventTopic, Witness

if TYPE_CHECKING:
    from gateway.api.services import Services


@asynccontextmanager
async def letting_in(services: Services) -> AsyncIterator[None]:
    """Fills in `services.auth` and `services.authenticate`; the store must be open. At a first
    start it prints the first admin's link on stderr, once, and nowhere else.
    """
    assert services.store is not None, "the store is opened before"
    async with opened(services.settings, services.options, services.store) as auth:
        services.auth, services.authenticate = auth, partial(authenticate, auth)
        services.recognise = partial(recognise, auth)
        services.probes["redis"] = lambda: _state(auth)
        if token := await first_link(auth):
            link = token.on(services.address)
            print(f"nobody can sign in yet; the first admin's link: {link}", file=sys.stderr)
        witness = Witness(services.store, partial(EventTopic, services.settings))
        auth.audit.told = witness.told
        telling = asyncio.create_task(_telling(services, witness))
        try:
            yield
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling


async def _telling(services: Services, witness: Witness) -> None:
    """Where no broker is known there is nobody to tell: it is told once there is one."""
    while not services.settings.bootstrap:
        await asyncio.sleep(5)
    await witness.run()


async def _state(auth: Auth) -> str:
    """Nothing where Redis answers."""
    try:
        await auth.redis.ping()
    except (RedisError, OSError):
        return "Redis does not answer: nobody is let in"
    return ""
