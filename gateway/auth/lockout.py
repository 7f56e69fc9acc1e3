"""Guessing made slow, without a way to lock somebody else out.

Tries are counted per user and address until one is right: after the fifth that address waits for
that user, twice as long each time, up to a quarter of an hour. Many addresses that guess at one
user share what is left for strangers; an address from which the user has signed in is no stranger,
so its owner gets in while all others wait. Names that no user has are treated alike.
"""

from __future__ import annotations

from hashlib import blake2b

from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis

from gateway.auth.addresses import subscriber
from gateway.auth.limits import Limit, Limits, Wish
from gateway.auth.people import login_of
from gateway.auth.shared import present

DAY = 86400
TRIED = """
local left = redis.call('pttl', KEYS[2])
if left > 0 then return left end
local tried = redis.call('incr', KEYS[1])
redis.call('expire', KEYS[1], ARGV[1])
local over = tried - tonumber(ARGV[2])
if over >= 0 then
  local wait = math.min(tonumber(ARGV[3]) * 2 ^ math.min(over, 40), tonumber(ARGV[4]))
  redis.call('set', KEYS[2], '1', 'EX', math.ceil(wait))
end
return 0
"""
"""KEYS: tries, the wait; ARGV: seconds that a try counts, free ones, first and longest wait. Gives
ms to wait, or 0: then the try is counted, before the password is looked at, so that a hundred at
once are a hundred.
"""


class LockoutSettings(BaseModel):
    """[gateway.auth.lockout]: free: tries without a wait; first, longest: s to wait;
    strangers: tries at one user from addresses that user never signed in from; known: days that
    such an address is remembered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    free: int = Field(5, ge=1)
    first: int = Field(1, ge=1)
    longest: int = Field(900, ge=1)
    strangers: Limit = Limit(rate=1 / 60, burst=30)
    known: int = Field(90, ge=1)


class Lockout:
    """What is known of tries, in Redis. base: of its names."""

    def __init__(self, redis: Redis, limits: Limits, base: str, settings: LockoutSettings) -> None:
        self._redis, self._limits, self._base, self._settings = redis, limits, base, settings
        self._tried = redis.register_script(TRIED)

    async def tried(self, name: str, address: str) -> float:
        """Count a try at a user from an address. Gives 0: look at the password; else the seconds
        to wait first, and the password is not looked at. RedisAwayError where nobody knows.
        """
        own, place = _short(name), subscriber(address)
        with present():
            left = int(await self._redis.pttl(self._name("wait", own, place)))
            known = await self._redis.exists(self._name("known", own, place))
        if left > 0:
            return left / 1000
        strangers = [] if known else [Wish(f"strangers:{own}", self._settings.strangers)]
        if wait := await self._limits.take(strangers):
            return wait
        keys, rules = [self._name(what, own, place) for what in ("tried", "wait")], self._settings
        with present():
            left = await self._tried(keys, [DAY, rules.free, rules.first, rules.longest])
        return int(left) / 1000

    async def passed(self, name: str, address: str) -> None:
        """They signed in: failures from there are forgotten, and it is no strange address."""
        own, place = _short(name), subscriber(address)
        with present():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(self._name("tried", own, place), self._name("wait", own, place))
                pipe.set(self._name("known", own, place), "1", ex=self._settings.known * DAY)
                await pipe.execute()

    def _name(self, what: str, name: str, place: str) -> str:
        return f"{self._base}:{what}:{name}:{place}"


def _short(name: str) -> str:
    """Any name, however long and of whatever letters, as a part of a key; the same for all ways in
    which one user's name may be written, or each would have tries of its own.
    """
    return blake2b(login_of(name).encode(), digest_size=12).hexdigest()
