"""The lease on an account: one process of a stage at a time may write what its money depends on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit
from uuid import uuid4

from redis.exceptions import RedisError

from schemas.errors import Fatal
from topics.impatience import impatient

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
if holder and holder ~= ARGV[1] then return {holder, '0'} end
if not holder then
  if ARGV[3] == '0' then return {'', '0'} end
  local epoch = math.max(redis.call('incr', KEYS[2]), tonumber(ARGV[3]))
  redis.call('set', KEYS[2], string.format('%.0f', epoch))
end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {ARGV[1], redis.call('get', KEYS[2])}
"""
"""Gives the holder and its epoch. ARGV: who, its term in ms, the least epoch of one that is taken
anew (0: it is only renewed). An epoch is at least the taker's time in ms: a Redis that has lost
what it was told last, or all, does not give one twice.
"""
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"


class Lease:
    """Leases of one process on the accounts of a stage, kept in Redis.

    A process holds them, not an instance: Kafka's static membership fences a second process of the
    same instance only at its next heartbeat, and not at all where every topic is broadcast. Another
    process has them at once after a clean stop, else when the term is over.

    epochs: by account, the number of this holding; each later one of the account has a higher one,
    and no two share one. epoch: that of the first account. 0 before the lease is taken.
    """

    def __init__(
        self,
        redis_url: str,
        prefix: str,
        stage: str,
        instance: str,
        accounts: Sequence[str],
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.stage, self.holder = stage, f"{instance} ({uuid4().hex})"
        self._host = urlsplit(redis_url).netloc.rpartition("@")[2]
        self._clock = clock or elapsed
        self._redis = impatient(redis_url, TIMEOUT)
        self.epoch, self.epochs = 0, dict.fromkeys(accounts, 0)
        self._names = [f"{prefix}tapeline:lease:{stage}:{account}" for account in self.epochs]
        self._good_until = 0.0

    @property
    def margin(self) -> float:
        """Seconds that are left of the term when `check` begins to raise: what was asked for before
        must be over by then.
        """
        return TERM * (1 - GOOD)

    @property
    def away(self) -> str:
        """What to say, with the remedy, while Redis does not answer."""
        return f"no Redis answers on {self._host}: start one with `tapeline up`, or set REDIS_URL"

    async def acquire(self, patience: float = 60.0) -> None:
        """Take all leases; raises Fatal when another holds one, or Redis is away, for too long."""
        waited, why = 0.0, ""
        while waited <= patience:
            try:
                if (holder := await self._take(int(time.time() * 1000))) is None:
                    return
                why = f"instance {holder} holds the lease"
            except RedisError as error:
                why = f"{self.away} ({error})"
            await asyncio.sleep(0.25)
            waited += 0.25
        raise Fatal(f"{self.stage} has no lease: {why}")

    async def stand_by(self, tell: Callable[[str], None], patience: float = 60.0) -> None:
        """Take all leases as soon as nobody has them; raises Fatal when Redis is away for too long.

        tell: hears who has them, or that Redis is away, when it begins and when it changes.
        """
        said, since = "", self._clock()
        while True:
            try:
                if (holder := await self._take(int(time.time() * 1000))) is None:
                    return
                why, since = f"instance {holder} has the lease; this one stands by", self._clock()
            except RedisError:
                why = self.away
            if self._clock() - since > patience:
                raise Fatal(f"{self.stage} has no lease: {why}")
            if why != said:
                tell(why)
                said = why
            await asyncio.sleep(0.25)

    async def keep(self) -> None:
        """Renew for ever; raises Fatal when a lease is lost or was not renewed in good time."""
        while True:
            await asyncio.sleep(RENEWAL)
            self.check()  # what ran out is not taken again: another may have had it meanwhile
            try:
                if (holder := await self._take(0)) is not None:
                    lost = f"to instance {holder}" if holder else "and nobody has it"
                    raise Fatal(f"{self.stage}: the lease was lost {lost}")
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

    async def _take(self, least: int) -> str | None:
        """Renew every lease, or take it with an epoch of at least `least`, if that is not 0; give
        the holder that is in the way, if any, "" where nobody has what should be renewed.
        """
        asked, term = self._clock(), int(TERM * 1000)
        for account, name in zip(self.epochs, self._names, strict=True):
            keys = name, f"{name}:epoch"
            holder, epoch = await self._redis.eval(TAKE, 2, *keys, self.holder, term, least)
            if (text := holder.decode()) != self.holder:
                return str(text)
            self.epochs[account] = int(epoch)
        self.epoch = next(iter(self.epochs.values()), 0)
        self._good_until = asked + TERM * GOOD
        return None


def elapsed() -> float:
    """Seconds of a clock that never goes back and, on Linux, goes on while the machine sleeps."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)
