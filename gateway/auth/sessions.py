"""Who is signed in, in Redis: a session is a family of refresh tokens, of which the newest is good.

A refresh token that was used before is a stolen one, or its thief was quicker: the family ends. A
user's epoch counts the times that all of the user's sessions were ended; a session of an earlier
epoch is none. Whoever opens a session reads the epoch before the user's row, so a change of rights
or a sign-out everywhere that comes between ends that session too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from gateway.auth.shared import present
from gateway.auth.tokens import fresh_session

LIVE = """
local found = redis.call('hgetall', KEYS[1])
local fields = {}
for i = 1, #found, 2 do fields[found[i]] = found[i + 1] end
if not fields.user then return nil end
if fields.epoch ~= (redis.call('get', ARGV[1] .. fields.user) or '0') then return nil end
"""
LOOK = LIVE + "return found"
"""KEYS: the session; ARGV: what the names of epochs begin with. Gives the fields or nothing."""
ROTATE = (
    LIVE
    + """
if fields.generation ~= ARGV[2] then redis.call('del', KEYS[1]) return {'reused', fields.user} end
redis.call('hset', KEYS[1], 'generation', ARGV[2] + 1, 'told', ARGV[3], 'used', ARGV[4])
redis.call('expire', KEYS[1], math.min(ARGV[5], fields['until'] - ARGV[4]))
return {'ok', fields.user}
"""
)
"""ARGV, further: the generation that asks, what is told of the user by now, now in s, and how long
an unused session lasts."""


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. told: the user's name, roles and accounts as they were at the last refresh;
    began, used, until: s since 1970.
    """

    id: str
    user: str
    told: dict[str, object]
    generation: int
    began: int
    used: int
    until: int
    address: str
    agent: str


class ReusedError(Exception):
    """A refresh token came a second time; its family has ended. user: whose it was."""

    def __init__(self, user: str) -> None:
        super().__init__("a refresh token was used twice")
        self.user = user


class Sessions:
    """The sessions of all gateways of a Redis. base: of their names; idle, longest: seconds.

    All that is asked raises RedisAwayError where Redis does not answer.
    """

    def __init__(
        self, redis: Redis, base: str, *, idle: int, longest: int,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._redis, self._base, self._idle, self._longest = redis, base, idle, longest
        self._clock = clock
        self._look, self._rotate = redis.register_script(LOOK), redis.register_script(ROTATE)

    async def epoch(self, user: str) -> str:
        """Read before the user's row, and given to `open`."""
        with present():
            return str(await self._redis.get(self.epochs + user) or "0")

    async def open(
        self, user: str, epoch: str, told: dict[str, object], address: str, agent: str
    ) -> Session:
        """A new session."""
        now, id = int(self._clock()), fresh_session()
        fields: dict[Any, Any] = {
            "user": user, "epoch": epoch, "told": orjson.dumps(told).decode(), "generation": 0,
            "began": now, "used": now, "until": now + self._longest, "address": address,
            "agent": agent[:200],
        }  # fmt: skip
        with present():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hset(self.name_of(id), mapping=fields)
                pipe.expire(self.name_of(id), min(self._idle, self._longest))
                pipe.sadd(self._of(user), id)
                pipe.expire(self._of(user), self._longest)
                await pipe.execute()
        return _session(id, {name: str(value) for name, value in fields.items()})

    async def look(self, id: str) -> Session | None:
        """The session, if it lasts."""
        with present():
            found = await self._look([self.name_of(id)], [self.epochs])
        return _session(id, dict(zip(found[::2], found[1::2], strict=True))) if found else None

    async def rotate(self, id: str, generation: int, told: dict[str, object]) -> int | None:
        """Use a refresh token: the next generation, or None where the session has ended.

        Raises ReusedError, and ends the session, where the token was not its newest.
        """
        given: list[str | int] = [
            generation,
            orjson.dumps(told).decode(),
            int(self._clock()),
            self._idle,
        ]
        with present():
            found = await self._rotate([self.name_of(id)], [self.epochs, *given])
        if not found:
            return None
        if found[0] == "reused":
            raise ReusedError(found[1])
        return generation + 1

    async def end(self, user: str, id: str) -> bool:
        """Sign out of one session; False where that user has none of that id."""
        with present():
            if not await self._redis.sismember(self._of(user), id):
                return False
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(self.name_of(id))
                pipe.srem(self._of(user), id)
                ended, _ = await pipe.execute()
        return bool(ended)

    async def end_all(self, user: str) -> None:
        """Sign out everywhere, also of what is about to be opened."""
        with present():
            ids = await self._ids(user)
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.incr(self.epochs + user)
                pipe.delete(self._of(user), *map(self.name_of, ids))
                await pipe.execute()

    async def of(self, user: str) -> list[Session]:
        """The user's sessions that last, the newest first."""
        with present():
            ids = await self._ids(user)
        found = [(id, await self.look(id)) for id in ids]
        if gone := [id for id, session in found if session is None]:
            with present():
                await self._redis.srem(self._of(user), *gone)
        lasting = [session for _, session in found if session is not None]
        return sorted(lasting, key=lambda each: (-each.began, each.id))

    async def _ids(self, user: str) -> list[str]:
        return sorted(map(str, await self._redis.smembers(self._of(user))))

    @property
    def epochs(self) -> str:
        """What the names of users' epochs begin with."""
        return f"{self._base}:epoch:"

    def name_of(self, id: str) -> str:
        """Where Redis keeps a session."""
        return f"{self._base}:session:{id}"

    def _of(self, user: str) -> str:
        return f"{self._base}:sessions:{user}"


def _session(id: str, fields: dict[str, str]) -> Session:
    times = {name: int(fields[name]) for name in ("generation", "began", "used", "until")}
    told = orjson.loads(fields["told"])
    return Session(
        id, fields["user"], told, address=fields["address"], agent=fields["agent"], **times
    )
