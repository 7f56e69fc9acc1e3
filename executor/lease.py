"""The lease on an account: one executor at a time may move its money."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.exceptions import RedisError

from schemas.errors import Fatal

TERM = 10.0
"""Seconds that a lease lasts without renewal."""

TAKE = """
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
"""


class Lease:
    """Leases of one executor instance on its accounts, kept in Redis.

    An instance that was killed takes its own lease up again at once (Kafka's static membership
    fences its ghost); another instance waits until the term is over.
    """

    def __init__(self, redis_url: str, prefix: str, instance: str, accounts: Sequence[str]) -> None:
        self._host, self._instance = urlsplit(redis_url).netloc.rpartition("@")[2], instance
        self._redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=5)
        self._names = [f"{prefix}tapeline:lease:{account}" for account in accounts]

    async def acquire(self, patience: float = 60.0) -> None:
        """Take all leases; raises Fatal when another holds one, or Redis is away, for too long."""
        waited, why = 0.0, ""
        while waited <= patience:
            try:
                if (holder := await self._take()) is None:
                    return
                why = f"{holder} holds the lease"
            except RedisError as error:
                why = f"no Redis answers on {self._host}: start one with `tapeline up` ({error})"
            await asyncio.sleep(0.5)
            waited += 0.5
        raise Fatal(f"the executor has no lease: {why}")

    async def keep(self) -> None:
        """Renew for ever; raises Fatal when a lease is lost or was not renewed within its term."""
        loop, renewed = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(TERM / 5)
            try:
                if (holder := await self._take()) is not None:
                    raise Fatal(f"the lease was lost to {holder}")
                renewed = loop.time()
            except RedisError as error:
                if loop.time() - renewed > TERM * 0.8:
                    raise Fatal(f"the lease could not be renewed: {error}") from error

    async def _take(self) -> str | None:
        """Take or renew every lease; give the instance that is in the way, if any."""
        for name in self._names:
            holder = await self._redis.eval(TAKE, 1, name, self._instance, int(TERM * 1000))
            if (text := holder.decode()) != self._instance:
                return str(text)
        return None
