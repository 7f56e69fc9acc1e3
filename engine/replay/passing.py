"""What of an account's orders in a market the next trades may move, so that the rest can pass.

A trade moves nothing where no command is due, and its price is neither at nor beyond what rests,
by the spread of the book that it shows. Where that cannot be told by a price and a time alone
(orders worked in parts, stops that trail, margins, levels of which our fills took something), each
trade is looked at.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.executions import Execution
from engine.venue.market import Live, Market
from engine.venue.turn import Rules

NEVER = 1 << 200


class Reach(NamedTuple):
    """Prices in 10^-20 at or below `low`, or at or above `high`, and times (ns) after `due` are
    looked at; every: all are. still: nothing is there at all.
    """

    low: int = -NEVER
    high: int = NEVER
    due: int = NEVER
    every: bool = False

    @property
    def still(self) -> bool:
        """Nothing of the account is in the market but what it holds."""
        return self == Reach()

    def meets(self, price: int, time: int) -> bool:
        """Whether a trade at a price (10^-20) and a time (ns) may move something."""
        return self.every or time > self.due or price <= self.low or price >= self.high


EVERY = Reach(every=True)


def reach(state: Execution, market: Market[Any] | None, rules: Rules, spread: int) -> Reach:
    """What the account's orders in a market wait for; spread: of the book shown, in 10^-20.

    O(orders at the venue).
    """
    if state.styled:
        return EVERY
    if market is None:
        return Reach()
    if _followed_closely(market, rules):
        return EVERY
    times = [each.due for each in market.pending[:1]]
    times += [at for at in (market.until,) if at is not None]
    low, high = -NEVER, NEVER
    for live in market.resting.values():
        at, above = _waits_for(live)
        if at is None:
            return EVERY
        if above:
            high = min(high, at - spread)
        else:
            low = max(low, at + spread)
    return Reach(low, high, min(times, default=NEVER))


def _followed_closely(market: Market[Any], rules: Rules) -> bool:
    margined = rules.margin is not None and market.position != 0
    moving = market.follows is not None or market.announced is not None
    return margined or moving or any(market.taken.values())


def _waits_for(live: Live) -> tuple[int | None, bool]:
    """The price that an order waits for and whether it comes from below; None for any price."""
    order = live.order
    if live.phase == "asleep":
        return order.trigger, order.sign > 0
    if live.phase == "awake" or live.inside:
        return None, False
    return order.limit, order.sign < 0
