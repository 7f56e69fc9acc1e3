"""What of an account's orders in a market the next trades may move, so that the rest can pass.

A trade moves nothing where no command or payment is due, its price is neither at nor beyond what
rests, by the spread of the book that it shows, and that book still displays the levels of which our
fills took something: what was taken of a level is known until the level is gone. Where that cannot
be told by a price, a side and a time alone (orders worked in parts, stops that trail, margins) each
trade is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.book import BookSide
from engine.executions import Execution
from engine.venue.market import Live, Market
from engine.venue.turn import Rules

NEVER = 1 << 200


class Reach(NamedTuple):
    """Prices in 10^-20 at or below `low`, or at or above `high`, and times (ns) after `due` are
    looked at; every: all are. still: nothing is there at all.

    shown: of each level that our fills took from, the prices of a buyer's and of a seller's trade
    whose book displays it; a trade at another price is looked at.
    """

    low: int = -NEVER
    high: int = NEVER
    due: int = NEVER
    every: bool = False
    shown: tuple[tuple[int, int], ...] = ()

    @property
    def still(self) -> bool:
        """Nothing of the account is in the market but what it holds."""
        return self == STILL

    def meets(self, price: int, time: int, *, buys: bool) -> bool:
        """Whether a trade at a price (10^-20) and a time (ns) may move something; buys: its
        aggressor bought.
        """
        if self.every or time > self.due or price <= self.low or price >= self.high:
            return True
        if not self.shown:
            return False
        return any(price != (buyers if buys else sellers) for buyers, sellers in self.shown)


EVERY, STILL = Reach(every=True), Reach()


def reach(state: Execution, market: Market[Any] | None, rules: Rules, spread: int) -> Reach:
    """What the account's orders in a market wait for; spread: of the book shown, in 10^-20.

    O(orders at the venue).
    """
    if state.styled:
        return EVERY
    if market is None:
        return STILL
    if _followed_closely(market, rules):
        return EVERY
    times = [each.due for each in market.pending[:1]]
    times += [at for at in (market.until,) if at is not None]
    times += [each.due for each in (market.announced,) if each is not None]
    low, high = -NEVER, NEVER
    for live in market.resting.values():
        at, above = _waits_for(live)
        if at is None:
            return EVERY
        if above:
            high = min(high, at - spread)
        else:
            low = max(low, at + spread)
    shown = tuple(_showing(market, spread)) if market.taken else ()
    return Reach(low, high, min(times, default=NEVER), shown=shown)


def _showing(market: Market[Any], spread: int) -> Iterator[tuple[int, int]]:
    for side, levels in market.taken.items():
        for price in levels:
            yield (price, price - spread) if side == "asks" else (price + spread, price)


def _followed_closely(market: Market[Any], rules: Rules) -> bool:
    margined = rules.margin is not None and market.position != 0
    if margined or market.follows is not None:
        return True
    return any([_fades(market, rules, each) for each in market.taken])


def _fades(market: Market[Any], rules: Rules, side: BookSide) -> bool:
    """Whether what was taken of a side's levels changes while they are displayed as they are."""
    for price, taken in market.taken[side].items():
        if rules.liquidity.after(market.depth.at(side, price), taken) != taken:
            return True
    return False


def _waits_for(live: Live) -> tuple[int | None, bool]:
    """The price that an order waits for and whether it comes from below; None for any price."""
    order = live.order
    if live.phase == "asleep":
        return order.trigger, order.sign > 0
    if live.phase == "awake" or live.inside:
        return None, False
    return order.limit, order.sign < 0
