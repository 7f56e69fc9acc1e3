"""The lease on an account: one process of a stage at a time may write what its money depends on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from schemas.errors import Fatal

TERM = 6.0
"""Seconds that a lease lasts without renewal; a process that was killed holds it that long."""
RENEWAL = 1.0
"""Seconds between renewals."""
GOOD = 0.75
"""The share of the term for which its holder relies on it: the rest is for clocks that differ."""
TIMEOUT = 1.5
"""Seconds that Redis may take to answer."""

TAKE = """
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
"""
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"


class Lease:
    """Leases of one process on the accounts of a stage, kept in Redis.

    A process holds them, not an instance: Kafka's static membership fences a second process of the
    same instance only at its next heartbeat, and not at all where every topic is broadcast. Another
    process has them at once after a clean stop, else when the term is over.
    """

    epoch = 0

    def __init__(
        self,
        redis_url: str,
        prefix: str,
        stage: str,
        instance: str,
        accounts: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stage, self.holder = stage, f"{instance} ({uuid4().hex})"
        self._host, self._clock = urlsplit(redis_url).netloc.rpartition("@")[2], clock
        self._redis = Redis.from_url(
            redis_url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT
        )
        self._names = [f"{prefix}tapeline:lease:{stage}:{account}" for account in accounts]
        self._good_until = 0.0

    async def acquire(self, patience: float = 60.0) -> None:
        """Take all leases; raises Fatal when another holds one, or Redis is away, for too long."""
        waited, why = 0.0, ""
        while waited <= patience:
            try:
                if (holder := await self._take()) is None:
                    return
                why = f"instance {holder} holds the lease"
            except RedisError as error:
                why = f"no Redis answers on {self._host}: start one with `tapeline up` ({error})"
            await asyncio.sleep(0.25)
            waited += 0.25
        raise Fatal(f"{self.stage} has no lease: {why}")

    async def keep(self) -> None:
        """Renew for ever; raises Fatal when a lease is lost or was not renewed in good time."""
        while True:
            await asyncio.sleep(RENEWAL)
            self.check()  # what ran out is not taken again: another may have had it meanwhile
            try:
                if (holder := await self._take()) is not None:
                    raise Fatal(f"{self.stage}: the lease was lost to instance {holder}")
            except RedisError:
                continue  # tried again until it is too late

    def check(self) -> None:
        """Raise Fatal if another may hold a lease by now: this process was away for too long."""
        if self._clock() >= self._good_until:
            raise Fatal(f"{self.stage}: the lease was not renewed for {TERM * GOOD:.1f} s")

    async def release(self) -> None:
        """Let another process have them at once; what Redis does not hear runs out."""
        self._good_until = 0.0
        try:
            for name in self._names:
                await self._redis.eval(RELEASE, 1, name, self.holder)
        except RedisError:
            return

    async def _take(self) -> str | None:
        """Take or renew every lease; give the holder that is in the way, if any."""
        asked = self._clock()
        for name in self._names:
            holder = await self._redis.eval(TAKE, 1, name, self.holder, int(TERM * 1000))
            if (text := holder.decode()) != self.holder:
                return str(text)
        self._good_until = asked + TERM * GOOD
        return None
