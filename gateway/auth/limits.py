"""Rate limits per user, address and route: one script in Redis takes from all of them or none.

The generic cell rate algorithm (ITU-T I.371, annex A): a limit is one number, the time at which
what was taken has been earned again. `burst` may come at once, then `rate` a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis

from gateway.auth.shared import present

TAKING = """
pcall(redis.replicate_commands)
local time = redis.call('time')
local now = time[1] * 1000 + time[2] / 1000
local function take(names, given)
  local wait, due = 0, {}
  for i = 1, #names do
    local rate, burst = tonumber(given[2 * i - 1]) / 1000, tonumber(given[2 * i])
    local at = math.max(tonumber(redis.call('get', names[i]) or now), now)
    due[i] = at + 1 / rate
    wait = math.max(wait, due[i] - burst / rate - now)
  end
  if wait > 0 then return math.ceil(wait) end
  for i = 1, #names do
    local left = math.ceil(due[i] - now) + 1
    redis.call('set', names[i], string.format('%.3f', due[i]), 'PX', left)
  end
  return 0
end
"""
TAKE = TAKING + "return take(KEYS, ARGV)"
"""KEYS: the limits; ARGV: rate a second and burst of each. Gives ms to wait, 0 when taken."""


class Limit(BaseModel):
    """So many a second, and so many at once after a pause."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: float = Field(gt=0, le=1e6)
    burst: int = Field(ge=1, le=10**6)


@dataclass(frozen=True, slots=True)
class Wish:
    """A limit of somebody or something: its name, with whose it is."""

    name: str
    limit: Limit


class Limits:
    """What has been taken, shared by all gateways of a Redis. base: of its names."""

    def __init__(self, redis: Redis, base: str) -> None:
        self._base = f"{base}:limit:"
        self._take = redis.register_script(TAKE)

    async def take(self, wishes: Sequence[Wish]) -> float:
        """Take one of each. Gives 0, or the seconds to wait if one has none left: then of none.

        RedisAwayError where nobody knows.
        """
        if not wishes:
            return 0.0
        with present():
            return int(await self._take([*map(self.name_of, wishes)], rates(wishes))) / 1000

    def name_of(self, wish: Wish) -> str:
        """Where Redis keeps it."""
        return self._base + wish.name


def rates(wishes: Sequence[Wish]) -> list[Any]:
    """Rate and burst of each, as the script takes them."""
    return [value for wish in wishes for value in (wish.limit.rate, wish.limit.burst)]
