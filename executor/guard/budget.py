"""The rate budget that all workers of a desk share: token buckets in Redis, one script a take.

What a call costs is taken from all limits that it counts against, or from none. Cancels and
protection may use all of a bucket, other sends leave a fifth of its burst, reads half. Who has to
wait longer than its patience is refused with RATE_LIMIT, unsent. While Redis is away a worker goes
by its own buckets, with its share of each limit among the workers that were last known.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

from redis.exceptions import RedisError

from executor.guard.bucket import RESERVE, Buckets, Left, Priority, Wish
from executor.guard.limits import Limit, Limits, Scope
from executor.venues.venue import Category, VenueError
from schemas.refusals import Reason
from schemas.system import Severity
from topics.impatience import impatient

Tell = Callable[[Severity, str, str, dict[str, str]], None]

SENDS = frozenset(("place", "amend", "cancel", "prepare"))
PATIENCE = {Priority.LESSENS: 5.0, Priority.SEND: 1.0, Priority.READ: 10.0}
"""Seconds that a call may wait for its turn."""
TIMEOUT = 0.25
"""Seconds that Redis may take to answer."""
AWAY = 2.0
"""Seconds for which a Redis that did not answer is not asked again."""
SHUT = 1.0
"""Seconds of standing still after a rate limit that does not say for how long."""
REGISTER, GONE = 10.0, 60.0
"""Seconds between two signs of life of a worker, and after which one counts no more."""

TAKE = """
pcall(redis.replicate_commands)
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait = math.max(redis.call('pttl', KEYS[1]), 0)
local left, told = {}, {}
for i = 2, #KEYS do
  local a = 5 * (i - 2)
  local burst, rate = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]) / 1000
  local cost, leaves = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  local owed = tonumber(ARGV[a + 5])
  local kept = redis.call('hmget', KEYS[i], 'tokens', 'at')
  local has, at = tonumber(kept[1] or burst), tonumber(kept[2] or now)
  has = math.min(burst, has + math.max(now - at, 0) * rate) - owed
  local needs = math.min(cost + leaves, burst)
  if has < needs then wait = math.max(wait, math.ceil((needs - has) / rate)) end
  left[i] = {has, cost, burst, rate}
end
for i = 2, #KEYS do
  local has, cost, burst, rate = unpack(left[i])
  if wait == 0 then has = has - cost end
  told[i - 1] = string.format('%.6f', has)
  redis.call('hset', KEYS[i], 'tokens', told[i - 1], 'at', now)
  redis.call('pexpire', KEYS[i], math.ceil((burst - has) / rate) + 1000)
end
return {wait, now, told}
"""
"""KEYS: the stop, then a bucket each; ARGV: of each burst, rate a second, cost, what must be left,
and what was taken of it while Redis was away. Gives ms to wait (0: taken), Redis's time, and what
each bucket has left. A bucket that is full again is forgotten.
"""
STOP = """
if redis.call('pttl', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('set', KEYS[1], '1', 'PX', ARGV[1])
end
"""
ALIVE = """
pcall(redis.replicate_commands)
local now = tonumber(redis.call('time')[1])
redis.call('zadd', KEYS[1], now, ARGV[1])
redis.call('zremrangebyscore', KEYS[1], '-inf', now - tonumber(ARGV[2]))
redis.call('expire', KEYS[1], ARGV[2])
return redis.call('zcard', KEYS[1])
"""


class RateBudget:
    """One worker's view of a venue's budget. tell: to system.events.

    workers: how many there are at least, for the share while Redis is away. refused: calls.
    """

    def __init__(
        self,
        redis_url: str,
        prefix: str,
        venue: str,
        account: str,
        limits: Limits,
        tell: Tell,
        *,
        workers: int = 1,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.venue, self.workers = venue, workers
        self._account, self._limits, self._tell = account, limits, tell
        self._sleep, self._clock, self._least = sleep, clock, workers
        self._redis = impatient(redis_url, TIMEOUT)
        self._take = self._redis.register_script(TAKE)
        self._stop = self._redis.register_script(STOP)
        self._alive = self._redis.register_script(ALIVE)
        self._base = f"{prefix}tapeline:budget:{venue}"
        self._worker, self._buckets = uuid4().hex, Buckets()
        self._away_until, self._away, self._registered = 0.0, False, float("-inf")
        self._owed: dict[str, float] = {}
        self._left: dict[str, Left] = {}
        self.refused = 0
        self._beside: set[asyncio.Task[None]] = set()

    async def take(
        self,
        call: str,
        symbol: str,
        *,
        lessens: bool = False,
        times: int = 1,
        patience: float | None = None,
    ) -> None:
        """Take what a call of the Venue protocol costs, `times` over, as soon as it is there.

        Raises VenueError (RATE_LIMIT, unsent, with how long to wait) where it cannot be had within
        `patience` seconds; that is known, and said, at once.
        """
        priority = Priority.LESSENS if lessens else Priority.READ
        if not lessens and call in SENDS:
            priority = Priority.SEND
        left = PATIENCE[priority] if patience is None else patience
        wishes = self._wishes(call, symbol, priority, times)
        while wishes and (wait := await self._ask(wishes)) > 0:
            if wait > left:
                raise self._refused(call, wait)
            left -= wait
            await self._sleep(wait)

    def limited(self, wait: float | None) -> None:
        """The venue says that it is too much: no worker's call goes out for so many seconds."""
        seconds = SHUT if wait is None else wait
        self._buckets.shut(self._clock() + seconds)
        task = asyncio.ensure_future(self._stopped(seconds))
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    def used(self) -> dict[str, float]:
        """The share of each limit that is used now, as far as this worker knows: what others have
        taken since it asked last is not in it. May be called on another thread.
        """
        now, base = self._clock(), f"{self._base}:"
        return {name.removeprefix(base): left.used(now) for name, left in list(self._left.items())}

    async def close(self) -> None:
        """Give the connection back."""
        await asyncio.gather(*self._beside)
        await self._redis.aclose()

    def _wishes(self, call: str, symbol: str, priority: Priority, times: int) -> list[Wish]:
        made = []
        for limit, cost in self._limits.cost(call, symbol):
            leaves = RESERVE[priority] * limit.burst
            name = self._name(limit, symbol)
            made.append(Wish(name, limit.burst, limit.rate, cost * times, leaves))
        return made

    def _name(self, limit: Limit, symbol: str) -> str:
        match limit.scope:
            case Scope.ADDRESS:
                return f"{self._base}:{limit.name}"
            case Scope.ACCOUNT:
                return f"{self._base}:{limit.name}:{self._account}"
            case Scope.SYMBOL:
                return f"{self._base}:{limit.name}:{self._account}:{symbol}"

    async def _ask(self, wishes: Sequence[Wish]) -> float:
        """Seconds to wait, 0 when it was taken."""
        now = self._clock()
        if now >= self._away_until:
            try:
                return await self._shared(wishes, now)
            except (RedisError, OSError) as error:
                self._lost(now, error)
        return self._own(wishes, now)

    def _own(self, wishes: Sequence[Wish], now: float) -> float:
        """As `_ask`, by this worker's share; Redis is told of it when it is back."""
        share = [
            wish._replace(
                burst=max(wish.burst / self.workers, 1.0), rate=wish.rate / self.workers,
                leaves=wish.leaves / self.workers,
            )
            for wish in wishes
        ]  # fmt: skip
        wait = self._buckets.take(share, now)
        for wish in share:
            tokens, at = self._buckets.tokens.get(wish.name, (wish.burst, now))
            self._left[wish.name] = Left(tokens, at, wish.burst, wish.rate)
        if wait == 0:
            for wish in wishes:
                self._owed[wish.name] = min(self._owed.get(wish.name, 0) + wish.cost, wish.burst)
        return wait

    async def _shared(self, wishes: Sequence[Wish], now: float) -> float:
        if now - self._registered >= REGISTER:
            counted = await self._alive([f"{self._base}:workers"], [self._worker, int(GONE)])
            self.workers, self._registered = max(int(counted), self._least), now
        keys = [f"{self._base}:stop", *(wish.name for wish in wishes)]
        rows = [(*wish[1:], self._owed.get(wish.name, 0)) for wish in wishes]
        wait, _, left = await self._take(keys, [value for row in rows for value in row])
        for wish, tokens in zip(wishes, left, strict=True):
            self._owed.pop(wish.name, None)
            self._left[wish.name] = Left(float(tokens), self._clock(), wish.burst, wish.rate)
        if self._away:
            self._away = False
            text = f"the rate budget of {self.venue} is shared again"
            self._tell(Severity.INFO, "budget", text, {"venue": self.venue})
        return int(wait) / 1000

    def _lost(self, now: float, error: Exception) -> None:
        self._away_until = now + AWAY
        if not self._away:
            self._away = True
            text = f"Redis is away: of {self.venue}'s limits this worker takes 1/{self.workers}"
            facts = {"venue": self.venue, "error": str(error)}
            self._tell(Severity.WARNING, "budget", text, facts)

    async def _stopped(self, seconds: float) -> None:
        try:
            await self._stop([f"{self._base}:stop"], [max(1, int(seconds * 1000))])
        except (RedisError, OSError) as error:
            self._lost(self._clock(), error)

    def _refused(self, call: str, wait: float) -> VenueError:
        self.refused += 1
        text = f"the budget of {self.venue} has nothing left for {call} within {wait:.1f} s"
        return VenueError(
            Category.RATE_LIMIT, text, sent=False, reason=Reason.RATE_LIMITED, wait=wait
        )
