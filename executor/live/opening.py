"""An account's executor, put together."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from executor.guard.allowance import Budget
from executor.guard.venue import GuardedVenue, unheard
from executor.live.desk import Desk, Lease, Tell
from executor.live.executor import LiveExecutor
from executor.live.gate import Gate
from executor.live.orders import Orders
from executor.live.points import point
from executor.live.scribe import Producer, Scribe
from executor.venues.exchange import CcxtVenue
from executor.venues.key import Key
from executor.venues.settings import LiveAccount


async def freely(kind: str, cost: float) -> None:
    """No throttle of ccxt's: the budget was asked before."""


class WallClock:
    """ns of wall time that never go back."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        self._last = max(self._last, time.time_ns())
        return self._last


def opened(
    account: str,
    settings: LiveAccount,
    key: Key,
    *,
    producer: Producer,
    lease: Lease,
    tell: Tell,
    failed: Callable[[BaseException], None],
    wrote: Callable[[str], None] | None = None,
    budget: Budget | None = None,
    shut: Callable[[str], None] | None = None,
) -> LiveExecutor:
    """The executor of an account at its exchange; not started.

    wrote: told the client order id of each request that goes to the network. budget: of requests,
    instead of ccxt's own throttle. shut: called when the venue does not take our key any more.
    Every send passes the fence once it has its timestamp: the lease must still be ours, and the
    gate open.
    """
    orders, clock = Orders(), WallClock()
    gate = Gate(account, orders)

    def fence() -> None:
        lease.check()
        gate.check()
        point("fenced")

    def written(name: str) -> None:
        point("written")
        if wrote is not None:
            wrote(name)

    venue = CcxtVenue.of(account, settings, key, fence=fence, wrote=written, gate=freely)
    if settings.visible is not None:
        venue.able = replace(venue.able, visible=int(settings.visible * 1e9))
    guarded = GuardedVenue(venue, clock, tell, budget=budget, shut=shut or unheard)
    scribe = Scribe(account, producer, clock)
    desk = Desk(account, settings, guarded, scribe, gate, lease, clock, tell, failed, orders)
    desk.expect = guarded.expect
    return LiveExecutor(desk)
