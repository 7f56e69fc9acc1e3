"""Stops that trail and times that end: what of a position's protection moves at the venue.

A stop follows the best price that stops look at, in the position's favour only, no more often than
once a second and by no less than a 2000th of its price: each move is told and journalled. When the
position's time is over its stop wakes up, wherever the price is.
"""

from __future__ import annotations

from engine.numbers import LADDER_DECIMALS, PRICE_DECIMALS
from engine.venue.commands import Follows, Order, Protect
from engine.venue.market import D, Live, Market
from engine.venue.turn import Turn
from engine.venue.working import wake

PACE = 1_000_000_000
"""ns between two moves of a stop."""

STEP = 2000
"""Part of its price by which a stop moves at the least."""

SHARE = 10 ** (PRICE_DECIMALS + 2)
"""Units of a distance that is a share."""

COARSE = 10 ** (PRICE_DECIMALS - LADDER_DECIMALS)
"""10^-8, to which a stop is rounded where prices are no finer."""


def begins(turn: Turn[D], by: Order | Protect, *, anew: bool) -> int | None:
    """Take over how the protection that is named moves; where its stop begins, None for none.

    anew: also where there is a stop already. A stop that trails and names no price begins at its
    distance from the price that stops look at, else from the mid.
    """
    market, follows = turn.market, by.follows
    if follows is not None and follows.lasts is not None and (anew or market.until is None):
        market.until = turn.at + follows.lasts
    trails = follows if follows is not None and follows.distance else None
    if (by.stop is None and trails is None) or not (anew or "stop" not in market.protection):
        return by.stop
    market.follows, market.peak, market.moved = trails, None, -1
    price = _price(turn)
    if by.stop is not None or trails is None or price is None:
        return by.stop
    return _behind(market, trails, price)


def lacks(market: Market[D], by: Order | Protect) -> bool:
    """Whether a time is named, and no stop that could end the position with it."""
    if by.follows is None or by.follows.lasts is None or by.stop is not None:
        return False
    return not by.follows.distance and "stop" not in market.protection


def trail(turn: Turn[D], price: int) -> None:
    """The stop after a new price."""
    market, live = turn.market, _stop(turn)
    follows = market.follows
    if follows is None or live is None or live.order.trigger is None:
        return
    sign = 1 if market.position > 0 else -1
    if market.peak is None:
        if follows.activation is not None and (price - follows.activation) * sign < 0:
            return
        market.peak = price
    market.peak = max(market.peak * sign, price * sign) * sign
    wanted = _behind(market, follows, market.peak)
    gain = (wanted - live.order.trigger) * sign
    rested = market.moved < 0 or turn.at >= market.moved + PACE
    if gain * STEP >= live.order.trigger and rested:
        market.moved = turn.at
        turn.replace(live, trigger=wanted)


def expire(turn: Turn[D]) -> None:
    """The position's time is over."""
    live, turn.market.until = _stop(turn), None
    if live is not None:
        wake(turn, live)


def _stop(turn: Turn[D]) -> Live | None:
    """The position's stop, if it sleeps."""
    live = turn.market.resting.get(turn.market.protection.get("stop", ""))
    return live if live is not None and live.phase == "asleep" else None


def _price(turn: Turn[D]) -> int | None:
    twice, price = turn.market.twice_mid(), turn.reference()
    return twice // 2 if price is None and twice is not None else price


def _behind(market: Market[D], follows: Follows, price: int) -> int:
    """At the distance from a price, rounded away from it; a step at the least.

    The step is 10^-8, or a unit where the price itself is finer.
    """
    step = 1 if price % COARSE else COARSE
    distance = follows.distance
    if follows.share:
        distance = -(-price * distance // (SHARE * step)) * step
    return max(step, price - distance if market.position > 0 else price + distance)
