"""How often an account may ask an endpoint, and an address anything, in rolling windows.

Over an account's limit is 10006; an address over its own is forbidden for ten minutes: HTTP 403.
https://bybit-exchange.github.io/docs/v5/rate-limit
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from infra.exchange.clock import Clock
from infra.exchange.dialects.bybit.errors import Code, Forbidden, refused

SECOND = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """visits of an address in window ms, and ms of its ban; times: of an account's usual limits."""

    visits: int = 600
    window: int = 5_000
    ban: int = 600_000
    times: int = 1


@dataclass(slots=True)
class Rolling:
    """Moments of the last so many ms, oldest first."""

    length: int
    moments: deque[int] = field(default_factory=deque)

    def count(self, now: int) -> int:
        """How many there are."""
        while self.moments and self.moments[0] <= now - self.length:
            self.moments.popleft()
        return len(self.moments)


@dataclass(slots=True)
class Usage:
    """What was used of the limits."""

    clock: Clock
    limits: Limits = field(default_factory=Limits)
    _visits: dict[str, Rolling] = field(default_factory=dict)
    _banned: dict[str, int] = field(default_factory=dict)
    _used: defaultdict[tuple[int, str], Rolling] = field(
        default_factory=lambda: defaultdict(lambda: Rolling(SECOND))
    )

    def visit(self, address: str) -> None:
        """Count a request of an address; Forbidden over the limit, and while banned."""
        now = self.clock.milliseconds()
        if self._banned.get(address, 0) > now:
            raise Forbidden
        visits = self._visits.setdefault(address, Rolling(self.limits.window))
        if visits.count(now) >= self.limits.visits:
            self._banned[address] = now + self.limits.ban
            raise Forbidden
        visits.moments.append(now)

    def use(self, account: int, path: str, most: int) -> None:
        """Count a request of an account to an endpoint; 10006 over its limit, uncounted."""
        now, used = self.clock.milliseconds(), self._used[account, path]
        if used.count(now) >= most * self.limits.times:
            raise refused(Code.TOO_MANY_VISITS)
        used.moments.append(now)

    def headers(self, account: int, path: str, most: int) -> dict[str, str]:
        """What an answer tells of it; the reset is now while there is some left."""
        now, used = self.clock.milliseconds(), self._used[account, path]
        limit = most * self.limits.times
        left = limit - used.count(now)
        reset = now if left > 0 else used.moments[0] + SECOND
        return {
            "X-Bapi-Limit": str(limit),
            "X-Bapi-Limit-Status": str(left),
            "X-Bapi-Limit-Reset-Timestamp": str(reset),
        }
