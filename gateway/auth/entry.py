"""At the door with an access token: the address, the session and the user's limits in one question.

As three questions one after another it would be three round trips of every request; it is the same
three steps, each taken only where the one before let it in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from gateway.auth.limits import TAKING, Limits, Wish, rates
from gateway.auth.sessions import LIVE, Sessions
from gateway.auth.shared import present

ENTER = (
    TAKING
    + """
local wait = take({KEYS[2]}, {ARGV[2], ARGV[3]})
if wait > 0 then return {wait} end
local function look()
"""
    + LIVE
    + """
return fields
end
local session = look()
if not session then return {0} end
local names, given = {}, {}
for i = 3, #KEYS do names[#names + 1] = KEYS[i] end
for i = 4, #ARGV do given[#given + 1] = ARGV[i] end
return {take(names, given), session.user, session.told}
"""
)
"""KEYS: the session, the address' limit, the user's limits; ARGV: what the names of epochs begin
with, then rate and burst of each limit. Gives ms to wait, and of whom the session is and what is
told of that user: nothing of a session that has ended.
"""


@dataclass(frozen=True, slots=True)
class Entered:
    """wait: s until there is something left, 0: it was taken. user: whose session it is, None where
    it has ended, or the address has to wait; told: of that user, as at the last refresh.
    """

    wait: float
    user: str | None = None
    told: dict[str, Any] | None = None


class Entry:
    """The door of all gateways of a Redis."""

    def __init__(self, redis: Redis, limits: Limits, sessions: Sessions) -> None:
        self._limits, self._sessions = limits, sessions
        self._enter = redis.register_script(ENTER)

    async def enter(self, session: str, arriving: Wish, spending: Sequence[Wish]) -> Entered:
        """Take one of what arrives; where the session lasts, one of all that is spent, or none.

        RedisAwayError where nobody knows.
        """
        wishes = (arriving, *spending)
        keys = [self._sessions.name_of(session), *map(self._limits.name_of, wishes)]
        with present():
            wait, *whose = await self._enter(keys, [self._sessions.epochs, *rates(wishes)])
        if not whose:
            return Entered(int(wait) / 1000)
        return Entered(int(wait) / 1000, str(whose[0]), orjson.loads(whose[1]))
